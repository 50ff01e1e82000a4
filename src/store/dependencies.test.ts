import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reader, Store } from './store.ts'
import { ann, begin, bob, create, remove, replace, teamOf } from './testing/cached.ts'
import { counters, type Person, people } from './testing/conformance/suite.ts'

describe('a change', () => {
  interface Row {
    readonly title: string
    readonly load: (key: string, reader: Reader) => Promise<string | undefined>
    readonly change: (store: Store) => Promise<unknown>
    readonly kept: boolean
  }
  const byEmail = async (_: string, r: Reader) => (await r.find(people, 'email', ['ann@x']))?.record.team
  const noEmail = async (_: string, r: Reader) => `${(await r.find(people, 'email', ['new@x'])) === undefined}`
  const byTeam = async (_: string, r: Reader) =>
    `${(await r.list(people, 'team', { prefix: ['1', 'red'], limit: 9 })).items.length}`
  const byAccount = async (_: string, r: Reader) =>
    `${(await r.list(people, 'key', { prefix: ['1'], limit: 9 })).items.length}`
  const absent = async (_: string, r: Reader) => `${(await r.read(people, ['1', 'new'])) === undefined}`
  const bothEmails = async (_: string, r: Reader) =>
    JSON.stringify(await Promise.all(['ann@x', 'new@x'].map((email) => r.find(people, 'email', [email]))))
  const made: Person = { account: '1', name: 'new', email: 'new@x' }
  const rows: readonly Row[] = [
    {
      title: 'of the record',
      load: (_, r) => teamOf('1/ann', r),
      change: (s) => replace(s, { ...ann, team: 'blue' }),
      kept: false,
    },
    {
      title: 'the record deleted',
      load: (_, r) => teamOf('1/ann', r),
      change: (s) => remove(s, ['1', 'ann']),
      kept: false,
    },
    {
      title: 'of another record',
      load: (_, r) => teamOf('1/ann', r),
      change: (s) => replace(s, { ...bob, team: 'blue' }),
      kept: true,
    },
    {
      title: 'of another collection',
      load: (_, r) => teamOf('1/ann', r),
      change: (s) => s.transact((tx) => tx.create(counters, { id: '1', count: 1 })),
      kept: true,
    },
    { title: 'the absent record created', load: absent, change: (s) => create(s, made), kept: false },
    {
      title: 'another created beside an absent one',
      load: absent,
      change: (s) => create(s, { ...made, name: 'newer' }),
      kept: true,
    },
    {
      title: 'of the record found by a unique index',
      load: byEmail,
      change: (s) => replace(s, { ...ann, email: 'else@x' }),
      kept: false,
    },
    {
      title: 'of a record other than the one found',
      load: byEmail,
      change: (s) => replace(s, { ...bob, email: 'bob@x' }),
      kept: true,
    },
    {
      title: 'a record taking the unique key that was not found',
      load: noEmail,
      change: (s) => replace(s, { ...bob, email: 'new@x' }),
      kept: false,
    },
    {
      title: 'a record taking the key that was not found, beside one that was',
      load: bothEmails,
      change: (s) => replace(s, { ...bob, email: 'new@x' }),
      kept: false,
    },
    {
      title: 'a record entering the listed index range',
      load: byTeam,
      change: (s) => create(s, { ...made, team: 'red' }),
      kept: false,
    },
    {
      title: 'a record leaving the listed index range',
      load: byTeam,
      change: (s) => replace(s, { ...bob, team: 'blue' }),
      kept: false,
    },
    { title: 'a record created under the listed prefix', load: byAccount, change: (s) => create(s, made), kept: false },
    {
      title: 'a record deleted under the listed prefix',
      load: byAccount,
      change: (s) => remove(s, ['1', 'bob']),
      kept: false,
    },
    {
      title: 'a record created outside the listed prefix',
      load: byAccount,
      change: (s) => create(s, { ...made, account: '10' }),
      kept: true,
    },
    {
      title: 'a record created with the listed prefix as its key',
      load: async (_, r) => `${(await r.list(people, 'key', { prefix: ['1', 'new'], limit: 9 })).items.length}`,
      change: (s) => create(s, made),
      kept: false,
    },
  ]
  for (const { title, load, change, kept } of rows)
    test(`${title}: the value is ${kept ? 'still cached' : 'read again'}`, async (t) => {
      const { store, cache, loads } = await begin(t, load)
      await create(store, ann, bob)
      await cache.get('k')
      assert.equal(cache.entries, 1)
      await change(store)
      assert.equal(cache.entries, kept ? 1 : 0)
      const again = cache.get('k')
      assert.equal(again instanceof Promise, !kept)
      const fresh = await load('k', store)
      assert.equal(await again, fresh)
      assert.equal(loads.length, kept ? 1 : 2)
    })

  test('during a load: its value is returned, not cached, and later callers do not get it', async (t) => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let runs = 0
    const { store, cache, loads } = await begin(t, async (key, reader) => {
      const team = await teamOf(key, reader)
      await gates[runs++]?.promise
      return team
    })
    await create(store, ann)
    const first = cache.get('1/ann')
    await new Promise(setImmediate)
    await replace(store, { ...ann, team: 'blue' })
    const second = cache.get('1/ann')
    gates[1]?.resolve()
    assert.equal(await second, 'blue')
    gates[0]?.resolve()
    assert.equal(await first, 'red')
    assert.equal(cache.get('1/ann'), 'blue')
    assert.equal(loads.length, 2)
  })

  test('of a record that a load has yet to read: the value is cached', async (t) => {
    const held = Promise.withResolvers<void>()
    const { store, cache } = await begin(t, async (key, reader) => {
      await held.promise
      return teamOf(key, reader)
    })
    await create(store, ann)
    const loading = cache.get('1/ann')
    await new Promise(setImmediate)
    await replace(store, { ...ann, team: 'blue' })
    held.resolve()
    assert.equal(await loading, 'blue')
    assert.equal(cache.get('1/ann'), 'blue')
  })

  test('after a value was dropped leaves nothing behind', async (t) => {
    const { store, cache } = await begin(t, teamOf)
    await create(store, ann)
    for (let round = 0; round < 3; round++) {
      await cache.get('1/ann')
      await replace(store, ann)
    }
    assert.deepEqual([cache.entries, cache.bytes], [0, 0])
  })
})
