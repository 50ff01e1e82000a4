// How many sign-ins one person begins. Each is a record for a day after its end, and the end of one in which something was given is a
// revocation, which every node holds in memory for a day and a half: somebody who signs in and out without a pause would fill it.
import { digest } from '../../../core/digest.ts'
import type { Collection, Transaction } from '../../../store/store.ts'
import { SYSTEM } from './sign-in-content.ts'

export interface SignInCount {
  /** `system`. */
  readonly account: string
  /** Of connector and person. */
  readonly id: string
  readonly count: number
  /** ms. */
  readonly until: number
}

export const signInCounts: Collection<SignInCount, 'until'> = {
  name: 'sign_in_count',
  key: (r) => [r.account, r.id],
  indexes: { until: { of: (r) => [r.until, r.account, r.id] } },
  shape: 1,
  upgrade: (old) => old as SignInCount,
}

/** Of one person in an hour, on all nodes together. */
export const mostInAnHour = 1_000
const hourMs = 3_600_000

export const countId = (connector: string, personId: string): string => digest(JSON.stringify([connector, personId]))

/** Counts one more. False: there were too many. */
export async function countSignIn(
  tx: Transaction,
  { connector, personId }: { readonly connector: string; readonly personId: string },
  now: Date,
): Promise<boolean> {
  const id = countId(connector, personId)
  const before = await tx.get(signInCounts, [SYSTEM, id])
  const counted = before !== undefined && now.getTime() < before.until ? before : undefined
  const count = (counted?.count ?? 0) + 1
  if (count > mostInAnHour) return false
  const next: SignInCount = { account: SYSTEM, id, count, until: counted?.until ?? now.getTime() + hourMs }
  await (before === undefined ? tx.create(signInCounts, next) : tx.replace(signInCounts, next))
  return true
}
