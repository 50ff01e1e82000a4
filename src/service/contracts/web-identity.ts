// What verifies tokens of identity providers, as every room sees it (made in web-identity/web-identity.ts).
import type { ExtraClaims } from '../../federation/oidc/condition-keys.ts'
import type { NoThumbprints } from '../../federation/oidc/register.ts'
import type { GivenProof, RejectedProof, VerifiedProof } from '../../federation/proof.ts'
import type { ProofIdentity } from '../../federation/proof-identity.ts'
import type { Reach } from '../../federation/reach.ts'

/** What the operator says of one account's provider, beside what IAM's record of it says. */
export interface ProviderSettings {
  /** The issuer, whole: `https://keycloak.corp.example:8443/realms/main`. */
  readonly issuer: string
  readonly account: string
  /** PEM texts of the authorities that vouch for its servers, instead of the public ones. */
  readonly ca?: readonly string[] | undefined
  /** Its JWKS document: then nothing is ever fetched. */
  readonly keys?: string | undefined
  /** Where its servers may be, instead of what holds for all. */
  readonly reach?: Reach | undefined
  /** Claims that become condition keys beside AWS's. */
  readonly claims?: ExtraClaims
}

/** A proof as AssumeRoleWithWebIdentity has it. */
export type WebIdentityProof = Omit<GivenProof, 'expected'>

export interface WebIdentity {
  /** The identity that a proof proves. Throws the refusal of one that proves nothing. */
  prove(given: WebIdentityProof, now: Date): Promise<ProofIdentity>
  /** Verifies a proof without making an identity of it: what identity pools ask. Undefined when it is of no kind. */
  verify(given: GivenProof, now: Date): Promise<VerifiedProof | RejectedProof | undefined>
  /** Issuers that no account may register: built in, or our own. */
  isReserved(issuer: string): boolean
  settingsOf(account: string, issuer: string): ProviderSettings | undefined
  /** Thumbprints of a new provider's servers, or why they cannot be had. */
  thumbprintsOf(account: string, issuer: string): Promise<readonly string[] | NoThumbprints>
}
