import { deepEqual, equal } from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createAsk, createFetch, type Trust } from './fetch.ts'
import { reachOf } from './reach.ts'
import { authority, certificate, type Idp, type IdpOptions, startIdp } from './testing/idp.ts'
import { thumbprintOf } from './thumbprint.ts'

const reach = reachOf(['127.0.0.0/8'])
const trusted: Trust = { reach, ca: [authority] }
const quick = createFetch({ timeoutMs: 300, limit: 1_000 })
const idps: Record<string, Idp> = {}
const idp = (name: NonNullable<IdpOptions['tls']>) => idps[name] as Idp
const keysOf = ({ issuer }: Idp) => new URL(`${issuer}/keys`)
const der = (name: string) => Buffer.from(certificate(name).replace(/-----[A-Z ]+-----/g, ''), 'base64')

before(async () => {
  for (const tls of ['server', 'misnamed', 'expired', 'selfsigned', 'weak', 'none'] as const)
    idps[tls] = await startIdp({ tls })
})
after(async () => {
  for (const started of Object.values(idps)) await started.close()
})

async function outcome(url: URL, trust: Trust = trusted, fetch = quick): Promise<string> {
  const answer = await fetch(url, trust)
  return 'body' in answer ? answer.body.toString() : answer.rejected
}

const answering = (path: string, status: number, headers: Record<string, string>, body = '') => {
  idp('server').answers.set(path, (_request, response) => response.writeHead(status, headers).end(body))
  return new URL(`${idp('server').issuer}${path}`)
}

describe('fetching from an identity provider', () => {
  test('a document over TLS that the given authority vouches for', async () => {
    equal(await outcome(keysOf(idp('server'))), '{"keys":[]}')
  })

  const refused: [string, () => [URL, Trust?], string][] = [
    [
      'a certificate of a private authority that is not trusted',
      () => [keysOf(idp('server')), { reach }],
      'certificate',
    ],
    ['a self-signed certificate', () => [keysOf(idp('selfsigned'))], 'certificate'],
    ["another name's certificate", () => [keysOf(idp('misnamed'))], 'certificate'],
    ['a certificate that has expired', () => [keysOf(idp('expired'))], 'certificate'],
    [
      'a certificate whose key has the fingerprint of CVE-2017-15361, though an authority vouches for it',
      () => [keysOf(idp('weak')), { reach, ca: [certificate('weak')] }],
      'certificate',
    ],
    [
      'the same by its thumbprint',
      () => [keysOf(idp('weak')), { reach, thumbprints: [thumbprintOf(der('weak'))] }],
      'certificate',
    ],
    [
      'loopback when it is not allowed',
      () => [keysOf(idp('server')), { reach: reachOf([]), ca: [authority] }],
      'address',
    ],
    [
      'an address written out when it is not allowed',
      () => [new URL('https://127.0.0.1:1/'), { reach: reachOf([]) }],
      'address',
    ],
    ['the same in decimal', () => [new URL('https://2130706433:1/'), { reach: reachOf([]) }], 'address'],
    ['the same in IPv6', () => [new URL('https://[::ffff:127.0.0.1]:1/'), { reach: reachOf([]) }], 'address'],
    ['http beyond loopback', () => [new URL('http://93.184.216.34/'), { reach }], 'address'],
    ['a file', () => [new URL('file:///etc/passwd')], 'scheme'],
    ['a URL with a password', () => [new URL('https://a:b@localhost/')], 'scheme'],
    ['a port where nobody listens', () => [new URL('https://127.0.0.1:1/')], 'unreachable'],
    ['a redirect', () => [answering('/moved', 302, { location: '/keys' })], 'redirect'],
    ['a permanent redirect', () => [answering('/moved', 308, { location: '/keys' })], 'redirect'],
    ['not found', () => [new URL(`${idp('server').issuer}/nowhere`)], 'status'],
    ['a failure of the provider', () => [answering('/broken', 502, {})], 'failing'],
    ['too many requests', () => [answering('/busy', 429, {})], 'failing'],
    ['no content', () => [answering('/empty', 204, {})], 'status'],
    ['more bytes than the limit', () => [answering('/large', 200, {}, 'x'.repeat(1_001))], 'too-large'],
    ['headers without end', () => [answering('/heads', 200, { long: 'x'.repeat(20_000) })], 'unreachable'],
  ]
  for (const [name, ask, why] of refused) {
    test(`${name} is refused: ${why}`, async () => {
      const [url, trust] = ask()
      equal(await outcome(url, trust), why)
    })
  }

  test('http is allowed to loopback, when loopback may be fetched', async () => {
    equal(await outcome(keysOf(idp('none'))), '{"keys":[]}')
    equal(await outcome(keysOf(idp('none')), { reach: reachOf([]) }), 'address')
  })

  test('a provider that never answers is given up', async () => {
    idp('server').answers.set('/silent', () => {})
    equal(await outcome(new URL(`${idp('server').issuer}/silent`)), 'timeout')
  })

  test('a provider that drips is given up: the deadline is for all of it', async () => {
    idp('server').answers.set('/drip', (request, response) => {
      const timer = setInterval(() => response.write(' '), 40)
      request.socket.on('close', () => clearInterval(timer))
    })
    equal(await outcome(new URL(`${idp('server').issuer}/drip`)), 'timeout')
  })

  test('a name is resolved once, and the connection goes to an address that was checked', async () => {
    let resolved = 0
    const fetch = createFetch({
      resolve: async () => {
        resolved++
        return resolved === 1 ? ['10.0.0.1', '127.0.0.1'] : ['169.254.169.254']
      },
    })
    equal(await outcome(keysOf(idp('server')), trusted, fetch), '{"keys":[]}')
    equal(resolved, 1)
  })

  test('a name of forbidden addresses alone is refused, and nobody is connected to', async () => {
    const fetch = createFetch({ resolve: async () => ['127.0.0.1'] })
    const before = idp('server').requests.length
    equal(await outcome(keysOf(idp('server')), { reach: reachOf([]), ca: [authority] }, fetch), 'address')
    equal(idp('server').requests.length, before)
  })

  test('no more fetches run at once than the limit allows', async () => {
    const fetch = createFetch({ most: 1, timeoutMs: 300 })
    idp('server').answers.set('/silent', () => {})
    const [first, second] = await Promise.all([
      outcome(new URL(`${idp('server').issuer}/silent`), trusted, fetch),
      outcome(keysOf(idp('server')), trusted, fetch),
    ])
    deepEqual([first, second], ['timeout', 'busy'])
    equal(await outcome(keysOf(idp('server')), trusted, fetch), '{"keys":[]}')
  })

  test('providers of one account that hang leave room for those of others', async () => {
    const fetch = createFetch({ mostPerOwner: 1, timeoutMs: 300 })
    idp('server').answers.set('/silent', () => {})
    const of = (owner: string): Trust => ({ ...trusted, owner })
    const [hanging, same, other, everyones] = await Promise.all([
      outcome(new URL(`${idp('server').issuer}/silent`), of('111122223333'), fetch),
      outcome(keysOf(idp('server')), of('111122223333'), fetch),
      outcome(keysOf(idp('server')), of('444455556666'), fetch),
      outcome(keysOf(idp('server')), trusted, fetch),
    ])
    deepEqual([hanging, same, other, everyones], ['timeout', 'busy', '{"keys":[]}', '{"keys":[]}'])
    equal(await outcome(keysOf(idp('server')), of('111122223333'), fetch), '{"keys":[]}')
  })

  test('providers of several accounts that hang leave room for those of others: beyond half of all, each has one', async () => {
    const fetch = createFetch({ most: 6, mostPerOwner: 3, timeoutMs: 300 })
    idp('server').answers.set('/silent', () => {})
    const hang = (owner: string) => outcome(new URL(`${idp('server').issuer}/silent`), { ...trusted, owner }, fetch)
    const hanging = ['1', '1', '1', '2', '2', '2', '3', '3'].map(hang)
    equal(await outcome(keysOf(idp('server')), { ...trusted, owner: '4' }, fetch), '{"keys":[]}')
    deepEqual(await Promise.all(hanging), [
      'timeout',
      'timeout',
      'timeout',
      'timeout',
      'busy',
      'busy',
      'timeout',
      'busy',
    ])
  })
})

describe('thumbprints', () => {
  const pin = (name: string): Trust => ({ reach, thumbprints: [thumbprintOf(der(name))] })

  test('the thumbprint of a self-signed certificate vouches for it', async () => {
    equal(await outcome(keysOf(idp('selfsigned')), pin('selfsigned')), '{"keys":[]}')
  })
  test('another thumbprint does not', async () => {
    equal(await outcome(keysOf(idp('selfsigned')), pin('ca')), 'thumbprint')
  })
  test('the thumbprint of a certificate vouches for no other name', async () => {
    equal(await outcome(keysOf(idp('misnamed')), pin('misnamed')), 'certificate')
  })
  test('nor for one that has expired', async () => {
    equal(await outcome(keysOf(idp('expired')), pin('expired')), 'certificate')
  })
  test('a certificate of an authority that is not sent is pinned by its own thumbprint', async () => {
    equal(await outcome(keysOf(idp('server')), pin('server')), '{"keys":[]}')
    equal(await outcome(keysOf(idp('server')), pin('ca')), 'thumbprint')
  })
  test('sending a pinned authority beside a certificate that only names it proves nothing', async () => {
    const forged = await startIdp({ tls: 'forged', chain: ['ca'] })
    try {
      equal(await outcome(keysOf(forged), pin('ca')), 'certificate')
      deepEqual(forged.requests, [])
    } finally {
      await forged.close()
    }
  })
  test('a pinned authority that is sent vouches for what it signed', async () => {
    const chained = await startIdp({ chain: ['ca'] })
    try {
      equal(await outcome(keysOf(chained), pin('ca')), '{"keys":[]}')
    } finally {
      await chained.close()
    }
  })
})

describe('asking an identity provider', () => {
  const ask = createAsk({ timeoutMs: 300, limit: 1_000 })
  const asked = (url: URL) =>
    ask(url, trusted, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Wünsche' })

  test('a body is sent whole, and an error of the protocol is read', async () => {
    idp('server').answers.set('/token', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      response.writeHead(400, { 'content-type': 'application/json; charset=utf-8' })
      response.end(`${request.method} ${request.headers['content-type']} ${Buffer.concat(chunks)}`)
    })
    deepEqual(await asked(new URL(`${idp('server').issuer}/token`)), {
      ...{ status: 400, contentType: 'application/json; charset=utf-8' },
      body: Buffer.from('POST text/plain Wünsche'),
    })
  })

  for (const [title, status, rejected] of [
    ['a redirect is not followed, with what was sent', 307, 'redirect'],
    ['a server that fails has not answered', 502, 'failing'],
    ['nor has one that is asked too often', 429, 'failing'],
  ] as const) {
    test(title, async () => {
      const url = answering(`/asked-${status}`, status, { location: '/keys' }, '{"error":"invalid_grant"}')
      const answer = await asked(url)
      equal('rejected' in answer && answer.rejected, rejected)
    })
  }
})
