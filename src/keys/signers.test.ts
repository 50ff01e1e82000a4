// Signing keys: which are published, which one signs, and how one follows another without a token that cannot be verified.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { openSqlite } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { chaos } from '../store/testing/chaos.ts'
import type { SigningSet } from './keys.ts'
import { masterOf } from './master.ts'
import { pooledRandom } from './random.ts'
import { keyCollections, signingKeys } from './records.ts'
import { openRing, type Ring } from './ring.ts'
import { afterMs, aheadMs, createSigners, dropSigningKeys, type KeptSigners, signingMs } from './signers.ts'
import { createVault } from './vault.ts'

const start = new Date('2026-03-01T12:00:00Z')
const later = (ms: number) => new Date(start.getTime() + ms)
const outbound = (account: string): SigningSet => ({ account, purpose: 'outbound', algorithms: ['RS256', 'ES384'] })
const openIdTokens: SigningSet = { account: 'system', purpose: 'cognito-identity', algorithms: ['RS512'] }
const A = outbound('111122223333')

let sqlite: Store
let ring: Ring
let store: Store
before(async () => {
  sqlite = await openSqlite(':memory:', keyCollections, { clock: () => start, pollMs: 3_600_000 })
  ring = await openRing({ store: sqlite, master: masterOf(randomBytes(32).toString('base64')), now: start })
  store = chaos(sqlite, { twice: true, yields: true })
})
after(async () => {
  await ring.close()
  await sqlite.close()
})

const rotate = async (signers: KeptSigners, now: Date) => store.transact(await signers.rotation(now))
const another = () => createSigners({ store, vault: createVault(ring, pooledRandom()) })

/** A set of an account that no other test has. */
let setCount = 0
const newSet = () => outbound(String(200000000000 + ++setCount))

async function verifies(signers: KeptSigners, set: SigningSet, token: string, now: Date) {
  const keys = createLocalJWKSet({ keys: [...(await signers.published(set, now))] as never })
  try {
    await jwtVerify(token, keys, { currentDate: now })
    return true
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
      return false
    throw error
  }
}
const kidOf = (token: string) => decodeProtectedHeader(token).kid

describe('a set of signing keys', () => {
  for (const [set, algorithm] of [
    [A, 'RS256'],
    [A, 'ES384'],
    [openIdTokens, 'RS512'],
  ] as const) {
    test(`${set.purpose} signs with ${algorithm}, and its published keys verify the token`, async () => {
      const signers = another()
      const token = await signers.sign(set, algorithm, { sub: 'someone' }, start)
      assert.deepEqual(decodeProtectedHeader(token), { alg: algorithm, typ: 'JWT', kid: kidOf(token) })
      assert(await verifies(signers, set, token, start))
    })
  }

  test('publishes one key of each algorithm, with public members only', async () => {
    const keys = await another().published(A, start)
    const members = keys.map((key) => [key.alg, key.use, Object.keys(key).sort().join()])
    assert.deepEqual(members, [
      ['RS256', 'sig', 'alg,e,kid,kty,n,use'],
      ['ES384', 'sig', 'alg,crv,kid,kty,use,x,y'],
    ])
  })

  test('is the same on every node, even when two make its first keys at once', async () => {
    const set = newSet()
    const [mine, theirs] = await Promise.all([another().published(set, start), another().published(set, start)])
    assert.equal(mine.length, 2)
    assert.deepEqual(mine, theirs)
  })

  test('does not verify a token of another account', async () => {
    const signers = another()
    const token = await signers.sign(A, 'RS256', {}, start)
    assert.equal(await verifies(signers, newSet(), token, start), false)
  })

  test('does not sign with an algorithm that it does not have', async () => {
    await assert.rejects(another().sign(openIdTokens, 'RS256', {}, start), TypeError)
  })

  test('stores its private keys sealed: a record copied to another account signs nothing', async () => {
    const signers = another()
    const set = newSet()
    await signers.published(set, start)
    const { items } = await sqlite.list(signingKeys, 'key', { prefix: [set.account], limit: 9 })
    for (const { secret } of items) assert.doesNotMatch(secret, /PRIVATE/)
    const thief = newSet()
    await sqlite.transact(async (tx) => {
      for (const record of items) await tx.create(signingKeys, { ...record, account: thief.account })
    })
    await assert.rejects(another().sign(thief, 'RS256', {}, start), { name: 'VaultRefused' })
  })

  test('finds a published key by its kid, and no key of another set', async () => {
    const signers = another()
    const kid = kidOf(await signers.sign(A, 'ES384', {}, start)) ?? ''
    assert.equal((await signers.verifying(A, kid, start))?.algorithm, 'ES384')
    assert.equal(await signers.verifying(newSet(), kid, start), undefined)
    assert.equal(await signers.verifying(A, 'no-such-key', start), undefined)
  })
})

describe('a rotation', () => {
  test('publishes the new key before it signs, and the old one until everything that it signed has expired', async () => {
    const signers = another()
    const set = newSet()
    const kids = async (now: Date) => (await signers.published(set, now)).map((key) => key.kid)
    const old = kidOf(await signers.sign(set, 'RS256', {}, start))
    await rotate(signers, start)
    assert.equal((await kids(start)).length, 4)
    const just = later(aheadMs - 1)
    assert.equal(kidOf(await signers.sign(set, 'RS256', {}, just)), old)
    const last = await signers.sign(set, 'RS256', {}, just)
    const token = await signers.sign(set, 'RS256', {}, later(aheadMs))
    assert.notEqual(kidOf(token), old)
    assert(await verifies(signers, set, last, later(aheadMs + afterMs - 1)))
    assert.equal(await verifies(signers, set, last, later(aheadMs + afterMs)), false)
    assert(await verifies(signers, set, token, later(aheadMs + afterMs)))
  })

  test('repeated before the new key signs makes no further key', async () => {
    const signers = another()
    const set = newSet()
    await signers.published(set, start)
    await rotate(signers, start)
    const before = await signers.published(set, start)
    await rotate(signers, later(1000))
    assert.deepEqual(await signers.published(set, later(1000)), before)
  })

  test('after a compromise removes the old key at once, on every node', async () => {
    const [signers, node] = [another(), another()]
    const set = newSet()
    const token = await node.sign(set, 'ES384', {}, start)
    await sqlite.transact(dropSigningKeys)
    assert.equal(await verifies(node, set, token, start), false)
    assert(await verifies(signers, set, await node.sign(set, 'ES384', {}, start), start))
    assert.equal((await node.published(set, start)).length, 2)
  })

  test('happens by itself when a key has signed for 90 days, and keys no longer published are deleted', async () => {
    const signers = another()
    const set = newSet()
    const old = kidOf(await signers.sign(set, 'RS256', {}, start))
    await signers.tend(later(signingMs - 1))
    assert.equal((await signers.published(set, later(signingMs - 1))).length, 2)
    const due = later(signingMs)
    await Promise.all([signers.tend(due), another().tend(due)])
    assert.equal((await signers.published(set, due)).length, 4)
    await signers.tend(later(signingMs + aheadMs + afterMs))
    const { items } = await sqlite.list(signingKeys, 'key', { prefix: [set.account, 'outbound', 'RS256'], limit: 9 })
    assert.equal(items.length, 1)
    assert.notEqual(items[0]?.id, old)
  })

  test('uses the first key while the clock is set back before it', async () => {
    const signers = another()
    const set = newSet()
    const token = await signers.sign(set, 'ES384', {}, start)
    assert.equal(kidOf(await signers.sign(set, 'ES384', {}, later(-3_600_000))), kidOf(token))
  })
})
