// What verifies tokens of identity providers, as every room sees it (made in web-identity/web-identity.ts).
import type { Identity } from '../../core/identity.ts'
import type { Maybe } from '../../core/maybe.ts'
import type { ExtraClaims } from '../../federation/oidc/condition-keys.ts'
import type { NoThumbprints } from '../../federation/oidc/register.ts'
import type { Unverified } from '../../federation/oidc/token.ts'
import type { Rejection, VerifiedToken } from '../../federation/oidc/verify.ts'
import type { Reach } from '../../federation/reach.ts'

export type Proof = Extract<Identity, { readonly kind: 'proof' }>

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

/** A provider that is no account's record: its identities are named by `name`. */
export interface BuiltIn {
  /** The Federated principal: `accounts.google.com`. */
  readonly name: string
  /** What `iss` may be. */
  readonly issuers: readonly string[]
  readonly prove: (token: Unverified, now: Date) => Maybe<Proof>
}

export interface ToProve {
  /** The account whose providers are believed: the role's. */
  readonly account: string
  readonly token: string
  /** Only with opaque access tokens. */
  readonly providerId: string | undefined
  /** Of whoever brings it. */
  readonly address: string
}

export interface WebIdentity {
  /** The identity that a token proves. Throws the refusal of one that proves nothing. */
  prove(asked: ToProve, now: Date): Promise<Proof>
  /**
   * Verifies a token of one of the account's providers, by its URL without the scheme: what identity pools ask. Undefined
   * when the account has no such provider.
   */
  verify(account: string, url: string, token: Unverified, now: Date): Promise<VerifiedToken | Rejection | undefined>
  /** The same for a well-known issuer that is no account's record; what the operator says of it for the account holds. */
  verifyKnown(account: string, issuer: KnownIssuer, token: Unverified, now: Date): Promise<VerifiedToken | Rejection>
  /** Issuers that no account may register: built in, or our own. */
  isReserved(issuer: string): boolean
  settingsOf(account: string, issuer: string): ProviderSettings | undefined
  /** Thumbprints of a new provider's servers, or why they cannot be had. */
  thumbprintsOf(account: string, issuer: string): Promise<readonly string[] | NoThumbprints>
}

/** An issuer that is known without a record, and the clients whose tokens are taken. */
export interface KnownIssuer {
  readonly issuer: string
  readonly clientIds: readonly string[]
}
