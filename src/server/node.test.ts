import { deepEqual, strictEqual as equal, match } from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { Handler, Reply } from './exchange.ts'
import { trustedProxies } from './proxies.ts'
import { close, echo, head, serve, talk, text } from './testing/raw.ts'
import { admitted } from './tls.ts'

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
  ...['1.0', '2.0'].map((version) => ({
    rule: `chunks in HTTP/${version}, and a request after them`,
    send: `POST / HTTP/${version}\r\n${head}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n${head}\r\n`,
    answers: /^HTTP\/1\.1 400 (?:(?!HTTP\/)[\s\S])*Connection: close\r\n(?:(?!HTTP\/)[\s\S])*$/,
  })),
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
    rule: 'the absolute form of a target of another host',
    send: `GET http://b/ HTTP/1.1\r\n${head}${close}\r\n`,
    answers: /^HTTP\/1\.1 400 [\s\S]*\r\n\r\nBad Request: a target that is no path of this host\n$/,
  },
  ...[
    'http://a:80/',
    'http://x@a/',
    'http:///',
    'http:/a',
    'ftp://a/',
    'http://a/#b',
    'http://a#/',
    'http://a.b/',
    'a/',
  ].map((target) => ({
    rule: `the target ${target} under Host a`,
    send: `GET ${target} HTTP/1.1\r\n${head}${close}\r\n`,
    answers: /^HTTP\/1\.1 400 /,
  })),
  {
    rule: 'an absolute target where Host stands twice',
    send: `GET http://a/ HTTP/1.1\r\n${head}${head}${close}\r\n`,
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

for (const [sent, arrives] of [
  ['http://a/', '/'],
  ['HTTP://A/x', '/x'],
  ['https://a/x?y=http://b/', '/x?y=http://b/'],
  ['http://a', '/'],
  ['http://a?x', '/?x'],
  ['http://a//b/../%2e', '//b/../%2e'],
] as const) {
  test(`the absolute form ${sent} under its own Host arrives as ${arrives}, and whom it is answered to is asked of that`, async () => {
    const targets: string[] = []
    const { port } = await serve(echo, { admits: (_, target) => targets.push(target) > 0 })
    const answer = await talk(port, `GET ${sent} HTTP/1.1\r\n${head}${close}\r\n`)
    equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), `GET ${arrives} []`)
    deepEqual(targets, [arrives])
  })
}

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

/** A connection that stays, from an address of this machine; and whether it was answered. */
async function held(port: number, localAddress = '127.0.0.1') {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  const answered = await new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true))
    socket.once('close', () => resolve(false))
    socket.on('error', () => {})
    socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
  })
  return { socket, answered }
}

test('in the clear beyond loopback, proxies are answered, this machine, and whoever asks for health', async () => {
  const admits = admitted({ host: '0.0.0.0', tls: false }, (target) => target === '/livez')
  const peer = (address: string, trusted = false) => ({ address, trusted, tls: false })
  equal(admits?.(peer('192.0.2.9', true), '/'), true)
  equal(admits?.(peer('127.0.0.1'), '/'), true)
  equal(admits?.(peer('192.0.2.1'), '/livez'), true)
  equal(admits?.(peer('192.0.2.1'), '/'), false)
  equal(
    admitted({ host: '0.0.0.0', tls: true }, () => false),
    undefined,
  )
  equal(
    admitted({ host: '127.0.0.1', tls: false }, () => false),
    undefined,
  )
  const { port } = await serve(echo, { admits: (_, target) => target === '/livez' })
  match(await talk(port, `GET /livez HTTP/1.1\r\n${head}${close}\r\n`), /^HTTP\/1\.1 200 /)
  match(
    await talk(port, `GET / HTTP/1.1\r\n${head}${close}\r\n`),
    /^HTTP\/1\.1 403 [\s\S]*Forbidden: in the clear, and not from a trusted proxy\n$/,
  )
})

test('connections beyond the bound are dropped', async () => {
  const { port } = await serve(echo, { bounds: { connections: 1 } })
  const { socket } = await held(port)
  equal(await talk(port, `GET / HTTP/1.1\r\n${head}\r\n`), '')
  socket.destroy()
})

test('connections of one address beyond its share are dropped; another has its own, and a proxy has all', {
  skip: process.platform !== 'linux' && 'only Linux has all of 127.0.0.0/8',
}, async () => {
  const proxies = trustedProxies(['127.0.0.3'])
  if ('invalid' in proxies) throw new Error(proxies.invalid)
  const { port } = await serve(echo, { proxies, bounds: { connectionsOfOne: 1 } })
  const first = await held(port)
  equal(first.answered, true)
  equal((await held(port)).answered, false)
  equal((await held(port, '127.0.0.2')).answered, true)
  for (let time = 0; time < 3; time++) equal((await held(port, '127.0.0.3')).answered, true)
  const ended = new Promise((resolve) => first.socket.once('close', resolve))
  first.socket.end()
  await ended
  equal((await held(port)).answered, true, 'a share is given back')
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
