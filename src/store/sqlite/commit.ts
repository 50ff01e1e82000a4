// Group commit: what is ready to commit in one turn of the event loop shares one transaction, and so one fsync. Each
// item has a savepoint of its own, and one that fails or is stale does not fail the others. Everything between BEGIN
// and COMMIT is one synchronous stretch: nobody else's statement can run inside it.

import type { DatabaseSync } from 'node:sqlite'
import { Unavailable } from '../store.ts'
import type { Feed, Own } from './feed.ts'
import type { Append, Journals } from './journal.ts'
import { BUSY, codeOf, number, prepare, refusal } from './statement.ts'
import type { Table } from './table.ts'

export interface Item {
  /** The feed position that was known when the work began: if it is still the last, nothing it read has changed. */
  readonly base: number
  stale(): boolean
  apply(version: (table: Table, key: Uint8Array) => number): void
  readonly appends: readonly Append[]
  /** It only appends: nothing to compare, nothing to undo. */
  readonly plain?: true
  settle(outcome: Outcome): void
}

export type Outcome = 'done' | 'stale' | { readonly failed: unknown }

export interface Committer {
  queue(item: Item): void
  /** Commits what is queued, now. `last`: what cannot be committed now is refused. */
  flush(last?: boolean): void
}

interface Options {
  readonly file: string
  readonly now: () => Date
  readonly feed: Feed
  readonly journals: Journals
  /** How many changes the feed keeps for other processes that are behind. */
  readonly changesKept: number
  /** How often to ask for a lock that another process holds, at LOCK_PAUSE_MS. */
  readonly lockTries: number
}

const LOCK_PAUSE_MS = 10

export function openCommitter(db: DatabaseSync, options: Options): Committer {
  const { file, now, feed, journals, changesKept, lockTries } = options
  const begin = prepare(db, 'BEGIN IMMEDIATE')
  const commit = prepare(db, 'COMMIT')
  const savepoint = prepare(db, 'SAVEPOINT item')
  const release = prepare(db, 'RELEASE item')
  const undo = prepare(db, 'ROLLBACK TO item')
  const readState = prepare(db, 'SELECT position, trimmed, at, layout FROM state')
  const saveState = prepare(db, 'UPDATE state SET position = ?, trimmed = ?, at = ?')
  const enter = prepare(db, 'INSERT INTO changes (position, collection, key) VALUES (?, ?, ?)')
  const trim = prepare(db, 'DELETE FROM changes WHERE position <= ?')
  const layout = number(readState.get() ?? [], 3)

  let queued: Item[] = []
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
      // INVARIANT: nothing of a batch that was refused is left, in the file or in the open transaction.
      if (db.isTransaction) db.exec('ROLLBACK')
      fail(items, error)
      return
    }
    settle()
  }

  /** From just after BEGIN to just after COMMIT. Answers what remains: to tell everybody. */
  function write(items: readonly Item[]): () => void {
    const state = readState.get() ?? []
    const start = number(state, 0)
    if (number(state, 3) !== layout)
      throw new Unavailable(`${file} was taken over by a newer release: this process may only read it`)
    const others = feed.catchUp(start, number(state, 1))
    const own: Own[] = []
    const appends: Append[] = []
    let position = start
    const version = (table: Table, key: Uint8Array) => {
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
        // On a full disk and the like SQLite has given up the transaction: there are no others to go on with.
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
    const at = Math.max(now().getTime(), number(state, 2))
    journals.write(appends, at)
    if (position !== start || appends.length > 0) saveState.run(position, trimmed(position, number(state, 1)), at)
    commit.run()
    return () => {
      feed.advance(position, others, own)
      for (const [place, item] of items.entries()) item.settle(outcomes[place] ?? 'stale')
    }
  }

  /** Keeps the feed bounded, a piece with every so many commits. */
  function trimmed(position: number, before: number): number {
    if (position - before < 1.1 * changesKept + 10) return before
    trim.run(position - changesKept)
    return position - changesKept
  }

  function fail(items: readonly Item[], error: unknown): void {
    for (const item of items) item.settle({ failed: refusal(error, file) })
  }

  return {
    flush,
    queue(item) {
      queued.push(item)
      if (scheduled) return
      scheduled = true
      // After this turn's input: what arrived together is committed together.
      setImmediate(flush)
    },
  }
}
