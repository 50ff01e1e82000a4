// Reading back for the newest refusal: what is found, and that a long reading stops nobody.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers'
import { openSqlite } from '../../store/sqlite.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { lastRefusal } from './last-refusal.ts'
import { now } from './testing/calls.ts'

test('a day in which nothing was refused is read with turns left to others', async () => {
  const store = await openSqlite(':memory:', [], { now: () => now })
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

test('a success in which something is called errorCode is no refusal', async () => {
  const store = await openSqlite(':memory:', [], { now: () => now })
  const until = new Date(now.getTime() + 86_400_000)
  const record = { eventName: 'CreateIdentityPool', requestParameters: { identityPoolTags: { errorCode: 'x' } } }
  await store.append(AUDIT_JOURNAL, until, [JSON.stringify({ id: 'one', records: [record], trace: { checks: [] } })])
  assert.equal(await lastRefusal(store, now), undefined)
  await store.close()
})
