// Assertions and the memory that they share with nobody.
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { assertionOf } from '../../client/workload.ts'
import { jwkThumbprint } from '../../core/jwk-thumbprint.ts'
import { createKeySource } from '../../federation/oidc/key-source.ts'
import { newKey } from '../../federation/testing/idp.ts'
import { readAssertion, verifyAssertion } from './assertions.ts'
import type { KeyRecord } from './records.ts'

const now = new Date('2026-09-01T12:00:00Z')
const audience = 'https://hallpass.example'
const who = 'i-0123456789abcdef0'

function made(): { readonly privateKey: KeyObject; readonly record: KeyRecord } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
  return { privateKey, record: { kid: jwkThumbprint(jwk), jwk } }
}

test('the keys of a fleet push out no provider’s, which would be fetched again for each token', async () => {
  const provider = await newKey()
  let fetched = 0
  const keys = createKeySource({
    async fetch(url) {
      fetched++
      const document = url.pathname.endsWith('/keys')
        ? { keys: [provider.jwk] }
        : { issuer: 'https://idp.example', jwks_uri: 'https://idp.example/keys' }
      return { body: Buffer.from(JSON.stringify(document)) } as never
    },
    clock: () => now,
    most: 3,
  })
  const owner = { id: 'provider', issuer: 'https://idp.example', trust: { reach: () => false } } as const
  const find = () => keys.find(owner as never, provider.kid, 'RS256', now)
  assert('key' in (await find()))
  const before = fetched
  const parts = { keys, skewSeconds: 60, publicUrl: audience }
  for (let at = 0; at < 4; at++) {
    const { privateKey, record } = made()
    const token = readAssertion(assertionOf({ who, audience, key: privateKey }, now), parts, now)
    assert(!('rejected' in token))
    assert('key' in (await verifyAssertion(parts, token, who, record, now)))
  }
  assert('key' in (await find()))
  assert.equal(fetched, before)
})

test('the key is that of the record alone', async () => {
  const [own, other] = [made(), made()]
  const parts = { skewSeconds: 60, publicUrl: audience }
  const token = readAssertion(assertionOf({ who, audience, key: other.privateKey }, now), parts, now)
  assert(!('rejected' in token))
  const verified = await verifyAssertion(parts, token, who, own.record, now)
  assert.equal('rejected' in verified && verified.rejected, 'no-key')
})
