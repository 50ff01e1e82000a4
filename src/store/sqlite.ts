// The embedded store: one SQLite file in WAL mode on the main thread. Transactions are optimistic: they interleave freely
// while they run, and each commits in one synchronous compare-and-write; many commits share one fsync. (With a mutex around
// asynchronous work on one connection, one slow transaction would stop all others; without one, statements of other
// transactions would run inside it.) See docs/decisions/0004-store.md.
import { checkAppend } from './optimistic/appends.ts'
import { startAttempt } from './optimistic/attempt.ts'
import { readerOf } from './optimistic/reader.ts'
import { driveAtOnce } from './optimistic/steps.ts'
import { openTransactions } from './optimistic/transact.ts'
import { apply, isStale } from './sqlite/apply.ts'
import { openBackups } from './sqlite/backup.ts'
import { openCommitter } from './sqlite/commit.ts'
import { connect } from './sqlite/connection.ts'
import { type Feed, openFeed } from './sqlite/feed.ts'
import { openJournals } from './sqlite/journal.ts'
import { refusal } from './sqlite/statement.ts'
import type { AnyCollection, Store } from './store.ts'

export type SqliteStore = Store & Required<Pick<Store, 'backup'>>

export interface SqliteOptions {
  readonly clock: () => Date
  /** How often to look for other processes' changes; 250 by default. */
  readonly pollMs?: number
  /** How often to delete expired journal rows; 60,000 by default. */
  readonly choreMs?: number
  /** How many changes to keep for processes that are behind; 50,000 by default. */
  readonly changesKept?: number
  /** How many times, some 20 ms each, to try for a lock that another process holds; 250 by default. */
  readonly lockTries?: number
  /** The size to which the database file may grow; writes beyond it are Unavailable. */
  readonly maxBytes?: number
}

/** A commit that compares nothing and writes no records. */
const emptyCommit = { base: 0, stale: () => false, apply: () => {}, appends: [] }

/**
 * Opens or creates the file; its folder must exist. ':memory:' is a store without a file, for tests: complete except that
 * it is not durable.
 * @throws Unavailable, with a sentence for the operator: locked, corrupt, not ours, of a newer release, …
 */
export async function openSqlite(
  file: string,
  collections: readonly AnyCollection[],
  options: SqliteOptions,
): Promise<SqliteStore> {
  const { clock, changesKept = 50_000, lockTries = 250, pollMs = 250, choreMs = 60_000 } = options
  const connection = await connect({ file, maxBytes: options.maxBytes }, collections)
  const feed = openFeed(connection.db, clock)
  const journals = openJournals(connection.db, connection.readGuarded)
  const committer = openCommitter(connection, { clock, feed, journals, changesKept, lockTries })
  const backups = openBackups(connection)

  async function clearJournals(): Promise<void> {
    const at = clock().getTime()
    try {
      while (!connection.isClosed() && journals.overdue(at))
        await committer.commit({ ...emptyCommit, apply: () => journals.expire(at) })
    } catch {
      // The timer tries again; a request that needs to write meets the same failure and reports it.
    }
  }

  const timers = [setInterval(() => poll(feed), pollMs).unref(), setInterval(clearJournals, choreMs).unref()]

  const store: SqliteStore = {
    ...readerOf(connection),
    transact: openTransactions({
      name: file,
      isClosed: connection.isClosed,
      start: () => startAttempt(connection.table, driveAtOnce),
      position: feed.heard,
      commit: (attempt, base) =>
        committer.commit({
          base,
          stale: () => isStale(attempt),
          apply: (version) => apply(attempt, version),
          appends: attempt.appends,
        }),
      disturbed: (attempt) => connection.snapshot(() => isStale(attempt)),
      refusal: (error) => refusal(error, file),
    }),
    async append(journal, until, entries) {
      const append = { journal, until, entries: [...entries] }
      checkAppend(append)
      if (entries.length > 0) await committer.commit({ ...emptyCommit, appends: [append], plain: true })
    },
    scan: journals.scan,
    watch: feed.watch,
    heardAt: feed.heardAt,
    backup: backups.write,
    async close() {
      if (connection.isClosed()) return
      committer.flush(true)
      connection.shut()
      timers.forEach(clearInterval)
      await backups.idle()
      connection.end()
    },
  }
  await clearJournals()
  return store
}

function poll(feed: Feed): void {
  try {
    feed.poll()
  } catch {
    // `heardAt` falls behind, which shows that the feed is not confirmed.
  }
}
