// What verifies the logins of identity pools: who may be asked about a token, and what is answered (made in
// cognito-identity/identities/login-verifier.ts).
import type { Maybe } from '../../core/maybe.ts'
import type { Json } from '../../wire/json-text.ts'

/** A token's claims, or what an opaque token's provider says of it. */
export type Claims = ReadonlyMap<string, Json>

/** Who is to be asked about a token, as the pool is configured. */
export type LoginSource =
  /** An OpenID Connect provider of the account's IAM. */
  | { readonly kind: 'oidc'; readonly arn: string }
  /** A SAML provider of the account's IAM. */
  | { readonly kind: 'saml'; readonly arn: string }
  /** A public provider, and the app that the token must be for. */
  | { readonly kind: 'public'; readonly name: string; readonly app: string }
  /** A user pool: `check` when it is to be asked whether the user is still there and signed in. */
  | {
      readonly kind: 'user-pool'
      readonly name: string
      readonly clientIds: readonly string[]
      readonly check: boolean
    }

/** A token that its provider vouches for. */
export interface LoginProof {
  readonly subject: string
  /** The one audience that counts. */
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
  /** The provider says that the token, or its user, is no more. */
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

/** Verifies tokens from outside, which somebody at an address brings. A promise, but for what is at hand. */
export interface LoginVerifier {
  verify(
    account: string,
    source: LoginSource,
    token: string,
    now: Date,
    address: string,
  ): Maybe<LoginProof | RejectedLogin>
}
