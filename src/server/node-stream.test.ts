// Answers whose body is a stream: sent as fast as the client reads, and never cut short unseen.
import { deepEqual, strictEqual as equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { Handler } from './exchange.ts'
import { close, head, serve, talk } from './testing/raw.ts'

const get = `GET / HTTP/1.1\r\n${head}\r\n`
const streamed =
  (body: () => Readable, length?: number): Handler =>
  () => ({ status: 200, headers: [], body: body(), length })

/** A stream of these chunks, which fails after them if told to. */
const chunks = (list: readonly string[], failure?: Error) =>
  Readable.from(
    (function* () {
      yield* list.map((text) => Buffer.from(text))
      if (failure !== undefined) throw failure
    })(),
  )

test('a stream of a known length has a Content-Length, and the connection goes on', async () => {
  const { port } = await serve(streamed(() => chunks(['ab', 'cde']), 5))
  const two = await talk(port, `${get}GET / HTTP/1.1\r\n${head}${close}\r\n`)
  equal(two.match(/Content-Length: 5\r\n/g)?.length, 2)
  equal(two.match(/\r\n\r\nabcde/g)?.length, 2)
  ok(!/transfer-encoding/i.test(two))
})

for (const [what, body, length, seen] of [
  ['that fails, of a known length', () => chunks(['part'], new Error('secret')), 100, /\r\n\r\npart$/],
  ['that fails, of an unknown one', () => chunks(['part'], new Error('secret')), undefined, /\r\n\r\n4\r\npart\r\n$/],
  ['that is shorter than it said', () => chunks(['part']), 5, /^$|\r\n\r\npart$/],
  ['that is longer than it said', () => chunks(['part', 'more']), 5, /^$|\r\n\r\npart$/],
  [
    'that is closed in the middle',
    () => {
      const stream = new Readable({ read() {} })
      stream.push('part')
      stream.once('resume', () => setImmediate(() => stream.destroy()))
      return stream
    },
    100,
    /\r\n\r\n(part)?$/,
  ],
] as const) {
  test(`a stream ${what} breaks the connection off, and its operator is told`, async () => {
    const events: unknown[] = []
    const { port } = await serve(streamed(body, length), { report: (event) => events.push(event) })
    const answer = await talk(port, get)
    match(answer, seen)
    ok(!answer.includes('secret') && !answer.includes('\r\n0\r\n\r\n'))
    equal((events as { kind: string }[]).map(({ kind }) => kind).join(), 'failed')
  })
}

test('a stream that fails before its first byte is not an answer', async () => {
  const { port } = await serve(
    streamed(() => chunks([], new Error('away')), 4),
    { report: () => {} },
  )
  const answer = await talk(port, get)
  ok(!answer.includes('\r\n\r\n') || /^HTTP\/1\.1 200 [\s\S]*Content-Length: 4\r\n[\s\S]*\r\n\r\n$/.test(answer))
})

test('a client that goes away destroys the stream, and the server reports no failure', async () => {
  const events: unknown[] = []
  const stream = new Readable({ read() {} })
  let signal: AbortSignal | undefined
  const { port } = await serve(
    (exchange) => {
      signal = exchange.signal
      return { status: 200, headers: [], body: stream }
    },
    { report: (event) => events.push(event) },
  )
  stream.push('begun')
  await talk(port, get, /begun/)
  await (stream.destroyed ? undefined : once(stream, 'close'))
  equal(signal?.aborted, true)
  deepEqual(events, [])
})

test('a client that reads slowly slows the stream down', async () => {
  const chunk = Buffer.alloc(65_536, 'x')
  let given = 0
  const total = 400
  const stream = new Readable({
    read() {
      this.push(given++ < total ? chunk : null)
    },
  })
  const { port } = await serve(streamed(() => stream, total * chunk.length))
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.write(get)
  await once(stream, 'pause')
  ok(given < total, `${given} of ${total} chunks were read for a client that reads nothing`)
  let read = 0
  socket.on('data', (bytes: Buffer) => {
    read += bytes.length
    if (read > total * chunk.length) socket.end()
  })
  socket.resume()
  await once(socket, 'close')
  equal(given, total + 1)
})

test('a client that takes too long for its answer is cut off, and the stream is destroyed', async () => {
  const stream = new Readable({ read() {} })
  const dripping = setInterval(() => stream.push('drop'), 5)
  stream.once('close', () => clearInterval(dripping))
  const { port } = await serve(
    streamed(() => stream),
    { bounds: { answerMs: 50, sweepMs: 5 } },
  )
  const answer = await talk(port, get)
  match(answer, /drop/)
  ok(!answer.includes('\r\n0\r\n\r\n'))
  await (stream.destroyed ? undefined : once(stream, 'close'))
})
