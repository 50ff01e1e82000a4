// A handler without a port: which request it gets, and which reply comes back.
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { Exchange } from '../server/exchange.ts'
import { innerOf, inProcess } from './in-process.ts'

const posted = { method: 'POST', target: '/a?b=c', headers: { host: 'h', 'x-one': '1' }, body: Buffer.from('text') }

/** Answers with what the request was. */
async function echo(request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method, url, headers } = request
  response.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Type', 'text/plain'])
  response.end(JSON.stringify([method, url, headers.host, headers['x-one'], Buffer.concat(chunks).toString()]))
}

test('the handler gets method, target, headers and body, and its answer comes back with every cookie', async () => {
  const { status, headers, body } = await inProcess((request, response) => void echo(request, response))(posted)
  assert.equal(status, 201)
  assert.deepEqual(headers, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Type', 'text/plain'])
  assert.deepEqual(JSON.parse(String(body)), ['POST', '/a?b=c', 'h', '1', 'text'])
})

test('a handler that closes the connection early rejects the call', async () => {
  await assert.rejects(inProcess((_, response) => void response.destroy())(posted), { code: 'ECONNRESET' })
})

test('an exchange becomes a request below its path, with our host instead of the sent one, and without connection headers', async () => {
  const headers = new Map([
    ...[['host', 'evil'] as const, ['cookie', 'a=1'] as const, ['connection', 'keep-alive'] as const],
    ['content-length', '99'] as const,
  ])
  const exchange = {
    message: { method: 'GET', target: '/idp/a?b', headers },
    body: { bytes: async () => Buffer.from('x') },
  } as unknown as Exchange
  assert.deepEqual(await innerOf(exchange, '/idp', { host: 'localhost' }), {
    method: 'GET',
    target: '/a?b',
    headers: { host: 'localhost', cookie: 'a=1' },
    body: Buffer.from('x'),
  })
})
