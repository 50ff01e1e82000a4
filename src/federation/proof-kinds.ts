// The kinds of proof that are accepted, in the order in which they are tried. A new kind is a new row. No issuer and no
// provider belongs to two kinds.
import type { Inspector } from './oauth/inspect.ts'
import { oauthTokens } from './oauth/proof-kind.ts'
import {
  appleTokens,
  type GoogleOptions,
  googleTokens,
  type KeyOwnerOf,
  ownTokens,
  type RegisteredOptions,
  registeredTokens,
  userPoolTokens,
} from './oidc/proof-kinds.ts'
import type { ProofKind } from './proof.ts'

export interface ProofKindOptions extends RegisteredOptions {
  readonly inspector: Inspector
  readonly google: GoogleOptions
  readonly keyOwnerOf: KeyOwnerOf
  /** Kinds whose proofs this server issues and verifies itself: tokens of identity pools. */
  readonly issuedHere: readonly ProofKind[]
}

export const proofKinds = ({
  inspector,
  google,
  keyOwnerOf,
  issuedHere,
  ...options
}: ProofKindOptions): readonly ProofKind[] => [
  oauthTokens(inspector),
  googleTokens(google, options.verifying),
  ...issuedHere,
  ownTokens(options.isOwn),
  appleTokens(keyOwnerOf, options.verifying),
  userPoolTokens(keyOwnerOf, options.verifying),
  registeredTokens(options),
]
