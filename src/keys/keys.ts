// The key ring, as every room above knows it: keys by purpose, in memory, kept current by the store's change feed.
// ring.ts implements it; docs/decisions/0006-pass-and-keys.md says why it is as it is.
import type { KeyObject } from 'node:crypto'
import type { SealingKey, TokenVersion } from '../core/token/seal.ts'

/** `pass`: session tokens. `vault`: long-term secrets, and pagination markers. */
export type Purpose = 'pass' | 'vault'
export const purposes: readonly Purpose[] = ['pass', 'vault']

/**
 * `pending` opens; `active` seals and opens, one of each purpose; `closing` opens until its last seal can no longer live;
 * `retired` does nothing, its material is gone.
 */
export type KeyState = 'pending' | 'active' | 'closing' | 'retired'

export interface KeyRing {
  /** The key that seals now. Throws when there is none, which only a ring under a foreign master key can come to. */
  sealing(purpose: Purpose): SealingKey
  /** The format of session tokens to seal: the newest that every live node has said it opens. */
  tokenVersion(): TokenVersion
  /** The key with this id, if it may open texts of this purpose. */
  key(purpose: Purpose, id: string): KeyObject | undefined
  /**
   * Reads the ring again for a key id it does not know; false without a read when it did so a moment ago, so that a flood
   * of unknown ids costs the store four reads a second. Rejects Unavailable when the store cannot be read.
   */
  refresh(now: Date): Promise<boolean>
}

/** Cryptographically random bytes, each handed out once. */
export type Random = (bytes: number) => Buffer

/** `outbound`: an account's issuer of web identity tokens. `cognito-identity`: OpenID tokens of identity pools. */
export type SigningPurpose = 'outbound' | 'cognito-identity'
export type SigningAlgorithm = 'RS256' | 'RS512' | 'ES384'

/** A set of signing keys: what one issuer signs with. */
export interface SigningSet {
  /** An account, or `system`. */
  readonly account: string
  readonly purpose: SigningPurpose
  /** One key of each signs at any time. */
  readonly algorithms: readonly SigningAlgorithm[]
}

/** A public key as RFC 7517 writes it. */
export type PublicJwk = Readonly<Record<string, string>>

/** Keys that sign what others verify, in the store; every node has the same ones. */
export interface Signers {
  /** Signs claims (JSON members, as they are) as a compact JWS, RFC 7515 and 7519; the first key is made on first use. */
  sign(
    set: SigningSet,
    algorithm: SigningAlgorithm,
    claims: Readonly<Record<string, unknown>>,
    now: Date,
  ): Promise<string>
  /** What is published of the set now: keys that sign, will sign, or signed what may still be good. */
  published(set: SigningSet, now: Date): Promise<readonly PublicJwk[]>
  /** A published key by its `kid`, to verify what we signed ourselves; undefined when there is no such key. */
  verifying(
    set: SigningSet,
    kid: string,
    now: Date,
  ): Promise<{ algorithm: SigningAlgorithm; key: KeyObject } | undefined>
}
