// One-time things: once is once, also for two requests at the same time, and only together with the success that it guards.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { openSqlite } from '../../store/sqlite.ts'
import type { Store } from '../../store/store.ts'
import { chaos } from '../../store/testing/chaos.ts'
import { onces } from '../records.ts'
import { once, sweepOnces } from './once.ts'

const start = new Date('2026-03-01T12:00:00Z')
const until = start.getTime() + 60_000
let store: Store
beforeEach(async () => {
  const sqlite = await openSqlite(':memory:', [onces], { clock: () => start, pollMs: 3_600_000 })
  store = chaos(sqlite, { twice: true, yields: true })
})
afterEach(() => store.close())
const take = (account = 'a', scope = 's', key = 'k', end = until) =>
  store.transact((tx) => once(tx, account, scope, key, end))

describe('once', () => {
  it('is true the first time and false from then on', async () => {
    assert.deepEqual([await take(), await take(), await take()], [true, false, false])
  })
  it('is true for one of many at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => take()))
    assert.equal(all.filter(Boolean).length, 1)
  })
  it('is false the second time inside one transaction', async () => {
    const both = await store.transact(async (tx) => [
      await once(tx, 'a', 's', 'k', until),
      await once(tx, 'a', 's', 'k', until),
    ])
    assert.deepEqual(both, [true, false])
  })
  it('is not used up by a transaction that fails', async () => {
    const failing = store.transact(async (tx) => {
      await once(tx, 'a', 's', 'k', until)
      throw new Error('no success to guard')
    })
    await assert.rejects(failing, /no success/)
    assert.equal(await take(), true)
  })
  it('keeps accounts, scopes and keys apart', async () => {
    const all = [
      await take(),
      await take('b'),
      await take('a', 't'),
      await take('a', 's', 'l'),
      await take('as', '', 'k'),
    ]
    assert.deepEqual(all, Array(5).fill(true))
  })
  it('stays used up after its end, until it is swept', async () => {
    await take('a', 's', 'k', start.getTime() - 1)
    assert.equal(await take(), false)
    assert.equal(await sweepOnces(store, start), 1)
    assert.equal(await take(), true)
  })
  it('needs an end', async () => {
    for (const end of [Number.NaN, Number.POSITIVE_INFINITY, 0.5])
      await assert.rejects(take('a', 's', 'k', end), TypeError)
  })
})

describe('the sweep', () => {
  it('removes all that expired, however many, and nothing else', async () => {
    await store.transact(async (tx) => {
      for (let i = 0; i < 1001; i++) await once(tx, 'a', 's', `${i}`, start.getTime() - 1)
      await once(tx, 'a', 's', 'alive', start.getTime())
    })
    assert.equal(await sweepOnces(store, start), 1001)
    assert.equal(await take('a', 's', 'alive'), false)
    assert.equal(await sweepOnces(store, start), 0)
  })
})
