import { strictEqual as equal, match, ok } from 'node:assert/strict'
import { connect } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { RequestBody, type Room } from './body.ts'
import type { BodyRefused, Exchange } from './exchange.ts'
import { close, echo, head, serve, talk, text } from './testing/raw.ts'

const server = await serve(echo)

test('a body in several chunks is whole', async () => {
  const chunked = `POST / HTTP/1.1\r\n${head}${close}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`
  match(await talk(server.port, chunked), /\[abcde\]$/)
})

test('a small body in the same packet is handed over without a copy', async () => {
  const bodies: Buffer[] = []
  const { port } = await serve(async ({ body }) => {
    bodies.push(await body.bytes(10), await body.bytes(10))
    return text('')
  })
  await talk(port, `POST / HTTP/1.1\r\n${head}${close}Content-Length: 3\r\n\r\nabc`)
  equal(String(bodies[0]), 'abc')
  equal(bodies[0], bodies[1])
})

const tooLarge: readonly { rule: string; send: string | readonly string[] }[] = [
  {
    rule: 'a Content-Length over the bound is refused before the body is read',
    send: `POST / HTTP/1.1\r\n${head}Content-Length: 2097152\r\n\r\n`,
  },
  {
    rule: 'a client that waits for 100 is told 413 instead',
    send: `POST / HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 2097152\r\n\r\n`,
  },
  {
    rule: 'a client that sends 2 MiB at once still reads the answer',
    send: [`POST / HTTP/1.1\r\n${head}Content-Length: 2097152\r\n\r\n`, 'x'.repeat(2_097_152)],
  },
  {
    rule: 'a chunked body is counted',
    send: [
      `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`,
      `100000\r\n${'x'.repeat(1_048_576)}\r\n1\r\nx\r\n`,
    ],
  },
]
for (const { rule, send } of tooLarge) {
  test(`body: ${rule}`, async () => {
    const { port } = await serve(echo, { bounds: { lingerMs: 20 } })
    match(await talk(port, send), /^HTTP\/1\.1 413 Payload Too Large[\s\S]*Connection: close/)
  })
}

test('body: what follows a refused body on its connection is never served', async () => {
  const targets: string[] = []
  const { port } = await serve(
    (exchange) => {
      targets.push(exchange.message.target)
      return echo(exchange)
    },
    { bounds: { bodyBytes: 4, lingerMs: 20 } },
  )
  const chunked = `POST /1 HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`
  const answer = await talk(port, `${chunked}GET /2 HTTP/1.1\r\n${head}\r\n`)
  equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
  equal(targets.join(), '/1')
})

test('body: the handler may ask for less than the bound', async () => {
  const { port } = await serve(async ({ body }) => text(String(await body.bytes(2))), { bounds: { lingerMs: 20 } })
  match(await talk(port, `POST / HTTP/1.1\r\n${head}${close}Content-Length: 3\r\n\r\nabc`), /^HTTP\/1\.1 413 /)
})

test('body: 100 Continue is sent when the body is asked for, and only then', async () => {
  const answer = await talk(
    server.port,
    `POST / HTTP/1.1\r\n${head}${close}Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx`,
  )
  match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\[x\]$/)
  const refusing = await serve(() => text('no', 403), { bounds: { lingerMs: 20 } })
  const refused = await talk(
    refusing.port,
    `POST / HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n`,
  )
  match(refused, /^HTTP\/1\.1 403 Forbidden[\s\S]*Connection: close/)
})

test('body: a slow one is refused with 408 and the connection ends', async () => {
  const { port } = await serve(echo, { bounds: { bodyMs: 10, sweepMs: 5, lingerMs: 20 } })
  match(await talk(port, `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\n\r\na`), /^HTTP\/1\.1 408 /)
})

test('a client that stops reading its answer is cut off', async () => {
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(65_536))
    },
  })
  const bounds = { idleMs: 50, sweepMs: 5 }
  const { port } = await serve(() => ({ status: 200, headers: [], body: endless }), { bounds })
  const ended = new Promise((resolve) => endless.once('close', resolve))
  const socket = connect(port, '127.0.0.1', () => socket.write(`GET / HTTP/1.1\r\n${head}\r\n`))
  socket.on('error', () => undefined)
  await ended
  socket.destroy()
})

test('a connection between requests is ended by the server', async () => {
  const { port } = await serve(echo, { bounds: { idleMs: 20 } })
  match(await talk(port, `GET / HTTP/1.1\r\n${head}\r\n`), /^HTTP\/1\.1 200 /)
})

test('slow headers are cut off', async () => {
  const { port } = await serve(echo, { bounds: { headersMs: 20, sweepMs: 5 } })
  match(await talk(port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Sl'), /^HTTP\/1\.1 408 /)
})

test('body: a client that goes away aborts the signal and the reading', async () => {
  let aborted: Promise<unknown> = Promise.resolve()
  const refused = new Promise<string>((resolve) => {
    const handler = async (exchange: Exchange) => {
      aborted = new Promise((heard) => exchange.signal.addEventListener('abort', heard))
      return exchange.body.bytes(10).then(
        () => text('never'),
        (error) => {
          resolve(error.why)
          return text('late')
        },
      )
    }
    serve(handler).then(({ port }) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST / HTTP/1.1\r\n${head}Content-Length: 3\r\n\r\na`, () => socket.destroy())
      })
    })
  })
  equal(await refused, 'aborted')
  await aborted
})

test('a signal first asked for after the client went away is aborted', async () => {
  const signal = await new Promise<AbortSignal>((resolve) => {
    const handler = async (exchange: Exchange) => {
      await exchange.body.bytes(10).catch(() => undefined)
      setImmediate(() => resolve(exchange.signal))
      return text('late')
    }
    serve(handler).then(({ port }) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST / HTTP/1.1\r\n${head}Content-Length: 3\r\n\r\na`, () => socket.destroy())
      })
    })
  })
  ok(signal.aborted)
})

const kib = 1024
/** A body whose bytes come when the test sends them, counted with the others of `room`. */
function arriving(room: Room) {
  const request = new PassThrough()
  const facts = { request, response: {}, announced: 900 * kib, expects: false, most: 1024 * kib, room }
  const body = new RequestBody(facts as unknown as ConstructorParameters<typeof RequestBody>[0])
  const read = body.bytes(1024 * kib).then(String, (error: BodyRefused) => error.why)
  const send = async (bytes: number) => {
    request.write(Buffer.alloc(bytes))
    await turn()
  }
  return { body, read, send, request }
}

test('bodies together: what is beyond 64 KiB of each is bounded, and refused where it is too much', async () => {
  const room: Room = { held: 0, most: 100 * kib }
  const [first, second, third] = [arriving(room), arriving(room), arriving(room)]
  await first.send(164 * kib)
  await second.send(64 * kib)
  equal(room.held, 100 * kib)
  await second.send(1)
  equal(await second.read, 'overloaded')
  equal(room.held, 100 * kib)
  await third.send(64 * kib)
  third.request.end()
  equal((await third.read).length, 64 * kib)
  first.body.release()
  first.body.release()
  equal(room.held, 0)
})

test('bodies together: room that an answered request, or a client that left, had is free again', async () => {
  const { port } = await serve(echo, { bounds: { heldBytes: 100_000 } })
  const whole = `POST / HTTP/1.1\r\n${head}${close}Content-Length: 150000\r\n\r\n${'x'.repeat(150_000)}`
  for (let i = 0; i < 3; i++) match(await talk(port, whole), /^HTTP\/1\.1 200 /)
  const tight = await serve(echo, { bounds: { heldBytes: 1000 } })
  match(await talk(tight.port, whole), /^HTTP\/1\.1 503 Service Unavailable\r\n(?:.*\r\n)*Retry-After: 1\r\n/)
})
