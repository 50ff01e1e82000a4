// One attempt at a transaction: it reads committed records and notes their versions, buffers its own writes and reads those
// first. Nothing reaches the database before the commit, which compares every note and then writes.

import { encodeKey } from '../key.ts'
import { type Collection, Conflict, type Key, Missing, type Range, type Transaction } from '../store.ts'
import { type Append, checkAppend } from './appends.ts'
import {
  inSpan,
  type Placed,
  type Places,
  pageOf,
  placesOf,
  type Row,
  type Span,
  spanOf,
  type Table,
  uniqueAt,
  versioned,
} from './rows.ts'
import { type Drive, type Steps, wait } from './steps.ts'

/** What an attempt writes under a key. A record that it wrote has no version yet: `read` and `find` return 0. */
export interface Write<T extends Table> {
  readonly table: T
  readonly key: Uint8Array
  /** The version that it replaces, 0 for none. */
  readonly base: number
  readonly shape: number
  /** undefined: deleted. */
  readonly json: string | undefined
  readonly places: Places
}

/** What an attempt read, as it saw it: the row at a key, the row that has a unique index's key, or the rows of a span. */
export type Note<T extends Table> =
  | { readonly table: T; readonly key: Uint8Array; readonly version: number }
  | { readonly table: T; readonly index: number; readonly place: Uint8Array; readonly row: Row | undefined }
  | { readonly table: T; readonly span: Span; readonly rows: readonly Row[] }

export interface Attempt<T extends Table> {
  readonly tx: Transaction
  /** Ends the attempt: later reads and writes throw TypeError. */
  over(): void
  readonly appends: readonly Append[]
  readonly notes: readonly Note<T>[]
  /** Its writes, at most one for each key. */
  writes(): readonly Write<T>[]
  /** Whether there is anything to commit. */
  isWriting(): boolean
  /** Whether its answer depends on more than one read, so that they must be compared even when it wrote nothing. */
  compared(): boolean
}

export function startAttempt<T extends Table>(tableOf: (name: string) => T, drive: Drive): Attempt<T> {
  let over = false
  /** The rows at the keys that it has read. Each is read once, so that it is seen in one version. */
  const seen = new Map<string, Row | undefined>()
  const notes: Note<T>[] = []
  const writes = new Map<string, Write<T>>()
  /** The write that takes a key of a unique index. */
  const claims = new Map<string, Write<T>>()
  const appends: Append[] = []

  function open<R, I extends string>(collection: Collection<R, I>): T {
    if (over) throw new TypeError('this transaction is over')
    return tableOf(collection.name)
  }

  /** The row at a key as this attempt sees it: its own write, or the committed row. */
  function* current(table: T, key: Uint8Array, id: string): Steps<Row | undefined> {
    const own = writes.get(id)
    if (own) return own.json === undefined ? undefined : { ...own, version: 0, json: own.json }
    if (seen.has(id)) return seen.get(id)
    const row = yield* wait(table.row(key))
    seen.set(id, row)
    notes.push({ table, key, version: row?.version ?? 0 })
    return row
  }

  /** The row that has a key of a unique index, as this attempt sees it. */
  function* holder(table: T, index: number, place: Uint8Array): Steps<Row | undefined> {
    const own = claims.get(claimOf(table, index, place))
    if (own?.json !== undefined) return { ...own, version: 0, json: own.json }
    const row = yield* wait(table.holder(index, place))
    notes.push({ table, index, place, row })
    return row && !writes.has(idOf(table, row.key)) ? row : undefined
  }

  function* list(table: T, span: Span): Steps<readonly Placed[]> {
    // Each own write can hide at most one committed row of the page, so one more row is read for each.
    const own = [...writes.values()].filter((write) => write.table === table)
    const wider = { ...span, limit: span.limit + own.length }
    const rows = yield* wait(table.list(wider))
    notes.push({ table, span: wider, rows })
    if (own.length === 0) return rows
    const merged = rows.filter((row) => !writes.has(idOf(table, row.key)))
    for (const write of own) {
      const place = placeOf(write, span.by)
      if (write.json !== undefined && place && inSpan(span, place))
        merged.push({ ...write, version: 0, json: write.json, place })
    }
    return merged.sort((a, b) => Buffer.compare(a.place, b.place)).slice(0, span.limit)
  }

  /** Buffers a record under its key, if its unique keys are free. @throws Conflict */
  function* bufferRecord<R, I extends string>(
    table: T,
    c: Collection<R, I>,
    { key, id, places, json }: ReturnType<typeof prepared<R, I>>,
  ): Steps<void> {
    for (const [index, { name, unique }] of table.indexes.entries()) {
      const place = places[index]
      if (!unique || !place) continue
      const other = yield* holder(table, index, place)
      if (other && !same(other.key, key)) throw new Conflict(c.name, name)
    }
    bufferWrite(id, { table, key, shape: c.shape, json, places })
  }

  /** A record as it was when the call was made: the caller may change it while the call waits. */
  function prepared<R, I extends string>(table: T, c: Collection<R, I>, record: R) {
    const key = encodeKey(c.key(record))
    return { key, id: idOf(table, key), places: placesOf(c, record, key), json: JSON.stringify(record) }
  }

  /** Buffers a write under a key, replacing an earlier one of this attempt. */
  function bufferWrite(id: string, content: Omit<Write<T>, 'base'>): void {
    const before = writes.get(id)
    if (before !== undefined) for (const claim of claimsOf(before)) claims.delete(claim)
    const write: Write<T> = { ...content, base: before?.base ?? seen.get(id)?.version ?? 0 }
    writes.set(id, write)
    for (const claim of claimsOf(write)) claims.set(claim, write)
  }

  const tx: Transaction = {
    async get(collection, key) {
      return (await tx.read(collection, key))?.record
    },
    async read<R, I extends string>(collection: Collection<R, I>, key: Key) {
      const table = open(collection)
      const bytes = encodeKey(key)
      return versioned(collection, await drive(current(table, bytes, idOf(table, bytes))))
    },
    async find<R, I extends string>(collection: Collection<R, I>, by: I, key: Key) {
      const table = open(collection)
      return versioned(collection, await drive(holder(table, uniqueAt(table, by), encodeKey(key))))
    },
    async list<R, I extends string>(collection: Collection<R, I>, by: I | 'key', range: Range) {
      const table = open(collection)
      return pageOf(collection, await drive(list(table, spanOf(table, by, range))), range.limit)
    },
    async create(collection, record) {
      const table = open(collection)
      const content = prepared(table, collection, record)
      return drive(
        (function* () {
          if (yield* current(table, content.key, content.id)) throw new Conflict(collection.name, 'key')
          yield* bufferRecord(table, collection, content)
        })(),
      )
    },
    async replace(collection, record) {
      const table = open(collection)
      const content = prepared(table, collection, record)
      return drive(
        (function* () {
          if (!(yield* current(table, content.key, content.id))) throw new Missing(collection.name)
          yield* bufferRecord(table, collection, content)
        })(),
      )
    },
    async delete(collection, key) {
      const table = open(collection)
      const bytes = encodeKey(key)
      const id = idOf(table, bytes)
      return drive(
        (function* () {
          if (!(yield* current(table, bytes, id))) return false
          bufferWrite(id, { table, key: bytes, shape: 0, json: undefined, places: [] })
          return true
        })(),
      )
    },
    append(journal, until, entries) {
      if (over) throw new TypeError('this transaction is over')
      // A copy, so that later changes of the caller's array have no effect.
      const append = { journal, until, entries: [...entries] }
      checkAppend(append)
      appends.push(append)
    },
  }

  return {
    ...{ tx, appends, notes },
    over() {
      over = true
    },
    writes: () => [...writes.values()],
    isWriting: () => writes.size > 0 || appends.length > 0,
    compared: () => notes.length > 1,
  }
}

/** The place of a write in an order: an index's, or -1 for the order of keys. */
export const placeOf = ({ key, places }: Write<Table>, by: number): Uint8Array | null | undefined =>
  by < 0 ? key : places[by]

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const textOf = (key: Uint8Array) => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

/** Identifies a record of any table. */
export const idOf = ({ name }: Table, key: Uint8Array): string => `${name} ${textOf(key)}`

/** Identifies a place in an index of any table. */
export const claimOf = ({ name }: Table, index: number, place: Uint8Array): string =>
  `${name} ${index} ${textOf(place)}`

/** The keys of unique indexes that a write takes; a deletion takes none. */
function* claimsOf({ table, places }: Write<Table>): Generator<string> {
  for (const [index, { unique }] of table.indexes.entries()) {
    const place = places[index]
    if (unique && place) yield claimOf(table, index, place)
  }
}
