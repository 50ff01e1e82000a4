// How long an OpenID token of a pool lives: as long as was asked for, and no longer than what it is had with.
import { invalidLogin } from '../refusals.ts'

/** A proof, in as much as it ends. */
export interface Ending {
  /** Seconds since 1970; absent where nobody said. */
  readonly expiresAt?: number | undefined
}

/**
 * Seconds that a token may live which is had with all of these.
 * INVARIANT: a proof ends no later than any proof or session that it was had with: else it would be renewed for ever.
 * DIVERGES: AWS gives ten minutes, or what the developer asked for, whatever is left of the login or of the session; here
 * the token ends with them.
 * @throws NotAuthorizedException when one of them has ended: the clocks of providers are taken to be off by a little
 */
export function lifetimeOf(had: readonly Ending[], wanted: number, now: Date): number {
  const seconds = Math.floor(now.getTime() / 1000)
  const end = had.reduce((least, { expiresAt = least }) => Math.min(least, Math.floor(expiresAt)), seconds + wanted)
  if (end <= seconds) throw invalidLogin(`Token expired: ${seconds} >= ${end}`)
  return end - seconds
}
