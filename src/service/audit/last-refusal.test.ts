// Reading back for the newest refusal: which one it finds, and that a long scan does not hold up other requests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers'
import { openSqlite } from '../../store/sqlite.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { lastRefusal } from './last-refusal.ts'
import { now } from './testing/calls.ts'

test('reading a day in which nothing was refused lets other requests run in between', async () => {
  const store = await openSqlite(':memory:', [], { clock: () => now })
  const entries = Array.from({ length: 3000 }, (_, at) => `{"id":"${at}","records":[],"trace":{}}`)
  await store.append(AUDIT_JOURNAL, new Date(now.getTime() + 86_400_000), entries)
  let turns = 0
  let reading = true
  const turn = () => {
    turns += 1
    if (reading) setImmediate(turn)
  }
  setImmediate(turn)
  assert.equal(await lastRefusal(store, now), undefined)
  reading = false
  assert.ok(turns >= 5, `${turns} turns`)
  await store.close()
})

test('a success that contains a member named errorCode is not a refusal', async () => {
  const store = await openSqlite(':memory:', [], { clock: () => now })
  const until = new Date(now.getTime() + 86_400_000)
  const record = { eventName: 'CreateIdentityPool', requestParameters: { identityPoolTags: { errorCode: 'x' } } }
  await store.append(AUDIT_JOURNAL, until, [JSON.stringify({ id: 'one', records: [record], trace: { checks: [] } })])
  assert.equal(await lastRefusal(store, now), undefined)
  await store.close()
})
