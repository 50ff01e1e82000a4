// Conformance: records, keys, indexes, lists, and how two releases read each other's records.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Collection, Key } from '../../store.ts'
import { begin, counters, createPeople, named, type Open, type Person, people, rejects } from './suite.ts'

const ann: Person = { account: '1', name: 'ann', email: 'ann@x', team: 'red' }
const bob: Person = { account: '1', name: 'bob', team: 'red' }
const cyd: Person = { account: '1', name: 'cyd', email: 'cyd@x', team: 'blue' }
const dan: Person = { account: '2', name: 'dan', team: 'red' }

export function records(open: Open): void {
  describe('records', () => {
    test('a record reads as it was created, and is absent before and after', async (t) => {
      const { store } = await begin(t, open)
      assert.equal(await store.get(people, ['1', 'ann']), undefined)
      await createPeople(store, ann)
      assert.deepEqual(await store.get(people, ['1', 'ann']), ann)
      assert.equal(await store.transact((tx) => tx.delete(people, ['1', 'ann'])), true)
      assert.equal(await store.get(people, ['1', 'ann']), undefined)
      assert.equal(await store.transact((tx) => tx.delete(people, ['1', 'ann'])), false)
    })

    test('replace changes a record, and rejects Missing where there is none', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann)
      await store.transact((tx) => tx.replace(people, { ...ann, age: 7 }))
      assert.deepEqual(await store.get(people, ['1', 'ann']), { ...ann, age: 7 })
      await rejects(
        store.transact((tx) => tx.replace(people, bob)),
        'Missing',
        { collection: 'people' },
      )
    })

    test('a version grows with every change anywhere, and stays while the record does not change', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann)
      const first = (await store.read(people, ['1', 'ann']))?.version ?? 0
      await createPeople(store, bob)
      assert.equal((await store.read(people, ['1', 'ann']))?.version, first)
      const other = (await store.read(people, ['1', 'bob']))?.version ?? 0
      await store.transact((tx) => tx.replace(people, ann))
      const second = (await store.read(people, ['1', 'ann']))?.version ?? 0
      await store.transact((tx) => tx.delete(people, ['1', 'ann']))
      await createPeople(store, ann)
      const third = (await store.read(people, ['1', 'ann']))?.version ?? 0
      assert.ok(0 < first && first < other && other < second && second < third)
    })

    test('create conflicts on a taken key, and on a taken key of a unique index', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann)
      await rejects(createPeople(store, { account: '1', name: 'ann' }), 'Conflict', {
        collection: 'people',
        index: 'key',
      })
      await rejects(createPeople(store, { ...bob, email: 'ann@x' }), 'Conflict', {
        collection: 'people',
        index: 'email',
      })
      assert.equal(await store.get(people, ['1', 'bob']), undefined)
    })

    test('replace conflicts on a unique key of another record, not on its own', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann, bob)
      await store.transact((tx) => tx.replace(people, { ...ann, team: 'blue' }))
      await rejects(
        store.transact((tx) => tx.replace(people, { ...bob, email: 'ann@x' })),
        'Conflict',
        { index: 'email' },
      )
    })

    test('a unique key is free again after a delete or a change, in the same transaction too', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann)
      await store.transact(async (tx) => {
        await tx.delete(people, ['1', 'ann'])
        await tx.create(people, { ...bob, email: 'ann@x' })
      })
      await store.transact(async (tx) => {
        await tx.replace(people, { ...bob, email: 'bob@x' })
        await tx.create(people, ann)
      })
      assert.deepEqual((await store.find(people, 'email', ['ann@x']))?.record, ann)
    })

    test('two records can swap their unique keys through a third', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann, cyd)
      await store.transact(async (tx) => {
        await tx.replace(people, { ...ann, email: 'nobody@x' })
        await tx.replace(people, { ...cyd, email: 'ann@x' })
        await tx.replace(people, { ...ann, email: 'cyd@x' })
      })
      assert.equal((await store.find(people, 'email', ['ann@x']))?.record.name, 'cyd')
      assert.equal((await store.find(people, 'email', ['cyd@x']))?.record.name, 'ann')
    })

    test('find returns the record and its version, by a unique index only', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann, bob)
      assert.deepEqual(await store.find(people, 'email', ['ann@x']), await store.read(people, ['1', 'ann']))
      assert.equal(await store.find(people, 'email', ['ann']), undefined)
      await rejects(store.find(people, 'team', ['1', 'red']), 'TypeError')
    })

    test('a record that was read is a copy: changing it changes neither the store nor another reader’s copy', async (t) => {
      const { store } = await begin(t, open)
      const original = { ...ann, more: { deep: 1 } }
      await store.transact(async (tx) => {
        await tx.create(people, original)
        original.more.deep = 2
        assert.deepEqual(await tx.get(people, ['1', 'ann']), { ...ann, more: { deep: 1 } })
      })
      const read = (await store.get(people, ['1', 'ann'])) as typeof original
      read.more.deep = 3
      assert.deepEqual(await store.get(people, ['1', 'ann']), { ...ann, more: { deep: 1 } })
    })

    test('an undeclared collection or an invalid limit is a TypeError', async (t) => {
      const { store } = await begin(t, open)
      await rejects(store.get({ ...counters, name: 'others' }, ['1']), 'TypeError')
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await rejects(store.list(people, 'key', { prefix: [], limit }), 'TypeError')
    })
  })

  describe('lists', () => {
    const rows: readonly { title: string; by: 'key' | 'team' | 'email'; prefix: Key; names: readonly string[] }[] = [
      { title: 'all, in order of key', by: 'key', prefix: [], names: ['ann', 'bob', 'cyd', 'dan'] },
      { title: 'an account, by prefix', by: 'key', prefix: ['1'], names: ['ann', 'bob', 'cyd'] },
      { title: 'a record, by its whole key', by: 'key', prefix: ['1', 'bob'], names: ['bob'] },
      { title: 'none: a prefix consists of whole parts', by: 'key', prefix: ['1', 'an'], names: [] },
      { title: 'an index, by prefix', by: 'team', prefix: ['1', 'red'], names: ['ann', 'bob'] },
      { title: 'an index, in the order of its keys', by: 'team', prefix: ['1'], names: ['cyd', 'ann', 'bob'] },
      { title: 'an index has the records that have its key', by: 'email', prefix: [], names: ['ann', 'cyd'] },
    ]
    for (const { title, by, prefix, names } of rows)
      test(title, async (t) => {
        const { store } = await begin(t, open)
        await createPeople(store, dan, cyd, bob, ann)
        const whole = await store.list(people, by, { prefix, limit: 10 })
        assert.deepEqual(named(whole.items), names)
        assert.equal(whole.next, undefined)
        for (const limit of [1, 2, 3]) {
          const paged: string[] = []
          let pages = 0
          let after: Key | undefined
          do {
            const page = await store.list(people, by, { prefix, limit, ...(after && { after }) })
            assert.ok(page.items.length <= limit)
            paged.push(...named(page.items))
            after = page.next
            pages++
          } while (after)
          assert.deepEqual(paged, names)
          assert.equal(pages, Math.max(1, Math.ceil(names.length / limit)), 'only the last page is short or empty')
        }
      })

    test('a list continues after a record that was deleted', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann, bob, cyd)
      const { next } = await store.list(people, 'team', { prefix: ['1'], limit: 2 })
      await store.transact((tx) => tx.delete(people, ['1', 'ann']))
      assert.ok(next)
      assert.deepEqual(named((await store.list(people, 'team', { prefix: ['1'], after: next, limit: 2 })).items), [
        'bob',
      ])
    })

    test('a list from a place before the prefix begins at the prefix, and one from a place after it is empty', async (t) => {
      const { store } = await begin(t, open)
      await createPeople(store, ann, dan)
      const from = async (after: Key) =>
        named((await store.list(people, 'key', { prefix: ['1'], after, limit: 9 })).items)
      assert.deepEqual(await from(['0']), ['ann'])
      assert.deepEqual(await from(['1']), ['ann'])
      assert.deepEqual(await from(['3']), [])
    })

    test('an index follows its records as they change and are deleted', async (t) => {
      const { store } = await begin(t, open)
      const team = async (name: string) =>
        named((await store.list(people, 'team', { prefix: ['1', name], limit: 9 })).items)
      await createPeople(store, ann, bob)
      await store.transact((tx) => tx.replace(people, { ...bob, team: 'blue' }))
      assert.deepEqual([await team('red'), await team('blue')], [['ann'], ['bob']])
      await store.transact((tx) => tx.replace(people, { account: '1', name: 'bob' }))
      assert.deepEqual([await team('red'), await team('blue')], [['ann'], []])
      await store.transact((tx) => tx.delete(people, ['1', 'ann']))
      assert.deepEqual(await team('red'), [])
    })

    test('strings are ordered by UTF-8 bytes and numbers by value', async (t) => {
      const things: Collection<{ readonly id: string | number }> = {
        ...counters,
        name: 'things',
        key: ({ id }) => [id],
      }
      const { store } = await begin(t, open, { collections: [things] })
      const order = [-10, -1.5, 0, 1, 2, 10, 1e21, '', '\0', '\0a', 'a', 'a\0', 'a\0b', 'aa', 'b', 'é', '\uffff', '😀']
      await store.transact(async (tx) => {
        for (const id of order.toReversed()) await tx.create(things, { id })
      })
      const { items } = await store.list(things, 'key', { prefix: [], limit: 99 })
      assert.deepEqual(
        items.map(({ id }) => id),
        order,
      )
      for (const id of order) assert.deepEqual(await store.get(things, [id]), { id })
    })
  })

  describe('shapes', () => {
    const next: Collection<Person & { readonly title: string }, 'email' | 'team'> = {
      ...people,
      shape: 2,
      upgrade: (old, from) => ({ ...(old as Person), title: `was of shape ${from}` }),
    }

    test('every read upgrades an older record', async (t) => {
      const { store, reopen } = await begin(t, open)
      await createPeople(store, ann)
      const later = await reopen([next, counters])
      const upgraded = { ...ann, title: 'was of shape 1' }
      assert.deepEqual(await later.get(next, ['1', 'ann']), upgraded)
      assert.deepEqual((await later.find(next, 'email', ['ann@x']))?.record, upgraded)
      assert.deepEqual((await later.list(next, 'team', { prefix: ['1'], limit: 9 })).items, [upgraded])
      assert.deepEqual(await later.transact((tx) => tx.get(next, ['1', 'ann'])), upgraded)
    })

    test('a record of a newer shape is refused, never misread; older records are still served', async (t) => {
      const { store, reopen } = await begin(t, open)
      await createPeople(store, bob)
      const later = await reopen([next, counters])
      await later.transact((tx) => tx.create(next, { ...ann, title: 'new' }))
      const earlier = await reopen()
      await rejects(earlier.get(people, ['1', 'ann']), 'Unavailable')
      await rejects(earlier.find(people, 'email', ['ann@x']), 'Unavailable')
      await rejects(earlier.list(people, 'key', { prefix: [], limit: 9 }), 'Unavailable')
      await rejects(
        earlier.transact((tx) => tx.get(people, ['1', 'ann'])),
        'Unavailable',
      )
      assert.deepEqual(await earlier.get(people, ['1', 'bob']), bob)
    })

    test('an index declared later has the existing records, and one no longer declared is gone', async (t) => {
      const { store, reopen } = await begin(t, open)
      await createPeople(store, { ...ann, age: 40 }, { ...bob, age: 30 }, cyd)
      const aged: Collection<Person, 'email' | 'age'> = {
        ...people,
        shape: 2,
        upgrade: (old) => old as Person,
        indexes: {
          email: people.indexes.email,
          age: { of: ({ age }) => (age === undefined ? undefined : [age]) },
        },
      }
      const later = await reopen([aged, counters])
      assert.deepEqual(named((await later.list(aged, 'age', { prefix: [], limit: 9 })).items), ['bob', 'ann'])
      assert.equal((await later.find(aged, 'email', ['cyd@x']))?.record.name, 'cyd')
      await later.transact((tx) => tx.create(aged, { ...dan, age: 35 }))
      assert.deepEqual(named((await later.list(aged, 'age', { prefix: [], limit: 9 })).items), ['bob', 'dan', 'ann'])
    })
  })
}
