// Console sessions as the store keeps them. The browser has a random id alone; what it stands for is sealed here.
import type { Collection } from '../../store/store.ts'

export interface ConsoleSessionRecord {
  /** The account of the credentials that the session began with. */
  readonly account: string
  /** Random. It names the record, and lets nobody in. */
  readonly id: string
  /** SHA-256 of the cookie's id, base64url: who reads the store holds no cookie. */
  readonly cookie: string
  /** Times are in ms. */
  readonly startedAt: number
  /** Written at most once a minute. */
  readonly seenAt: number
  /** The end, whatever its passes say. */
  readonly endsAt: number
  /** After it the record may go: later than the end, so that who comes back is told where to sign in again. */
  readonly until: number
  /** Where to sign in again, as whoever sent the person here said: an https URL, shown and never followed. */
  readonly issuer?: string
  /** Passes and the secret of its forms, sealed to (account, id, 'session'). */
  readonly sealed: string
}

export const consoleSessions: Collection<ConsoleSessionRecord, 'cookie' | 'until'> = {
  name: 'console_session',
  key: (r) => [r.account, r.id],
  indexes: {
    cookie: { of: (r) => [r.cookie], unique: true },
    until: { of: (r) => [r.until, r.account, r.id] },
  },
  shape: 1,
  upgrade: (old) => old as ConsoleSessionRecord,
}
