// The embedded store: one SQLite file in WAL mode on the main thread. Transactions are optimistic: they interleave
// freely while they run, and each commits in one synchronous compare-and-write, many to one fsync. (A mutex around
// asynchronous work on one connection would let one slow transaction stop all, and without one, statements of others
// would run inside it.) See docs/decisions/0004-store.md.

import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup as copy, DatabaseSync } from 'node:sqlite'
import { encodeKey } from './key.ts'
import { type Attempt, attempt, pageOf, versioned } from './sqlite/attempt.ts'
import { type Item, type Outcome, openCommitter } from './sqlite/commit.ts'
import { openFeed } from './sqlite/feed.ts'
import { checkAppend, openJournals } from './sqlite/journal.ts'
import { openLane } from './sqlite/lane.ts'
import { openDatabase, syncFolder } from './sqlite/schema.ts'
import { refusal } from './sqlite/statement.ts'
import { openTable, revive, spanOf, type Table, uniqueAt } from './sqlite/table.ts'
import { type AnyCollection, type Store, type Transaction, Unavailable } from './store.ts'

export type SqliteStore = Store & Required<Pick<Store, 'backup'>>

export interface SqliteOptions {
  readonly now: () => Date
  /** How often other processes' changes are looked for. 250 unless told. */
  readonly pollMs?: number
  /** How often journals are cleared of what is over. 60,000 unless told. */
  readonly choreMs?: number
  /** How many changes are kept for processes that are behind. 50,000 unless told. */
  readonly changesKept?: number
  /** Tries, some 20 ms each, to get a lock that another process holds. 250 unless told. */
  readonly lockTries?: number
  /** The size the database file may grow to; writes beyond are Unavailable. */
  readonly maxBytes?: number
}

/** More than SQLite's largest file has, and the most that node:sqlite takes: a backup in one step. */
const ALL_PAGES = 2 ** 31 - 1

/** Attempts at one transaction. From the third they run one at a time, so more are the doing of other processes. */
const ATTEMPTS = 32
const UNHURRIED = 2

/**
 * Opens or creates the file; its folder must exist. ':memory:' is a store without a file, for tests: all but durable.
 * @throws Unavailable, in words for the operator: locked, corrupt, not ours, of a newer release, …
 */
export async function openSqlite(
  file: string,
  collections: readonly AnyCollection[],
  options: SqliteOptions,
): Promise<SqliteStore> {
  const { now } = options
  const db = await openDatabase({ file, maxBytes: options.maxBytes }, collections)
  const tables = new Map(collections.map((collection) => [collection.name, openTable(db, collection)]))
  const feed = openFeed(db, now)
  const journals = openJournals(db, ask)
  const { changesKept = 50_000, lockTries = 250 } = options
  const committer = openCommitter(db, { file, now, feed, journals, changesKept, lockTries })
  const lane = openLane()
  const backups = new Set<Promise<void>>()
  let closed = false

  function table(name: string): Table {
    if (closed) throw new Unavailable(`${file} is closed`)
    const found = tables.get(name)
    if (!found) throw new TypeError(`${name} is not a collection that this store was opened with`)
    return found
  }

  /** Reads; what is wrong with the file is Unavailable. */
  function ask<T>(read: () => T): T {
    if (closed) throw new Unavailable(`${file} is closed`)
    try {
      return read()
    } catch (error) {
      throw refusal(error, file)
    }
  }

  function commit(item: Omit<Item, 'settle'>): Promise<'done' | 'stale'> {
    if (closed) throw new Unavailable(`${file} is closed`)
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome) => (typeof outcome === 'string' ? resolve(outcome) : reject(outcome.failed))
      committer.queue({ ...item, settle })
    })
  }

  /** Whether an attempt without writes saw one moment: compared as of one moment, too. */
  function disturbed(one: Attempt): boolean {
    if (!one.compared()) return false
    return ask(() => {
      db.exec('BEGIN')
      try {
        return one.stale()
      } finally {
        db.exec('COMMIT')
      }
    })
  }

  async function once<T>(work: (tx: Transaction) => Promise<T>): Promise<{ readonly value: T } | 'stale'> {
    const base = feed.heard()
    const one = attempt(table)
    try {
      const value = await work(one.tx)
      one.over()
      if (one.writes()) {
        const outcome = await commit({ base, stale: one.stale, apply: one.apply, appends: one.appends })
        return outcome === 'stale' ? outcome : { value }
      }
      return disturbed(one) ? 'stale' : { value }
    } catch (error) {
      // What it threw may come of having seen two moments; then it never happened.
      one.over()
      const refused = refusal(error, file)
      if (refused instanceof Unavailable || closed || !disturbed(one)) throw refused
      return 'stale'
    }
  }

  async function chore(): Promise<void> {
    const at = now().getTime()
    const item = { base: 0, stale: () => false, apply: () => void journals.expire(at), appends: [] }
    try {
      while (!closed && journals.overdue(at)) await commit(item)
    } catch {
      // It comes round again; a request that needs to write meets the same trouble and reports it.
    }
  }

  function poll(): void {
    try {
      feed.poll()
    } catch {
      // heardAt stays behind, which is what tells that the feed is not heard.
    }
  }

  const polling = setInterval(poll, options.pollMs ?? 250).unref()
  const choring = setInterval(chore, options.choreMs ?? 60_000).unref()

  const store: SqliteStore = {
    async get(collection, key) {
      const row = ask(() => table(collection.name).row(encodeKey(key)))
      return row && revive(collection, row.shape, row.json)
    },
    async read(collection, key) {
      return versioned(
        collection,
        ask(() => table(collection.name).row(encodeKey(key))),
      )
    },
    async find(collection, by, key) {
      const from = table(collection.name)
      return versioned(
        collection,
        ask(() => from.holder(uniqueAt(from, by), encodeKey(key))),
      )
    },
    async list(collection, by, range) {
      const from = table(collection.name)
      return pageOf(
        collection,
        ask(() => from.list(spanOf(from, by, range))),
        range.limit,
      )
    },
    async transact(work) {
      for (let time = 1; time <= ATTEMPTS; time++) {
        const leave = time > UNHURRIED ? await lane.enter() : undefined
        try {
          const outcome = await once(work)
          if (outcome !== 'stale') return outcome.value
        } finally {
          leave?.()
        }
      }
      throw new Unavailable(`${file}: what a transaction read changed ${ATTEMPTS} times under it`)
    },
    async append(journal, until, entries) {
      const append = { journal, until, entries: [...entries] }
      checkAppend(append)
      if (entries.length > 0)
        await commit({ base: 0, stale: () => false, apply: () => {}, appends: [append], plain: true })
    },
    scan(journal, from) {
      return journals.scan(journal, from)
    },
    watch: feed.watch,
    heardAt: feed.heardAt,
    async backup(target) {
      if (closed) throw new Unavailable(`${file} is closed`)
      const running = backupTo(db, file, target)
      backups.add(running)
      try {
        await running
      } finally {
        backups.delete(running)
      }
    },
    async close() {
      if (closed) return
      committer.flush(true)
      closed = true
      clearInterval(polling)
      clearInterval(choring)
      await Promise.allSettled(backups)
      db.close()
    },
  }
  await chore()
  return store
}

/**
 * From a connection of its own in a single step: one moment of the store, read off the main thread, undisturbed by
 * writes (which would make a backup in several steps begin again).
 */
async function backupTo(db: DatabaseSync, file: string, target: string): Promise<void> {
  if (existsSync(target)) throw new Unavailable(`${target} exists: a backup is written to a new file`)
  const partial = `${target}.partial`
  const source = file === ':memory:' ? db : new DatabaseSync(file, { readOnly: true, timeout: 1000 })
  let made = false
  try {
    rmSync(partial, { force: true })
    closeSync(openSync(partial, 'wx', 0o600))
    made = true
    await copy(source, partial, { rate: ALL_PAGES })
    chmodSync(partial, 0o600)
    const handle = openSync(partial, 'r+')
    fsyncSync(handle)
    closeSync(handle)
    renameSync(partial, target)
    syncFolder(dirname(target))
  } catch (error) {
    if (made) rmSync(partial, { force: true })
    const refused = refusal(error, file)
    // Without what follows the comma: the system names the partial file.
    const why = (error as Error).message.split(', ')[0]
    throw refused === error ? new Unavailable(`${target} cannot be written: ${why}`, { cause: error }) : refused
  } finally {
    if (source !== db) source.close()
  }
}
