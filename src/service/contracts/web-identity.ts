// The verifier of proofs from identity providers, as all rooms see it (made in web-identity/web-identity.ts).

import type { Maybe } from '../../core/maybe.ts'
import type { ExtraClaims } from '../../federation/oidc/condition-keys.ts'
import type { NoThumbprints } from '../../federation/oidc/register.ts'
import type { ProofAttributes, ProofInput, RejectedProof, VerifiedProof } from '../../federation/proof.ts'
import type { ProofIdentity } from '../../federation/proof-identity.ts'
import type { Reach } from '../../federation/reach.ts'

/** The operator's settings for one account's provider, beside IAM's record of it. */
export interface ProviderSettings {
  /** The issuer, whole: `https://keycloak.corp.example:8443/realms/main`. */
  readonly issuer: string
  readonly account: string
  /** PEM texts of the authorities that vouch for its servers, instead of the public ones. */
  readonly ca?: readonly string[] | undefined
  /** Its JWKS document: then nothing is ever fetched. */
  readonly keys?: string | undefined
  /** The addresses that its servers may have, instead of those for all providers. */
  readonly reach?: Reach | undefined
  /** Claims that become condition keys beside AWS's. */
  readonly claims?: ExtraClaims
}

/** A proof as AssumeRoleWithWebIdentity receives it. */
export type WebIdentityProof = Omit<ProofInput, 'expected'>

/**
 * Session tags that tokens of some issuers get for what they say of their bearers; undefined: of this one, none.
 * `account`: whose provider verified the proof.
 */
export type TokenTags = (
  account: string,
  proof: VerifiedProof,
) => Maybe<ProofAttributes['tags'] | RejectedProof | undefined>

export interface WebIdentity {
  /** The identity that a proof proves. @throws Refusal of a proof that does not hold */
  prove(given: WebIdentityProof, now: Date): Promise<ProofIdentity>
  /** Verifies a proof without making an identity of it, for identity pools. Undefined when it is of no kind. */
  verify(given: ProofInput, now: Date): Promise<VerifiedProof | RejectedProof | undefined>
  /** Whether no account may register this issuer: it is built in, or this server's own. */
  isReserved(issuer: string): boolean
  settingsOf(account: string, issuer: string): ProviderSettings | undefined
  /** Thumbprints of a new provider's servers, or why there are none. */
  thumbprintsOf(account: string, issuer: string): Promise<readonly string[] | NoThumbprints>
}
