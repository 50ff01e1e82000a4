// The open database as the parts of the store share it: open or closed, its tables by name, and reads whose failures are
// Unavailable, in words for the operator.
import type { DatabaseSync } from 'node:sqlite'
import { type AnyCollection, Unavailable } from '../store.ts'
import { type Opening, openDatabase } from './schema.ts'
import { refusal } from './statement.ts'
import { openTable, type Table } from './table.ts'

export interface Connection {
  readonly file: string
  readonly db: DatabaseSync
  /** @throws Unavailable once it is closed */
  assertOpen(): void
  isClosed(): boolean
  /** @throws TypeError for a collection that it was not opened with; Unavailable once it is closed */
  table(name: string): Table
  /** Reads. @throws Unavailable for what is wrong with the file */
  ask<T>(read: () => T): T
  /** From now on it is closed for all callers; `end` then closes the file itself. */
  shut(): void
  end(): void
}

export async function connect(opening: Opening, collections: readonly AnyCollection[]): Promise<Connection> {
  const { file } = opening
  const db = await openDatabase(opening, collections)
  const tables = new Map(collections.map((collection) => [collection.name, openTable(db, collection)]))
  let closed = false

  function assertOpen(): void {
    if (closed) throw new Unavailable(`${file} is closed`)
  }

  return {
    ...{ file, db, assertOpen },
    isClosed: () => closed,
    table(name) {
      assertOpen()
      const found = tables.get(name)
      if (!found) throw new TypeError(`${name} is not a collection that this store was opened with`)
      return found
    },
    ask(read) {
      assertOpen()
      try {
        return read()
      } catch (error) {
        throw refusal(error, file)
      }
    },
    shut() {
      closed = true
    },
    end: () => db.close(),
  }
}
