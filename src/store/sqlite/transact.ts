// Transactions, as attempts that run until one has read and left a single state of the store: an attempt that writes is
// compared in its commit, one that only reads (or throws what it made of its reads) is compared by itself.
import { type Transaction, Unavailable } from '../store.ts'
import { type Attempt, attempt } from './attempt.ts'
import type { Committer } from './commit.ts'
import type { Connection } from './connection.ts'
import type { Feed } from './feed.ts'
import { openLane } from './lane.ts'
import { refusal } from './statement.ts'

type Work<T> = (tx: Transaction) => Promise<T>

/** How an attempt ended: with its work's answer, or as if it never happened because it saw two states. */
type Ended<T> = { readonly value: T } | 'stale'

/** Attempts at one transaction. From the third they run one at a time, so more are the doing of other processes. */
const ATTEMPTS = 32
const UNHURRIED = 2

export function openTransactions(connection: Connection, feed: Feed, committer: Committer) {
  const { file, table } = connection
  const lane = openLane()

  async function once<T>(work: Work<T>): Promise<Ended<T>> {
    const base = feed.heard()
    const one = attempt(table)
    try {
      const value = await work(one.tx)
      one.over()
      return (await ended(one, base)) === 'stale' ? 'stale' : { value }
    } catch (error) {
      // It may have thrown because it saw two states of the store; then it never happened.
      one.over()
      const refused = refusal(error, file)
      if (refused instanceof Unavailable || connection.isClosed() || !isDisturbed(connection, one)) throw refused
      return 'stale'
    }
  }

  /** Ends an attempt whose work is done: by its commit, or without writes by its comparison. */
  function ended(one: Attempt, base: number): 'done' | 'stale' | Promise<'done' | 'stale'> {
    if (one.writes()) return committer.commit({ base, stale: one.stale, apply: one.apply, appends: one.appends })
    return isDisturbed(connection, one) ? 'stale' : 'done'
  }

  return async function transact<T>(work: Work<T>): Promise<T> {
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
  }
}

/** Whether an attempt that writes nothing saw more than one state: compared within one snapshot, too. */
function isDisturbed({ db, ask }: Connection, one: Attempt): boolean {
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
