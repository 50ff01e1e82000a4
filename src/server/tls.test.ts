import { strictEqual as equal, match, ok, deepStrictEqual as same } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, type SecureVersion } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { listen } from './node.ts'
import { noProxies } from './proxies.ts'
import { isLoopback, mayListen, type TlsFiles, tlsFromFiles } from './tls.ts'

const vectors = fileURLToPath(new URL('../../conformance/vectors/tls/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'hallpass-tls-'))
const now = () => new Date('2027-01-01')
const ends: (() => unknown)[] = []
after(async () => {
  for (const end of ends) await end()
  rmSync(folder, { recursive: true })
})

let made = 0
/** A pair of files of its own, holding the named certificate and key. */
function files(certificate: 'first' | 'second', key: 'first' | 'second' = certificate): TlsFiles {
  const own = { certificate: join(folder, `${++made}.cert.pem`), key: join(folder, `${made}.key.pem`) }
  put(own, certificate, key)
  return own
}

function put(own: TlsFiles, certificate: 'first' | 'second', key: 'first' | 'second') {
  copyFileSync(`${vectors}${certificate}.cert.pem`, own.certificate)
  copyFileSync(`${vectors}${key}.key.pem`, own.key)
}

async function serve(own: TlsFiles, report: (reloaded: { problem?: string }) => void = () => {}, everyMs = 3_600_000) {
  const tls = await tlsFromFiles(own, now, report, everyMs)
  if ('problem' in tls) throw new Error(tls.problem)
  const listener = await listen({
    on: { host: '127.0.0.1', port: 0 },
    handler: ({ from }) => ({ status: 200, headers: [], body: `tls ${from.tls}` }),
    tls,
    proxies: noProxies,
    clock: () => new Date(),
    random: randomBytes,
  })
  ends.push(() => {
    tls.close()
    return listener.close(0)
  })
  return { tls, port: listener.port }
}

/** The name in the certificate that is presented, and what a request is answered. */
function ask(port: number, maxVersion: SecureVersion = 'TLSv1.3'): Promise<{ name: string; answer: string }> {
  return new Promise((resolve, reject) => {
    const min = { minVersion: maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion, ...min }, () => {
      const name = String(socket.getPeerCertificate().subject.CN)
      let answer = ''
      socket.on('data', (data) => {
        answer += data
      })
      socket.on('close', () => resolve({ name, answer }))
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    })
    socket.on('error', reject)
  })
}

test('a request over TLS is known to be one', async () => {
  const { port } = await serve(files('first'))
  const { name, answer } = await ask(port)
  equal(name, 'first.hallpass.test')
  match(answer, /tls true$/)
})

test('TLS 1.2 is spoken, 1.1 is not', async () => {
  const { port } = await serve(files('first'))
  match((await ask(port, 'TLSv1.2')).answer, /tls true$/)
  const error = await ask(port, 'TLSv1.1').catch((refused: NodeJS.ErrnoException) => refused.code)
  equal(error, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
})

test('plain HTTP on a TLS port is not answered', async () => {
  const { port } = await serve(files('first'))
  const heard = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connectPlain(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    socket.on('data', (data) => {
      text += data.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
  ok(!heard.includes('HTTP/1.1'))
})

test('a changed pair is presented to the next connection', async () => {
  const own = files('first')
  const { tls, port } = await serve(own)
  put(own, 'second', 'second')
  same(await tls.reload(), {})
  equal((await ask(port)).name, 'second.hallpass.test')
})

test('changed files are noticed', async () => {
  const own = files('first')
  const reloaded = new Promise<{ problem?: string }>((resolve) => {
    serve(own, (result) => 'problem' in result || resolve(result), 5).then(() => put(own, 'second', 'second'))
  })
  same(await reloaded, {})
})

const broken: readonly { rule: string; breaks: (own: TlsFiles) => void }[] = [
  { rule: 'no PEM', breaks: (own) => writeFileSync(own.certificate, 'nonsense') },
  { rule: 'an empty file', breaks: (own) => writeFileSync(own.key, '') },
  { rule: 'a missing file', breaks: (own) => rmSync(own.key) },
  { rule: "another certificate's key (half of a renewal)", breaks: (own) => put(own, 'second', 'first') },
]
for (const { rule, breaks } of broken) {
  test(`a broken new pair is said and the old one stays: ${rule}`, async () => {
    const own = files('first')
    const { tls, port } = await serve(own)
    breaks(own)
    const { problem } = await tls.reload()
    match(String(problem), /are not a usable pair/)
    ok(!String(problem).includes('PRIVATE KEY'))
    equal((await ask(port)).name, 'first.hallpass.test')
  })
}

test('a broken pair at the start is said', async () => {
  const source = await tlsFromFiles(files('first', 'second'), now, () => {})
  ok('problem' in source)
})

test('an ended certificate is refused', async () => {
  const source = await tlsFromFiles(
    files('first'),
    () => new Date('2199-01-01'),
    () => {},
  )
  match(String('problem' in source && source.problem), /ended 21/)
})

const hosts: readonly (readonly [string, boolean])[] = [
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['[::1]', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['', false],
  ['10.0.0.1', false],
  ['127.0.0.1.example.com', false],
  ['sts.example.com', false],
]
for (const [host, loopback] of hosts) test(`loopback: ${host || 'no host'}`, () => equal(isLoopback(host), loopback))

const listens: readonly { host: string; tls: boolean; trustedProxies: boolean; may: boolean }[] = [
  { host: '127.0.0.1', tls: false, trustedProxies: false, may: true },
  { host: '0.0.0.0', tls: false, trustedProxies: false, may: false },
  { host: '0.0.0.0', tls: true, trustedProxies: false, may: true },
  { host: '0.0.0.0', tls: false, trustedProxies: true, may: true },
  { host: '', tls: false, trustedProxies: false, may: false },
]
for (const { may, ...on } of listens) {
  test(`${may ? 'listens' : 'refuses to listen'}: ${JSON.stringify(on)}`, () => {
    equal(mayListen(on).refused === undefined, may)
  })
}
