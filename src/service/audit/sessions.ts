// The sessions that were issued, read from the audit journal, in which every issuance stands before its credentials leave.
// There is no other index: nothing is written for a session but its record. Which of them live: live-sessions.ts.
import { longestSessionMs } from '../../core/identity.ts'
import type { Store } from '../../store/store.ts'
import { type IssuedEntry, idOf, readIssued } from './entry.ts'
import { AUDIT_JOURNAL } from './journal.ts'
import { unhurried } from './unhurried.ts'

export interface ListedSession extends IssuedEntry {
  readonly issuedAt: Date
  /** The request that it was issued to. */
  readonly requestId: string
}

/** Which sessions: all given members must match. */
export interface SessionFilter {
  readonly account?: string
  /** Unique id of the role or user whose permissions it has. */
  readonly principal?: string
  readonly sourceIdentity?: string
  /** The session itself, and those that descend from it (or from a long-term key, by its id). */
  readonly session?: string
  /** Provider and subject, or the unique id of who began the chain. */
  readonly by?: string
}

/** The clock that dated the journal's entry and the one that dated the session may be this far apart. */
const slackMs = 60_000

/**
 * Every session issued within the longest session duration, in the order they were issued. Expired ones too: a session that
 * descends from one may still be valid. A million issuances are read in some seconds, one at a time.
 */
export async function* issuedSessions(store: Store, now: Date): AsyncGenerator<ListedSession> {
  const from = new Date(now.getTime() - longestSessionMs - slackMs)
  for await (const { at, text } of unhurried(store.scan(AUDIT_JOURNAL, from))) {
    const issued = readIssued(text)
    if (issued !== undefined) yield { ...issued, issuedAt: at, requestId: idOf(text) }
  }
}

/** Whether a session has expired. */
export const isOver = ({ expiresAt }: IssuedEntry, now: Date) => expiresAt * 1000 <= now.getTime()

/** Whether a session matches the filter. */
export function matches(issued: IssuedEntry, filter: SessionFilter): boolean {
  const { session, ...plain } = filter
  if (session !== undefined && issued.sessionId !== session && !issued.ancestors.includes(session)) return false
  return Object.entries(plain).every(
    ([name, value]) => value === undefined || issued[name as keyof typeof plain] === value,
  )
}
