// The session index: what lives, rebuilt from the audit alone.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openSqlite } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import type { Issued } from '../operation.ts'
import { createAudit } from './journal.ts'
import { isOver, issuedSessions, type ListedSession, matches, type SessionFilter } from './sessions.ts'
import { assumeAudit, assumed, assumeInput, here, issued, now, policy, refusedAssume, there } from './testing/calls.ts'

const hourMs = 3_600_000

async function filled() {
  let time = now
  const store = await openSqlite(':memory:', [], { clock: () => time })
  const audit = createAudit({ store, clock: () => time, retentionMs: 90 * 24 * hourMs, maxPending: 1000 })
  const add = async (own: Partial<Issued>, role = 'Target') => {
    const one = { ...issued, ...own }
    const operation = { audit: { ...assumeAudit().audit, issued: () => one } }
    const input = { ...assumeInput, RoleArn: `arn:aws:iam::${there}:role/${role}` }
    const call = { ...assumed().call, now: time }
    await audit.write([audit.successEntry(assumed({ operation, input, call }))])
  }
  const seconds = (ms: number) => Math.floor((now.getTime() + ms) / 1000)
  time = new Date(now.getTime() - 35 * hourMs)
  await add({ sessionId: 'long', name: 'long', expiresAt: seconds(hourMs), sourceIdentity: 'bob' })
  await add({ sessionId: 'over', name: 'over', expiresAt: seconds(-1000) })
  time = new Date(now.getTime() - hourMs)
  await add({ sessionId: 'edge', name: 'edge', expiresAt: seconds(-500) })
  await add({ sessionId: 'first', name: 'ann', expiresAt: seconds(hourMs) })
  await add({ sessionId: 'child', name: 'ann', ancestors: ['AKIA', 'first'], expiresAt: seconds(hourMs) }, 'Other')
  await add({
    sessionId: 'mine',
    account: here,
    principal: 'AROAMINE',
    by: 'idp ,"records":[ x',
    expiresAt: seconds(1000),
  })
  // What issued nothing is no session.
  await audit.recordRefusal(refusedAssume([], policy('trust', 'trust')))
  time = now
  return store
}

async function listed(store: Store, filter: SessionFilter): Promise<readonly ListedSession[]> {
  const matching: ListedSession[] = []
  for await (const one of issuedSessions(store, now)) if (!isOver(one, now) && matches(one, filter)) matching.push(one)
  return matching
}

const rows: readonly (readonly [title: string, filter: SessionFilter, matching: readonly string[]])[] = [
  ['all that live, in the order they were issued, and none that is over', {}, ['long', 'first', 'child', 'mine']],
  ['by source identity', { sourceIdentity: 'bob' }, ['long']],
  ['by session, with those that descend from it', { session: 'first' }, ['first', 'child']],
  ['by a long-term key, those that descend from it', { session: 'AKIA' }, ['child']],
  ['by principal', { principal: 'AROAMINE' }, ['mine']],
  ['by account', { account: here }, ['mine']],
  ['by who began the chain, whatever stands in it', { by: 'idp ,"records":[ x' }, ['mine']],
  ['by several: all must hold', { account: there, sourceIdentity: 'alice@example.com', session: 'AKIA' }, ['child']],
  ['by several, of which one does not hold', { account: here, sourceIdentity: 'bob' }, []],
  ['by something that none has', { principal: 'AROANOBODY' }, []],
]

describe('sessions', () => {
  for (const [title, filter, matching] of rows) {
    test(title, async () => {
      const store = await filled()
      assert.deepEqual(
        (await listed(store, filter)).map(({ sessionId }) => sessionId),
        matching,
      )
      await store.close()
    })
  }

  test('a session says to whom it was issued, when, by which request, and holds no secret', async () => {
    const store = await filled()
    const [one, ...more] = await listed(store, { session: 'child' })
    assert.ok(one)
    assert.deepEqual(more, [])
    assert.equal(one.caller, `arn:aws:iam::${here}:user/eng/Alice`)
    assert.equal(one.resource, `arn:aws:iam::${there}:role/Other`)
    assert.equal(one.issuedAt.getTime(), now.getTime() - hourMs)
    assert.match(one.requestId, /^[0-9a-f-]{36}$/)
    assert.doesNotMatch(JSON.stringify(one), /planted/)
    await store.close()
  })
})
