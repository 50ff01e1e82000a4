// Conformance: a store under chaos (chaos.ts) still writes all of a transaction or nothing.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Conflict, type Store, Unavailable } from '../../store.ts'
import { anomalies, chaos } from '../chaos.ts'
import { all, counters, people, START } from './suite.ts'

const LATER = new Date(START.getTime() + 3_600_000)

/** Two records and a journal entry, which must all exist or none of them. */
async function work(store: Store): Promise<number> {
  const before = await store.get(counters, ['x'])
  await store.transact(async (tx) => {
    await tx.create(counters, { id: 'x', count: 1 })
    await tx.create(people, { account: '1', name: 'a' })
    tx.append('log', LATER, ['1'])
  })
  return before?.count ?? 0
}

async function left(store: Store): Promise<number> {
  const found = [await store.get(counters, ['x']), await store.get(people, ['1', 'a'])].filter((each) => each)
  return found.length + (await all(store.scan('log', START))).length
}

/** `make` opens an empty store with the collections of the suite. */
export function storeChaos(name: string, make: () => Promise<Store>): void {
  describe(`${name} in chaos`, () => {
    test('runs each work twice, and keeps the writes of one run', async () => {
      const store = await make()
      let runs = 0
      const answer = await chaos(store, { twice: true }).transact(async (tx) => {
        await tx.create(counters, { id: 'x', count: ++runs })
        tx.append('log', LATER, [`${runs}`])
        return runs
      })
      assert.deepEqual([runs, answer], [2, 2])
      assert.deepEqual(await store.get(counters, ['x']), { id: 'x', count: 2 })
      assert.deepEqual(await all(store.scan('log', START)), [{ at: START, text: '2' }])
      await store.close()
    })

    test('rejects with the work’s error, as the store does', async () => {
      const store = await make()
      const odd = chaos(store, { twice: true, yields: true })
      await work(odd)
      await assert.rejects(work(odd), Conflict)
      await store.close()
    })

    test('lets the event loop turn before each call', async () => {
      const store = await make()
      let turned = false
      await chaos(store, { yields: true }).transact(async (tx) => {
        setImmediate(() => {
          turned = true
        })
        await tx.get(counters, ['x'])
        assert.equal(turned, true)
      })
      await store.close()
    })

    test('counts calls, commits among them', async () => {
      const store = await make()
      const odd = chaos(store)
      await work(odd)
      assert.equal(odd.calls, 5)
      await store.close()
    })

    for (const options of [{}, { twice: true }, { twice: true, yields: true }])
      test(`with any one call failing leaves all or nothing (${Object.keys(options).join(', ') || 'plain'})`, async () => {
        const outcomes: string[] = []
        const failed = await anomalies({
          make,
          run: work,
          options,
          async check(store, ended) {
            outcomes.push('value' in ended ? 'done' : 'failed')
            if ('error' in ended) assert.ok(ended.error instanceof Unavailable)
            assert.equal(await left(store), 'value' in ended ? 3 : 0)
          },
        })
        assert.equal(failed, 'twice' in options ? 8 : 5)
        assert.deepEqual(outcomes, [...Array(failed).fill('failed'), 'done'])
      })

    test('detects a run that leaves half of its writes', async () => {
      await assert.rejects(
        anomalies({
          make,
          async run(store) {
            await store.transact((tx) => tx.create(counters, { id: 'x', count: 1 }))
            await store.transact((tx) => tx.create(people, { account: '1', name: 'a' }))
          },
          async check(store) {
            assert.ok([0, 2].includes(await left(store)))
          },
        }),
        { name: 'AssertionError' },
      )
    })
  })
}
