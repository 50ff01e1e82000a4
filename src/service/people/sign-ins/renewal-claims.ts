// Who asks a provider with a refresh token: one of many nodes at a time. A provider that is shown one twice takes it for stolen, and
// ends what it gave; one that does not refuses the second use, which would read as if the person had left.
import { digest } from '../../../core/digest.ts'
import type { Collection, Store } from '../../../store/store.ts'
import { SYSTEM } from './sign-in-content.ts'

export interface RenewalClaim {
  /** `system`. */
  readonly account: string
  /** Digest of the question (same-question.ts). */
  readonly id: string
  /** ms: of a node that died with it. */
  readonly until: number
}

export const renewalClaims: Collection<RenewalClaim, 'until'> = {
  name: 'renewal_claim',
  key: (r) => [r.account, r.id],
  indexes: { until: { of: (r) => [r.until, r.account, r.id] } },
  shape: 1,
  upgrade: (old) => old as RenewalClaim,
}

/** Longer than a provider is waited for. */
const claimMs = 60_000

/** The result of the work; undefined: another one asks this at the moment, and the work was not begun. */
export async function asOnlyOne<T>(
  store: Store,
  question: string,
  work: () => Promise<T>,
  now: Date,
): Promise<T | undefined> {
  const claim: RenewalClaim = { account: SYSTEM, id: digest(question), until: now.getTime() + claimMs }
  const key = renewalClaims.key(claim)
  const isOurs = await store.transact(async (tx) => {
    const before = await tx.get(renewalClaims, key)
    if (before !== undefined && now.getTime() < before.until) return false
    await (before === undefined ? tx.create(renewalClaims, claim) : tx.replace(renewalClaims, claim))
    return true
  })
  if (!isOurs) return undefined
  try {
    return await work()
  } finally {
    await store.transact((tx) => tx.delete(renewalClaims, key))
  }
}
