// Reads outside transactions: each sees what is committed at its moment.
import { encodeKey } from '../key.ts'
import type { Reader } from '../store.ts'
import { type Maybe, pageOf, revive, spanOf, type Table, uniqueAt, versioned } from './rows.ts'

interface Source {
  /** @throws TypeError for a collection with which the store was not opened; Unavailable once it is closed */
  table(name: string): Table
  /** Runs a read. @throws Unavailable for a fault of the engine */
  readGuarded<T>(read: () => Maybe<T>): Maybe<T>
}

export const readerOf = ({ table, readGuarded }: Source): Reader => ({
  async get(collection, key) {
    const row = await readGuarded(() => table(collection.name).row(encodeKey(key)))
    return row && revive(collection, row.shape, row.json)
  },
  async read(collection, key) {
    const row = await readGuarded(() => table(collection.name).row(encodeKey(key)))
    return versioned(collection, row)
  },
  async find(collection, by, key) {
    const source = table(collection.name)
    const row = await readGuarded(() => source.holder(uniqueAt(source, by), encodeKey(key)))
    return versioned(collection, row)
  },
  async list(collection, by, range) {
    const source = table(collection.name)
    const placed = await readGuarded(() => source.list(spanOf(source, by, range)))
    return pageOf(collection, placed, range.limit)
  },
})
