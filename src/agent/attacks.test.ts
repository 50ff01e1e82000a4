// Ways to the agent's credentials that are none: through a browser, a proxy, another name, from another machine, by malformed requests.
// Each row is tried at each of the three services, with the proof that otherwise gets credentials.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readRange } from '../core/policy/addresses.ts'
import { close, talk } from '../server/testing/raw.ts'
import { callersOf } from './callers.ts'
import { containerHandler } from './container.ts'
import { imdsHandler } from './imds.ts'
import { podCredentials } from './pod-credentials.ts'
import { podIdentityHandler } from './pod-identity.ts'
import { ask, credentialsFor, entryOf, opened, setOf, start, testClock } from './testing/agent.ts'

const secret = credentialsFor('GIVEN')
const { clock } = testClock()
const jwt = ['{}', JSON.stringify({ exp: start / 1000 + 3600 }), 'x']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')
const random = (bytes: number) => Buffer.alloc(bytes, 3)

const imds = await opened(
  entryOf('instance-metadata', { names: ['metadata.internal'] }),
  (callerOf) =>
    imdsHandler({
      credentials: secret,
      credentialsOfV1: secret,
      facts: () => ({ tags: new Map() }),
      callerOf,
      clock,
      random,
    }),
  clock,
)
const containers = await opened(
  entryOf('container-credentials', { names: ['metadata.internal'] }),
  (callerOf) =>
    containerHandler({
      workloadOf: (token) => (token === 'a-token' ? { name: 'w', credentials: secret } : undefined),
      ...{ callerOf, clock },
    }),
  clock,
)
const pods = podCredentials({ clock, ask: async () => setOf('GIVEN', new Date(start + 3_600_000)) })
const podIdentity = await opened(
  entryOf('pod-identity', { names: ['metadata.internal'] }),
  (callerOf) => podIdentityHandler({ pods, callerOf, names: [], clock }),
  clock,
)

const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' }
const token = (await ask(imds, 'PUT', '/latest/api/token', ttl)).body

interface Service {
  readonly name: string
  readonly port: number
  readonly method?: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}
const path = '/latest/meta-data/iam/security-credentials/web'
const services: readonly Service[] = [
  { name: 'instance metadata', port: imds, path, headers: { 'X-aws-ec2-metadata-token': token } },
  { name: 'instance metadata, version 1', port: imds, path, headers: {} },
  { name: 'a token of instance metadata', port: imds, method: 'PUT', path: '/latest/api/token', headers: ttl },
  { name: 'container credentials', port: containers, path: '/v2/credentials', headers: { authorization: 'a-token' } },
  { name: 'pod identity', port: podIdentity, path: '/v1/credentials', headers: { authorization: jwt } },
]

const isGiven = (body: string) => body.includes('GIVEN') || /^[\w-]{54}==$/.test(body)

for (const { name, port, method = 'GET', path, headers } of services) {
  const send = (more: Readonly<Record<string, string>>) => ask(port, method, path, { ...headers, ...more })

  test(`${name}: is given at its own addresses and names`, async () => {
    for (const host of [
      `127.0.0.1:${port}`,
      '127.0.0.1',
      `localhost:${port}`,
      'metadata.internal',
      'METADATA.internal:80',
    ])
      ok(isGiven((await send({ host })).body), host)
  })

  test(`${name}: Node’s own fetch is a program, and no browser`, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
    ok(isGiven(await answer.text()))
  })

  for (const [what, more] of [
    ['a proxy that says for whom', { 'X-Forwarded-For': '127.0.0.1' }],
    ['a proxy that says so as the RFC has it', { Forwarded: 'for=127.0.0.1' }],
    ['a proxy that names itself', { Via: '1.1 proxy' }],
    ['a proxy that says which host', { 'X-Forwarded-Host': '169.254.169.254' }],
    ['nginx with a real address', { 'X-Real-IP': '127.0.0.1' }],
    ['a page of another origin', { Origin: 'https://evil.example' }],
    ['a page that hides its origin', { Origin: 'null' }],
    ['a page of its own origin', { Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' }],
    ['an image, or a form, in a page', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['an address that was typed', { 'Sec-Fetch-Mode': 'navigate' }],
    ['a browser that says so alone', { 'Sec-Fetch-Site': 'none' }],
    ['a link', { Referer: 'https://evil.example/' }],
    ['a name that was made to lead here', { host: 'evil.example' }],
    ['that name, with the port', { host: `evil.example:${port}` }],
    ['a name that begins like ours', { host: '127.0.0.1.evil.example' }],
    ['another address of this machine', { host: '127.0.0.2' }],
    ['an address in other digits', { host: '2130706433' }],
  ] as const) {
    test(`${name}: ${what} gets nothing`, async () => {
      const { status, body, headers: answered } = await send(more)
      ok(status >= 400 && status < 500, String(status))
      ok(!isGiven(body))
      equal(answered['access-control-allow-origin'], undefined)
      equal(answered.location, undefined)
    })
  }

  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}\r\n`)
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}`
  for (const [what, bytes, answers] of [
    ['two Hosts', `${head}Host: evil.example\r\n${close}\r\n`, /^HTTP\/1\.1 400 /],
    ['no Host', head.replace('Host: 127.0.0.1\r\n', `${close}`), /^HTTP\/1\.1 400 /],
    ['no Host, in HTTP/1.0', head.replace('Host: 127.0.0.1\r\n', '').replace('1.1', '1.0'), /^HTTP\/1\.1 4\d\d /],
    ['another host in the line of the request', head.replace(path, `http://evil.example${path}`), /^HTTP\/1\.1 400 /],
    ['a header section of more than 16 KiB', `${head}X: ${'x'.repeat(17_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['65 headers', `${head}${'X: x\r\n'.repeat(65)}${close}\r\n`, /^HTTP\/1\.1 431 /],
    ['a folded header', `${head}X: y\r\n z\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['two lengths', `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ] as const) {
    test(`${name}: ${what} gets nothing`, async () => {
      const sent = bytes.endsWith('\r\n\r\n') ? bytes : `${bytes}${bytes.includes(close) ? '' : close}\r\n`
      const answer = await talk(port, sent)
      match(answer, answers)
      ok(!isGiven(answer) && !/[\w-]{54}==/.test(answer))
    })
  }

  test(`${name}: a second request behind the first is answered on its own merits`, async () => {
    const answer = await talk(port, `${head}\r\n${head}X-Forwarded-For: 10.0.0.1\r\n${close}\r\n`)
    deepEqual(
      [...answer.matchAll(/HTTP\/1\.1 (\d)/g)].map(([, first]) => first),
      ['2', '4'],
    )
  })

  test(`${name}: a body is not read, and no request hides in it`, async () => {
    const hidden = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`
    const answer = await talk(port, `${head}Content-Length: ${hidden.length}\r\n${close}\r\n${hidden}`)
    equal([...answer.matchAll(/HTTP\/1\.1 /g)].length, 1)
  })

  // What is answered at once never waits.
  if (method === 'GET') {
    test(`${name}: more requests at once on one connection than a client has are cut off`, async () => {
      const answer = await talk(port, `${head}\r\n`.repeat(200))
      ok([...answer.matchAll(/HTTP\/1\.1 /g)].length < 200)
    })
  }
}

test('a request that a redirect sends here brings no token: it gets nothing where version 1 is refused', async () => {
  const refusing = await opened(
    entryOf('instance-metadata'),
    (callerOf) => imdsHandler({ credentials: secret, facts: () => ({ tags: new Map() }), callerOf, clock, random }),
    clock,
  )
  const redirecting = (await import('node:http')).createServer((_, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${refusing}${path}` }).end()
  })
  await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve))
  const { port } = redirecting.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  redirecting.close()
  deepEqual([answer.status, answer.redirected, isGiven(await answer.text())], [401, true, false])
})

const message = { method: 'GET', target: '/', headers: new Map([['host', '169.254.169.254']]) }
const from = (address: string) => ({ message, from: { address, tls: false, userAgent: '', host: '169.254.169.254' } })

test('this machine, by whichever of its addresses, and peers that are named are answered; nobody else is', () => {
  let own = ['10.0.0.5']
  let now = start
  const allow = ['172.17.0.0/16', 'fd12::/64'].flatMap((text) => readRange(text) ?? [])
  const callerOf = callersOf({
    ...{ host: '0.0.0.0', names: ['169.254.169.254'], allow, clock: () => new Date(now), ownAddresses: () => own },
  })
  const answered = (address: string) => 'message' in callerOf(from(address))
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '10.0.0.5', '172.17.0.2', 'fd12::5'])
    ok(answered(address), address)
  for (const address of ['10.0.0.6', '172.18.0.2', '169.254.0.7', 'fe80::1', 'fd13::5', '128.0.0.1', ''])
    ok(!answered(address), address)
  // The machine has another address now.
  own = ['10.0.0.6']
  ok(answered('10.0.0.5'))
  now += 2001
  ok(!answered('10.0.0.5') && answered('10.0.0.6'))
})

test('a listener on every address has no name but those that clients know', () => {
  const callerOf = callersOf({ host: '0.0.0.0', names: ['169.254.169.254'], allow: [], clock, ownAddresses: () => [] })
  for (const host of ['0.0.0.0', 'localhost', '127.0.0.1', 'evil.example'])
    deepEqual(callerOf({ ...from('127.0.0.1'), message: { ...message, headers: new Map([['host', host]]) } }), {
      foreign: 'host',
    })
})
