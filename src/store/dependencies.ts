// Tracks from which records a derived value was read, and which derived values a change affects. The feed names a change by
// the key of its record, so a read without such a key (a lookup in an index that finds nothing; a list by index) depends on
// the whole collection.

import { encodeKey } from './key.ts'
import type { Change, Collection, Key, Range, Reader } from './store.ts'

/** What a read depends on: a record's key, or a prefix of keys. */
type Dependency = string

/** A value that depends on what it was read from. */
export interface Dependent {
  /** Whether anything that it was read from has changed since. */
  stale: boolean
  /** Its dependencies, each with the number of reads that cause it. */
  readonly on: Map<Dependency, number>
}

const record = (collection: string, key: Key): Dependency => `${collection}=${encodeKey(key).toString('latin1')}`
const prefix = (collection: string, key: Key): Dependency => `${collection}<${encodeKey(key).toString('latin1')}`

export interface Dependencies<D extends Dependent> {
  /** A reader that notes a dependency before each read: every change from then on makes the value stale. */
  reader(dependent: D): Reader
  /** Adds a dependency on every collection that was read: for an absent value that a new record could make present. */
  widen(dependent: D): void
  forget(dependent: D): void
  /** Marks the values that a change affects as stale, forgets them, and returns them. */
  touch(change: Exclude<Change, 'resync'>): readonly D[]
}

export function trackDependencies<D extends Dependent>(store: Reader): Dependencies<D> {
  const dependents = new Map<Dependency, Set<D>>()

  function add(dependent: D, dependency: Dependency): void {
    if (dependent.stale) return
    dependent.on.set(dependency, (dependent.on.get(dependency) ?? 0) + 1)
    const others = dependents.get(dependency)
    if (others) others.add(dependent)
    else dependents.set(dependency, new Set([dependent]))
  }

  function drop(dependent: D, dependency: Dependency): void {
    const others = dependents.get(dependency)
    others?.delete(dependent)
    if (others?.size === 0) dependents.delete(dependency)
  }

  /** Removes one of the reads that cause a dependency. */
  function release(dependent: D, dependency: Dependency): void {
    const reads = (dependent.on.get(dependency) ?? 0) - 1
    if (reads > 0) dependent.on.set(dependency, reads)
    else {
      dependent.on.delete(dependency)
      drop(dependent, dependency)
    }
  }

  function forget(dependent: D): void {
    for (const dependency of dependent.on.keys()) drop(dependent, dependency)
    dependent.on.clear()
  }

  return {
    forget,
    reader: (dependent) => ({
      async get<R, I extends string>(collection: Collection<R, I>, key: Key) {
        add(dependent, record(collection.name, key))
        return store.get(collection, key)
      },
      async read<R, I extends string>(collection: Collection<R, I>, key: Key) {
        add(dependent, record(collection.name, key))
        return store.read(collection, key)
      },
      async find<R, I extends string>(collection: Collection<R, I>, index: I, key: Key) {
        const wholeCollection = prefix(collection.name, [])
        add(dependent, wholeCollection)
        const versioned = await store.find(collection, index, key)
        // No other record can take the key of a unique index while the record that has it stays unchanged.
        if (versioned && !dependent.stale) {
          add(dependent, record(collection.name, collection.key(versioned.record)))
          release(dependent, wholeCollection)
        }
        return versioned
      },
      async list<R, I extends string>(collection: Collection<R, I>, by: I | 'key', range: Range) {
        add(dependent, prefix(collection.name, by === 'key' ? range.prefix : []))
        return store.list(collection, by, range)
      },
    }),
    widen(dependent) {
      for (const dependency of [...dependent.on.keys()])
        add(dependent, prefix(dependency.slice(0, dependency.search(/[=<]/)), []))
    },
    touch({ collection, key }) {
      const touched = new Set(dependents.get(record(collection, key)))
      for (let parts = 0; parts <= key.length; parts++)
        for (const dependent of dependents.get(prefix(collection, key.slice(0, parts))) ?? []) touched.add(dependent)
      for (const dependent of touched) {
        dependent.stale = true
        forget(dependent)
      }
      return [...touched]
    },
  }
}
