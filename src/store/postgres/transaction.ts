// Transactions of the server: serializable, one after the other where the engine can lock a table, and known to be committed
// or not.
import { Unavailable } from '../store.ts'
import { delayAfter } from './backoff.ts'
import { codeOf, faultOf } from './faults.ts'
import type { Primary } from './primary.ts'
import type { Session } from './session.ts'

export interface Transactions {
  readonly primary: Primary
  /** The statements that begin one: from then on no other process of this store commits, or this one fails with `again`. */
  readonly begin: string
  /** Told of every retry, with the code of the error that caused it. */
  readonly onRetry: (code: string) => void
  /** How often a transaction is tried; 40 times by default. */
  readonly tries?: number
}

const TRIES = 40
const FIRST_MS = 2
const LONGEST_MS = 100
/** How many dead connections in a row are forgiven. */
const LOST_AT_MOST = 3

/**
 * Runs work again while it fails only because others ran beside it, or because its connection was lost. Work that may have
 * committed before it failed must know that itself (commit.ts), or be the same the second time.
 */
export async function again<T>(
  { primary, onRetry, tries = TRIES }: Pick<Transactions, 'primary' | 'onRetry' | 'tries'>,
  work: () => Promise<T>,
): Promise<T> {
  let lost = 0
  for (let time = 1; ; time++) {
    try {
      return await work()
    } catch (error) {
      const fault = faultOf(error)
      if (fault !== 'again' && !(fault === 'lost' && ++lost <= LOST_AT_MOST)) throw error
      if (time === tries)
        throw new Unavailable(`${primary.name}: other processes disturbed a transaction ${tries} times in a row`, {
          cause: error,
        })
      onRetry(codeOf(error) ?? 'lost')
      await new Promise((resolve) => setTimeout(resolve, delayAfter(time, FIRST_MS, LONGEST_MS, Math.random())))
    }
  }
}

/** Runs work in a transaction of its own that may be repeated as a whole: what it does must be the same the second time. */
export function inTransaction<T>(transactions: Transactions, work: (session: Session) => Promise<T>): Promise<T> {
  return again(transactions, () =>
    transactions.primary.use(async (session) => {
      await session.script(transactions.begin)
      const value = await work(session)
      await session.commit()
      return value
    }),
  )
}
