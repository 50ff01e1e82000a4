// Runs a transaction as attempts until one has seen a single state of the store. The commit compares what a writing attempt
// read; an attempt that only reads, or throws because of what it read, is compared without a commit.
import { type Transaction, Unavailable } from '../store.ts'
import { type Attempt, startAttempt } from './attempt.ts'
import type { Committer } from './commit.ts'
import type { Connection } from './connection.ts'
import type { Feed } from './feed.ts'
import { openLane } from './lane.ts'
import { refusal } from './statement.ts'

type Work<T> = (tx: Transaction) => Promise<T>

/** How an attempt ended: with its work's value, or as if it had never run, because it saw two states. */
type AttemptOutcome<T> = { readonly value: T } | 'stale'

/** Attempts at one transaction. From the third they run one at a time, so that only other processes can disturb them. */
const ATTEMPTS = 32
const CONCURRENT_ATTEMPTS = 2

export function openTransactions(connection: Connection, feed: Feed, committer: Committer) {
  const { file, table } = connection
  const lane = openLane()

  async function runOnce<T>(work: Work<T>): Promise<AttemptOutcome<T>> {
    const base = feed.heard()
    const attempt = startAttempt(table)
    try {
      const value = await work(attempt.tx)
      attempt.over()
      return (await finish(attempt, base)) === 'stale' ? 'stale' : { value }
    } catch (error) {
      // The work may have thrown because it saw two states of the store; then the attempt does not count.
      attempt.over()
      const refused = refusal(error, file)
      if (refused instanceof Unavailable || connection.isClosed() || !isDisturbed(connection, attempt)) throw refused
      return 'stale'
    }
  }

  /** Finishes an attempt whose work is done: commits it or, if it wrote nothing, compares what it read. */
  function finish(attempt: Attempt, base: number): 'done' | 'stale' | Promise<'done' | 'stale'> {
    if (attempt.writes())
      return committer.commit({ base, stale: attempt.stale, apply: attempt.apply, appends: attempt.appends })
    return isDisturbed(connection, attempt) ? 'stale' : 'done'
  }

  return async function transact<T>(work: Work<T>): Promise<T> {
    for (let time = 1; time <= ATTEMPTS; time++) {
      const leave = time > CONCURRENT_ATTEMPTS ? await lane.enter() : undefined
      try {
        const outcome = await runOnce(work)
        if (outcome !== 'stale') return outcome.value
      } finally {
        leave?.()
      }
    }
    throw new Unavailable(`${file}: other processes changed what a transaction read, ${ATTEMPTS} times in a row`)
  }
}

/** Whether an attempt that writes nothing saw more than one state. The comparison itself reads one snapshot. */
function isDisturbed({ db, readGuarded }: Connection, attempt: Attempt): boolean {
  if (!attempt.compared()) return false
  return readGuarded(() => {
    db.exec('BEGIN')
    try {
      return attempt.stale()
    } finally {
      db.exec('COMMIT')
    }
  })
}
