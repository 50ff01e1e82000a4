import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reader } from './store.ts'
import { ann, begin, bob, create, teamOf } from './testing/cached.ts'
import { counters, people } from './testing/conformance/suite.ts'

describe('a cache', () => {
  test('returns a promise for a miss and the value for a hit', async (t) => {
    const { store, cache, loads } = await begin(t, teamOf)
    await create(store, ann)
    const miss = cache.get('1/ann')
    assert.ok(miss instanceof Promise)
    assert.equal(await miss, 'red')
    assert.equal(cache.get('1/ann'), 'red')
    assert.deepEqual(loads, ['1/ann'])
  })

  test('loads once for all callers during the load', async (t) => {
    const { store, cache, loads } = await begin(t, teamOf)
    await create(store, ann)
    assert.deepEqual(await Promise.all([1, 2, 3].map(() => cache.get('1/ann'))), ['red', 'red', 'red'])
    assert.equal(loads.length, 1)
  })

  test('rejects all callers during a failing load, and does not cache the failure', async (t) => {
    let broken = true
    const { cache, loads } = await begin(t, async () => {
      if (broken) throw new RangeError('broken')
      return 'whole'
    })
    const [first, second] = [cache.get('k'), cache.get('k')]
    await assert.rejects(async () => first, RangeError)
    await assert.rejects(async () => second, RangeError)
    broken = false
    assert.equal(await cache.get('k'), 'whole')
    assert.equal(loads.length, 2)
  })

  test('reads again after the value’s time, whatever the feed reports', async (t) => {
    const { store, cache, loads, at } = await begin(t, teamOf)
    await create(store, ann)
    await cache.get('1/ann')
    at.now = at.heard = at.now + 59_999
    assert.equal(cache.get('1/ann'), 'red')
    at.now = at.heard = at.now + 1
    assert.equal(await cache.get('1/ann'), 'red')
    assert.equal(loads.length, 2)
  })

  test('counts a value’s time from the beginning of its load', async (t) => {
    const held = Promise.withResolvers<void>()
    const { cache, at } = await begin(t, async () => {
      await held.promise
      return 'v'
    })
    const loading = cache.get('k')
    at.now = at.heard = at.now + 60_000
    held.resolve()
    await loading
    assert.ok(cache.get('k') instanceof Promise)
  })

  test('trusts no cached value while the feed is not confirmed, or after the clock went back', async (t) => {
    const { store, cache, loads, at } = await begin(t, teamOf)
    await create(store, ann)
    await cache.get('1/ann')
    at.now += 5_000
    assert.equal(cache.get('1/ann'), 'red')
    at.now += 1
    assert.equal(await cache.get('1/ann'), 'red')
    assert.equal(loads.length, 2)
    at.heard = at.now
    assert.equal(cache.get('1/ann'), 'red')
    at.now = at.heard = at.now - 10_000
    assert.ok(cache.get('1/ann') instanceof Promise)
  })

  test('is empty after a resync, and does not cache what was loading then', async (t) => {
    const held = Promise.withResolvers<void>()
    const { store, cache, loads, tell } = await begin(t, async (key, reader) => {
      const team = await teamOf(key, reader)
      if (key === '1/bob') await held.promise
      return team
    })
    await create(store, ann, bob)
    await cache.get('1/ann')
    const loading = cache.get('1/bob')
    await new Promise(setImmediate)
    tell('resync')
    assert.equal(cache.entries, 0)
    assert.equal(cache.bytes, 0)
    held.resolve()
    assert.equal(await loading, 'red')
    assert.equal(cache.entries, 0)
    await Promise.all([cache.get('1/ann'), cache.get('1/bob')])
    assert.deepEqual(loads.sort(), ['1/ann', '1/ann', '1/bob', '1/bob'])
  })

  test('keeps nothing after it was closed', async (t) => {
    const { store, cache, loads } = await begin(t, teamOf)
    await create(store, ann)
    await cache.get('1/ann')
    cache.close()
    await cache.get('1/ann')
    await cache.get('1/ann')
    assert.equal(loads.length, 3)
    assert.equal(cache.entries, 0)
  })
})

describe('a missing record', () => {
  test('is looked up again each time, by default', async (t) => {
    const { cache, loads } = await begin(t, teamOf)
    assert.equal(await cache.get('1/ann'), undefined)
    assert.equal(await cache.get('1/ann'), undefined)
    assert.equal(loads.length, 2)
    assert.equal(cache.entries, 0)
  })

  test('is found once created, whatever lookup was running then', async (t) => {
    const held = Promise.withResolvers<void>()
    let made: string | undefined
    const { cache } = await begin(t, async () => {
      const found = made
      await held.promise
      return found
    })
    const before = cache.get('k')
    await new Promise(setImmediate)
    // Created by another process: the feed has not reported it yet.
    made = 'v'
    const after = cache.get('k')
    const alsoAfter = cache.get('k')
    held.resolve()
    assert.deepEqual(await Promise.all([before, after, alsoAfter]), [undefined, 'v', 'v'])
  })

  const rows: readonly { title: string; load: (key: string, reader: Reader) => Promise<string | undefined> }[] = [
    { title: 'by key', load: teamOf },
    { title: 'by a unique index', load: async (_, r) => (await r.find(people, 'email', ['ann@x']))?.record.team },
    {
      title: 'by a key that is not its own',
      load: async (_, r) => ((await r.get(people, ['9', 'nobody'])) ? 'nobody' : undefined),
    },
  ]
  for (const { title, load } of rows)
    test(`is cached as missing for a short time, until any change in the collection: ${title}`, async (t) => {
      const { store, cache, loads, at } = await begin(t, load, { negativeMs: 1000 })
      assert.equal(await cache.get('1/ann'), undefined)
      assert.equal(cache.get('1/ann'), undefined)
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 1 }))
      assert.equal(cache.get('1/ann'), undefined)
      assert.equal(loads.length, 1)
      await create(store, ann)
      await cache.get('1/ann')
      assert.equal(loads.length, 2)
      at.now = at.heard = at.now + 60_000
      await cache.get('1/ann')
      assert.equal(loads.length, 3)
    })
})

describe('the bounds of a cache', () => {
  const value = async () => 'x'.repeat(1000)
  const fill = async (cache: { get(key: string): unknown }, keys: readonly string[]) => {
    for (const key of keys) await cache.get(key)
  }
  const numbered = (account: string, count: number) => Array.from({ length: count }, (_, n) => `${account}/${n}`)

  test('all accounts together stay within maxBytes', async (t) => {
    const { cache } = await begin(t, value, { maxBytes: 20_000, share: 1 })
    for (const account of ['a', 'b', 'c']) await fill(cache, numbered(account, 10))
    assert.ok(cache.bytes <= 20_000 && cache.bytes > 15_000, `${cache.bytes}`)
  })

  test('an account that loads much fills its own share, and evicts nothing of others', async (t) => {
    const { cache, loads } = await begin(t, value, { maxBytes: 20_000, share: 0.5 })
    await fill(cache, numbered('quiet', 3))
    await fill(cache, numbered('loud', 100))
    assert.ok(cache.bytes <= 3 * 1500 + 10_000)
    loads.length = 0
    await fill(cache, numbered('quiet', 3))
    assert.deepEqual(loads, [])
  })

  test('recently used values stay longer than others', async (t) => {
    const { cache } = await begin(t, value, { maxBytes: 10_000, share: 1 })
    await fill(cache, numbered('a', 4))
    for (let n = 10; n < 30; n++) {
      assert.equal(typeof cache.get('a/1'), 'string', `evicted before ${n}`)
      await cache.get(`a/${n}`)
    }
    assert.ok(cache.get('a/0') instanceof Promise)
  })

  test('a value larger than a share is returned but not cached, and evicts no other', async (t) => {
    const { cache } = await begin(t, async (key) => 'x'.repeat(key === 'a/large' ? 6000 : 100), {
      maxBytes: 10_000,
      share: 0.5,
    })
    await cache.get('a/small')
    assert.equal(((await cache.get('a/large')) ?? '').length, 6000)
    assert.equal(cache.entries, 1)
    assert.equal(typeof cache.get('a/small'), 'string')
  })
})
