// Which revocations a node knows: all of them at the start, each new one from the feed; and that it says when it is behind.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Pass } from '../../core/identity.ts'
import { Secret } from '../../core/secret.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { type Change, type Store, Unavailable } from '../../store/store.ts'
import { chaos } from '../../store/testing/chaos.ts'
import { accounts, roles, users } from '../records.ts'
import { openRevocations, revocations } from './revocations.ts'
import { type RevocationScope, revoke } from './revoke.ts'

const start = new Date('2026-03-01T12:00:00Z')
const later = (ms: number) => new Date(start.getTime() + ms)
const A = '111122223333'
const ofSession: RevocationScope = { kind: 'session', id: 's' }
const pass: Pass = {
  id: 's',
  accessKeyId: '',
  secret: new Secret(''),
  issuedAt: start.getTime() / 1000,
  expiresAt: start.getTime() / 1000 + 3600,
  kind: 'role',
  account: A,
  principal: 'AROA',
  name: '',
  version: 1,
  by: '',
  vouched: true,
  tags: {},
  transitive: [],
  keys: new Map(),
  ancestors: [],
}

let store: Store
let heard = start
beforeEach(async () => {
  heard = start
  const collections = [accounts, users, roles, revocations]
  const sqlite = await openSqlite(':memory:', collections, { clock: () => heard, pollMs: 3_600_000 })
  store = chaos(sqlite, { twice: true, yields: true })
})
afterEach(() => store.close())

const revoked = (scope: RevocationScope, now = start) => store.transact((tx) => revoke(tx, A, scope, now))

/** The store with a feed that the test drives, and reads that it can make fail. */
function faulty() {
  const faults = { read: false, hear: (_: Change): void => {} }
  const fail = () => Promise.reject(new Unavailable('no'))
  const over: Store = {
    ...store,
    get: (...args) => (faults.read ? fail() : store.get(...args)),
    list: (...args) => (faults.read ? fail() : store.list(...args)),
    watch(hear) {
      faults.hear = hear
      return () => {}
    },
  }
  return { over, faults }
}

describe('the revocations a node knows', () => {
  it('are those in the store when it starts, however many', async () => {
    for (let i = 0; i < 1203; i += 100)
      await store.transact(async (tx) => {
        for (let j = i; j < Math.min(i + 100, 1203); j++) await revoke(tx, A, { kind: 'session', id: `${j}` }, start)
      })
    const nodeRevocations = await openRevocations({ store })
    for (const id of ['0', '499', '500', '1202']) assert(nodeRevocations.kills({ ...pass, id }))
    assert(!nodeRevocations.kills({ ...pass, id: '1203' }))
  })
  it('come by the feed', async () => {
    const nodeRevocations = await openRevocations({ store })
    await revoked(ofSession)
    await nodeRevocations.settled()
    assert(nodeRevocations.kills(pass))
  })
  it('include one that this node committed, without waiting for the feed', async () => {
    const { over } = faulty()
    const nodeRevocations = await openRevocations({ store: over })
    nodeRevocations.learn(await revoked(ofSession))
    assert(nodeRevocations.kills(pass))
  })
  it('are read again at a resync', async () => {
    const { over, faults } = faulty()
    const nodeRevocations = await openRevocations({ store: over })
    await revoked(ofSession)
    assert(!nodeRevocations.kills(pass))
    faults.hear('resync')
    await nodeRevocations.settled()
    assert(nodeRevocations.kills(pass))
  })
  it('stay when their record is deleted, and do not shrink by a late reading of an older one', async () => {
    const nodeRevocations = await openRevocations({ store })
    const subject = await revoked({ kind: 'subject', by: 'x' })
    await revoked(ofSession)
    await nodeRevocations.settled()
    nodeRevocations.learn({ ...subject, upTo: 5 })
    await store.transact((tx) => tx.delete(revocations, [A, 'session', 's']))
    await nodeRevocations.settled()
    assert(nodeRevocations.kills(pass))
    assert(nodeRevocations.kills({ ...pass, id: 'other', by: 'x' }))
  })
  it('are incomplete when a read fails: the node is not fresh any more, and recovers', async () => {
    const { over, faults } = faulty()
    const nodeRevocations = await openRevocations({ store: over })
    await revoked(ofSession)
    faults.read = true
    faults.hear({ collection: 'revocation', key: [A, 'session', 's'] })
    await nodeRevocations.settled()
    heard = later(60_000)
    await store.transact((tx) => tx.create(accounts, { id: A, name: '', status: 'ACTIVE', createdAt: '' }))
    assert.deepEqual(store.heardAt(), heard)
    assert.equal(nodeRevocations.fresh(later(10_000)), true)
    assert.equal(nodeRevocations.fresh(later(10_001)), false)
    assert.equal(nodeRevocations.believed(later(300_000)), true)
    assert.equal(nodeRevocations.believed(later(300_001)), false)
    await nodeRevocations.settled()
    faults.read = false
    nodeRevocations.fresh(later(400_000))
    await nodeRevocations.settled()
    assert(nodeRevocations.kills(pass))
    assert.equal(nodeRevocations.fresh(heard), true)
  })
  it('cannot be read at the start: the node does not start', async () => {
    const { over, faults } = faulty()
    faults.read = true
    await assert.rejects(openRevocations({ store: over }), Unavailable)
  })
  it('are not affected by changes of other collections', async () => {
    const { over, faults } = faulty()
    const nodeRevocations = await openRevocations({ store: over })
    faults.read = true
    faults.hear({ collection: 'user', key: [A, 'ann'] })
    await nodeRevocations.settled()
    heard = later(60_000)
    assert.equal(nodeRevocations.fresh(later(60_000)), false)
    assert.equal(nodeRevocations.fresh(later(10_000)), true)
  })
})

describe('a revocation', () => {
  it('is removed when nothing it could kill can still live: after 36 hours and the clocks’ difference', async () => {
    const nodeRevocations = await openRevocations({ store })
    await revoked(ofSession)
    await nodeRevocations.settled()
    const end = 36 * 3_600_000 + 600_000
    assert.equal(await nodeRevocations.sweep(later(end)), 0)
    assert(nodeRevocations.kills(pass))
    assert.equal(await nodeRevocations.sweep(later(end + 1)), 1)
    assert(!nodeRevocations.kills(pass))
  })
  it('that is repeated reaches further, and is one record', async () => {
    await revoked({ kind: 'subject', by: 'x' })
    await revoked({ kind: 'subject', by: 'x' }, later(60_000))
    // By a clock that was set back.
    await revoked({ kind: 'subject', by: 'x' }, later(30_000))
    const { items } = await store.list(revocations, 'key', { prefix: [], limit: 9 })
    assert.deepEqual(
      items.map(({ upTo, until }) => [upTo, until]),
      [[start.getTime() / 1000 + 75, later(60_000 + 36 * 3_600_000 + 600_000).getTime()]],
    )
  })
  it('of a transaction that fails has no effect', async () => {
    const nodeRevocations = await openRevocations({ store })
    const failing = store.transact(async (tx) => {
      await revoke(tx, A, ofSession, start)
      throw new Error('changed its mind')
    })
    await assert.rejects(failing, /changed its mind/)
    await nodeRevocations.settled()
    assert(!nodeRevocations.kills(pass))
  })
  it('keeps accounts, kinds and values apart', async () => {
    const nodeRevocations = await openRevocations({ store })
    await revoked({ kind: 'subject', by: 'AROA' })
    await revoked({ kind: 'source-identity', value: '' })
    await nodeRevocations.settled()
    assert(!nodeRevocations.kills(pass))
    assert(nodeRevocations.kills({ ...pass, sourceIdentity: '' }))
    assert(!nodeRevocations.kills({ ...pass, account: `${A}\n`, by: 'AROA' }))
  })
})
