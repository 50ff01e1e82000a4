// One attempt at a transaction: it reads committed records and notes their versions, buffers its own writes and reads those
// first. Nothing reaches the database before the commit, which compares every note and then writes, in one turn.

import { encodeKey } from '../key.ts'
import {
  type Collection,
  Conflict,
  type Key,
  Missing,
  type Page,
  type Range,
  type Transaction,
  type Versioned,
} from '../store.ts'
import { type Append, checkAppend } from './journal.ts'
import type { Cells } from './statement.ts'
import { cellsOf, cut, type Placed, type Row, revive, type Span, spanOf, type Table, uniqueAt } from './table.ts'

/** What this attempt writes under a key. A record that it wrote has no version yet: `read` and `find` return 0. */
interface Write {
  readonly table: Table
  readonly key: Uint8Array
  /** The version that it replaces, 0 for none. */
  readonly base: number
  readonly shape: number
  /** undefined: deleted. */
  readonly json: string | undefined
  readonly places: Cells
}

/** What the attempt read, with the versions that it saw: a key, a unique index's key, or a span. */
type Note =
  | { readonly table: Table; readonly key: Uint8Array; readonly version: number }
  | { readonly table: Table; readonly index: number; readonly place: Uint8Array; readonly version: number }
  | { readonly table: Table; readonly span: Span; readonly versions: readonly number[] }

export interface Attempt {
  readonly tx: Transaction
  /** Ends the attempt: later reads and writes throw TypeError. */
  over(): void
  readonly appends: readonly Append[]
  /** Whether there is anything to commit. */
  writes(): boolean
  /** Whether its answer depends on more than one read, so that they must be compared even when it wrote nothing. */
  compared(): boolean
  /** Whether anything that it read is different now. */
  stale(): boolean
  /** Writes everything; `version` draws a version for each changed record and adds the change to the feed. */
  apply(version: (table: Table, key: Uint8Array) => number): void
}

export function startAttempt(tableOf: (name: string) => Table): Attempt {
  let over = false
  let doomed = false
  const seen = new Map<string, number>()
  const notes: Note[] = []
  const writes = new Map<string, Write>()
  /** The write that takes a key of a unique index. */
  const claims = new Map<string, Write>()
  const appends: Append[] = []

  function open<R, I extends string>(collection: Collection<R, I>): Table {
    if (over) throw new TypeError('this transaction is over')
    return tableOf(collection.name)
  }

  function note(table: Table, key: Uint8Array, id: string, version: number): void {
    const before = seen.get(id)
    if (before === undefined) {
      seen.set(id, version)
      notes.push({ table, key, version })
    } else if (before !== version) doomed = true
  }

  /** The row at a key as this attempt sees it: its own write, or the committed row. */
  function current(table: Table, key: Uint8Array, id: string): Row | undefined {
    const own = writes.get(id)
    if (own) return own.json === undefined ? undefined : { ...own, version: 0, json: own.json }
    const row = table.row(key)
    note(table, key, id, row?.version ?? 0)
    return row
  }

  /** The row that has a key of a unique index, as this attempt sees it. */
  function holder(table: Table, index: number, place: Uint8Array): Row | undefined {
    const own = claims.get(claimOf(table, index, place))
    if (own?.json !== undefined) return { ...own, version: 0, json: own.json }
    const row = table.holder(index, place)
    notes.push({ table, index, place, version: row?.version ?? 0 })
    return row && !writes.has(idOf(table, row.key)) ? row : undefined
  }

  function list(table: Table, span: Span): readonly Placed[] {
    // Each own write can hide at most one committed row of the page, so one more row is read for each.
    const own = [...writes.values()].filter((write) => write.table === table)
    const wider = { ...span, limit: span.limit + own.length }
    const rows = table.list(wider)
    notes.push({ table, span: wider, versions: rows.map((row) => row.version) })
    if (own.length === 0) return rows
    const merged = rows.filter((row) => !writes.has(idOf(table, row.key)))
    for (const write of own) {
      const place = span.by < 0 ? write.key : write.places[span.by]
      if (write.json === undefined || !(place instanceof Uint8Array)) continue
      const from = Buffer.compare(place, span.low)
      if ((span.open ? from > 0 : from >= 0) && Buffer.compare(place, span.high) < 0)
        merged.push({ ...write, version: 0, json: write.json, place })
    }
    return merged.sort((a, b) => Buffer.compare(a.place, b.place)).slice(0, span.limit)
  }

  /** Buffers a record under its key, if its unique keys are free. @throws Conflict */
  function bufferRecord<R, I extends string>(
    table: Table,
    c: Collection<R, I>,
    record: R,
    key: Uint8Array,
    id: string,
  ): void {
    const places = cellsOf(c, record, key)
    for (const [index, { name, unique }] of table.indexes.entries()) {
      const place = places[index]
      if (!unique || !(place instanceof Uint8Array)) continue
      const other = holder(table, index, place)
      if (other && !same(other.key, key)) throw new Conflict(c.name, name)
    }
    bufferWrite(id, { table, key, shape: c.shape, json: JSON.stringify(record), places })
  }

  /** Buffers a write under a key, replacing an earlier one of this attempt. */
  function bufferWrite(id: string, content: Omit<Write, 'base'>): void {
    const before = writes.get(id)
    if (before !== undefined) for (const claim of claimsOf(before)) claims.delete(claim)
    const write: Write = { ...content, base: before?.base ?? seen.get(id) ?? 0 }
    writes.set(id, write)
    for (const claim of claimsOf(write)) claims.set(claim, write)
  }

  const tx: Transaction = {
    async get(collection, key) {
      return (await tx.read(collection, key))?.record
    },
    async read<R, I extends string>(collection: Collection<R, I>, key: Key): Promise<Versioned<R> | undefined> {
      const table = open(collection)
      const bytes = encodeKey(key)
      return versioned(collection, current(table, bytes, idOf(table, bytes)))
    },
    async find<R, I extends string>(collection: Collection<R, I>, by: I, key: Key) {
      const table = open(collection)
      return versioned(collection, holder(table, uniqueAt(table, by), encodeKey(key)))
    },
    async list<R, I extends string>(collection: Collection<R, I>, by: I | 'key', range: Range) {
      const table = open(collection)
      return pageOf(collection, list(table, spanOf(table, by, range)), range.limit)
    },
    async create(collection, record) {
      const table = open(collection)
      const key = encodeKey(collection.key(record))
      const id = idOf(table, key)
      if (current(table, key, id)) throw new Conflict(collection.name, 'key')
      bufferRecord(table, collection, record, key, id)
    },
    async replace(collection, record) {
      const table = open(collection)
      const key = encodeKey(collection.key(record))
      const id = idOf(table, key)
      if (!current(table, key, id)) throw new Missing(collection.name)
      bufferRecord(table, collection, record, key, id)
    },
    async delete(collection, key) {
      const table = open(collection)
      const bytes = encodeKey(key)
      const id = idOf(table, bytes)
      if (!current(table, bytes, id)) return false
      bufferWrite(id, { table, key: bytes, shape: 0, json: undefined, places: [] })
      return true
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
    tx,
    appends,
    over() {
      over = true
    },
    writes: () => writes.size > 0 || appends.length > 0,
    compared: () => doomed || notes.length > 1,
    stale: () => doomed || notes.some(changed),
    apply(version) {
      const all = [...writes.values()]
      // Two records may have swapped their unique keys: once every old row is deleted, no order of writing conflicts.
      const clear = all.length > 1
      for (const { table, key, base, json } of all) if (base !== 0 && (clear || json === undefined)) table.remove(key)
      for (const { table, key, base, shape, json, places } of all) {
        if (json === undefined) {
          if (base !== 0) version(table, key)
        } else if (base !== 0 && !clear) table.update(key, version(table, key), shape, json, places)
        else table.insert(key, version(table, key), shape, json, places)
      }
    },
  }
}

export function versioned<R, I extends string>(c: Collection<R, I>, row: Row | undefined): Versioned<R> | undefined {
  return row && { record: revive(c, row.shape, row.json), version: row.version }
}

export function pageOf<R, I extends string>(c: Collection<R, I>, placed: readonly Placed[], limit: number): Page<R> {
  const { rows, next } = cut(placed, limit)
  const items = rows.map((row) => revive(c, row.shape, row.json))
  return next ? { items, next } : { items }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const textOf = (key: Uint8Array) => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

const idOf = (table: Table, key: Uint8Array): string => `${table.name} ${textOf(key)}`

const claimOf = (table: Table, index: number, place: Uint8Array): string => `${table.name} ${index} ${textOf(place)}`

/** The keys of unique indexes that a write takes; a deletion takes none. */
function* claimsOf({ table, places }: Write): Generator<string> {
  for (const [index, { unique }] of table.indexes.entries()) {
    const place = places[index]
    if (unique && place instanceof Uint8Array) yield claimOf(table, index, place)
  }
}

/** Versions are never reused: an unchanged version means an unchanged record. */
function changed(note: Note): boolean {
  if ('span' in note) {
    const rows = note.table.list(note.span)
    return rows.length !== note.versions.length || rows.some((row, at) => row.version !== note.versions[at])
  }
  if ('index' in note) return (note.table.holder(note.index, note.place)?.version ?? 0) !== note.version
  return note.table.version(note.key) !== note.version
}
