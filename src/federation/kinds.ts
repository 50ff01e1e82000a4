// The kinds of proof that are accepted, in the order in which they are tried. A new kind is a new row. No issuer and no
// provider belongs to two kinds.
import type { Inspector } from './oauth/inspect.ts'
import { oauthTokens } from './oauth/kind.ts'
import {
  appleTokens,
  type GoogleOptions,
  googleTokens,
  type KnownOwner,
  ownTokens,
  type RegisteredOptions,
  registeredTokens,
  userPoolTokens,
} from './oidc/kinds.ts'
import type { ProofKind } from './proof.ts'

export interface KindOptions extends RegisteredOptions {
  readonly inspector: Inspector
  readonly google: GoogleOptions
  readonly known: KnownOwner
  /** Kinds whose proofs this server issues and verifies itself: tokens of identity pools. */
  readonly given: readonly ProofKind[]
}

export const proofKinds = ({ inspector, google, known, given, ...options }: KindOptions): readonly ProofKind[] => [
  oauthTokens(inspector),
  googleTokens(google, options.verifying),
  ...given,
  ownTokens(options.isOwn),
  appleTokens(known, options.verifying),
  userPoolTokens(known, options.verifying),
  registeredTokens(options),
]
