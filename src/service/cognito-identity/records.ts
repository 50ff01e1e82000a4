// The records of identity pools: a pool, its roles, its attribute maps, its identities and the logins that lead to them.
// Everything that a request reads is read by key or by a unique index, so that the number of identities does not matter.
import type { Collection } from '../../store/store.ts'

/** A user pool whose tokens a pool accepts, and the client that they must be issued for. */
export interface UserPoolProvider {
  /** `cognito-idp.REGION.amazonaws.com/POOL`. */
  readonly name: string
  readonly clientId: string
  /** The user pool is asked about each token: one of a user who was signed out, disabled or deleted is refused. */
  readonly check: boolean
}

export interface Pool {
  readonly account: string
  readonly region: string
  /** `REGION:UUID`. */
  readonly id: string
  readonly name: string
  readonly allowUnauthenticated: boolean
  /** Absent where it was never set: then it is not allowed, and answers leave it out. */
  readonly allowClassic?: boolean
  /** App ids of public providers, by the provider's name. */
  readonly supported: Readonly<Record<string, string>>
  /** The domain of developer-authenticated identities; never changed once it is set. */
  readonly developer?: string
  /** ARNs. */
  readonly oidc: readonly string[]
  readonly saml: readonly string[]
  readonly userPools: readonly UserPoolProvider[]
  readonly tags: Readonly<Record<string, string>>
  /** ISO 8601, seconds. */
  readonly createdAt: string
}

export interface Rule {
  readonly claim: string
  readonly match: 'Equals' | 'Contains' | 'StartsWith' | 'NotEqual'
  readonly value: string
  readonly role: string
}

export interface RoleMapping {
  readonly type: 'Token' | 'Rules'
  readonly ambiguous: 'AuthenticatedRole' | 'Deny'
  readonly rules: readonly Rule[]
}

/** Which roles the identities of a pool are given. */
export interface PoolRoles {
  readonly account: string
  readonly pool: string
  readonly authenticated?: string
  readonly unauthenticated?: string
  /** By provider, as the caller named it. */
  readonly mappings: Readonly<Record<string, RoleMapping>>
}

/** Which claims of a provider's tokens become session tags. */
export interface AttributeMap {
  readonly account: string
  readonly pool: string
  readonly provider: string
  readonly defaults: boolean
  /** Tag key to claim name. */
  readonly tags: Readonly<Record<string, string>>
}

export interface Login {
  /** As the key of a Logins map names it. */
  readonly provider: string
  /** The provider's name for the user: `sub`, or the developer's user identifier. */
  readonly subject: string
}

export interface IdentityRecord {
  readonly account: string
  readonly pool: string
  /** `REGION:UUID`. */
  readonly id: string
  readonly createdAt: string
  readonly modifiedAt: string
  /** The day a guest was last used (ISO 8601); absent for identities with logins, and for guests of older versions. */
  readonly usedOn?: string
  /** In the order they were linked. */
  readonly logins: readonly Login[]
  /** It has, or had, logins: nobody gets in without one any more. */
  readonly authenticated: boolean
  /** The identity it was merged into: this one is disabled for good. */
  readonly mergedInto?: string
  /**
   * Grows when a login is unlinked, a guest signs in, and the identity is merged into another: claims of earlier tokens may
   * not be true any more. INVARIANT: an OpenID token of another epoch counts for nothing.
   */
  readonly epoch: number
}

/** Which identity a login leads to. */
export interface LoginLink extends Login {
  readonly account: string
  readonly pool: string
  readonly identity: string
}

/** A pool that is gone and whose identities are being removed. */
export interface DoomedPool {
  readonly account: string
  readonly pool: string
}

const asIs =
  <R>() =>
  (old: unknown) =>
    old as R

export const pools: Collection<Pool, 'id'> = {
  name: 'identity_pool',
  key: (r) => [r.account, r.region, r.id],
  indexes: { id: { of: (r) => [r.id], unique: true } },
  shape: 1,
  upgrade: asIs<Pool>(),
}

export const poolRoles: Collection<PoolRoles> = {
  name: 'identity_pool_roles',
  key: (r) => [r.account, r.pool],
  indexes: {},
  shape: 1,
  upgrade: asIs<PoolRoles>(),
}

export const attributeMaps: Collection<AttributeMap> = {
  name: 'identity_pool_attributes',
  key: (r) => [r.account, r.pool, r.provider],
  indexes: {},
  shape: 1,
  upgrade: asIs<AttributeMap>(),
}

export const identities: Collection<IdentityRecord, 'id'> = {
  name: 'identity',
  key: (r) => [r.account, r.pool, r.id],
  // Callers without a signature name an identity and nothing else.
  indexes: { id: { of: (r) => [r.id], unique: true } },
  shape: 1,
  upgrade: asIs<IdentityRecord>(),
}

export const loginLinks: Collection<LoginLink> = {
  name: 'identity_login',
  // INVARIANT: a login leads to one identity of a pool: two that link it at the same time meet at this key.
  key: (r) => [r.account, r.pool, r.provider, r.subject],
  indexes: {},
  shape: 1,
  upgrade: asIs<LoginLink>(),
}

export const doomedPools: Collection<DoomedPool> = {
  name: 'identity_pool_doomed',
  key: (r) => [r.account, r.pool],
  indexes: {},
  shape: 1,
  upgrade: asIs<DoomedPool>(),
}

export const cognitoCollections = [pools, poolRoles, attributeMaps, identities, loginLinks, doomedPools] as const
