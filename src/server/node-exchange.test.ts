import { strictEqual as equal, match, ok } from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { Handler } from './exchange.ts'
import { close, head, serve, talk, text } from './testing/raw.ts'

const failures: readonly { rule: string; handler: Handler }[] = [
  {
    rule: 'thrown',
    handler: () => {
      throw new Error('secret')
    },
  },
  { rule: 'rejected', handler: () => Promise.reject(new Error('secret')) },
  {
    rule: 'a header that cannot be sent',
    handler: () => ({ status: 200, headers: ['X', 'secret\r\nY: z'], body: '' }),
  },
  { rule: 'a status that is none', handler: () => ({ status: 7, headers: [], body: 'secret' }) },
]
for (const { rule, handler } of failures) {
  test(`a handler that fails is a 500 with the request id and nothing else: ${rule}`, async () => {
    const events: unknown[] = []
    const { port } = await serve(handler, { report: (event) => events.push(event) })
    const answer = await talk(port, `GET / HTTP/1.1\r\n${head}${close}\r\n`)
    const id = /x-amzn-RequestId: ([0-9a-f-]{36})\r\n/.exec(answer)?.[1]
    match(answer, /^HTTP\/1\.1 500 Internal Server Error\r\n/)
    ok(id !== undefined && answer.endsWith(`\r\n\r\n${id}\n`))
    ok(!answer.includes('secret'))
    equal((events[0] as { kind: string; requestId: string }).requestId, id)
  })
}

test('an answer has one Date and one Content-Length, in bytes of UTF-8', async () => {
  const { port } = await serve(() => text('é€'), { clock: () => new Date(1_700_000_000_500) })
  const answer = await talk(port, `GET / HTTP/1.1\r\n${head}${close}\r\n`)
  equal(answer.match(/Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n/g)?.length, 1)
  match(answer, /Content-Length: 5\r\n/)
  equal(Buffer.from(answer.split('\r\n\r\n')[1] ?? '', 'latin1').toString(), 'é€')
})

test('HEAD is answered with the length and without the body', async () => {
  const { port } = await serve(() => text('body'))
  match(await talk(port, `HEAD / HTTP/1.1\r\n${head}${close}\r\n`), /Content-Length: 4\r\n[\s\S]*\r\n\r\n$/)
})

test('HEAD of a stream destroys the stream', async () => {
  const stream = Readable.from(['a'])
  const { port } = await serve(() => ({ status: 200, headers: ['Content-Length', '1'], body: stream }))
  match(await talk(port, `HEAD / HTTP/1.1\r\n${head}${close}\r\n`), /Content-Length: 1\r\n[\s\S]*\r\n\r\n$/)
  ok(stream.destroyed)
})

test('a stream whose header cannot be sent is destroyed', async () => {
  const stream = Readable.from(['a'])
  const { port } = await serve(() => ({ status: 200, headers: ['X', '\0'], body: stream }))
  match(await talk(port, `GET / HTTP/1.1\r\n${head}${close}\r\n`), /^HTTP\/1\.1 500 /)
  ok(stream.destroyed)
})

test('204 has no Content-Length', async () => {
  const { port } = await serve(() => ({ status: 204, headers: [], body: '' }))
  ok(!/content-length/i.test(await talk(port, `DELETE / HTTP/1.1\r\n${head}${close}\r\n`)))
})

test('a stream is sent as it comes, and one that breaks cuts the connection', async () => {
  const { port } = await serve(({ message, body }) => {
    if (message.target === '/echo') return { status: 200, headers: [], body: body.stream() }
    const broken = Readable.from(
      (function* () {
        yield 'part'
        throw new Error('secret')
      })(),
    )
    return { status: 200, headers: ['Content-Length', '100'], body: broken }
  })
  const post = `POST /echo HTTP/1.1\r\n${head}${close}Content-Length: 5\r\n\r\nabcde`
  match(await talk(port, post), /Transfer-Encoding: chunked[\s\S]*5\r\nabcde\r\n0\r\n\r\n$/)
  const cut = await talk(port, `GET / HTTP/1.1\r\n${head}\r\n`)
  ok(!cut.includes('secret'))
})

test('a handler that answers at once answers in the turn the request arrived in', async () => {
  const turns: string[] = []
  const { port } = await serve(() => {
    queueMicrotask(() => turns.push('microtask'))
    const reply = text('x')
    return {
      ...reply,
      get body() {
        turns.push('written')
        return 'x'
      },
    }
  })
  await talk(port, `GET / HTTP/1.1\r\n${head}${close}\r\n`)
  equal(turns.join(), 'written,microtask')
})
