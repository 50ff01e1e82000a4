// Conformance: journals, the change feed, and what survives closing a store.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Change, Store } from '../../store.ts'
import { all, begin, counters, createPeople, type Open, people, rejects, START } from './suite.ts'

const HOUR = 3_600_000
const later = (ms: number) => new Date(START.getTime() + ms)
const texts = async (store: Store, from = START, journal = 'log') =>
  (await all(store.scan(journal, from))).map(({ text }) => text)

export function journals(open: Open): void {
  describe('a journal', () => {
    test('returns its entries in the order in which they were appended, with their times', async (t) => {
      const { store, pass } = await begin(t, open)
      await store.append('log', later(HOUR), ['{"n":1}', '{"n":2}'])
      await store.append('other', later(HOUR), ['{"n":0}'])
      pass(1000)
      await Promise.all([3, 4, 5].map((n) => store.append('log', later(HOUR), [`{"n":${n}}`])))
      assert.deepEqual(await all(store.scan('log', START)), [
        { at: START, text: '{"n":1}' },
        { at: START, text: '{"n":2}' },
        ...[3, 4, 5].map((n) => ({ at: later(1000), text: `{"n":${n}}` })),
      ])
      assert.deepEqual(await texts(store, START, 'other'), ['{"n":0}'])
      assert.deepEqual(await texts(store, START, 'none'), [])
    })

    test('can be scanned from a time on', async (t) => {
      const { store, pass } = await begin(t, open)
      for (const n of [0, 1, 2]) {
        await store.append('log', later(HOUR), [`${n}`])
        pass(1000)
      }
      assert.deepEqual(await texts(store, later(0)), ['0', '1', '2'])
      assert.deepEqual(await texts(store, later(1)), ['1', '2'])
      assert.deepEqual(await texts(store, later(1000)), ['1', '2'])
      assert.deepEqual(await texts(store, later(2001)), [])
    })

    test('keeps its order when the clock goes back', async (t) => {
      const { store, pass } = await begin(t, open)
      await store.append('log', later(HOUR), ['1'])
      pass(-5000)
      await store.append('log', later(HOUR), ['2'])
      assert.deepEqual(await texts(store), ['1', '2'])
    })

    test('keeps many batches, and large ones, in order', async (t) => {
      const { store } = await begin(t, open)
      const entries = Array.from({ length: 3000 }, (_, n) => JSON.stringify({ n, text: 'ä\n"\\ \u0000\u2028' }))
      await store.append('log', later(HOUR), entries.slice(0, 1700))
      for (let n = 1700; n < 1800; n++) await store.append('log', later(HOUR), entries.slice(n, n + 1))
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          store.append('log', later(HOUR), entries.slice(1800 + n * 100, 1900 + n * 100)),
        ),
      )
      assert.deepEqual(await texts(store), entries)
    })

    test('can be appended to while it is scanned', async (t) => {
      const { store } = await begin(t, open)
      await store.append('log', later(HOUR), ['1', '2'])
      const seen: string[] = []
      for await (const { text } of store.scan('log', START)) {
        if (seen.push(text) === 1) await store.append('log', later(HOUR), ['3'])
      }
      assert.deepEqual(seen.slice(0, 2), ['1', '2'])
      assert.deepEqual(await texts(store), ['1', '2', '3'])
    })

    test('deletes expired entries, and keeps others', async (t) => {
      const { store, reopen, pass } = await begin(t, open)
      await store.append('log', later(HOUR), ['short'])
      await store.append('log', later(3 * HOUR), ['long'])
      pass(2 * HOUR)
      assert.deepEqual(await texts(await reopen()), ['long'])
    })

    test('has a transaction’s entry if the transaction commits, once, however often it ran', async (t) => {
      const { store } = await begin(t, open)
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
      await Promise.all(
        [1, 2, 3, 4].map((n) =>
          store.transact(async (tx) => {
            const { count } = (await tx.get(counters, ['x'])) ?? { count: Number.NaN }
            tx.append('log', later(HOUR), [`${n}`])
            await tx.replace(counters, { id: 'x', count: count + 1 })
          }),
        ),
      )
      await store.transact(async (tx) => tx.append('log', later(HOUR), ['5']))
      assert.deepEqual((await texts(store)).sort(), ['1', '2', '3', '4', '5'])
    })

    test('accepts JSON texts and a valid time, and nothing else', async (t) => {
      const { store } = await begin(t, open)
      await rejects(store.append('log', later(HOUR), ['a\u001eb']), 'TypeError')
      await rejects(store.append('log', new Date(Number.NaN), ['1']), 'TypeError')
      await rejects(
        store.transact(async (tx) => tx.append('log', later(HOUR), ['a\u001eb'])),
        'TypeError',
      )
      assert.deepEqual(await texts(store), [])
    })
  })

  describe('the feed', () => {
    test('reports every change of the store itself before the change resolves', async (t) => {
      const { store } = await begin(t, open)
      const changes: Change[] = []
      const stop = store.watch((change) => changes.push(change))
      await createPeople(store, { account: '1', name: 'a' }, { account: '1', name: 'b' })
      assert.deepEqual(changes.splice(0), [
        { collection: 'people', key: ['1', 'a'] },
        { collection: 'people', key: ['1', 'b'] },
      ])
      await store.transact((tx) => tx.replace(people, { account: '1', name: 'a', age: 1 }))
      await store.transact((tx) => tx.delete(people, ['1', 'b']))
      assert.deepEqual(changes.splice(0), [
        { collection: 'people', key: ['1', 'a'] },
        { collection: 'people', key: ['1', 'b'] },
      ])
      stop()
      await createPeople(store, { account: '1', name: 'c' })
      assert.deepEqual(changes, [])
    })

    test('states up to when it is confirmed', async (t) => {
      const { store, pass, clock } = await begin(t, open)
      assert.deepEqual(store.heardAt(), START)
      pass(1000)
      await createPeople(store, { account: '1', name: 'a' })
      assert.deepEqual(store.heardAt(), clock.now)
    })

    test('reports the changes of another process, and versions continue from theirs', async (t) => {
      const { store, second } = await begin(t, open)
      if (!second) return t.skip('this store has one process')
      const other = await second()
      const changes = listener(store)
      const changesThere = listener(other)
      await createPeople(other, { account: '1', name: 'a' })
      await changes((change) => change !== 'resync' && change.key[1] === 'a')
      assert.deepEqual(await store.read(people, ['1', 'a']), await other.read(people, ['1', 'a']))
      await createPeople(store, { account: '1', name: 'b' })
      await changesThere((change) => change !== 'resync' && change.key[1] === 'b')
      const versions = await Promise.all(
        ['a', 'b'].map(async (name) => (await other.read(people, ['1', name]))?.version),
      )
      assert.ok((versions[0] ?? 0) < (versions[1] ?? 0))
    })

    test("serializes with another process's transactions", async (t) => {
      const { store, second } = await begin(t, open)
      if (!second) return t.skip('this store has one process')
      const stores = [store, await second()]
      await store.transact((tx) => tx.create(counters, { id: 'x', count: 0 }))
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          stores[n % 2]?.transact(async (tx) => {
            const { count } = (await tx.get(counters, ['x'])) ?? { count: Number.NaN }
            await tx.replace(counters, { id: 'x', count: count + 1 })
          }),
        ),
      )
      for (const each of stores) assert.deepEqual(await each.get(counters, ['x']), { id: 'x', count: 40 })
    })

    test("reports 'resync' to a process that is further behind than the feed reaches", async (t) => {
      const { store, second } = await begin(t, open, { changesKept: 10 })
      if (!second) return t.skip('this store has one process')
      const other = await second()
      const changes = listener(store)
      // One commit, so that the other process cannot poll in between.
      await other.transact(async (tx) => {
        for (let n = 0; n < 200; n++) await tx.create(counters, { id: `${n}`, count: n })
      })
      await changes((change) => change === 'resync')
    })

    test('continues after a watcher throws', async (t) => {
      const { store } = await begin(t, open)
      const thrown: unknown[] = []
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.once('uncaughtException', (error) => thrown.push(error))
      t.after(() => {
        for (const listener of listeners) process.on('uncaughtException', listener)
      })
      const changes: Change[] = []
      const mistake = new TypeError('a mistake of the watcher')
      const stop = store.watch(() => {
        throw mistake
      })
      store.watch((change) => changes.push(change))
      await createPeople(store, { account: '1', name: 'a' })
      stop()
      assert.equal(changes.length, 1)
      assert.deepEqual(thrown, [mistake])
    })
  })

  describe('a store', () => {
    test('has the same content after closing and opening', async (t) => {
      const { store, reopen } = await begin(t, open)
      await createPeople(store, { account: '1', name: 'a', email: 'a@x', team: 'red' })
      await store.append('log', later(HOUR), ['1'])
      const before = await store.read(people, ['1', 'a'])
      const again = await reopen()
      assert.deepEqual(await again.read(people, ['1', 'a']), before)
      assert.deepEqual(await again.find(people, 'email', ['a@x']), before)
      assert.deepEqual(await texts(again), ['1'])
      await createPeople(again, { account: '1', name: 'b' })
      assert.ok(((await again.read(people, ['1', 'b']))?.version ?? 0) > (before?.version ?? 0))
    })

    test('commits what was requested before it was closed', async (t) => {
      const { store, reopen } = await begin(t, open)
      const appended = store.append('log', later(HOUR), ['1'])
      await store.close()
      await appended
      assert.deepEqual(await texts(await reopen()), ['1'])
    })

    test('that is closed refuses everything, and can be closed again', async (t) => {
      const { store } = await begin(t, open)
      await store.close()
      await store.close()
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.get(people, ['1', 'a']),
        () => store.read(people, ['1', 'a']),
        () => store.find(people, 'email', ['a@x']),
        () => store.list(people, 'key', { prefix: [], limit: 1 }),
        () => store.transact((tx) => tx.get(people, ['1', 'a'])),
        () => store.transact((tx) => tx.create(people, { account: '1', name: 'a' })),
        () => store.append('log', later(HOUR), ['1']),
        () => texts(store),
      ]
      for (const call of calls) await rejects(call(), 'Unavailable')
    })
  })
}

/** Watches a store; the function that it returns waits for a change among those reported since. */
function listener(store: Store): (matches: (change: Change) => boolean) => Promise<void> {
  const changes: Change[] = []
  let arrived = Promise.withResolvers<void>()
  store.watch((change) => {
    changes.push(change)
    arrived.resolve()
  })
  return async (matches) => {
    while (!changes.some(matches)) {
      await arrived.promise
      arrived = Promise.withResolvers()
    }
  }
}
