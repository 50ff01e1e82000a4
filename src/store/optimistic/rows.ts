// Records as rows, and ranges of them, for adapters whose tables have one column of bytes per declared index.
// The column of a unique index has the index's key. That of any other index has the index's key and then the record's, so
// that its order is total, and a place in it is one key.

import { above, decodeKey, encodeKey } from '../key.ts'
import {
  type AnyCollection,
  type Collection,
  type Key,
  type Page,
  type Range,
  Unavailable,
  type Versioned,
} from '../store.ts'

/** An embedded engine answers at once, a server later. */
export type Maybe<T> = T | Promise<T>

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

/** The values of a row's index columns, in the order of declaration; null where it is not in the index. */
export type Places = readonly (Uint8Array | null)[]

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

/** The committed rows of one collection. */
export interface Table {
  readonly name: string
  readonly indexes: readonly Index[]
  row(key: Uint8Array): Maybe<Row | undefined>
  /** The row that has this key of the unique index. */
  holder(index: number, place: Uint8Array): Maybe<Row | undefined>
  list(span: Span): Maybe<readonly Placed[]>
}

/** The indexes of a collection, in the order of their declaration. */
export function declarations({ indexes }: AnyCollection): readonly Index[] {
  return Object.entries(indexes as Record<string, { readonly unique?: true }>).map(([name, index]) => ({
    name,
    unique: index.unique === true,
  }))
}

/** A collection's declared indexes as a store keeps them: names, with '!' if unique, in order of name. */
export function declared(collection: AnyCollection): string {
  return declarations(collection)
    .map(({ name, unique }) => name + (unique ? '!' : ''))
    .sort()
    .join(' ')
}

/** Whether a store's note of a collection is the one that this release would write, or that of a later shape. */
export const isCurrent = (
  collection: AnyCollection,
  stored: { readonly shape: number; readonly indexes: string } | undefined,
): boolean => stored !== undefined && stored.shape >= collection.shape && stored.indexes === declared(collection)

/** @throws TypeError for names that cannot be a table's or a column's */
export function checkNames(collection: AnyCollection): void {
  if (!/^[a-z][a-z0-9_]*$/.test(collection.name)) throw new TypeError(`${collection.name} cannot name a collection`)
  const seen = new Set<string>()
  for (const { name } of declarations(collection)) {
    // SQLite ignores the case of column names; 'key' means the order of keys in `list`.
    const folded = name.toLowerCase()
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || folded === 'key' || seen.has(folded))
      throw new TypeError(`${name} cannot name an index of ${collection.name}`)
    seen.add(folded)
  }
}

export function placesOf<R, I extends string>(collection: Collection<R, I>, record: R, key: Uint8Array): Places {
  const places: (Uint8Array | null)[] = []
  for (const name in collection.indexes) {
    const index = collection.indexes[name]
    const place = index.of(record)
    if (place === undefined) places.push(null)
    else places.push(index.unique ? encodeKey(place) : Buffer.concat([encodeKey(place), key]))
  }
  return places
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

export function versioned<R, I extends string>(c: Collection<R, I>, row: Row | undefined): Versioned<R> | undefined {
  return row && { record: revive(c, row.shape, row.json), version: row.version }
}

export function pageOf<R, I extends string>(c: Collection<R, I>, placed: readonly Placed[], limit: number): Page<R> {
  const { rows, next } = cut(placed, limit)
  const items = rows.map((row) => revive(c, row.shape, row.json))
  return next ? { items, next } : { items }
}

/** The place of an index in `indexes`, -1 for 'key'. */
function indexAt(table: Table, by: string): number {
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

/** Whether a place is in a span, regardless of the span's limit. */
export function inSpan({ low, open, high }: Span, place: Uint8Array): boolean {
  const from = Buffer.compare(place, low)
  return (open ? from > 0 : from >= 0) && Buffer.compare(place, high) < 0
}

/** Cuts off the surplus row, and returns the place after which to continue. */
function cut(rows: readonly Placed[], limit: number): { readonly rows: readonly Placed[]; readonly next?: Key } {
  const last = rows[limit - 1]
  if (rows.length <= limit || !last) return { rows }
  return { rows: rows.slice(0, limit), next: decodeKey(last.place) }
}
