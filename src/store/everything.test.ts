// A collection of more than one page is read to its end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everything } from './everything.ts'
import { openSqlite } from './sqlite.ts'
import { people, START } from './testing/conformance/suite.ts'

const names = Array.from({ length: 1001 }, (_, i) => String(i).padStart(4, '0'))

for (const count of [0, 1, 499, 500, 501, 1000, 1001]) {
  test(`${count} records are read in the order of their keys, and none of another prefix`, async (t) => {
    const store = await openSqlite(':memory:', [people], { clock: () => START })
    t.after(() => store.close())
    const wanted = names.slice(0, count)
    await store.transact(async (tx) => {
      for (const account of ['1', '2', '3']) {
        for (const name of account === '2' ? wanted.toReversed() : ['other']) await tx.create(people, { account, name })
      }
      const records = await everything(tx, people, ['2'])
      assert.deepEqual(
        records.map(({ name }) => name),
        wanted,
      )
    })
    assert.deepEqual(
      (await everything(store, people)).map(({ account, name }) => account + name),
      ['1other', ...wanted.map((name) => `2${name}`), '3other'],
    )
  })
}
