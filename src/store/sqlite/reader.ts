// Reads outside transactions: each sees what is committed at its moment.
import { encodeKey } from '../key.ts'
import type { Reader } from '../store.ts'
import { pageOf, versioned } from './attempt.ts'
import type { Connection } from './connection.ts'
import { revive, spanOf, uniqueAt } from './table.ts'

export const readerOf = ({ table, readGuarded }: Connection): Reader => ({
  async get(collection, key) {
    const row = readGuarded(() => table(collection.name).row(encodeKey(key)))
    return row && revive(collection, row.shape, row.json)
  },
  async read(collection, key) {
    const row = readGuarded(() => table(collection.name).row(encodeKey(key)))
    return versioned(collection, row)
  },
  async find(collection, by, key) {
    const source = table(collection.name)
    const row = readGuarded(() => source.holder(uniqueAt(source, by), encodeKey(key)))
    return versioned(collection, row)
  },
  async list(collection, by, range) {
    const source = table(collection.name)
    const placed = readGuarded(() => source.list(spanOf(source, by, range)))
    return pageOf(collection, placed, range.limit)
  },
})
