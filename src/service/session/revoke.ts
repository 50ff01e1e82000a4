// Revokes passes: writes a revocation, in the caller's transaction.
import { longestSessionMs } from '../../core/identity.ts'
import type { Collection, Transaction } from '../../store/store.ts'
import { accounts, roles, users } from '../records.ts'
import { type Revocation, revocations } from './revocations.ts'

/** Which of the passes that were issued up to now a revocation revokes. */
export type RevocationScope =
  /** A session id, or a long-term access key id: it and every descendant. */
  | { readonly kind: 'session'; readonly id: string }
  /** A role's or user's unique id, or the account id for its root: its sessions so far and every descendant. */
  | { readonly kind: 'principal'; readonly id: string }
  /** `by` of a pass: provider and subject, or the unique id of the user or role that the chain began with. */
  | { readonly kind: 'subject'; readonly by: string }
  | { readonly kind: 'source-identity'; readonly value: string }
  | { readonly kind: 'account' }

/** The longest session, and what clocks that differ and a node behind the feed may add (as for a closing ring key). */
export const longestMs = longestSessionMs + 600_000
/**
 * Seconds that "up to now" reaches beyond this node's clock: another node's may be ahead, its passes carry its time, and it
 * may issue for up to 10 s before it hears of this (revocations.ts).
 * A session that begins anew within them is revoked too.
 */
const marginSeconds = 15
/** Above every version: a principal that is gone has no session worth keeping, and no unique id comes twice. */
const everyVersion = Number.MAX_SAFE_INTEGER

/** The last second of issuance that is revoked. */
const lastSecond = (now: Date) => Math.floor(now.getTime() / 1000) + marginSeconds

/**
 * The version of a principal's record now. Writes the record again unchanged, so that its version grows: passes issued from
 * now on carry the new one, and those that a node issues from an older reading of the record are revoked.
 */
async function touch(tx: Transaction, account: string, id: string): Promise<number> {
  const rewrite = async <R extends { readonly id: string }>(collection: Collection<R, 'id'>): Promise<number> => {
    const stored = await tx.find(collection, 'id', [account, id])
    if (stored === undefined) return everyVersion
    await tx.replace(collection, stored.record)
    return stored.version
  }
  if (id.startsWith('AROA')) return rewrite(roles)
  if (id.startsWith('AIDA')) return rewrite(users)
  if (id !== account) return everyVersion
  const root = await tx.read(accounts, [account])
  if (root === undefined) return everyVersion
  await tx.replace(accounts, root.record)
  return root.version
}

async function write(tx: Transaction, revocation: Revocation): Promise<Revocation> {
  const earlier = await tx.get(revocations, revocations.key(revocation))
  if (earlier === undefined) {
    await tx.create(revocations, revocation)
    return revocation
  }
  const { upTo, until } = revocation
  const merged = { ...revocation, upTo: Math.max(upTo, earlier.upTo), until: Math.max(until, earlier.until) }
  await tx.replace(revocations, merged)
  return merged
}

/**
 * Revokes passes of the account, and with them those that descend from one, in whatever account they are. Pass its answer to
 * `Revocations.learn` once the transaction has committed, and this node knows of it without waiting for the feed.
 */
export async function revoke(tx: Transaction, account: string, scope: RevocationScope, now: Date): Promise<Revocation> {
  const common = { account, kind: scope.kind, at: now.getTime(), until: now.getTime() + longestMs }
  switch (scope.kind) {
    case 'session':
      return write(tx, { ...common, value: scope.id, upTo: 0 })
    case 'principal':
      return write(tx, { ...common, value: scope.id, upTo: await touch(tx, account, scope.id) })
    case 'subject':
      return write(tx, { ...common, value: scope.by, upTo: lastSecond(now) })
    case 'source-identity':
      return write(tx, { ...common, value: scope.value, upTo: lastSecond(now) })
    case 'account':
      return write(tx, { ...common, value: '', upTo: lastSecond(now) })
  }
}

/**
 * Revokes every pass of every account: what a restored backup begins with, because the revocations and record versions since
 * it was made are lost.
 */
export function revokeEverything(tx: Transaction, now: Date): Promise<Revocation> {
  const [at, until] = [now.getTime(), now.getTime() + longestMs]
  return write(tx, { account: 'system', kind: 'everything', value: '', upTo: lastSecond(now), at, until })
}
