// The key ring and the signing keys as the rooms above use them. Every node holds the ring's keys in memory, and the
// store's change feed keeps them current. ring.ts and signers.ts implement this; docs/decisions/0006-pass-and-keys.md
// gives the reasons.
import type { KeyObject } from 'node:crypto'
import type { SealingKey, TokenVersion } from '../core/token/seal.ts'

/** What a key seals. `pass`: session tokens. `vault`: long-term secrets, and pagination markers. */
export type Purpose = 'pass' | 'vault'
export const purposes: readonly Purpose[] = ['pass', 'vault']

/**
 * A `pending` key opens. An `active` key seals and opens; each purpose has one. A `closing` key opens until everything
 * that it sealed has expired. A `retired` key does nothing: its material is deleted.
 */
export type KeyState = 'pending' | 'active' | 'closing' | 'retired'

export interface KeyRing {
  /** The key that seals now. Throws when there is none, which happens only to a ring under a foreign master key. */
  sealing(purpose: Purpose): SealingKey
  /** The format in which to seal session tokens: the newest that every live node has reported that it opens. */
  tokenVersion(): TokenVersion
  /** The key with this id, if it has this purpose and may open. */
  key(purpose: Purpose, id: string): KeyObject | undefined
  /**
   * Reads the ring from the store again, for a key id that is not in memory. Resolves false, without a read, when the last
   * read was a moment ago: a flood of unknown ids costs the store four reads a second. Rejects Unavailable when the store
   * cannot be read.
   */
  refresh(now: Date): Promise<boolean>
}

/** Cryptographically random bytes, each handed out once. */
export type Random = (bytes: number) => Buffer

/** `outbound`: an account's issuer of web identity tokens. `cognito-identity`: OpenID tokens of identity pools.
 * `broker`: tokens by which the broker is known at other STS. */
export type SigningPurpose = 'outbound' | 'cognito-identity' | 'broker'
export type SigningAlgorithm = 'RS256' | 'RS512' | 'ES384'

/** The signing keys of one issuer. */
export interface SigningSet {
  /** An account, or `system`. */
  readonly account: string
  readonly purpose: SigningPurpose
  /** At any time one key of each algorithm signs. */
  readonly algorithms: readonly SigningAlgorithm[]
}

/** A public key as RFC 7517 writes it. */
export type PublicJwk = Readonly<Record<string, string>>

/** Keys in the store that sign what others verify; every node uses the same ones. */
export interface Signers {
  /** Signs claims (JSON members, unchanged) as a compact JWS, RFC 7515 and 7519. The first use makes the first key. */
  sign(
    set: SigningSet,
    algorithm: SigningAlgorithm,
    claims: Readonly<Record<string, unknown>>,
    now: Date,
  ): Promise<string>
  /** The public keys of the set to publish now: those that sign, will sign, or signed what may still be valid. */
  published(set: SigningSet, now: Date): Promise<readonly PublicJwk[]>
  /** A published key by its `kid`, to verify what we signed ourselves; undefined when the set publishes no such key. */
  verifying(
    set: SigningSet,
    kid: string,
    now: Date,
  ): Promise<{ algorithm: SigningAlgorithm; key: KeyObject } | undefined>
}
