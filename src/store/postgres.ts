// The store for many nodes: a PostgreSQL database. Transactions are optimistic, as the embedded store's are: they read
// committed records without holding a connection, and each commits in one short serializable transaction of the server,
// many together. See docs/decisions/0035-postgres.md.
import { randomUUID } from 'node:crypto'
import { checkAppend } from './optimistic/appends.ts'
import { startAttempt } from './optimistic/attempt.ts'
import { readerOf } from './optimistic/reader.ts'
import { driveInOrder } from './optimistic/steps.ts'
import { openTransactions } from './optimistic/transact.ts'
import { openCommitter } from './postgres/commit.ts'
import { staleOf } from './postgres/compare.ts'
import { refusal } from './postgres/faults.ts'
import { openFeed } from './postgres/feed.ts'
import { openJournals } from './postgres/journal.ts'
import { arrange, openLayout } from './postgres/layout.ts'
import { qualified } from './postgres/names.ts'
import { openPrimary, type Primary, type PrimaryOptions } from './postgres/primary.ts'
import { probe } from './postgres/probe.ts'
import { bytesOf, isThere, makeSchema, upgradeSchema } from './postgres/schema.ts'
import { openSignals } from './postgres/signals.ts'
import { beginning, reading, stateOf } from './postgres/state.ts'
import { openTable, type PostgresTable, type Read } from './postgres/table.ts'
import { inTransaction, type Transactions } from './postgres/transaction.ts'
import { type AnyCollection, type Store, Unavailable } from './store.ts'

export interface PostgresOptions extends PrimaryOptions {
  readonly clock: () => Date
  /** The schema of the store's tables; `hallpass` by default. */
  readonly schema?: string
  /** How often to look for other processes' changes, ms; 250 by default. Notifications make it sooner. */
  readonly pollMs?: number
  /** Whether to send and hear notifications; true by default. */
  readonly signals?: boolean
  /** How often to drop expired journals, ms; 60,000 by default. */
  readonly choreMs?: number
  /** How many changes to keep for processes that are behind; 50,000 by default. */
  readonly changesKept?: number
  /** How long to ask whether a COMMIT whose connection was lost was made, ms; 15,000 by default. */
  readonly unknownMs?: number
  /** As if the engine had no partitions, or could not lock tables: what others then do. */
  readonly without?: readonly ('partitions' | 'table locks')[]
  /** Told of each retry of a transaction, with the code of the error that caused it. */
  readonly onRetry?: (code: string) => void
}

const DEFAULT_SCHEMA = 'hallpass'
const WRITERS_KEPT_MS = 86_400_000

/**
 * Opens the store, and makes its tables in a database that has none of ours.
 * @throws Unavailable, with a sentence for the operator: no host takes writes, not serializable, of a newer release, …
 */
export async function openPostgres(collections: readonly AnyCollection[], options: PostgresOptions): Promise<Store> {
  const primary = openPrimary(options)
  try {
    return await openOn(primary, collections, options)
  } catch (error) {
    await primary.close()
    throw refusal(error, primary.name)
  }
}

/** Whether the database has a store. Rejects Unavailable when that cannot be told. */
export const isPostgresThere = (options: Omit<PostgresOptions, 'clock'>): Promise<boolean> =>
  briefly(options, (primary) => isThere(primary, options.schema ?? DEFAULT_SCHEMA))

/** The bytes of the store's tables and indexes on the server's disk. */
export const postgresBytes = (options: Omit<PostgresOptions, 'clock'>): Promise<number> =>
  briefly(options, (primary) => bytesOf(primary, options.schema ?? DEFAULT_SCHEMA))

async function briefly<T>(options: PrimaryOptions, work: (primary: Primary) => Promise<T>): Promise<T> {
  const primary = openPrimary(options)
  try {
    return await work(primary)
  } catch (error) {
    throw refusal(error, primary.name)
  } finally {
    await primary.close()
  }
}

async function openOn(
  primary: Primary,
  collections: readonly AnyCollection[],
  options: PostgresOptions,
): Promise<Store> {
  const { clock, schema = DEFAULT_SCHEMA, without = [], changesKept = 50_000 } = options
  const { pollMs = 250, choreMs = 60_000, unknownMs = 15_000, onRetry = () => {} } = options
  const { partitioned, tried } = await makeSchema(primary, schema, {
    canPartition: !without.includes('partitions'),
    trial: () => probe(primary, schema),
  })
  const begin = beginning(schema, tried.locks && !without.includes('table locks'))
  const transactions: Transactions = { primary, begin, onRetry }
  await upgradeSchema(transactions, schema)
  await arrange(transactions, schema, collections)

  const writer = randomUUID()
  const read = guarded(primary)
  const [row] = await read((session) => session.script(reading(schema)))
  const feed = openFeed({ primary, schema, clock, position: stateOf(row).position })
  const tables = new Map(collections.map((collection) => [collection.name, openTable(collection, schema, read)]))
  const journals = openJournals({ transactions, read, schema, clock, partitioned })
  const layout = openLayout(collections, schema, primary.name)
  const signals =
    options.signals === false ? undefined : openSignals({ primary, schema, writer, hear: () => void feed.poll() })
  const committer = openCommitter({
    ...{ transactions, schema, writer, clock, feed, journals, layout, changesKept, unknownMs },
    onCommit: () => signals?.send(),
  })
  let closed = false

  function assertOpen(): void {
    if (closed) throw new Unavailable(`${primary.name} is closed`)
  }

  function table(name: string): PostgresTable {
    assertOpen()
    const found = tables.get(name)
    if (!found) throw new TypeError(`${name} is not a collection with which this store was opened`)
    return found
  }

  async function doChores(): Promise<void> {
    const now = clock().getTime()
    try {
      await journals.expire(now)
      await inTransaction(transactions, (session) =>
        session.query(`DELETE FROM ${qualified(schema, 'writers')} WHERE at < $1 AND id <> $2`, [
          ...[now - WRITERS_KEPT_MS, writer],
        ]),
      )
    } catch {
      // The timer tries again; a request that needs to write meets the same failure and reports it.
    }
  }

  const timers = [setInterval(feed.poll, pollMs).unref(), setInterval(doChores, choreMs).unref()]

  const isDisturbed = (attempt: Parameters<typeof staleOf>[1][number], base: number): Promise<boolean> =>
    read(async (session) => {
      const [now] = await session.script(reading(schema))
      // Nothing has been committed since.
      if (stateOf(now).position === base) return false
      await session.script('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const stale = await staleOf(session, [attempt])
      await session.commit()
      return stale.size > 0
    })

  const store: Store = {
    ...readerOf({ table, readGuarded: (readNow) => readNow() }),
    transact: openTransactions({
      name: primary.name,
      isClosed: () => closed,
      start: () => startAttempt(table, driveInOrder()),
      position: feed.heard,
      commit: async (attempt, base) => {
        assertOpen()
        return committer.commit({ attempt, base, appends: attempt.appends })
      },
      disturbed: isDisturbed,
      // Its reads have said so already; any other error is the work's own, whatever its code.
      refusal: (error) => error,
    }),
    async append(journal, until, entries) {
      assertOpen()
      const append = { journal, until, entries: [...entries] }
      checkAppend(append)
      if (entries.length > 0) await committer.commit({ base: 0, appends: [append] })
    },
    async *scan(journal, from) {
      assertOpen()
      yield* journals.scan(journal, from)
    },
    watch: feed.watch,
    heardAt: feed.heardAt,
    async close() {
      if (closed) return
      closed = true
      timers.forEach(clearInterval)
      signals?.close()
      await committer.idle()
      await primary.close()
    },
  }
  await doChores()
  return store
}

/** Reads whose failures are Unavailable, with a sentence for the operator. */
function guarded(primary: Primary): Read {
  return async (work) => {
    try {
      return await primary.read(work)
    } catch (error) {
      throw refusal(error, primary.name)
    }
  }
}
