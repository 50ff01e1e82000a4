// Runs a transaction as attempts until one has seen a single state of the store. The commit compares what a writing attempt
// read; an attempt that only reads, or throws because of what it read, is compared without a commit.
import { type Transaction, Unavailable } from '../store.ts'
import type { Attempt } from './attempt.ts'
import { openLane } from './lane.ts'
import type { Maybe, Table } from './rows.ts'

type Work<T> = (tx: Transaction) => Promise<T>

/** How an attempt ended: with its work's value, or as if it had never run, because it saw two states. */
type AttemptOutcome<T> = { readonly value: T } | 'stale'

/** Attempts at one transaction. From the third they run one at a time, so that only other processes can disturb them. */
const ATTEMPTS = 32
const CONCURRENT_ATTEMPTS = 2

/** What an adapter does with attempts. */
export interface Engine<T extends Table> {
  /** The store's name for the operator. */
  readonly name: string
  isClosed(): boolean
  start(): Attempt<T>
  /** The last feed position of which this process knows: if it is still the last, nothing has changed since. */
  position(): number
  /** Compares what the attempt read since `base`, and writes. @throws Unavailable */
  commit(attempt: Attempt<T>, base: number): Promise<'done' | 'stale'>
  /** Whether an attempt that writes nothing, and read more than once since `base`, saw more than one state. */
  disturbed(attempt: Attempt<T>, base: number): Maybe<boolean>
  /** An error as the store's own: Unavailable for a fault of the engine. */
  refusal(error: unknown): unknown
}

export function openTransactions<T extends Table>(engine: Engine<T>) {
  const { name } = engine
  const lane = openLane()

  const isDisturbed = (attempt: Attempt<T>, base: number): Maybe<boolean> =>
    attempt.compared() && engine.disturbed(attempt, base)

  async function runOnce<V>(work: Work<V>): Promise<AttemptOutcome<V>> {
    const base = engine.position()
    const attempt = engine.start()
    try {
      const value = await work(attempt.tx)
      attempt.over()
      return (await finish(attempt, base)) === 'stale' ? 'stale' : { value }
    } catch (error) {
      // The work may have thrown because it saw two states of the store; then the attempt does not count.
      attempt.over()
      const refused = engine.refusal(error)
      if (refused instanceof Unavailable || engine.isClosed() || !(await isDisturbed(attempt, base))) throw refused
      return 'stale'
    }
  }

  /** Finishes an attempt whose work is done: commits it or, if it wrote nothing, compares what it read. */
  async function finish(attempt: Attempt<T>, base: number): Promise<'done' | 'stale'> {
    if (attempt.isWriting()) return engine.commit(attempt, base)
    return (await isDisturbed(attempt, base)) ? 'stale' : 'done'
  }

  return async function transact<V>(work: Work<V>): Promise<V> {
    for (let time = 1; time <= ATTEMPTS; time++) {
      const leave = time > CONCURRENT_ATTEMPTS ? await lane.enter() : undefined
      try {
        const outcome = await runOnce(work)
        if (outcome !== 'stale') return outcome.value
      } finally {
        leave?.()
      }
    }
    throw new Unavailable(`${name}: other processes changed what a transaction read, ${ATTEMPTS} times in a row`)
  }
}
