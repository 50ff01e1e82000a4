// Work in batches ends by itself or after a number of batches; and all expired records are deleted, however many there are.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { inBatches, removePast } from './batches.ts'
import { openSqlite } from './sqlite.ts'
import type { Collection } from './store.ts'
import { chaos } from './testing/chaos.ts'

for (const [rule, most, count, done] of [
  ['ends with the batch that reports no more work', undefined, 6, 3],
  ['ends at its limit, and continues when called again', 2, 3, 2],
  ['does nothing with a limit of 0', 0, 0, 0],
] as const) {
  test(`work in batches ${rule}`, async () => {
    let batches = 0
    const batch = async () => ({ count: ++batches, more: batches < 3 })
    deepEqual([await inBatches(batch, most), batches], [count, done])
  })
}

interface Note {
  readonly id: number
  readonly until: number
}

const notes: Collection<Note, 'until'> = {
  name: 'notes',
  key: ({ id }) => [id],
  indexes: { until: { of: ({ id, until }) => [until, id] } },
  shape: 1,
  upgrade: (old) => old as Note,
}

test('all expired records are deleted, however many there are, and one that expires now stays', async () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const inner = await openSqlite(':memory:', [notes], { clock: () => now })
  const store = chaos(inner, { twice: true })
  for (const past of [0, 1, 500, 1001]) {
    await inner.transact(async (tx) => {
      for (let id = 0; id < past; id++) await tx.create(notes, { id, until: now.getTime() - 1 - id })
    })
    if (past === 0) await inner.transact((tx) => tx.create(notes, { id: 9999, until: now.getTime() }))
    equal(await removePast(store, notes, now), past)
    deepEqual(await inner.list(notes, 'key', { prefix: [], limit: 9 }), {
      items: [{ id: 9999, until: now.getTime() }],
    })
  }
  await inner.close()
})
