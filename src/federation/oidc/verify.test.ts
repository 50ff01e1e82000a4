// Attacks on ID tokens, against a provider on loopback: each row is refused for its own reason.
import { deepEqual, equal } from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { exportSPKI, importJWK, type JWK, SignJWT } from 'jose'
import { createFetch } from '../fetch.ts'
import { reachOf } from '../reach.ts'
import {
  authority,
  type Idp,
  newKey,
  rawToken,
  type SigningKey,
  signToken,
  startIdp,
  type TokenChanges,
  weakKey,
} from '../testing/idp.ts'
import { createKeySource, type KeySource } from './key-source.ts'
import { readToken } from './token.ts'
import { type Issuer, verifyToken } from './verify.ts'

const now = new Date('2026-03-01T12:00:00Z')
const seconds = now.getTime() / 1000
let idp: Idp
let rsa: SigningKey
let ec: SigningKey
let foreign: SigningKey
let keys: KeySource
let provider: Issuer

before(async () => {
  ;[rsa, ec, foreign] = await Promise.all([newKey('RS256'), newKey('ES256'), newKey('RS256')])
  idp = await startIdp({ keys: [rsa, ec] })
  keys = createKeySource({ fetch: createFetch(), clock: () => now })
  const trust = { reach: reachOf(['127.0.0.0/8']), ca: [authority] }
  provider = { id: 'one#1', issuer: idp.issuer, clientIds: ['client', 'app'], trust }
})
after(() => idp.close())

const signed = (more: TokenChanges = {}, key = rsa) => signToken(idp.issuer, key, now, more)

/** `ok`, or why not. */
async function outcome(text: string, at: Issuer = provider, time = now): Promise<string> {
  const token = readToken(text)
  if ('problem' in token) return token.problem
  const verified = await verifyToken(token, at, time, { keys, skewSeconds: 60 })
  return 'rejected' in verified ? verified.rejected : 'ok'
}

const claims = (more: object = {}) =>
  JSON.stringify({ iss: idp.issuer, sub: 'ann', aud: 'client', iat: seconds, exp: seconds + 600, ...more })

describe('good tokens', () => {
  for (const alg of ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']) {
    test(`signed with ${alg}`, async () => {
      const key = await newKey(alg)
      const uploaded = JSON.stringify({ keys: [key.jwk] })
      equal(await outcome(await signed({}, key), { ...provider, id: `uploaded ${alg}`, uploaded }), 'ok')
    })
  }
  // One number in 256 begins with a zero byte (of P-521's, one in two), one in two with its first bit set.
  for (const [alg, count] of [
    ['ES256', 600],
    ['ES384', 40],
    ['ES512', 40],
  ] as const) {
    test(`signed with ${alg}, whatever bytes its numbers begin with`, async () => {
      const key = await newKey(alg)
      const uploaded = JSON.stringify({ keys: [key.jwk] })
      for (let round = 0; round < count; round++) {
        equal(
          await outcome(await signed({ claims: { round } }, key), { ...provider, id: `many ${alg}`, uploaded }),
          'ok',
        )
      }
    })
  }
  test('an RSA key that names no algorithm verifies with any', async () => {
    const { alg: _, ...bare } = rsa.jwk
    const uploaded = JSON.stringify({ keys: [bare] })
    const token = await new SignJWT(JSON.parse(claims()))
      .setProtectedHeader({ alg: 'RS512', kid: rsa.kid })
      .sign(await importJWK({ ...(await privateJwk(rsa)), alg: 'RS512' }, 'RS512'))
    equal(await outcome(token, { ...provider, id: 'bare', uploaded }), 'ok')
  })
  test('without a kid, when only one key can have signed it', async () => {
    equal(await outcome(await signed({ header: { kid: undefined as never } }, ec)), 'ok')
  })
  test('azp is the audience, aud is kept beside it', async () => {
    const token = readToken(await signed({ claims: { aud: ['api', 'client'], azp: 'app' } }))
    const verified = 'problem' in token ? token : await verifyToken(token, provider, now, { keys, skewSeconds: 60 })
    if (!('audience' in verified)) throw new Error(JSON.stringify(verified))
    deepEqual([verified.audience, verified.originalAudience], ['app', ['api', 'client']])
  })
  for (const [before, behind] of [
    ['', '\n'],
    ['', '\r\n'],
    [' \t\r\n', ' \n\n'],
  ] as const) {
    test(`with white space around: ${JSON.stringify([before, behind])}`, async () => {
      equal(await outcome(before + (await signed()) + behind), 'ok')
    })
  }
  test('within the leeway of clocks', async () => {
    equal(await outcome(await signed({ claims: { exp: seconds - 59 } })), 'ok')
    equal(await outcome(await signed({ claims: { iat: seconds + 60, nbf: seconds + 60 } })), 'ok')
  })
})

describe('signatures', () => {
  const rows: [string, () => Promise<string> | string, string][] = [
    ['alg none', () => rawToken('{"alg":"none"}', claims(), ''), 'algorithm'],
    ['alg none with a signature', () => rawToken('{"alg":"none"}', claims()), 'algorithm'],
    ['alg None', () => rawToken('{"alg":"None"}', claims()), 'algorithm'],
    ['no alg', () => rawToken('{}', claims()), 'algorithm'],
    ['a list of algs', () => rawToken('{"alg":["RS256"]}', claims()), 'algorithm'],
    ['PS256', async () => signed({}, await newKey('PS256')), 'algorithm'],
    ['EdDSA', async () => signed({}, await newKey('EdDSA')), 'algorithm'],
    ['HS256 with the public key as PEM', () => hmacToken((pem) => pem), 'algorithm'],
    ['HS256 with the public key as DER', () => hmacToken((_pem, der) => der), 'algorithm'],
    ['another key under the same kid', () => signed({}, { ...foreign, kid: rsa.kid }), 'signature'],
    ['an unknown key under a kid of its own', () => signed({}, { ...foreign, kid: 'foreign' }), 'no-key'],
    ['an RSA signature under the kid of the EC key', () => signed({ header: { kid: ec.kid } }), 'no-key'],
    ['an EC signature of nothing but zeros', async () => resigned(await signed({}, ec), Buffer.alloc(64)), 'signature'],
    ['an EC signature in DER', async () => derSigned(await signed({}, ec)), 'signature'],
    ['an EC signature cut short', async () => resigned(await signed({}, ec), Buffer.alloc(58, 1)), 'signature'],
    ['an RSA signature of nothing but zeros', async () => resigned(await signed(), Buffer.alloc(256)), 'signature'],
    ['an RSA signature with bytes appended', async () => resigned(await signed(), Buffer.alloc(259)), 'signature'],
    ['a signature over other claims', async () => swapped(await signed()), 'signature'],
    ['an empty signature', async () => `${(await signed()).split('.').slice(0, 2).join('.')}.`, 'malformed'],
    [
      'a key in the header',
      () => signed({ header: { jwk: foreign.jwk, kid: rsa.kid } as never }, foreign),
      'signature',
    ],
    [
      'a key in the header without kid',
      () => signed({ header: { jwk: foreign.jwk, kid: undefined } as never }, foreign),
      'signature',
    ],
    [
      'a key at a URL in the header',
      () => signed({ header: { jku: `${idp.issuer}/evil`, kid: 'evil' } as never }, foreign),
      'no-key',
    ],
    [
      'a certificate at a URL in the header',
      () => signed({ header: { x5u: `${idp.issuer}/evil`, kid: 'evil' } as never }, foreign),
      'no-key',
    ],
    ['a kid that is a path', () => signed({ header: { kid: '../../../../dev/null' } }, foreign), 'no-key'],
    ['a kid that is a URL', () => signed({ header: { kid: 'https://evil.example/keys' } }, foreign), 'no-key'],
    ['a kid that is a property of all objects', () => signed({ header: { kid: '__proto__' } }, foreign), 'no-key'],
    ['a kid that is no text', () => rawToken('{"alg":"RS256","kid":1}', claims()), 'malformed'],
    [
      'a critical extension',
      () => rawToken(`{"alg":"RS256","kid":"${rsa.kid}","crit":["b64"],"b64":false}`, claims()),
      'malformed',
    ],
    ['a logout token', () => signed({ header: { typ: 'logout+jwt' } }), 'malformed'],
    ['a token that is encrypted', () => rawToken('{"alg":"RSA-OAEP","enc":"A256GCM"}', claims(), 'a.b.c'), 'encrypted'],
    ['enc in a header of three parts', () => rawToken('{"alg":"RS256","enc":"A256GCM"}', claims()), 'encrypted'],
  ]
  for (const [name, token, why] of rows) {
    test(`${name} is refused: ${why}`, async () => {
      equal(await outcome(await token()), why)
      deepEqual(
        idp.requests.filter((path) => path.includes('evil')),
        [],
      )
    })
  }
})

describe('a signature has one spelling', () => {
  for (const alg of ['RS256', 'ES256', 'ES384', 'ES512'] as const) {
    test(`of ${alg}`, async () => {
      const key = await newKey(alg)
      const at = { ...provider, id: `spelling ${alg}`, uploaded: JSON.stringify({ keys: [key.jwk] }) }
      const good = await signed({}, key)
      const bits = ((good.length - good.lastIndexOf('.') - 1) * 6) % 8
      equal(await outcome(good, at), 'ok')
      const others = ['=', '==', '.', '!'].map((more) => good + more)
      others.push(good.replace(/.$/, '+'))
      // A character that makes up no byte, where the signature ends with a whole one.
      if (bits === 0) others.push(`${good}A`)
      // The last character holds bits that are of no byte: each of their values is another spelling.
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet.indexOf(good.slice(-1))
      for (let more = 1; more < 1 << bits; more++) others.push(good.slice(0, -1) + alphabet.charAt(last + more))
      for (const other of others) equal(await outcome(other, at), 'malformed')
    })
  }
  test('and so have header and claims', async () => {
    const [head = '', body = '', mark = ''] = (await signed()).split('.')
    for (const spoilt of [(part: string) => `${part}=`, (part: string) => `${part}A`, (part: string) => `${part} `]) {
      equal(await outcome(`${spoilt(head)}.${body}.${mark}`), 'malformed')
      equal(await outcome(`${head}.${spoilt(body)}.${mark}`), 'malformed')
    }
  })
})

describe('keys whose private half can be worked out', () => {
  test('verify nothing, fetched or uploaded, and are not fetched again', async () => {
    const weak = await weakKey()
    const token = await signed({}, weak)
    const uploaded = JSON.stringify({ keys: [weak.jwk] })
    equal(await outcome(token, { ...provider, id: 'weak uploaded', uploaded }), 'no-key')
    const published = await startIdp({ keys: [weak] })
    const at = { ...provider, id: 'weak fetched', issuer: published.issuer }
    for (let minute = 0; minute < 5; minute++) {
      const later = new Date(now.getTime() + minute * 60_000)
      const again = await signToken(published.issuer, weak, later)
      equal(await outcome(again, at, later), 'no-key')
    }
    equal(published.requests.length, 2)
    await published.close()
  })
})

describe('texts that are no token', () => {
  const rows: [string, () => Promise<string> | string][] = [
    ['nothing', () => ''],
    ['an opaque access token', () => 'ya29.a0AfH6SMBx'],
    ['two parts', () => 'e30.e30'],
    ['four parts', () => 'e30.e30.e30.e30'],
    ['more than 20,000 characters', () => signed({ claims: { padding: 'x'.repeat(20_000) } })],
    ['a header that is a list', () => rawToken('["RS256"]', claims())],
    ['claims that are a text', () => rawToken('{"alg":"RS256"}', '"ann"')],
    ['claims that are no JSON', () => rawToken('{"alg":"RS256"}', `${claims()},`)],
    ['a claim twice', () => rawToken('{"alg":"RS256"}', claims().replace('{', '{"sub":"root",'))],
    ['a header member twice', () => rawToken('{"alg":"RS256","alg":"none"}', claims())],
    ['base64 that is not of URLs', async () => (await signed()).replace(/\.([^.]*)\./, '.$1+/.')],
    ['base64 with padding', async () => `${await signed()}=`],
    ['white space within', async () => (await signed()).replace('.', '. ')],
    ['a line end before the signature', async () => (await signed()).replace(/\.([^.]*)$/, '.\n$1')],
    ['a null byte behind', async () => `${await signed()}\0`],
    ['a byte order mark before', async () => `\ufeff${await signed()}`],
    ['white space that is not ASCII behind', async () => `${await signed()}\u00a0`],
    ['nothing but white space', () => ' \n'],
    [
      'claims that are not UTF-8',
      () =>
        `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.AAAA`,
    ],
    ['depth without end', () => rawToken('{"alg":"RS256"}', '['.repeat(5_000))],
  ]
  for (const [name, token] of rows) test(name, async () => equal(await outcome(await token()), 'malformed'))
})

describe('claims', () => {
  const rows: [string, Record<string, unknown>, string][] = [
    ['no sub', { sub: undefined }, 'missing-claim'],
    ['no aud', { aud: undefined }, 'missing-claim'],
    ['no exp', { exp: undefined }, 'missing-claim'],
    ['no iat', { iat: undefined }, 'missing-claim'],
    ['no iss', { iss: undefined }, 'missing-claim'],
    ['an empty sub', { sub: '' }, 'bad-claim'],
    ['a sub that is a number', { sub: 7 }, 'bad-claim'],
    ['a sub that is a list', { sub: ['ann'] }, 'bad-claim'],
    ['a sub that is longer than AWS accepts', { sub: 'x'.repeat(256) }, 'bad-claim'],
    ['an aud that is an object', { aud: { client: true } }, 'bad-claim'],
    ['an aud of no members', { aud: [] }, 'bad-claim'],
    ['an aud of what is no text', { aud: ['client', 7] }, 'bad-claim'],
    ['an azp that is a list', { aud: ['client', 'b'], azp: ['client'] }, 'bad-claim'],
    ['an empty azp', { azp: '' }, 'bad-claim'],
    ['an exp that is a text', { exp: String(seconds + 600) }, 'bad-claim'],
    ['an exp with a fraction', { exp: seconds + 600.5 }, 'bad-claim'],
    ['an nbf that is a text', { nbf: 'now' }, 'bad-claim'],
    ['expired', { exp: seconds - 60 }, 'expired'],
    ['expired since 1970', { exp: 0 }, 'expired'],
    ['not valid yet', { nbf: seconds + 61 }, 'not-yet'],
    ['issued in the future', { iat: seconds + 61 }, 'not-yet'],
    ['the audience of another client of the same provider', { aud: 'another' }, 'audience'],
    ['an audience in another case', { aud: 'Client' }, 'audience'],
    ['two audiences without azp', { aud: ['client', 'another'] }, 'many-audiences'],
    ['two audiences that are both ours without azp', { aud: ['client', 'app'] }, 'many-audiences'],
    ['an azp that is another client, beside our audience', { aud: 'client', azp: 'another' }, 'audience'],
  ]
  for (const [name, more, why] of rows) {
    test(`${name}: ${why}`, async () => equal(await outcome(await signed({ claims: more })), why))
  }

  test('a provider without client ids accepts no token', async () => {
    equal(await outcome(await signed(), { ...provider, clientIds: [] }), 'audience')
  })
})

describe('the issuer is compared to the letter', () => {
  const rows: [string, (issuer: string) => string][] = [
    ['a slash at the end', (issuer) => `${issuer}/`],
    ['upper case', (issuer) => issuer.replace('localhost', 'LOCALHOST')],
    ['another scheme', (issuer) => issuer.replace('https', 'http')],
    ['no scheme', (issuer) => issuer.slice(8)],
    ['another port', (issuer) => `${issuer}1`],
    ['no port', (issuer) => issuer.replace(/:\d+$/, '')],
    ['userinfo', (issuer) => issuer.replace('//', '//user@')],
    ['a query', (issuer) => `${issuer}?`],
    ['a fragment', (issuer) => `${issuer}#`],
    ['a path', (issuer) => `${issuer}/.`],
    ['white space', (issuer) => `${issuer} `],
  ]
  for (const [name, change] of rows) {
    test(name, async () => equal(await outcome(await signed({ claims: { iss: change(idp.issuer) } })), 'issuer'))
  }
})

async function privateJwk({ privateKey }: SigningKey): Promise<JWK> {
  const { exportJWK } = await import('jose')
  return exportJWK(privateKey)
}

/** The confusion of a public key with a shared secret. */
async function hmacToken(secretOf: (pem: string, der: Buffer) => string | Buffer): Promise<string> {
  const key = createPublicKey({ key: rsa.jwk as never, format: 'jwk' })
  const pem = await exportSPKI(key as never)
  const der = key.export({ type: 'spki', format: 'der' })
  const unsigned = rawToken(`{"alg":"HS256","kid":"${rsa.kid}"}`, claims(), '').slice(0, -1)
  return `${unsigned}.${createHmac('sha256', secretOf(pem, der)).update(unsigned).digest('base64url')}`
}

function swapped(token: string): string {
  const [head, , signature] = token.split('.')
  return `${head}.${Buffer.from(claims({ sub: 'root' })).toString('base64url')}.${signature}`
}

const resigned = (token: string, signature: Buffer) =>
  `${token.split('.').slice(0, 2).join('.')}.${signature.toString('base64url')}`

/** The same signature in the other of ECDSA's encodings. */
function derSigned(token: string): string {
  const raw = Buffer.from(token.split('.')[2] ?? '', 'base64url')
  const integer = (half: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), half])
  const both = [integer(raw.subarray(0, 32)), integer(raw.subarray(32))]
  return resigned(token, Buffer.concat([Buffer.from([0x30, 70]), ...both]))
}
