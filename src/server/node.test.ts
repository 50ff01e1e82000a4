import { strictEqual as equal, match, ok } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import { type Listener, type ListenOptions, listen } from './node.ts'
import { noProxies, trustedProxies } from './proxies.ts'

const open: Listener[] = []
after(() => Promise.all(open.map((listener) => listener.close(0))))

async function serve(handler: Handler, more: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listen({
    on: { host: '127.0.0.1', port: 0 },
    handler,
    proxies: noProxies,
    clock: () => new Date(),
    random: randomBytes,
    ...more,
  })
  open.push(listener)
  return listener
}

/** Sends bytes and reads until the server ends the connection, or until `until` is in what came. */
function talk(port: number, bytes: string | readonly string[], until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (until?.test(text)) socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)))
    socket.on('close', () => resolve(text))
    for (const part of [bytes].flat()) socket.write(part, 'latin1')
  })
}

const text = (body: string, status = 200): Reply => ({ status, headers: ['Content-Type', 'text/plain'], body })

/** Answers what it saw. */
const echo: Handler = async (exchange) => {
  const { message } = exchange
  if (isRepeated(message)) return text(`repeated ${message.repeated}`, 400)
  const body = await exchange.body.bytes(1_048_576)
  return text(`${message.method} ${message.target} [${body.toString('latin1')}]`)
}

const head = 'Host: a\r\n'
const close = 'Connection: close\r\n'
const server = await serve(echo)

const hostile: readonly { rule: string; send: string; answers: RegExp }[] = [
  {
    rule: 'two Hosts reach the handler as a repeated header',
    send: `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n${close}\r\n`,
    answers: /^HTTP\/1\.1 400 [\s\S]*repeated host$/,
  },
  {
    rule: 'two Hosts that differ in the case of their name are repeated too',
    send: `GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n${close}\r\n`,
    answers: /repeated host$/,
  },
  {
    rule: 'two Authorizations',
    send: `GET / HTTP/1.1\r\n${head}Authorization: x\r\nAuthorization: y\r\n${close}\r\n`,
    answers: /repeated authorization$/,
  },
  {
    rule: 'two session tokens',
    send: `GET / HTTP/1.1\r\n${head}X-Amz-Security-Token: x\r\nx-amz-security-token: y\r\n${close}\r\n`,
    answers: /repeated x-amz-security-token$/,
  },
  { rule: 'no Host', send: 'GET / HTTP/1.1\r\n\r\n', answers: /^HTTP\/1\.1 400 / },
  {
    rule: 'Content-Length and Transfer-Encoding together (smuggling)',
    send: `POST / HTTP/1.1\r\n${head}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    answers: /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/,
  },
  {
    rule: 'two Content-Lengths',
    send: `POST / HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'a negative Content-Length',
    send: `POST / HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'a Content-Length with a sign',
    send: `POST / HTTP/1.1\r\n${head}Content-Length: +1\r\n\r\nx`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'an obscured Transfer-Encoding',
    send: `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'chunked that is not last',
    send: `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'a bad chunk size',
    send: `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  { rule: 'bare LF', send: 'GET / HTTP/1.1\nHost: a\n\n', answers: /^HTTP\/1\.1 400 / },
  { rule: 'bare CR in a value', send: `GET / HTTP/1.1\r\n${head}X: a\rb\r\n\r\n`, answers: /^HTTP\/1\.1 400 / },
  { rule: 'NUL in a header', send: `GET / HTTP/1.1\r\n${head}X: a\0b\r\n\r\n`, answers: /^HTTP\/1\.1 400 / },
  { rule: 'a space before the colon', send: 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', answers: /^HTTP\/1\.1 400 / },
  {
    rule: 'a folded header',
    send: `GET / HTTP/1.1\r\n${head}X: a\r\n b\r\n\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'a header section of more than 16 KiB',
    send: `GET / HTTP/1.1\r\n${head}X: ${'x'.repeat(16_384)}\r\n\r\n`,
    answers: /^HTTP\/1\.1 431 /,
  },
  {
    rule: 'more headers than the bound, none dropped in silence',
    send: `GET / HTTP/1.1\r\n${'a:b\r\n'.repeat(2100)}${head}${close}\r\n`,
    answers: /^HTTP\/1\.1 431 /,
  },
  {
    rule: 'the absolute form of a target',
    send: `GET http://b/ HTTP/1.1\r\n${head}${close}\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  { rule: 'the asterisk form', send: `OPTIONS * HTTP/1.1\r\n${head}${close}\r\n`, answers: /^HTTP\/1\.1 400 / },
  { rule: 'a fragment in a target', send: `GET /#a HTTP/1.1\r\n${head}${close}\r\n`, answers: /^HTTP\/1\.1 400 / },
  {
    rule: 'raw bytes above ASCII in a target',
    send: `GET /\xe9 HTTP/1.1\r\n${head}${close}\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  },
  {
    rule: 'a foreign expectation',
    send: `GET / HTTP/1.1\r\n${head}Expect: x\r\n${close}\r\n`,
    answers: /^HTTP\/1\.1 417 /,
  },
  { rule: 'CONNECT ends without an answer', send: `CONNECT b:443 HTTP/1.1\r\n${head}\r\n`, answers: /^$/ },
  { rule: 'what is no HTTP at all', send: '\x16\x03\x01\x02\x00\x01', answers: /^HTTP\/1\.1 400 / },
]
for (const { rule, send, answers } of hostile) {
  test(`hostile: ${rule}`, async () => match(await talk(server.port, send), answers))
}

test('the raw target arrives as sent, encoded and doubled characters included', async () => {
  const answer = await talk(server.port, `GET /a//b/%2e%2E/../?x=%2f&&y=+ HTTP/1.1\r\n${head}${close}\r\n`)
  match(answer, /GET \/a\/\/b\/%2e%2E\/\.\.\/\?x=%2f&&y=\+ \[\]$/)
})

test('an upgrade is not taken: the request is answered as HTTP/1.1 and its connection ends', async () => {
  const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'
  const first = `POST /1 HTTP/1.1\r\n${head}${upgrade}Content-Length: 1\r\n\r\nx`
  const answer = await talk(server.port, `${first}GET /2 HTTP/1.1\r\n${head}\r\n`)
  match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*\r\n\r\nPOST \/1 \[x\]$/)
})

test('pipelined requests are answered in order, though the first takes longer', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const { port } = await serve(async ({ message }) => {
    if (message.target === '/1') await held
    else release()
    return text(message.target)
  })
  const answer = await talk(port, `GET /1 HTTP/1.1\r\n${head}\r\nGET /2 HTTP/1.1\r\n${head}${close}\r\n`)
  match(answer, /\/1HTTP[\s\S]*\/2$/)
})

test('more unanswered requests on one connection than the bound end it', async () => {
  let seen = 0
  const { port } = await serve(
    () => {
      seen++
      return new Promise<Reply>(() => {})
    },
    { bounds: { pipelined: 3 } },
  )
  equal(await talk(port, `GET / HTTP/1.1\r\n${head}\r\n`.repeat(10)), '')
  equal(seen, 3)
})

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

test('a trusted proxy says who the client is, anyone else does not', async () => {
  const proxies = trustedProxies(['127.0.0.1'])
  if ('invalid' in proxies) throw new Error(proxies.invalid)
  const who: Handler = ({ from }) => text(`${from.address} ${from.tls}`)
  const behind = await serve(who, { proxies })
  const bare = await serve(who)
  const request = `GET / HTTP/1.1\r\n${head}${close}X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n`
  match(await talk(behind.port, request), /1\.2\.3\.4 true$/)
  match(await talk(bare.port, request), /127\.0\.0\.1 false$/)
})

test('connections beyond the bound are dropped', async () => {
  const { port } = await serve(echo, { bounds: { connections: 1 } })
  const first = connect(port, '127.0.0.1')
  await new Promise((resolve) => {
    first.once('data', resolve)
    first.write(`GET / HTTP/1.1\r\n${head}\r\n`)
  })
  equal(await talk(port, `GET / HTTP/1.1\r\n${head}\r\n`), '')
  first.destroy()
})

test('close: idle connections end, what is in flight is answered, nothing new is accepted', async () => {
  let release = (_: Reply) => {}
  let arrived = () => {}
  const isIn = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const listener = await serve(({ message }) => {
    if (message.target === '/idle') return text('idle')
    arrived()
    return new Promise<Reply>((resolve) => {
      release = resolve
    })
  })
  const { port } = listener
  const idle = new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET /idle HTTP/1.1\r\n${head}\r\n`))
    socket.once('data', (data) => socket.once('close', () => resolve(String(data))))
  })
  const fresh = new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1').once('close', resolve)
    socket.resume()
  })
  const busy = talk(port, `GET /busy HTTP/1.1\r\n${head}\r\n`)
  await isIn
  const closed = listener.close(10_000)
  match(await idle, /idle$/)
  await fresh
  release(text('busy'))
  match(await busy, /Connection: close[\s\S]*busy$/)
  equal(await closed, 0)
  const refused = await talk(port, '').catch((error: NodeJS.ErrnoException) => error.code)
  equal(refused, 'ECONNREFUSED')
})

test('close: what does not end in time is cut', async () => {
  let arrived = () => {}
  const isIn = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const listener = await serve(() => {
    arrived()
    return new Promise<Reply>(() => {})
  })
  const busy = talk(listener.port, `GET / HTTP/1.1\r\n${head}\r\n`)
  await isIn
  equal(await listener.close(1), 1)
  equal(await busy, '')
})
