// The guard in front of Express, Fastify and Hono, as they are: who is let in, what a refusal looks like, and that handlers get the body
// that was signed.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify, { type FastifyRequest } from 'fastify'
import { type Context, Hono } from 'hono'
import { admittedOf, arn } from '../../src/library/guard.ts'
import {
  assume,
  document,
  listen,
  noteArn,
  notesWorld,
  role,
  type Sent,
  send,
  sign,
  statement,
  user,
} from './notes-kit.ts'

const world = await notesWorld({ longestBody: 1_000 })
const { guard, clock } = world
const alice = await user(world, 'alice', document(statement('Allow', 'sts:*', '*')))
const permissions = document(
  statement('Allow', ['notes:Read', 'notes:Write'], noteArn('1')),
  statement('Allow', 'notes:Write', noteArn('big')),
)
const keys = await assume(world, alice, await role(world, 'Writer', permissions))

const wishOf = (method: string, id: string) => ({
  action: method === 'GET' ? 'notes:Read' : 'notes:Write',
  resource: arn`arn:aws:notes:eu-west-1:111122223333:note/${id}`,
})

async function expressPort(): Promise<number> {
  const app = express()
  app.use(
    '/notes',
    guard.express(({ method, originalUrl }: express.Request) => wishOf(method, originalUrl.split('/')[2] ?? '')),
  )
  app.use(express.json())
  app.all('/notes/:id', (request, response) => {
    response.json({ by: admittedOf(request).caller.arn, id: request.params.id, body: String(request.body) })
  })
  app.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).json({ __type: 'Failed' })
  })
  return listen(app)
}

async function fastifyPort(): Promise<number> {
  const app = fastify()
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'PUT'],
    url: '/notes/:id',
    preParsing: guard.fastify((request: FastifyRequest<{ Params: { id: string } }>) =>
      wishOf(request.method, request.params.id),
    ),
    handler: (request, reply) => {
      reply.send({
        by: admittedOf(request).caller.arn,
        id: request.params.id,
        body: request.body === undefined ? '' : JSON.stringify(request.body),
      })
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  after(() => app.close())
  const at = app.server.address()
  return typeof at === 'object' ? (at?.port ?? 0) : 0
}

async function honoPort(): Promise<number> {
  const app = new Hono()
  app.use(
    '/notes/:id',
    guard.hono((call: Context) => wishOf(call.req.method, call.req.param('id') ?? '')),
  )
  app.all('/notes/:id', async (call) =>
    call.json({ by: admittedOf(call).caller.arn, id: call.req.param('id'), body: await call.req.text() }),
  )
  return listen(getRequestListener(app.fetch))
}

for (const [name, port] of [
  ['Express', await expressPort()],
  ['Fastify', await fastifyPort()],
  ['Hono', await honoPort()],
] as const) {
  const host = `localhost:${port}`
  const ask = async (sent: Sent = {}) => send(port, await sign(keys, clock.now, host, sent))
  const put: Sent = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"a":1}' }
  describe(name, () => {
    test('lets in whom the policy lets, and hands the caller on', async () => {
      const { status, body } = await ask()
      assert.deepEqual([status, body.by, body.id], [200, 'arn:aws:sts::111122223333:assumed-role/Writer/s1', '1'])
    })
    test('hands the body on as it was signed', async () => assert.equal((await ask(put)).body.body, '{"a":1}'))
    test('refuses what the policy does not let, as AWS does', async () => {
      const { status, headers, body } = await ask({ path: '/notes/2' })
      assert.equal(status, 403)
      assert.equal(headers['x-amzn-errortype'], 'AccessDeniedException')
      assert.match(String(headers['content-type']), /^application\/json(?:;|$)/)
      assert.equal(headers['x-amzn-requestid'], world.decisions.at(-1)?.requestId)
      assert.match(
        body.message ?? '',
        /is not authorized to perform: notes:Read on resource: .*note\/2 because no identity/,
      )
    })
    test('refuses another body than was signed', async () => {
      const answer = await send(port, { ...(await sign(keys, clock.now, host, put)), body: '{"a":2}' })
      assert.deepEqual([answer.status, answer.body.__type], [403, 'InvalidSignatureException'])
    })
    test('refuses who does not sign', async () => {
      const answer = await send(port, { method: 'GET', target: '/notes/1', headers: ['host', host], body: '' })
      assert.deepEqual([answer.status, answer.body.__type], [403, 'MissingAuthenticationTokenException'])
    })
    test('refuses a second token, and a second date', async () => {
      const signed = await sign(keys, clock.now, host)
      for (const name of ['x-amz-security-token', 'X-Amz-Date']) {
        const answer = await send(port, { ...signed, headers: [...signed.headers, name, 'x'] })
        assert.deepEqual([answer.status, answer.body.__type], [400, 'ValidationException'])
      }
    })
    test('refuses a name that is more than a name', async () => {
      const { status, body } = await ask({ path: '/notes/*' })
      assert.deepEqual([status, body.__type], [400, 'ValidationException'])
    })
    test('refuses a body that is longer than it may be', async () => {
      const { status, body } = await ask({ method: 'PUT', path: '/notes/big', body: 'x'.repeat(1_001) })
      assert.deepEqual([status, body.__type], [413, 'RequestEntityTooLargeException'])
    })
  })
}

test('Express: a guard behind what reads bodies lets nobody in', async () => {
  const app = express()
  app.use(express.json())
  app.use(guard.express(() => wishOf('PUT', '1')))
  app.use((_request, response) => void response.json({ let: 'in' }))
  app.use((error: Error, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).json({ __type: error.message })
  })
  const port = await listen(app)
  const sent: Sent = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' }
  const { status, body } = await send(port, await sign(keys, clock.now, `localhost:${port}`, sent))
  assert.deepEqual([status, body.__type], [500, 'The guard stands in front of what reads bodies.'])
})

test('a handler that no guard stands in front of gets no caller', () => assert.throws(() => admittedOf({}), TypeError))
