// Things that may happen once: one-time codes, device codes, sign-in and join tokens, proofs under a no-replay setting.
// Each is recorded in the transaction of the success it guards, so that neither is committed without the other.
import { removePast } from '../../store/batches.ts'
import type { Store, Transaction } from '../../store/store.ts'
import { type Once, onces } from '../records.ts'

/**
 * True the first time, false from then on. `until` (ms): after it the thing itself is refused, so that its record may be
 * removed; until the sweep does so, an expired record still answers false.
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

/** Removes what expired before `now`. Answers how many records that were. */
export const sweepOnces = (store: Store, now: Date): Promise<number> => removePast(store, onces, now)
