// The record store: all that the rooms above see of a database. Records, not relational tables: nothing joins on the hot
// path, and a list is a range of keys. Implementations pass conformance.ts.

/** Ordered by parts; strings by UTF-8 bytes, numbers by value. Part 0 is the account: tenancy by construction. */
export type Key = readonly (string | number)[]

export interface Collection<R, I extends string = never> {
  /** Lower-case letters and underscores: it names a table. */
  readonly name: string
  readonly key: (record: R) => Key
  /** A record whose `of` answers undefined is not in that index. */
  readonly indexes: { readonly [N in I]: { readonly of: (record: R) => Key | undefined; readonly unique?: true } }
  /** Version of the record's shape. Two releases serve side by side: an older record is upgraded as it is read. */
  readonly shape: number
  readonly upgrade: (old: unknown, from: number) => R
}

/** Any collection, when its record type does not matter. */
// biome-ignore lint/suspicious/noExplicitAny: the record type is invariant, and callers of this type never touch one
export type AnyCollection = Collection<any, any>

export interface Range {
  readonly prefix: Key
  /**
   * Exclusive: the place to continue after, as `next` gave it. Listing by key it is the record's key, by a unique index
   * the index's key, by another index the index's key and then the record's.
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
  /** As get, with the version of the record. */
  read<R, I extends string>(collection: Collection<R, I>, key: Key): Promise<Versioned<R> | undefined>
  /** The record under a full key of a unique index. */
  find<R, I extends string>(collection: Collection<R, I>, index: I, key: Key): Promise<Versioned<R> | undefined>
  list<R, I extends string>(collection: Collection<R, I>, by: I | 'key', range: Range): Promise<Page<R>>
}

/** Sees its own writes. Serializable: it commits only if everything it read still stands, else its work runs again. */
export interface Transaction extends Reader {
  /** Rejects Conflict when the key, or a unique index's key, is taken. */
  create<R, I extends string>(collection: Collection<R, I>, record: R): Promise<void>
  /** Rejects Missing when there is no such record, Conflict when a unique index's key is taken by another. */
  replace<R, I extends string>(collection: Collection<R, I>, record: R): Promise<void>
  /** False when there was none. */
  delete<R, I extends string>(collection: Collection<R, I>, key: Key): Promise<boolean>
  /** Appends to a journal if, and only if, the transaction commits. */
  append(journal: string, until: Date, entries: readonly string[]): void
}

/** One change, or 'resync': something was missed, believe no cache. */
export type Change = { readonly collection: string; readonly key: Key } | 'resync'

export interface JournalEntry {
  /** When it was appended. */
  readonly at: Date
  readonly text: string
}

export interface Store extends Reader {
  /**
   * Runs `work` and commits it. On disk when it resolves: a loss of power after that loses nothing of it.
   * `work` awaits nothing but `tx`, has no effect outside it, and may run several times.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Appends entries (one JSON text each). On disk when it resolves; dropped whole some time after `until`. */
  append(journal: string, until: Date, entries: readonly string[]): Promise<void>
  /** Entries in the order of their appending, from the first at or after `from`. */
  scan(journal: string, from: Date): AsyncIterable<JournalEntry>
  /** Hears of every change, its own and other processes', at least once, in any order. Answers how to stop. */
  watch(hear: (change: Change) => void): () => void
  /** The time up to which this process has seen every change: when it is too old, caches are not trusted. */
  heardAt(): Date
  /** Writes a consistent copy to a new file, from which the store's kind restores (kind.ts). Absent where it has no backups. */
  backup?(file: string): Promise<void>
  close(): Promise<void>
}

/** The key, or a unique index's key, is taken. */
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

/** The store cannot take or give anything now (full disk, lost connection): nothing was changed. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
