// Sealed secrets open in the place for which they were sealed, and nowhere else.
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { KeyRing, Purpose } from './keys.ts'
import { pooledRandom } from './random.ts'
import { createVault, VaultRefused } from './vault.ts'

function ringOf(): KeyRing {
  const keys = new Map<Purpose, { id: string; key: ReturnType<typeof createSecretKey> }>()
  for (const purpose of ['pass', 'vault'] as const)
    keys.set(purpose, { id: randomBytes(8).toString('hex'), key: createSecretKey(randomBytes(32)) })
  return {
    sealing: (purpose) => keys.get(purpose) ?? assert.fail(),
    key: (purpose, id) => (keys.get(purpose)?.id === id ? keys.get(purpose)?.key : undefined),
    tokenVersion: () => 2,
    refresh: async () => false,
  }
}
const ring = ringOf()
const random = pooledRandom()
const vault = createVault(ring, random)

describe('the vault', () => {
  const sealed = vault.seal('111122223333', 'AKIA1', 'secret', 'the secret')
  const refused = (run: () => unknown) => assert.throws(run, VaultRefused)
  it('opens a secret that it sealed', () =>
    assert.equal(vault.open('111122223333', 'AKIA1', 'secret', sealed), 'the secret'))
  const moved: readonly (readonly [string, string, string, string])[] = [
    ['another account', '444455556666', 'AKIA1', 'secret'],
    ['another record', '111122223333', 'AKIA2', 'secret'],
    ['another field', '111122223333', 'AKIA1', 'seed'],
    ['parts split elsewhere', '111122223333A', 'KIA1', 'secret'],
    ['parts that hold the separator', '111122223333","AKIA1', 'secret', ''],
  ]
  for (const [name, ...place] of moved)
    it(`does not open a ciphertext moved to ${name}`, () => refused(() => vault.open(...place, sealed)))
  it('does not open a changed, cut or empty ciphertext', () => {
    const bytes = Buffer.from(sealed, 'base64url')
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes)
      changed[i] = (changed[i] as number) ^ 1
      refused(() => vault.open('111122223333', 'AKIA1', 'secret', changed.toString('base64url')))
    }
    for (let length = 0; length < sealed.length; length++)
      refused(() => vault.open('111122223333', 'AKIA1', 'secret', sealed.slice(0, length)))
  })
  it('does not open a secret that another ring sealed', () => {
    const foreign = createVault(ringOf(), random).seal('111122223333', 'AKIA1', 'secret', 'x')
    refused(() => vault.open('111122223333', 'AKIA1', 'secret', foreign))
  })
  it('reveals nothing of the secret when it refuses', () => {
    assert.throws(
      () => vault.open('1', 'AKIA1', 'secret', sealed),
      (error: Error) => !error.message.includes(sealed) && !error.message.includes('the secret'),
    )
  })
  it('opens any text that it sealed, in any place', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, text, text, (account, record, field, plain) => {
        assert.equal(vault.open(account, record, field, vault.seal(account, record, field, plain)), plain)
      }),
    )
  })
})

describe('the random pool', () => {
  it('hands out as many bytes as requested, and none twice', () => {
    const source = pooledRandom()
    const seen = new Set<string>()
    for (let i = 0; i < 3000; i++) {
      const bytes = source(16)
      assert.equal(bytes.length, 16)
      seen.add(bytes.toString('hex'))
    }
    assert.equal(seen.size, 3000)
    for (const length of [0, 1, 1024, 1025, 9000]) assert.equal(source(length).length, length)
  })
})
