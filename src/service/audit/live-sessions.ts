// The sessions that live: those issued (sessions.ts) without those that a revocation has ended.
import { accountOfKeyId } from '../../core/ids.ts'
import type { Key, Store } from '../../store/store.ts'
import { type Revocation, revocations } from '../session/revocations.ts'
import { type ListedSession, listSessions, matches, type SessionFilter } from './sessions.ts'

/** Sessions that match and are not revoked, in the order they were issued. */
export async function* liveSessions(store: Store, filter: SessionFilter, now: Date): AsyncGenerator<ListedSession> {
  const revoked = await allRevocations(store)
  // An ancestor stands before its descendants, so its end is known when they come.
  const dead = new Set<string>()
  for await (const session of listSessions(store, {}, now)) {
    if (session.ancestors.some((id) => dead.has(id)) || revoked.some((one) => kills(one, session))) {
      dead.add(session.sessionId)
    } else if (matches(session, filter)) yield session
  }
}

/** As the revocation set judges a pass, by what the journal holds of it: a principal's version by the time. */
function kills({ account, kind, value, upTo, at }: Revocation, session: ListedSession): boolean {
  const issuedAt = session.issuedAt.getTime()
  const before = issuedAt < (upTo + 1) * 1000
  const passedThrough =
    session.account === account || session.ancestors.some((ancestor) => accountOfKeyId(ancestor) === account)
  switch (kind) {
    case 'everything':
      return before
    case 'session':
      return [session.sessionId, session.accessKeyId, ...session.ancestors].includes(value)
    case 'principal':
      return (session.principal === value || session.by === value) && issuedAt <= at
    case 'subject':
      return session.by === value && before
    case 'source-identity':
      return session.sourceIdentity === value && passedThrough && before
    case 'account':
      return passedThrough && before
  }
}

async function allRevocations(store: Store): Promise<readonly Revocation[]> {
  const found: Revocation[] = []
  let after: Key | undefined
  do {
    const page = await store.list(revocations, 'key', { prefix: [], limit: 500, ...(after && { after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}
