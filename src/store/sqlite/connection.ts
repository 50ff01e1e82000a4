// The open database, shared by the parts of the store: whether it is open, its tables by name, and reads whose failures are
// Unavailable, with a sentence for the operator.
import type { DatabaseSync } from 'node:sqlite'
import { type AnyCollection, Unavailable } from '../store.ts'
import { type Opening, openDatabase } from './schema.ts'
import { refusal } from './statement.ts'
import { openTable, type SqliteTable } from './table.ts'

export interface Connection {
  readonly file: string
  readonly db: DatabaseSync
  /** @throws Unavailable once it is closed */
  assertOpen(): void
  isClosed(): boolean
  /** @throws TypeError for a collection with which it was not opened; Unavailable once it is closed */
  table(name: string): SqliteTable
  /** Runs a read. @throws Unavailable for a fault of the file */
  readGuarded<T>(read: () => T): T
  /** Runs reads in one snapshot. @throws Unavailable for a fault of the file */
  snapshot<T>(read: () => T): T
  /** Closes it for all callers; `end` then closes the file itself. */
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

  function readGuarded<T>(read: () => T): T {
    assertOpen()
    try {
      return read()
    } catch (error) {
      throw refusal(error, file)
    }
  }

  return {
    ...{ file, db, assertOpen, readGuarded },
    isClosed: () => closed,
    table(name) {
      assertOpen()
      const table = tables.get(name)
      if (!table) throw new TypeError(`${name} is not a collection with which this store was opened`)
      return table
    },
    snapshot: (read) =>
      readGuarded(() => {
        db.exec('BEGIN')
        try {
          return read()
        } finally {
          db.exec('COMMIT')
        }
      }),
    shut() {
      closed = true
    },
    end: () => db.close(),
  }
}
