// The record store: all that the rooms above see of a database. It has records, not relational tables: nothing on the hot
// path needs a join, and a list is a range of keys. Implementations must pass testing/conformance.ts.

/**
 * Keys order part by part, strings by UTF-8 bytes, numbers by value. Part 0 is the account, so that accounts cannot reach
 * each other's records.
 */
export type Key = readonly (string | number)[]

export interface Collection<R, I extends string = never> {
  /** Lower-case letters and underscores: it names a table. */
  readonly name: string
  readonly key: (record: R) => Key
  /** A record for which `of` returns undefined is not in that index. */
  readonly indexes: { readonly [N in I]: { readonly of: (record: R) => Key | undefined; readonly unique?: true } }
  /** The version of the record's shape. Two releases may serve side by side: a read upgrades an older record. */
  readonly shape: number
  readonly upgrade: (old: unknown, from: number) => R
}

/** Any collection, when its record type does not matter. */
// biome-ignore lint/suspicious/noExplicitAny: the record type is invariant, and callers of this type never touch one
export type AnyCollection = Collection<any, any>

export interface Range {
  readonly prefix: Key
  /**
   * The place after which to continue, exclusive: `next` of the page before. In a list by key it is the record's key, by a
   * unique index the index's key, by any other index the index's key and then the record's.
   */
  readonly after?: Key
  readonly limit: number
}

export interface Page<R> {
  readonly items: readonly R[]
  /** Present when more may follow. */
  readonly next?: Key
}

/**
 * A record with its version: a number that grows with every change anywhere in the store. 0 for a record that the
 * transaction itself has written.
 */
export interface Versioned<R> {
  readonly record: R
  readonly version: number
}

export interface Reader {
  get<R, I extends string>(collection: Collection<R, I>, key: Key): Promise<R | undefined>
  /** Like `get`, with the record's version. */
  read<R, I extends string>(collection: Collection<R, I>, key: Key): Promise<Versioned<R> | undefined>
  /** The record under a full key of a unique index. */
  find<R, I extends string>(collection: Collection<R, I>, index: I, key: Key): Promise<Versioned<R> | undefined>
  list<R, I extends string>(collection: Collection<R, I>, by: I | 'key', range: Range): Promise<Page<R>>
}

/** Sees its own writes. Serializable: it commits only if everything that it read is unchanged, else its work runs again. */
export interface Transaction extends Reader {
  /** Rejects Conflict when the key, or a unique index's key, is taken. */
  create<R, I extends string>(collection: Collection<R, I>, record: R): Promise<void>
  /** Rejects Missing when there is no such record, Conflict when another record has a unique index's key. */
  replace<R, I extends string>(collection: Collection<R, I>, record: R): Promise<void>
  /** Resolves to false when there was no such record. */
  delete<R, I extends string>(collection: Collection<R, I>, key: Key): Promise<boolean>
  /** Appends to a journal if, and only if, the transaction commits. */
  append(journal: string, until: Date, entries: readonly string[]): void
}

/** One change; or 'resync': this process missed changes, so no cache is valid. */
export type Change = { readonly collection: string; readonly key: Key } | 'resync'

export interface JournalEntry {
  /** When the entry was appended. */
  readonly at: Date
  readonly text: string
}

export interface Store extends Reader {
  /**
   * Runs `work` and commits it. The changes are on disk when this resolves: a loss of power after that loses none.
   * `work` must await nothing but `tx` and have no effect outside it: it may run several times.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Appends entries (one JSON text each). They are on disk when this resolves, and are deleted together some time after `until`. */
  append(journal: string, until: Date, entries: readonly string[]): Promise<void>
  /** Entries in the order in which they were appended, from the first at or after `from`. */
  scan(journal: string, from: Date): AsyncIterable<JournalEntry>
  /**
   * Calls `watcher` for every change, this process's own and others', at least once and in any order. Returns a function
   * that stops it.
   */
  watch(watcher: (change: Change) => void): () => void
  /** The time up to which this process has seen every change. When it is too old, caches are not trusted. */
  heardAt(): Date
  /** Writes a consistent copy to a new file, from which the store's kind restores (kind.ts). Absent without backups. */
  backup?(file: string): Promise<void>
  close(): Promise<void>
}

/** Another record has the key, or a unique index's key. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
  readonly collection: string
  readonly index: string
  constructor(collection: string, index: string) {
    super(`${collection}: ${index} is taken`)
    this.collection = collection
    this.index = index
  }
}

/** There is no such record to replace. */
export class Missing extends Error {
  override readonly name = 'Missing'
  readonly collection: string
  constructor(collection: string) {
    super(`${collection}: no such record`)
    this.collection = collection
  }
}

/** The store cannot read or write now (full disk, lost connection): nothing was changed. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
