// What identity pools need beside what every service gets (parts.ts). Made in app/engine.ts.
import type { Pass } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'
import type { AttributeMap, IdentityRecord, Pool, PoolRoles } from '../cognito-identity/records.ts'
import type { Tag } from '../records.ts'
import type { LoginVerifier } from './logins.ts'

/** A pool with everything that a request for credentials reads of it. */
export interface PoolView {
  readonly pool: Pool
  readonly roles: PoolRoles | undefined
  /** By the provider's name. */
  readonly attributes: ReadonlyMap<string, AttributeMap>
}

/** Pools by id, kept current by the change feed. */
export interface Pools {
  /** Undefined when there is no such pool, or its account is not active. A miss reads the store. */
  byId(id: string): Maybe<PoolView | undefined>
}

export type OpenIdRejection =
  | 'malformed'
  | 'signature'
  | 'expired'
  /** The identity is deleted or was merged into another, its logins have changed, or its pool is gone. */
  | 'stale'
  /** The token was revoked, or the credentials that it was issued from were. */
  | 'revoked'

/** The developer's credentials that a token was issued from: what revocations match of them, except the time. */
export interface Origin extends Pick<Pass, 'ancestors' | 'by' | 'sourceIdentity'> {
  /** False where nobody vouches for the developer's own session: then nobody vouches for the users that it names. */
  readonly vouched?: false
}

/** A verified token, with its pool and its identity as they are now. */
export interface OpenIdToken {
  readonly view: PoolView
  readonly identity: IdentityRecord
  readonly amr: readonly string[]
  readonly tags: readonly Tag[]
  /** The developer's credentials that it was issued from; undefined of a token that its bearer got by other logins. */
  readonly from: Origin | undefined
  /** Seconds since 1970. */
  readonly expiresAt: number
}

export interface NewToken {
  readonly account: string
  readonly pool: string
  readonly identity: string
  readonly epoch: number
  readonly amr: readonly string[]
  readonly tags: readonly Tag[]
  readonly from: Origin | undefined
  /** Seconds. */
  readonly duration: number
}

export interface OpenIdTokens {
  issue(token: NewToken, now: Date): Promise<string>
  /** Verifies a token and reads its identity. */
  open(token: string, now: Date): Promise<OpenIdToken | { readonly rejected: OpenIdRejection; readonly detail: string }>
}

export interface CognitoParts {
  readonly pools: Pools
  readonly tokens: OpenIdTokens
  readonly logins: LoginVerifier
}
