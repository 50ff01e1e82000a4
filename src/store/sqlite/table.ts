// The table of one collection: its rows, its index columns, and its prepared statements.

import type { DatabaseSync } from 'node:sqlite'
import { bytes, type Cells, number, text } from '../cells.ts'
import { declarations, type Placed, type Row, type Span, type Table } from '../optimistic/rows.ts'
import type { AnyCollection } from '../store.ts'
import { prepare, type Statement } from './statement.ts'

/** A collection's table, answered at once. */
export interface SqliteTable extends Table {
  row(key: Uint8Array): Row | undefined
  /** The version of the record at a key, 0 for none. */
  version(key: Uint8Array): number
  holder(index: number, place: Uint8Array): Row | undefined
  list(span: Span): readonly Placed[]
  insert(key: Uint8Array, version: number, shape: number, json: string, places: Cells): void
  update(key: Uint8Array, version: number, shape: number, json: string, places: Cells): void
  remove(key: Uint8Array): void
}

export function openTable(db: DatabaseSync, collection: AnyCollection): SqliteTable {
  const table = `"r_${collection.name}"`
  const indexes = declarations(collection)
  const columns = indexes.map(({ name }) => `"i_${name}"`)
  const byKey = prepare(db, `SELECT version, shape, json FROM ${table} WHERE key = ?`)
  const versionAt = prepare(db, `SELECT version FROM ${table} WHERE key = ?`)
  const holders = columns.map((column) =>
    prepare(db, `SELECT version, shape, json, key FROM ${table} WHERE ${column} = ?`),
  )
  const orders = ['key', ...columns].map((column): readonly [Statement, Statement] => {
    const select = (from: string) =>
      `SELECT version, shape, json, key, ${column} FROM ${table}
        WHERE ${column} ${from} ? AND ${column} < ? ORDER BY ${column} LIMIT ?`
    return [prepare(db, select('>=')), prepare(db, select('>'))]
  })
  const blanks = columns.map(() => ', ?').join('')
  const insert = prepare(
    db,
    `INSERT INTO ${table} (key, version, shape, json${columns.map((c) => `, ${c}`).join('')})
    VALUES (?, ?, ?, ?${blanks})`,
  )
  const update = prepare(
    db,
    `UPDATE ${table} SET version = ?, shape = ?, json = ?${columns
      .map((column) => `, ${column} = ?`)
      .join('')} WHERE key = ?`,
  )
  const remove = prepare(db, `DELETE FROM ${table} WHERE key = ?`)

  return {
    name: collection.name,
    indexes,
    row(key) {
      const cells = byKey.get(key)
      return cells && { key, version: number(cells, 0), shape: number(cells, 1), json: text(cells, 2) }
    },
    version(key) {
      const cells = versionAt.get(key)
      return cells ? number(cells, 0) : 0
    },
    holder(index, place) {
      const cells = holders[index]?.get(place)
      return cells && rowOf(cells)
    },
    list({ by, low, open, high, limit }) {
      const statement = orders[by + 1]?.[open ? 1 : 0]
      if (!statement) throw new TypeError(`${collection.name} has no such index`)
      return statement.all(low, high, limit).map((cells) => ({ ...rowOf(cells), place: bytes(cells, 4) }))
    },
    insert: (key, version, shape, json, places) => void insert.run(key, version, shape, json, ...places),
    update: (key, version, shape, json, places) => void update.run(version, shape, json, ...places, key),
    remove: (key) => void remove.run(key),
  }
}

const rowOf = (cells: Cells): Row => ({
  version: number(cells, 0),
  shape: number(cells, 1),
  json: text(cells, 2),
  key: bytes(cells, 3),
})
