// What identity pools are made of beside what every service is: handed in by app/engine.ts.
import type { Pass } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'
import type { AttributeMap, IdentityRecord, Pool, PoolRoles } from '../cognito-identity/records.ts'
import type { Tag } from '../records.ts'
import type { LoginVerifier } from './logins.ts'

/** A pool with all that a request for credentials asks of it. */
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
  /** The identity is gone, disabled or merged, its logins are others, or its pool is gone. */
  | 'stale'
  /** Taken back, itself or the credential that it was issued to. */
  | 'revoked'

/** The developer's credentials: what revocations match of them, but for the time. */
export interface Origin extends Pick<Pass, 'ancestors' | 'by' | 'sourceIdentity'> {
  /** False where nobody vouches for the developer's own session: then nobody vouches for whom it names. */
  readonly vouched?: false
}

/** What a token says, and what stands behind it now. */
export interface OpenIdToken {
  readonly view: PoolView
  readonly identity: IdentityRecord
  readonly amr: readonly string[]
  readonly tags: readonly Tag[]
  /** The credential of the developer that it was issued to; of a login of the bearer's own, none. */
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
  /** Whose token it is: what the pools' own operations ask. */
  open(token: string, now: Date): Promise<OpenIdToken | { readonly rejected: OpenIdRejection; readonly detail: string }>
}

export interface CognitoParts {
  readonly pools: Pools
  readonly tokens: OpenIdTokens
  readonly logins: LoginVerifier
}
