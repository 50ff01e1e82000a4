// Holds what descends from a sign-in: refused while whoever vouches for the person cannot be asked, and good again afterwards. Kept
// as revocations are, so that every node knows of it as soon as of those, and a request pays for no other look-up.
import type { Transaction } from '../../store/store.ts'
import { type Revocation, revocations } from './revocations.ts'
import { longestMs } from './revoke.ts'

/**
 * Holds the sign-in of that id in the account of a broker user that gave something in it, or lifts that. As for `revoke`, pass the answer to
 * `Revocations.learn` after the commit.
 *
 * INVARIANT: the count grows with each change, and begins at the time: nodes believe the highest they have read, so neither a late reading nor
 * the sweep of an older one turns it back. It is a kind of its own: lifting it brings nothing back that is revoked.
 */
export async function hold(
  tx: Transaction,
  account: string,
  id: string,
  isHeld: boolean,
  now: Date,
): Promise<Revocation> {
  const key = [account, 'hold', id]
  const earlier = await tx.get(revocations, key)
  const least = Math.max(2 * now.getTime(), (earlier?.upTo ?? 0) + 1)
  const upTo = least % 2 === (isHeld ? 1 : 0) ? least : least + 1
  const until = Math.max(now.getTime() + longestMs, earlier?.until ?? 0)
  const record: Revocation = { account, kind: 'hold', value: id, upTo, at: now.getTime(), until }
  if (earlier === undefined) await tx.create(revocations, record)
  else await tx.replace(revocations, record)
  return record
}
