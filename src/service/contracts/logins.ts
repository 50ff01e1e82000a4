// The verifier of logins of identity pools: who vouches for a token, and what is known of it then (made in
// cognito-identity/identities/login-verifier.ts).
import type { Maybe } from '../../core/maybe.ts'
import type { Json } from '../../wire/json-text.ts'

/** A token's claims, or what an opaque token's provider says of it. */
export type Claims = ReadonlyMap<string, Json>

/** Who vouches for a token, as the pool is configured. */
export type LoginSource =
  /** An OpenID Connect provider of the account's IAM. */
  | { readonly kind: 'oidc'; readonly arn: string }
  /** A SAML provider of the account's IAM. */
  | { readonly kind: 'saml'; readonly arn: string }
  /** A public provider, and the app that the token must be for. */
  | { readonly kind: 'public'; readonly name: string; readonly app: string }
  /** A user pool; `check`: it must be asked whether the user still exists and is signed in. */
  | {
      readonly kind: 'user-pool'
      readonly name: string
      readonly clientIds: readonly string[]
      readonly check: boolean
    }

/** A token that its provider vouches for. */
export interface LoginProof {
  readonly subject: string
  /** The audience that counts. */
  readonly audience: string
  /** Seconds since 1970; absent where the provider does not say. */
  readonly expiresAt?: number | undefined
  readonly claims: Claims
}

export type LoginRejection =
  | 'malformed'
  | 'issuer'
  | 'missing-claim'
  | 'audience'
  | 'expired'
  | 'not-yet'
  | 'signature'
  /** The provider says that the token is revoked, or its user is gone. */
  | 'revoked'
  /** The provider cannot be asked, now or as it is configured. */
  | 'unreachable'
  /** Nothing here verifies tokens of that provider. */
  | 'not-offered'

export interface RejectedLogin {
  readonly rejected: LoginRejection
  /** For the operator; of a missing claim, its name. */
  readonly detail: string
  /** Of an expired token: when, in seconds since 1970. */
  readonly expiresAt?: number
}

/** Verifies tokens from outside, on behalf of the client at `address`. A promise where somebody has to be asked. */
export interface LoginVerifier {
  verify(
    account: string,
    source: LoginSource,
    token: string,
    now: Date,
    address: string,
  ): Maybe<LoginProof | RejectedLogin>
}
