// Work that costs much for one small request (a scan of the journal, a simulation): one at a time for each account, so that
// an account's own requests wait for each other and nobody else's do.

import { throttling } from '../wire/errors.ts'
import type { BarCause } from './bar-cause.ts'

/** How much of an account's work may wait; one more is refused. */
const mostWaiting = 8

/** Does the work when the account's turn comes. Rejects Throttling when too much waits already, or what the work rejects. */
export type Turns = <T>(account: string, work: () => Promise<T>) => Promise<T>

export function createTurns(): Turns {
  const queues = new Map<string, { waiting: number; last: Promise<unknown> }>()
  return async (account, work) => {
    const queue = queues.get(account) ?? { waiting: 0, last: Promise.resolve() }
    if (queue.waiting > mostWaiting) throw throttling('aws-query', 'turns' satisfies BarCause)
    queues.set(account, queue)
    queue.waiting++
    const before = queue.last
    const mine = before.then(work)
    queue.last = mine.catch(() => {})
    try {
      return await mine
    } finally {
      queue.waiting--
      if (queue.waiting === 0) queues.delete(account)
    }
  }
}
