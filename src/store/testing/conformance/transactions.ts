// Conformance: a single transaction sees its own writes, writes all or nothing, and may run again.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Unavailable } from '../../store.ts'
import { all, begin, counters, createPeople, named, type Open, people, rejects, START } from './suite.ts'

const LATER = new Date(START.getTime() + 3_600_000)

export function transactions(open: Open): void {
  describe('a transaction', () => {
    test('sees its own writes, by key, by unique index and in lists', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(
        store,
        { account: '1', name: 'a', email: 'a@x', team: 'red' },
        { account: '1', name: 'b', team: 'red' },
        { account: '1', name: 'c', team: 'red' },
        { account: '1', name: 'd', team: 'blue' },
      )
      await store.transact(async (tx) => {
        await tx.delete(people, ['1', 'b'])
        await tx.create(people, { account: '1', name: 'bb', team: 'red' })
        await tx.replace(people, { account: '1', name: 'a', email: 'new@x', team: 'blue' })
        assert.equal(await tx.get(people, ['1', 'b']), undefined)
        assert.deepEqual(await tx.read(people, ['1', 'bb']), {
          record: { account: '1', name: 'bb', team: 'red' },
          version: 0,
        })
        assert.equal(await tx.find(people, 'email', ['a@x']), undefined)
        assert.equal((await tx.find(people, 'email', ['new@x']))?.record.name, 'a')
        const page = async (by: 'key' | 'team', prefix: readonly string[], limit: number) => {
          const { items, next } = await tx.list(people, by, { prefix, limit })
          return [named(items).join(), next?.join()]
        }
        assert.deepEqual(await page('key', ['1'], 9), ['a,bb,c,d', undefined])
        assert.deepEqual(await page('key', ['1'], 2), ['a,bb', '1,bb'])
        assert.deepEqual(await page('team', ['1', 'red'], 9), ['bb,c', undefined])
        assert.deepEqual(await page('team', ['1', 'red'], 1), ['bb', '1,red,1,bb'])
        assert.deepEqual(await page('team', ['1', 'blue'], 9), ['a,d', undefined])
        const rest = await tx.list(people, 'key', { prefix: ['1'], after: ['1', 'bb'], limit: 9 })
        assert.deepEqual(named(rest.items), ['c', 'd'])
      })
      assert.deepEqual(named((await store.list(people, 'key', { prefix: ['1'], limit: 9 })).items), [
        'a',
        'bb',
        'c',
        'd',
      ])
    })

    test('is invisible to others until it commits', async (t) => {
      const { store } = await begin(t, open)
      await store.transact(async (tx) => {
        await tx.create(counters, { id: 'x', count: 1 })
        assert.equal(await store.get(counters, ['x']), undefined)
      })
      assert.deepEqual(await store.get(counters, ['x']), { id: 'x', count: 1 })
    })

    test('that throws leaves nothing: no record, no journal entry, no reported change', async (t) => {
      const { store } = await begin(t, open)
      const reported: unknown[] = []
      store.watch((change) => reported.push(change))
      // Whatever it looks like, it is the work's own.
      const thrown = Object.assign(new RangeError('no'), { code: 'ECONNRESET' })
      await assert.rejects(
        store.transact(async (tx) => {
          await tx.create(counters, { id: 'x', count: 1 })
          tx.append('log', LATER, ['{}'])
          throw thrown
        }),
        (error) => error === thrown,
      )
      assert.equal(await store.get(counters, ['x']), undefined)
      assert.deepEqual(await all(store.scan('log', START)), [])
      assert.deepEqual(reported, [])
    })

    test('may catch a Conflict and continue without that record', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, { account: '1', name: 'a', email: 'a@x' })
      await store.transact(async (tx) => {
        await rejects(tx.create(people, { account: '1', name: 'b', email: 'a@x' }), 'Conflict')
        await tx.create(people, { account: '1', name: 'b', email: 'b@x' })
      })
      assert.deepEqual(named((await store.list(people, 'key', { prefix: [], limit: 9 })).items), ['a', 'b'])
    })

    test('resolves to what its work returns', async (t) => {
      const { store } = await begin(t, open)
      assert.equal(await store.transact(async () => 42), 42)
      assert.equal(
        await store.transact(async (tx) => {
          await tx.create(counters, { id: 'x', count: 1 })
          return (await tx.get(counters, ['x']))?.count
        }),
        1,
      )
    })

    test('that creates and deletes the same record changes nothing and reports no change', async (t) => {
      const { store } = await begin(t, open)
      const reported: unknown[] = []
      store.watch((change) => reported.push(change))
      await store.transact(async (tx) => {
        await tx.create(counters, { id: 'x', count: 1 })
        await tx.delete(counters, ['x'])
      })
      assert.equal(await store.get(counters, ['x']), undefined)
      assert.deepEqual(reported, [])
    })

    test('accepts no more calls once it is over', async (t) => {
      const { store } = await begin(t, open)
      const kept = await store.transact(async (tx) => ({ tx }))
      await rejects(kept.tx.get(counters, ['x']), 'TypeError')
      await rejects(kept.tx.create(counters, { id: 'x', count: 1 }), 'TypeError')
      assert.throws(() => kept.tx.append('log', LATER, ['{}']), TypeError)
    })

    test('that never ends does not stop others', async (t) => {
      const { store } = await begin(t, open)
      const started = Promise.withResolvers<void>()
      void store.transact(async (tx) => {
        await tx.create(counters, { id: 'x', count: 1 })
        started.resolve()
        await new Promise(() => {})
      })
      await started.promise
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 2 }))
      assert.deepEqual(await store.get(counters, ['x']), { id: 'x', count: 2 })
    })

    test('that fails does not fail those committed with it', async (t) => {
      const { store } = await begin(t, open)
      const outcomes = await Promise.allSettled([
        createPeople(store, { account: '1', name: 'a', email: 'same@x' }),
        createPeople(store, { account: '1', name: 'b', email: 'same@x' }),
        createPeople(store, { account: '1', name: 'a', email: 'other@x' }),
        createPeople(store, { account: '1', name: 'c' }),
      ])
      const ended = outcomes.map((each) =>
        each.status === 'rejected' ? `${each.reason.name} ${each.reason.index}` : 'done',
      )
      // Whichever came first: the two others, or the other two of the three, can be committed beside it.
      const legal = [
        ['done', 'Conflict email', 'Conflict key', 'done'],
        ['Conflict email', 'done', 'done', 'done'],
        ['Conflict key', 'done', 'done', 'done'],
      ]
      assert.ok(
        legal.some((each) => isDeepStrictEqual(each, ended)),
        ended.join(),
      )
      const names = ended[0] === 'done' ? ['a', 'c'] : ['a', 'b', 'c']
      assert.deepEqual(named((await store.list(people, 'key', { prefix: [], limit: 9 })).items), names)
    })

    test('loses nothing when a hundred of them change one record', async (t) => {
      const { store } = await begin(t, open)
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
      await Promise.all(
        Array.from({ length: 100 }, () =>
          store.transact(async (tx) => {
            const { count } = (await tx.get(counters, ['x'])) ?? { count: Number.NaN }
            await tx.replace(counters, { id: 'x', count: count + 1 })
          }),
        ),
      )
      assert.deepEqual(await store.get(counters, ['x']), { id: 'x', count: 100 })
    })

    test('that others always disturb is Unavailable in the end, and leaves nothing', async (t) => {
      const { store } = await begin(t, open)
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
      let runs = 0
      const losing = store.transact(async (tx) => {
        await tx.get(counters, ['x'])
        await store.transact((other) => other.replace(counters, { id: 'x', count: ++runs }))
        await tx.create(counters, { id: 'y', count: 1 })
      })
      await assert.rejects(losing, Unavailable)
      assert.ok(runs > 1)
      assert.equal(await store.get(counters, ['y']), undefined)
    })
  })
}
