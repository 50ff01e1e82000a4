// Which sessions live, and how many a revocation ended, judged from what journal and store hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RingKeyRecord, ringKeys } from '../../keys/records.ts'
import { openSqlite } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { collections } from '../collections.ts'
import { accounts } from '../records.ts'
import { attestationsOf } from '../session/attestations.ts'
import { type RevocationScope, revoke } from '../session/revoke.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { allRevocations, countEnded, liveSessions } from './live-sessions.ts'
import { here, now, there } from './testing/calls.ts'

const minuteMs = 60_000
/** Machine `i-1` is vouched for, and none else. */
const attestations = attestationsOf({ machine: ({ principal }, id) => id === 'i-1' && principal === 'i-1' })
const minutes = (after: number) => new Date(now.getTime() + after * minuteMs)

interface Session {
  readonly id: string
  /** Minutes from now. */
  readonly at?: number
  readonly until?: number
  readonly account?: string
  readonly ancestors?: readonly string[]
  /** The machine that it began with. */
  readonly machine?: string
}

/** A store whose two accounts' roots were given sessions. */
async function filled(sessions: readonly Session[], key: Partial<RingKeyRecord> = {}) {
  let time = minutes(-2000)
  const store = await openSqlite(':memory:', collections, { clock: () => time })
  const sealing: RingKeyRecord = {
    ...{ id: 'one', purpose: 'pass', state: 'active', wrapped: 'x', master: 'm', createdAt: minutes(-2000).getTime() },
    ...key,
  }
  await store.transact(async (tx) => {
    await tx.create(ringKeys, sealing)
    for (const id of [here, there]) {
      await tx.create(accounts, { id, name: id, status: 'ACTIVE', createdAt: now.toISOString() })
    }
  })
  const add = async ({ id, at = -10, until = 60, account = here, ancestors = [], machine }: Session) => {
    time = minutes(at)
    const expiresAt = minutes(until).getTime() / 1000
    const ids = { sessionId: id, accessKeyId: `ASIA${id}`, account, principal: account, name: id, by: 'AIDAWHO' }
    const attestation = machine && { id: `machine/${machine}`, principal: machine, version: 1, account }
    const issued = JSON.stringify({ ...ids, expiresAt, ancestors, attestation })
    await store.append(AUDIT_JOURNAL, minutes(9999), [`{"id":"r-${id}","issued":${issued},"records":[],"trace":{}}`])
  }
  for (const one of sessions) await add(one)
  time = now
  return { store, add }
}

const living = async (store: Store) => {
  const ids: string[] = []
  for await (const { sessionId } of liveSessions({ store, attestations }, {}, now)) ids.push(sessionId)
  return ids
}

const chain: readonly Session[] = [
  { id: 'over', at: -90, until: -30 },
  { id: 'child', at: -40, account: there, ancestors: ['over'] },
  { id: 'grandchild', at: -20, account: there, ancestors: ['over', 'child'] },
  { id: 'other', account: there },
]

const means: readonly (readonly [rule: string, account: string, means: RevocationScope, left: readonly string[]])[] = [
  ['a session', there, { kind: 'session', id: 'child' }, ['other']],
  ['a session that is over: and its descendants', here, { kind: 'session', id: 'over' }, ['other']],
  ['an account: what passed through it, also by a session that is over', here, { kind: 'account' }, ['other']],
  ['a principal, by its id', there, { kind: 'principal', id: there }, []],
  ['who began, in one account: what came through it', here, { kind: 'subject', by: 'AIDAWHO' }, ['other']],
  [
    'a principal of another account, by its id',
    here,
    { kind: 'principal', id: there },
    ['child', 'grandchild', 'other'],
  ],
  ['somebody else', here, { kind: 'subject', by: 'AIDANOBODY' }, ['child', 'grandchild', 'other']],
]
for (const [rule, account, taken, left] of means) {
  test(`revoked was ${rule}`, async () => {
    const { store } = await filled(chain)
    const made = await store.transact((tx) => revoke(tx, account, taken, now))
    assert.deepEqual(await living(store), left)
    assert.equal(await countEnded({ store, attestations }, { before: [], made: [made], now }), 3 - left.length)
    await store.close()
  })
}

test('the count leaves out sessions that begin later, have expired or were revoked already', async () => {
  const { store, add } = await filled([{ id: 'dead' }, { id: 'one' }, { id: 'two' }, { id: 'over', until: -1 }])
  await store.transact((tx) => revoke(tx, here, { kind: 'session', id: 'dead' }, now))
  const before = await allRevocations(store)
  const made = await store.transact((tx) => revoke(tx, here, { kind: 'principal', id: here }, now))
  for (const id of ['a', 'b', 'c', 'd']) await add({ id, at: 1 })
  assert.equal(await countEnded({ store, attestations }, { before, made: [made], now }), 2)
  await store.close()
})

test('a session issued before the oldest key that opens tokens is over; a later one is valid', async () => {
  const { store } = await filled([{ id: 'before' }, { id: 'after', at: -1 }], { createdAt: minutes(-5).getTime() })
  assert.deepEqual(await living(store), ['after'])
  await store.close()
})

test('sessions of an account that is suspended are not listed', async () => {
  const { store } = await filled([{ id: 'one' }, { id: 'two', account: there }])
  await store.transact(async (tx) => {
    const account = await tx.get(accounts, [there])
    if (account !== undefined) await tx.replace(accounts, { ...account, status: 'SUSPENDED' as const })
  })
  assert.deepEqual(await living(store), ['one'])
  await store.close()
})

test('a session of a workload lives as long as what vouches for it', async () => {
  const { store } = await filled([
    { id: 'one', machine: 'i-1' },
    { id: 'other', machine: 'i-2' },
  ])
  assert.deepEqual(await living(store), ['one'])
})
