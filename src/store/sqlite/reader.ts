// Reads outside transactions: each sees what is committed at that moment.
import { encodeKey } from '../key.ts'
import type { Reader } from '../store.ts'
import { pageOf, versioned } from './attempt.ts'
import type { Connection } from './connection.ts'
import { revive, spanOf, uniqueAt } from './table.ts'

export const readerOf = ({ table, ask }: Connection): Reader => ({
  async get(collection, key) {
    const row = ask(() => table(collection.name).row(encodeKey(key)))
    return row && revive(collection, row.shape, row.json)
  },
  async read(collection, key) {
    const row = ask(() => table(collection.name).row(encodeKey(key)))
    return versioned(collection, row)
  },
  async find(collection, by, key) {
    const from = table(collection.name)
    const row = ask(() => from.holder(uniqueAt(from, by), encodeKey(key)))
    return versioned(collection, row)
  },
  async list(collection, by, range) {
    const from = table(collection.name)
    const placed = ask(() => from.list(spanOf(from, by, range)))
    return pageOf(collection, placed, range.limit)
  },
})
