// Group commit: everything that is ready to commit in one turn of the event loop shares one transaction, and so one fsync.
// Each item has a savepoint of its own, so one that fails or is stale does not fail the others. Everything between BEGIN
// and COMMIT is synchronous: no other statement can run inside it.

import { number } from '../cells.ts'
import type { Append } from '../optimistic/appends.ts'
import type { Own } from '../optimistic/hearing.ts'
import { Unavailable } from '../store.ts'
import type { Connection } from './connection.ts'
import type { Feed } from './feed.ts'
import type { Journals } from './journal.ts'
import { BUSY, codeOf, prepare, refusal } from './statement.ts'
import type { SqliteTable } from './table.ts'

export interface Item {
  /** The last feed position when the work began: if it is still the last, nothing that the work read has changed. */
  readonly base: number
  stale(): boolean
  apply(version: (table: SqliteTable, key: Uint8Array) => number): void
  readonly appends: readonly Append[]
  /** The item only appends: there is nothing to compare or to undo. */
  readonly plain?: true
}

type Outcome = 'done' | 'stale' | { readonly failed: unknown }

/** An item that waits for its outcome. */
interface Queued extends Item {
  settle(outcome: Outcome): void
}

export interface Committer {
  /**
   * Resolves to `done` once the item is on disk; to `stale` when what it read has changed, and nothing was written. Rejects
   * Unavailable.
   * @throws Unavailable once the file is closed
   */
  commit(item: Item): Promise<'done' | 'stale'>
  /** Commits the queue now. `last`: rejects items that cannot be committed now. */
  flush(last?: boolean): void
}

interface Options {
  readonly clock: () => Date
  readonly feed: Feed
  readonly journals: Journals
  /** How many changes the feed keeps for other processes that are behind. */
  readonly changesKept: number
  /** How many times to try for a lock that another process holds, every LOCK_PAUSE_MS. */
  readonly lockTries: number
}

const LOCK_PAUSE_MS = 10

/** The state that the file stores about itself. */
interface FileState {
  /** The last position of the feed, and the last position that was deleted from it. */
  readonly position: number
  readonly trimmed: number
  /** When it was last written to, ms. */
  readonly at: number
  readonly layout: number
}

/**
 * The state after a commit that brought the feed to a position. Its time never goes back; the feed is trimmed now and then,
 * a tenth at a time.
 */
function stateAfter(before: FileState, position: number, now: number, changesKept: number): FileState {
  const isLong = position - before.trimmed >= 1.1 * changesKept + 10
  const trimmed = isLong ? position - changesKept : before.trimmed
  return { ...before, position, trimmed, at: Math.max(now, before.at) }
}

export function openCommitter({ db, file, assertOpen }: Connection, options: Options): Committer {
  const { clock, feed, journals, changesKept, lockTries } = options
  const begin = prepare(db, 'BEGIN IMMEDIATE')
  const end = prepare(db, 'COMMIT')
  const savepoint = prepare(db, 'SAVEPOINT item')
  const release = prepare(db, 'RELEASE item')
  const undo = prepare(db, 'ROLLBACK TO item')
  const readState = prepare(db, 'SELECT position, trimmed, at, layout FROM state')
  const saveState = prepare(db, 'UPDATE state SET position = ?, trimmed = ?, at = ?')
  const enter = prepare(db, 'INSERT INTO changes (position, collection, key) VALUES (?, ?, ?)')
  const trim = prepare(db, 'DELETE FROM changes WHERE position <= ?')
  const state = (): FileState => {
    const row = readState.get() ?? []
    return { position: number(row, 0), trimmed: number(row, 1), at: number(row, 2), layout: number(row, 3) }
  }
  const { layout } = state()

  let queued: Queued[] = []
  let scheduled = false
  let tries = 0

  function flush(last = false): void {
    const items = queued
    queued = []
    scheduled = false
    if (items.length === 0) return
    try {
      begin.run()
      tries = 0
    } catch (error) {
      if (codeOf(error) === BUSY && !last && ++tries < lockTries) {
        queued = items
        scheduled = true
        setTimeout(flush, LOCK_PAUSE_MS)
      } else {
        tries = 0
        fail(items, error)
      }
      return
    }
    let settle: () => void
    try {
      settle = write(items)
    } catch (error) {
      // INVARIANT: nothing of a refused batch remains, in the file or in the open transaction.
      if (db.isTransaction) db.exec('ROLLBACK')
      fail(items, error)
      return
    }
    settle()
  }

  /** Runs from just after BEGIN to just after COMMIT. Returns a function that notifies watchers and settles the items. */
  function write(items: readonly Queued[]): () => void {
    const before = state()
    if (before.layout !== layout)
      throw new Unavailable(`a newer release has changed ${file}: this process may only read it`)
    const others = feed.catchUp(before.position, before.trimmed)
    const own: Own[] = []
    const appends: Append[] = []
    let { position } = before
    const version = (table: SqliteTable, key: Uint8Array) => {
      enter.run(++position, table.name, key)
      own.push({ collection: table.name, key })
      return position
    }

    function apply(item: Item): Outcome {
      if (item.plain === true) {
        appends.push(...item.appends)
        return 'done'
      }
      if (item.base !== position && item.stale()) return 'stale'
      const changes = own.length
      savepoint.run()
      try {
        item.apply(version)
        release.run()
      } catch (error) {
        // On a full disk and the like SQLite has ended the whole transaction: no item can continue.
        if (!db.isTransaction || refusal(error, file) !== error) throw error
        undo.run()
        release.run()
        own.length = changes
        return { failed: error }
      }
      appends.push(...item.appends)
      return 'done'
    }

    const outcomes = items.map(apply)
    const after = stateAfter(before, position, clock().getTime(), changesKept)
    journals.write(appends, after.at)
    if (position !== before.position || appends.length > 0) save(before, after)
    end.run()
    return () => {
      feed.advance(position, clock(), others, own)
      for (const [place, item] of items.entries()) item.settle(outcomes[place] ?? 'stale')
    }
  }

  function save(before: FileState, { position, trimmed, at }: FileState): void {
    if (trimmed !== before.trimmed) trim.run(trimmed)
    saveState.run(position, trimmed, at)
  }

  function fail(items: readonly Queued[], error: unknown): void {
    for (const item of items) item.settle({ failed: refusal(error, file) })
  }

  return {
    flush,
    commit(item) {
      assertOpen()
      const { promise, resolve, reject } = Promise.withResolvers<'done' | 'stale'>()
      const settle = (outcome: Outcome) => (typeof outcome === 'string' ? resolve(outcome) : reject(outcome.failed))
      queued.push({ ...item, settle })
      if (!scheduled) {
        scheduled = true
        // After this turn's input, so that items that arrived together are committed together.
        setImmediate(flush)
      }
      return promise
    },
  }
}
