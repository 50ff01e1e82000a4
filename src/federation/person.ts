// Who a connector says somebody is. A connector is what a company signs its people in with: a directory (RFC 4511), an OpenID
// Connect provider, a SAML provider. What people may have is decided by the same table for all of them (service/people).
import type { Secret } from '../core/secret.ts'

/** A group as its connector names it: a directory's has a DN, a claim's value is a name alone. */
export interface PersonGroup {
  readonly name: string
  readonly dn?: string
}

/**
 * Somebody whom a connector has authenticated, or found again.
 *
 * INVARIANT: who they are is `connector` and `id`. Logins, names, mail addresses and DNs are for display: they may be another
 * person's tomorrow.
 */
export interface Person {
  /** The connector's name. */
  readonly connector: string
  /** Never another person's: objectGUID, entryUUID, `sub`, a persistent NameID. */
  readonly id: string
  /** What they sign in with, as the connector writes it. */
  readonly login: string
  /** All of them, those that they are in through other groups too. */
  readonly groups: readonly PersonGroup[]
  /** What session tags are made of: values by the attribute's or claim's name, in lower case. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
  /** The connector itself asked for a second factor, and is believed. */
  readonly multiFactor: boolean
  /**
   * Seconds since 1970; when they last proved to the provider who they are, by its own word. Absent: it does not say, or it may be as
   * long ago as its own session is old.
   */
  readonly authenticatedAt?: number
  /** Seconds since 1970; when the sign-in at the connector ends, where it says so. */
  readonly endsAt?: number
}

/** Why somebody is not let in. The person is told the same for all of them; the operator, which. */
export type PersonRejection =
  | 'unknown' // nobody has that login, or the person is gone
  | 'password'
  | 'disabled'
  | 'locked'
  | 'account-expired'
  | 'password-expired'
  | 'password-must-change'
  | 'not-now' // outside the hours or off the machines at which they may sign in
  | 'ambiguous' // several have that login
  | 'no-id' // without the attribute or claim that says who they are
  | 'groups' // which groups they are in cannot be known: a claim that says too many, a search that found no end
  | 'input' // no login, no password, or one that cannot be
  | 'attempts' // too many attempts failed
  | 'proof' // a token or response that does not hold
  | 'no-connector'

/** What a connector answers. `unavailable` is never read as "gone", nor as "in no group". */
export type PersonOutcome = (
  | { readonly person: Person }
  | { readonly rejected: PersonRejection; readonly detail: string }
  /** `tried`: a directory was sent the password and did not answer: it may have looked at it, and counted it. */
  | { readonly unavailable: string; readonly tried?: true }
) & {
  /** What the connector is asked again with from now on: an OIDC refresh token. Absent: what it was asked with stays good. */
  readonly renewal?: Secret
}
