// What identity pools are made of beside what every service is: handed in by the composition root.
import type { Maybe } from '../../core/identity.ts'
import type { LoginVerifier } from './logins.ts'
import type { AttributeMap, Pool, PoolRoles } from './records.ts'
import type { OpenIdTokens } from './tokens.ts'

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

export interface CognitoParts {
  readonly pools: Pools
  readonly tokens: OpenIdTokens
  readonly logins: LoginVerifier
}
