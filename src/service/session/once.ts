// Things that may happen once: one-time codes, device codes, sign-in and join tokens, proofs under a no-replay setting.
// Taken in the transaction of the success they guard, so that neither can be had without the other.
import type { Store, Transaction } from '../../store/store.ts'
import { type Once, onces } from '../records.ts'

/**
 * True the first time, false from then on. `until` (ms): after it the thing itself is refused, so that its record may go;
 * until it is swept, an expired record still answers false.
 */
export async function once(
  tx: Transaction,
  account: string,
  scope: string,
  key: string,
  until: number,
): Promise<boolean> {
  // NaN would sort nowhere, and a record without an end would stay for ever.
  if (!Number.isSafeInteger(until)) throw new TypeError('until is a time in whole milliseconds')
  const record: Once = { account, scope, key, until }
  if ((await tx.get(onces, onces.key(record))) !== undefined) return false
  await tx.create(onces, record)
  return true
}

const sweepAtOnce = 500

/** Removes what expired before `now`, some hundreds to a transaction. Answers how many went. */
export async function sweepOnces(store: Store, now: Date): Promise<number> {
  let swept = 0
  for (;;) {
    const gone = await store.transact(async (tx) => {
      const { items } = await tx.list(onces, 'until', { prefix: [], limit: sweepAtOnce })
      const expired = items.filter(({ until }) => until < now.getTime())
      for (const record of expired) await tx.delete(onces, onces.key(record))
      return expired.length
    })
    swept += gone
    if (gone < sweepAtOnce) return swept
  }
}
