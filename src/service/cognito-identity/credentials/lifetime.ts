// How long an OpenID token of a pool lives: as long as requested, and no longer than what it is issued from.
import { invalidLogin } from '../refusals.ts'

/** A login, token or session, and when it ends. */
export interface Expiring {
  /** Seconds since 1970; absent where its provider does not say. */
  readonly expiresAt?: number | undefined
}

/**
 * How many seconds a token lives that is issued from all of these.
 * INVARIANT: a proof ends no later than any proof or session that it was issued from: else it could be renewed for ever.
 * DIVERGES: AWS gives ten minutes, or what the developer requests, however soon the login or the session ends; here the
 * token ends with them.
 * @throws NotAuthorizedException when one of them has ended: it was verified with leeway for the provider's clock
 */
export function lifetimeOf(sources: readonly Expiring[], wanted: number, now: Date): number {
  const seconds = Math.floor(now.getTime() / 1000)
  const end = sources.reduce((least, { expiresAt = least }) => Math.min(least, Math.floor(expiresAt)), seconds + wanted)
  if (end <= seconds) throw invalidLogin(`Token expired: ${seconds} >= ${end}`)
  return end - seconds
}
