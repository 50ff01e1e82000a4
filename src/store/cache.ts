// Caches values derived from records (a compiled policy, an opened key) while the records that they come from stay the same.
// The feed reports changes; a hit returns in the same turn, without a promise.

import { type Dependent, trackDependencies } from './dependencies.ts'
import type { Reader, Store } from './store.ts'

export interface CacheOptions<V> {
  readonly store: Store
  /**
   * Derives the value from what it reads through `reader` alone; resolves to undefined when there is none. It reads one
   * record after another, not one snapshot; a value whose records change meanwhile is not cached.
   */
  readonly load: (key: string, reader: Reader) => Promise<V | undefined>
  /** The account to whose share a value counts. */
  readonly accountOf: (key: string) => string
  /** The rough size of a value, in bytes. */
  readonly weight: (value: V) => number
  readonly maxBytes: number
  /** The part of `maxBytes` that one account may take; a quarter by default. */
  readonly share?: number
  /** A value is read again after this time, whatever the feed reports; 60,000 by default. */
  readonly ttlMs?: number
  /**
   * How long the absence of a value is cached; 0 by default: then a miss always reads the store, and finds a record that
   * another process created at once. Otherwise that record is found when the feed reports it, or after this time.
   */
  readonly negativeMs?: number
  /** Once the feed has not been confirmed for this long, no cached value is trusted; 5,000 by default. */
  readonly unheardMs?: number
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

export interface Cache<V> {
  /** The value, in this turn if it is cached; otherwise a promise of it, which rejects as `load` or the store does. */
  get(key: string): V | undefined | Promise<V | undefined>
  readonly entries: number
  readonly bytes: number
  /** Stops following the feed, and empties the cache. */
  close(): void
}

/** A value that is first being loaded, then cached. */
interface Entry<V> extends Dependent {
  readonly key: string
  readonly account: string
  value: V | undefined
  bytes: number
  /** When its load began, in ms of the clock, and how long it is trusted from then on. */
  readonly begun: number
  lifetime: number
  /** Whether it was used since eviction last passed it over. */
  used: boolean
}

/** The size of an entry without its value: the object, its places in maps, and its dependencies. */
const ENTRY_BYTES = 400
const DEPENDENCY_BYTES = 200

export function createCache<V>(options: CacheOptions<V>): Cache<V> {
  const { store, load, accountOf, weight, maxBytes, clock } = options
  const { share = 0.25, ttlMs = 60_000, negativeMs = 0, unheardMs = 5_000 } = options
  const dependencies = trackDependencies<Entry<V>>(store)
  const cached = new Map<string, Entry<V>>()
  const accounts = new Map<string, { bytes: number; readonly entries: Map<string, Entry<V>> }>()
  const loading = new Map<string, { readonly entry: Entry<V>; readonly value: Promise<V | undefined> }>()
  let bytes = 0
  let closed = false

  function drop(entry: Entry<V>): void {
    dependencies.forget(entry)
    if (cached.get(entry.key) !== entry) return
    cached.delete(entry.key)
    bytes -= entry.bytes
    const account = accounts.get(entry.account)
    if (!account) return
    account.bytes -= entry.bytes
    account.entries.delete(entry.key)
    if (account.entries.size === 0) accounts.delete(entry.account)
  }

  function keep(entry: Entry<V>): void {
    const before = cached.get(entry.key)
    if (before) drop(before)
    const account = accounts.get(entry.account) ?? { bytes: 0, entries: new Map<string, Entry<V>>() }
    accounts.set(entry.account, account)
    cached.set(entry.key, entry)
    account.entries.set(entry.key, entry)
    bytes += entry.bytes
    account.bytes += entry.bytes
    while (account.bytes > share * maxBytes) evict(account.entries)
    while (bytes > maxBytes) evict(cached)
  }

  /** Drops the first entry that was not used since eviction last passed it over: nearly the least recently used. */
  function evict(entries: Map<string, Entry<V>>): void {
    for (const entry of entries.values()) {
      if (!entry.used) {
        drop(entry)
        return
      }
      entry.used = false
      // A Map iterates in order of insertion, so this loop also reaches entries that it inserts meanwhile.
      entries.delete(entry.key)
      entries.set(entry.key, entry)
    }
  }

  async function fill(entry: Entry<V>): Promise<V | undefined> {
    try {
      const value = await load(entry.key, dependencies.reader(entry))
      const lifetime = value === undefined ? negativeMs : ttlMs
      // Somebody could create the missing record under a key that `load` did not read.
      if (value === undefined && lifetime > 0) dependencies.widen(entry)
      entry.value = value
      entry.lifetime = lifetime
      entry.bytes =
        ENTRY_BYTES +
        2 * entry.key.length +
        DEPENDENCY_BYTES * entry.on.size +
        (value === undefined ? 0 : Math.max(0, weight(value)))
      // INVARIANT: a value whose sources changed since its load began is not cached.
      if (!entry.stale && !closed && lifetime > 0 && entry.bytes <= share * maxBytes) keep(entry)
      else dependencies.forget(entry)
      return value
    } catch (error) {
      dependencies.forget(entry)
      throw error
    } finally {
      if (loading.get(entry.key)?.entry === entry) loading.delete(entry.key)
    }
  }

  function start(key: string): Promise<V | undefined> {
    const account = accountOf(key)
    const entry: Entry<V> = {
      ...{ key, account, value: undefined, bytes: 0, begun: clock(), lifetime: 0 },
      ...{ used: false, stale: false, on: new Map() },
    }
    // Starts a turn later, so that the load is in `loading` before it can end.
    const value = Promise.resolve().then(() => fill(entry))
    loading.set(key, { entry, value })
    return value
  }

  async function miss(key: string): Promise<V | undefined> {
    const running = loading.get(key)
    if (!running) return start(key)
    const value = await running.value
    if (value !== undefined) return value
    // That load may have read before this call, and somebody may have created the record since: a load that runs now began
    // after this call.
    return loading.get(key)?.value ?? start(key)
  }

  /** Later callers must not get what was read before. */
  function invalidate(entry: Entry<V>): void {
    entry.stale = true
    drop(entry)
    if (loading.get(entry.key)?.entry === entry) loading.delete(entry.key)
  }

  function empty(): void {
    for (const { entry } of [...loading.values()]) invalidate(entry)
    for (const entry of [...cached.values()]) invalidate(entry)
  }

  const stop = store.watch((change) => {
    if (change === 'resync') empty()
    else for (const entry of dependencies.touch(change)) invalidate(entry)
  })

  return {
    get(key) {
      const entry = cached.get(key)
      if (entry !== undefined) {
        const now = clock()
        const age = now - entry.begun
        // A clock that was set back must not make a value younger: a negative age or silence is not trusted either.
        if (age >= 0 && age < entry.lifetime && Math.abs(now - store.heardAt().getTime()) <= unheardMs) {
          entry.used = true
          return entry.value
        }
      }
      return miss(key)
    },
    get entries() {
      return cached.size
    },
    get bytes() {
      return bytes
    },
    close() {
      closed = true
      stop()
      empty()
    },
  }
}
