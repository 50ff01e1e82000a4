// How keys are fetched, cached and fetched again: rotation, floods of unknown key ids, providers that fail, and whose keys
// verify whose tokens.
import { deepEqual, equal } from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { createFetch } from '../fetch.ts'
import { reachOf } from '../reach.ts'
import { authority, discoveryPath, type Idp, newKey, type SigningKey, startIdp } from '../testing/idp.ts'
import { createKeySource, type KeyOwner, type KeySource } from './key-source.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const at = (secondsLater: number) => new Date(start + secondsLater * 1000)
let idp: Idp
let first: SigningKey
let second: SigningKey
let keys: KeySource
let owner: KeyOwner
let clock = at(0)

before(async () => {
  ;[first, second] = await Promise.all([newKey('ES256', 'first'), newKey('ES256', 'second')])
})
beforeEach(async () => {
  idp = await startIdp({ keys: [first] })
  keys = createKeySource({ fetch: createFetch({ timeoutMs: 500 }), clock: () => clock })
  owner = { id: 'a#1', issuer: idp.issuer, trust: { reach: reachOf(['127.0.0.0/8']), ca: [authority] } }
})
const closing: Idp[] = []
beforeEach(() => void closing.push(idp))
after(async () => {
  for (const started of closing) await started.close()
})

/** `found`, or why not. */
async function find(kid: string, later = 0, by: KeyOwner = owner): Promise<string> {
  clock = at(later)
  const answer = await keys.find(by, kid, 'ES256', clock)
  return 'key' in answer ? 'found' : answer.rejected
}
/** The same bytes, by a decoder that drops what does not make up a byte. */
const withUnusedBits = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1)
const settled = () => new Promise((resolve) => setImmediate(resolve))
const json = (path: string, body: unknown) =>
  void idp.answers.set(path, (_request, response) => void response.end(JSON.stringify(body)))
const discovers = (members: Idp['discovery']) => {
  idp.discovery = members
}
const publishes = (jwks: Idp['keys']) => {
  idp.keys = jwks
}
const text = (path: string, body: string) => void idp.answers.set(path, (_request, response) => void response.end(body))

describe('keys of a provider', () => {
  test('are fetched once, and then cached', async () => {
    for (let second = 0; second < 5; second++) equal(await find('first', second), 'found')
    deepEqual(idp.requests, [discoveryPath, '/keys'])
  })

  test('requests at once make one fetch', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => find('first')))
    deepEqual(new Set(answers), new Set(['found']))
    equal(idp.requests.length, 2)
  })

  test('a new key is found: an unknown kid causes a fetch', async () => {
    equal(await find('first'), 'found')
    idp.keys = [second.jwk]
    equal(await find('second', 31), 'found')
    equal(await find('first', 32), 'no-key')
  })

  test('a flood of unknown kids makes one look in half a minute', async () => {
    equal(await find('first'), 'found')
    for (let one = 0; one < 200; one++) equal(await find(`unknown-${one}`, 40 + one / 100), 'no-key')
    equal(idp.requests.length, 4)
    equal(await find('unknown', 75), 'no-key')
    equal(idp.requests.length, 6)
  })

  test('a flood that is the first to come makes one look as well', async () => {
    for (let one = 0; one < 50; one++) equal(await find(`unknown-${one}`, one / 10), 'no-key')
    equal(idp.requests.length, 2)
  })

  test('a provider that is down is not asked again and again', async () => {
    idp.down = true
    for (let one = 0; one < 50; one++) equal(await find('first', one / 20), 'unreachable')
    equal(idp.requests.length, 1)
    idp.down = false
    equal(await find('first', 10), 'found')
  })

  test('a provider that hangs is left alone from when it was given up', async () => {
    let fetches = 0
    const hanging = createKeySource({
      clock: () => clock,
      // Given up only after the pause would have been over, had it begun with the request.
      async fetch() {
        fetches++
        clock = new Date(clock.getTime() + 6_000)
        return { rejected: 'timeout', detail: '' }
      },
    })
    clock = at(0)
    const ask = async () => {
      const answer = await hanging.find(owner, 'first', 'ES256', clock)
      return 'key' in answer ? 'found' : answer.rejected
    }
    for (let one = 0; one < 20; one++) equal(await ask(), 'timeout')
    equal(fetches, 1)
    clock = at(11)
    equal(await ask(), 'timeout')
    equal(fetches, 2)
  })

  test('versions of a record are no new providers: forty updates make one look in five seconds', async () => {
    const of = (account: string, version: number) => ({
      ...owner,
      id: `${account}#${version}`,
      trust: { ...owner.trust, owner: account },
    })
    idp.down = true
    for (let one = 0; one < 40; one++) await find('first', one / 10, of('a', one))
    equal(idp.requests.length, 1)
    idp.down = false
    // It was asked a moment ago, and the answer counts for that version of the record alone.
    equal(await find('first', 4.5, of('a', 40)), 'busy')
    equal(await find('first', 5, of('a', 40)), 'found')
    equal(await find('first', 5.5, of('a', 41)), 'busy')
    equal(await find('first', 6, of('a', 40)), 'found')
    equal(idp.requests.length, 3)
    // Another account's provider of the same issuer has its own pause.
    equal(await find('first', 6, of('b', 1)), 'found')
    equal(idp.requests.length, 5)
    equal(await find('first', 10, of('a', 41)), 'found')
  })

  test('while it is asked under one version of its record, it is not asked under another', async () => {
    const of = (version: number) => ({ ...owner, id: `a#${version}`, trust: { ...owner.trust, owner: 'a' } })
    const first = find('first', 0, of(1))
    equal(await find('first', 0, of(2)), 'busy')
    equal(await first, 'found')
    equal(idp.requests.length, 2)
  })

  test('keys that are old are fetched again behind the request', async () => {
    equal(await find('first'), 'found')
    equal(await find('first', 11 * 60), 'found')
    while (idp.requests.length < 4) await settled()
  })

  test('an outage of less than an hour goes unnoticed, and a longer one does not', async () => {
    equal(await find('first'), 'found')
    idp.down = true
    equal(await find('first', 50 * 60), 'found')
    await settled()
    equal(await find('first', 61 * 60), 'unreachable')
  })

  test('a key that was withdrawn is not believed for more than an hour, whatever happens', async () => {
    equal(await find('first'), 'found')
    idp.keys = [second.jwk]
    equal(await find('first', 61 * 60), 'no-key')
  })

  test('a clock that is set back does not make keys younger', async () => {
    equal(await find('first', 10_000), 'found')
    idp.keys = []
    equal(await find('first', 0), 'no-key')
  })

  test('uploaded keys are used, and nothing is fetched', async () => {
    const uploaded = { ...owner, id: 'u#1', uploaded: JSON.stringify({ keys: [second.jwk] }) }
    equal(await find('second', 0, uploaded), 'found')
    equal(await find('first', 60, uploaded), 'no-key')
    equal(await find('second', 7200, uploaded), 'found')
    deepEqual(idp.requests, [])
  })

  test('keys are of a record, not of an issuer: another record of the same issuer has its own', async () => {
    equal(await find('first'), 'found')
    const thief = { ...owner, id: 'b#1', uploaded: JSON.stringify({ keys: [second.jwk] }) }
    equal(await find('second', 1, thief), 'found')
    equal(await find('second', 1), 'no-key')
    equal(await find('first', 2, thief), 'no-key')
  })

  test('two keys of one kid and algorithm are no key', async () => {
    idp.keys = [first.jwk, { ...second.jwk, kid: 'first' }]
    equal(await find('first'), 'no-key')
  })
})

describe('documents that are not believed', () => {
  const rows: [string, () => void, string][] = [
    ['discovery that is HTML', () => text(discoveryPath, '<html></html>'), 'not-a-document'],
    ['discovery that is a list', () => json(discoveryPath, []), 'not-a-document'],
    ['discovery of another issuer', () => json(discoveryPath, { issuer: 'https://evil.example' }), 'another-issuer'],
    ['an issuer with a slash added', () => discovers({ issuer: `${idp.issuer}/` }), 'another-issuer'],
    ['no jwks_uri', () => discovers({ jwks_uri: undefined }), 'not-a-document'],
    ['a jwks_uri that is a file', () => discovers({ jwks_uri: 'file:///etc/passwd' }), 'scheme'],
    ['a jwks_uri without TLS', () => discovers({ jwks_uri: 'http://127.0.0.1:1/' }), 'scheme'],
    ['a jwks_uri at a private address', () => discovers({ jwks_uri: 'https://169.254.169.254/keys' }), 'address'],
    ['keys that are HTML', () => text('/keys', '<html></html>'), 'not-a-document'],
    ['keys that are no list', () => json('/keys', { keys: {} }), 'not-a-document'],
    ['a member twice', () => text('/keys', '{"keys":[],"keys":[]}'), 'not-a-document'],
    ['more than a hundred keys', () => publishes(Array.from({ length: 101 }, () => first.jwk)), 'not-a-document'],
    [
      'discovery that redirects',
      () =>
        void idp.answers.set(
          discoveryPath,
          (_request, response) => void response.writeHead(302, { location: '/x' }).end(),
        ),
      'redirect',
    ],
  ]
  for (const [name, arrange, why] of rows) {
    test(`${name}: ${why}`, async () => {
      arrange()
      equal(await find('first'), why)
    })
  }
})

describe('keys that are left out', () => {
  const rows: [string, () => object | Promise<object>][] = [
    ['for encryption', () => ({ ...first.jwk, use: 'enc' })],
    ['that may only sign', () => ({ ...first.jwk, key_ops: ['sign'] })],
    ['of another algorithm', () => ({ ...first.jwk, alg: 'ES384' })],
    ['of a curve that is not accepted', () => ({ ...first.jwk, crv: 'secp256k1' })],
    ['of a curve named like a property of all objects', () => ({ ...first.jwk, crv: 'constructor' })],
    ['that are shared secrets', () => ({ kty: 'oct', k: 'AAAA', kid: 'first', alg: 'HS256' })],
    ['without their numbers', () => ({ ...first.jwk, y: undefined })],
    ['whose numbers are padded', () => ({ ...first.jwk, x: `${first.jwk.x}=` })],
    ['whose numbers have a character too many', () => ({ ...first.jwk, x: `${first.jwk.x}AA` })],
    ['whose numbers have unused bits', () => ({ ...first.jwk, y: withUnusedBits(first.jwk.y ?? '') })],
    ['whose numbers are in the other alphabet', () => ({ ...first.jwk, x: first.jwk.x?.replace(/./, '+') })],
    ['whose numbers have white space', () => ({ ...first.jwk, x: ` ${first.jwk.x}` })],
  ]
  for (const [name, jwk] of rows) {
    test(name, async () => {
      idp.keys = [(await jwk()) as never]
      equal(await find('first'), 'no-key')
    })
  }

  const modulus = (bytes: number) => Buffer.alloc(bytes, 0xff).toString('base64url')
  const rsaRows: [string, object, boolean][] = [
    ['RSA of 2048 bits is accepted', { n: modulus(256), e: 'AQAB' }, true],
    ['RSA of 4096 bits is accepted', { n: modulus(512), e: 'AQAB' }, true],
    ['RSA of 1024 bits', { n: modulus(128), e: 'AQAB' }, false],
    [
      'RSA of 2048 bits, most of them zero',
      { n: Buffer.concat([Buffer.alloc(128), Buffer.alloc(128, 0xff)]).toString('base64url'), e: 'AQAB' },
      false,
    ],
    ['RSA of 8192 bits', { n: modulus(1024), e: 'AQAB' }, false],
    ['RSA with exponent 1', { n: modulus(256), e: 'AQ' }, false],
    ['RSA with exponent 2', { n: modulus(256), e: 'Ag' }, false],
    ['RSA without exponent', { n: modulus(256) }, false],
    ['RSA whose modulus is padded', { n: `${modulus(256)}==`, e: 'AQAB' }, false],
    ['RSA whose modulus has unused bits', { n: withUnusedBits(modulus(256)), e: 'AQAB' }, false],
    ['RSA whose modulus is in the other alphabet', { n: modulus(256).replaceAll('_', '/'), e: 'AQAB' }, false],
    ['RSA whose exponent has a character too many', { n: modulus(256), e: 'AQABA' }, false],
  ]
  for (const [name, numbers, taken] of rsaRows) {
    test(name, async () => {
      idp.keys = [{ kty: 'RSA', kid: 'rsa', ...numbers } as never]
      const answer = await keys.find(owner, 'rsa', 'RS256', at(0))
      equal('key' in answer, taken)
    })
  }
})
