// The sessions that live: those issued (sessions.ts) without those that opening would refuse (session/passes.ts), as far as
// the journal and the store tell: their time is over, a revocation ended them or one they descend from, the ring key that
// sealed them is gone, or their principal is.
import { accountOfKeyId } from '../../core/ids.ts'
import { ringKeys } from '../../keys/records.ts'
import { everything } from '../../store/everything.ts'
import type { Store } from '../../store/store.ts'
import { accounts, roles, users } from '../records.ts'
import type { Attestations } from '../session/attestations.ts'
import { type Revocation, type RevocationKind, revocations } from '../session/revocations.ts'
import { isOver, issuedSessions, type ListedSession, matches, type SessionFilter } from './sessions.ts'

export interface LiveParts {
  readonly store: Store
  /** What vouches for workloads. */
  readonly attestations: Attestations
}

/** Sessions that match and live, in the order they were issued. */
export async function* liveSessions(
  { store, attestations }: LiveParts,
  filter: SessionFilter,
  now: Date,
): AsyncGenerator<ListedSession> {
  const isEnded = judge(await allRevocations(store))
  const stands = await standing(store, attestations, now)
  for await (const session of issuedSessions(store, now)) {
    if (isEnded(session) || isOver(session, now) || !matches(session, filter)) continue
    if (await stands(session)) yield session
  }
}

export interface Ended {
  /** The revocations that stood before. */
  readonly before: readonly Revocation[]
  /** Those whose doing is counted. */
  readonly made: readonly Revocation[]
  readonly now: Date
}

/** How many sessions that lived these revocations ended. Sessions that begin or end meanwhile change nothing of it. */
export async function countEnded({ store, attestations }: LiveParts, { before, made, now }: Ended): Promise<number> {
  const [wasEnded, isEnded] = [judge(before), judge([...before, ...made])]
  const stands = await standing(store, attestations, now)
  let ended = 0
  for await (const session of issuedSessions(store, now)) {
    // Both are asked of each one: they remember what they judged.
    const [was, is] = [wasEnded(session), isEnded(session)]
    if (is && !was && !isOver(session, now) && (await stands(session))) ended += 1
  }
  return ended
}

/** Every revocation that the store has. */
export const allRevocations = (store: Store): Promise<readonly Revocation[]> => everything(store, revocations, [])

/**
 * Whether a revocation ended a session, asked of every session in the order they were issued: an ancestor stands before its
 * descendants, so its end is known when they come.
 */
function judge(revoked: readonly Revocation[]): (session: ListedSession) => boolean {
  if (revoked.length === 0) return () => false
  const byName = Map.groupBy(revoked, ({ kind, account, value }) => nameOf(kind, kind === 'account' ? account : value))
  const dead = new Set<string>()
  return (session) => {
    const isEnded =
      session.ancestors.some((id) => dead.has(id)) ||
      namesOf(session).some((name) => byName.get(name)?.some((revocation) => kills(revocation, session)) === true)
    if (isEnded) dead.add(session.sessionId)
    return isEnded
  }
}

const nameOf = (kind: RevocationKind, value: string) => `${kind} ${value}`

/** What a revocation that ends this session may name: with very many revocations, each session is held against few. */
function namesOf({ sessionId, accessKeyId, principal, by, sourceIdentity, ...session }: ListedSession): string[] {
  const names = [
    nameOf('everything', ''),
    nameOf('principal', principal),
    nameOf('principal', by),
    nameOf('subject', by),
  ]
  for (const id of [sessionId, accessKeyId, ...session.ancestors]) names.push(nameOf('session', id))
  for (const account of accountsOf(session)) names.push(nameOf('account', account))
  if (sourceIdentity !== undefined) names.push(nameOf('source-identity', sourceIdentity))
  return names
}

/** The accounts that a session is known to have come through; of the others its ancestors tell. */
function accountsOf({ account, ancestors }: Pick<ListedSession, 'account' | 'ancestors'>): ReadonlySet<string> {
  return new Set([account, ...ancestors.flatMap((id) => accountOfKeyId(id) ?? [])])
}

/** As the revocation set judges a pass, by what the journal holds of it: a principal's version by the time. */
function kills({ account, kind, upTo, at }: Revocation, session: ListedSession): boolean {
  const issuedAt = session.issuedAt.getTime()
  const before = issuedAt < (upTo + 1) * 1000
  switch (kind) {
    case 'session':
      return true
    // What is held lives.
    case 'hold':
      return false
    case 'principal':
      return issuedAt <= at && accountsOf(session).has(account)
    case 'source-identity':
    case 'subject':
      return before && accountsOf(session).has(account)
    case 'everything':
    case 'account':
      return before
  }
}

/** Whether a session's ring key is there still, its principal in an account that is active, and what vouches for its workload. */
async function standing(
  store: Store,
  attestations: Attestations,
  now: Date,
): Promise<(session: ListedSession) => Promise<boolean>> {
  const opening = (await everything(store, ringKeys, ['system'])).filter(
    ({ purpose, state }) => purpose === 'pass' && state !== 'retired',
  )
  // What was issued before the oldest of them was made, another had sealed.
  const oldest = Math.min(...opening.map(({ createdAt }) => createdAt))
  const living = new Map<string, boolean>()
  return async ({ issuedAt, account, principal, attestation }) => {
    if (issuedAt.getTime() < oldest) return false
    if (attestation !== undefined && !(await attestations.lives(attestation, now))) return false
    const name = `${account} ${principal}`
    const there = living.get(name) ?? (await isThere(store, account, principal))
    living.set(name, there)
    return there
  }
}

async function isThere(store: Store, account: string, principal: string): Promise<boolean> {
  if ((await store.get(accounts, [account]))?.status !== 'ACTIVE') return false
  if (principal === account) return true
  const key = [account, principal]
  const stored = principal.startsWith('AIDA') ? await store.find(users, 'id', key) : await store.find(roles, 'id', key)
  return stored !== undefined
}
