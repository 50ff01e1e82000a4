// The table of one collection: its rows, its index columns, and its prepared statements.
// The column of a unique index has the index's key. That of any other index has the index's key and then the record's, so
// that its order is total, and a place in it is one key.

import type { DatabaseSync } from 'node:sqlite'
import { above, decodeKey, encodeKey } from '../key.ts'
import { type AnyCollection, type Collection, type Key, type Range, Unavailable } from '../store.ts'
import { bytes, type Cell, type Cells, number, prepare, type Statement, text } from './statement.ts'

export interface Row {
  readonly key: Uint8Array
  readonly version: number
  readonly shape: number
  readonly json: string
}

/** A row with its place in the order in which it was listed. */
export interface Placed extends Row {
  readonly place: Uint8Array
}

/** A range of one order: places from `low` (exclusive if `open`) to below `high`. */
export interface Span {
  /** Place of the index in `Table.indexes`, or -1 for the order of keys. */
  readonly by: number
  readonly low: Uint8Array
  readonly open: boolean
  readonly high: Uint8Array
  readonly limit: number
}

export interface Index {
  readonly name: string
  readonly unique: boolean
}

export interface Table {
  readonly name: string
  readonly indexes: readonly Index[]
  row(key: Uint8Array): Row | undefined
  /** The version of the record at a key, 0 for none. */
  version(key: Uint8Array): number
  /** The row that has this key of the unique index. */
  holder(index: number, place: Uint8Array): Row | undefined
  list(span: Span): readonly Placed[]
  insert(key: Uint8Array, version: number, shape: number, json: string, places: Cells): void
  update(key: Uint8Array, version: number, shape: number, json: string, places: Cells): void
  remove(key: Uint8Array): void
}

/** The indexes of a collection, in the order of their declaration. */
export function declarations({ indexes }: AnyCollection): readonly Index[] {
  return Object.entries(indexes as Record<string, { readonly unique?: true }>).map(([name, index]) => ({
    name,
    unique: index.unique === true,
  }))
}

export function openTable(db: DatabaseSync, collection: AnyCollection): Table {
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

/** The values of a record's index columns, in the order of declaration; null where it is not in the index. */
export function cellsOf<R, I extends string>(collection: Collection<R, I>, record: R, key: Uint8Array): Cell[] {
  const cells: Cell[] = []
  for (const name in collection.indexes) {
    const index = collection.indexes[name]
    const place = index.of(record)
    if (place === undefined) cells.push(null)
    else cells.push(index.unique ? encodeKey(place) : Buffer.concat([encodeKey(place), key]))
  }
  return cells
}

/**
 * The record in a row, upgraded to this release's shape.
 * @throws Unavailable for a shape of a newer release, which this one would misread.
 */
export function revive<R, I extends string>(collection: Collection<R, I>, shape: number, json: string): R {
  if (shape === collection.shape) return JSON.parse(json) as R
  if (shape < collection.shape) return collection.upgrade(JSON.parse(json), shape)
  throw new Unavailable(
    `a record of ${collection.name} was written by a newer release (shape ${shape}; this one knows ${collection.shape})`,
  )
}

/** The place of an index in `indexes`, -1 for 'key'. */
export function indexAt(table: Table, by: string): number {
  if (by === 'key') return -1
  const at = table.indexes.findIndex(({ name }) => name === by)
  if (at < 0) throw new TypeError(`${table.name} has no index ${by}`)
  return at
}

export function uniqueAt(table: Table, by: string): number {
  const at = indexAt(table, by)
  if (!table.indexes[at]?.unique) throw new TypeError(`${by} of ${table.name} is not a unique index`)
  return at
}

/** The span of a page and one more row, which tells whether more follow. */
export function spanOf(table: Table, by: string, { prefix, after, limit }: Range): Span {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('a limit must be a positive whole number')
  const from = encodeKey(prefix)
  const past = after && encodeKey(after)
  const open = past !== undefined && Buffer.compare(past, from) >= 0
  return { by: indexAt(table, by), low: open ? past : from, open, high: above(from), limit: limit + 1 }
}

/** Cuts off the surplus row, and returns the place after which to continue. */
export function cut(rows: readonly Placed[], limit: number): { readonly rows: readonly Placed[]; readonly next?: Key } {
  const last = rows[limit - 1]
  if (rows.length <= limit || !last) return { rows }
  return { rows: rows.slice(0, limit), next: decodeKey(last.place) }
}
