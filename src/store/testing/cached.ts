// A cache over a store whose feed and clock the test controls, and the records that the tests of caches use.

import type { TestContext } from 'node:test'
import { type CacheOptions, createCache } from '../cache.ts'
import { openSqlite } from '../sqlite.ts'
import type { Change, Key, Reader, Store } from '../store.ts'
import { counters, type Person, people } from './conformance/suite.ts'

/** Opens a store whose feed and clock the test controls, and a cache over it that records its loads. */
export async function begin(
  t: TestContext,
  load: (key: string, reader: Reader) => Promise<string | undefined>,
  options: Partial<CacheOptions<string>> = {},
) {
  const at = { now: 1_000_000, heard: 1_000_000 }
  const inner = await openSqlite(':memory:', [people, counters], { clock: () => new Date(at.now) })
  let tell: (change: Change) => void = () => {}
  const store: Store = {
    ...inner,
    heardAt: () => new Date(at.heard),
    watch(watcher) {
      tell = watcher
      return inner.watch(watcher)
    },
  }
  const loads: string[] = []
  const cache = createCache<string>({
    store,
    load(key, reader) {
      loads.push(key)
      return load(key, reader)
    },
    accountOf: (key) => key.split('/')[0] ?? '',
    weight: (value) => value.length,
    maxBytes: 1_000_000,
    clock: () => at.now,
    ...options,
  })
  t.after(async () => {
    cache.close()
    await inner.close()
  })
  return { store, cache, loads, at, tell: (change: Change) => tell(change) }
}

export const ann: Person = { account: '1', name: 'ann', email: 'ann@x', team: 'red' }
export const bob: Person = { account: '1', name: 'bob', team: 'red' }
export const create = (store: Store, ...records: readonly Person[]) =>
  store.transact(async (tx) => {
    for (const record of records) await tx.create(people, record)
  })
export const replace = (store: Store, record: Person) => store.transact((tx) => tx.replace(people, record))
export const remove = (store: Store, key: Key) => store.transact((tx) => tx.delete(people, key))

/** The team of a person, by 'account/name'. */
export const teamOf = async (key: string, reader: Reader) => (await reader.get(people, key.split('/')))?.team
