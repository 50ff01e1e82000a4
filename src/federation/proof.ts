// The contract of whatever turns a proof from outside into an identity: a kind of proof says whether one is of its kind,
// and whether it holds. A further kind is a file that meets this and a row in kinds.ts.
import type { Ancestor, Voucher } from '../core/identity.ts'
import type { Maybe } from '../core/maybe.ts'
import type { Json } from '../wire/json-text.ts'
import type { InspectRejection } from './oauth/inspect.ts'
import { readToken, type TokenProblem, type Unverified } from './oidc/token.ts'
import type { TokenRejection } from './oidc/verify.ts'

/** A proof as it was handed over: nothing of it is believed. */
export interface GivenProof {
  /** The account whose providers are believed. */
  readonly account: string
  readonly text: string
  /** Of whoever brings it: what a provider is asked on their behalf is bounded by it. */
  readonly address: string
  /** Who vouches for it, in the words of its bearer: ProviderId. */
  readonly providerId?: string | undefined
  /** Who alone may vouch for it, where whoever asks has settled that. */
  readonly expected?: Expected | undefined
}

export interface Expected {
  /** ARN or name of the provider. */
  readonly provider: string
  /** Whom the proof may have been made for; absent where the provider's record says it. */
  readonly audiences?: readonly string[]
}

export interface PresentedProof extends GivenProof {
  /** The text as a signed token, read once for all kinds that ask. */
  readonly token: () => Unverified | { readonly problem: TokenProblem; readonly detail: string }
}

/** Why a proof is rejected. What each means to who sent it stands where it is refused: a reason without a row does not compile. */
export type ProofRejection =
  | TokenRejection
  | InspectRejection
  /** The account has no provider that it could be of. */
  | 'no-provider'
  /** What stood behind it is no more what it was, or was taken back. */
  | 'stale'
  /** Of an identity pool that gives credentials by its enhanced flow alone. */
  | 'enhanced-flow'

export interface RejectedProof {
  readonly rejected: ProofRejection
  /** For the operator; of a missing claim, its name. */
  readonly detail: string
  /** Of an expired proof: when, in seconds since 1970. */
  readonly expiresAt?: number
}

export type ClaimValue = string | readonly string[]

/** What policies may ask of a proof, by the names of claims. proof-identity.ts makes condition keys of them. */
export interface KeyClaims {
  /** What the keys begin with: the provider's name, its URL without the scheme. */
  readonly prefix: string
  /** What the session keeps. */
  readonly lasting: ReadonlyMap<string, ClaimValue>
  /** What the trust policy alone may ask for. */
  readonly passing?: ReadonlyMap<string, ClaimValue>
  /** Claims that the proof could have and does not. */
  readonly absent?: readonly string[]
  /** Claims that the proof has and that become no key: nothing is known of them. */
  readonly unread?: readonly string[]
  /** What is known of all other claims: that the proof lacks them, or nothing. */
  readonly others: 'absent' | 'unknown'
}

/** What limits and describes the session. */
export interface ProofLimits {
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  /** Keys of `tags` that outlive role chaining. */
  readonly transitive: readonly string[]
  readonly sourceIdentity: string | undefined
}

/** A proof that holds. */
export interface VerifiedProof {
  /** ARN or name of the provider that vouches: the Federated principal. */
  readonly provider: string
  readonly subject: string
  readonly voucher: Voucher
  /** Whom it was made for; absent where the provider does not say. */
  readonly audience?: string
  /** Seconds since 1970; absent where the provider does not say. */
  readonly expiresAt?: number | undefined
  /** The credentials of ours that it was had with. */
  readonly ancestors?: readonly Ancestor[] | undefined
  /** All that the provider says. */
  readonly claims: ReadonlyMap<string, Json>
  /** Asked where an identity is made of it, and else not worked out. */
  readonly keys: () => KeyClaims
  /** INVARIANT: a proof that means to limit its session and cannot be understood is rejected. */
  readonly limits: () => ProofLimits | RejectedProof
}

/** A proof that is of a kind, as far as its text and its bearer say. */
export interface UnprovenProof {
  /** INVARIANT: nothing is asked of anybody before what costs nothing holds, and nothing but keys before the signature does. */
  readonly verify: (now: Date) => Maybe<VerifiedProof | RejectedProof>
}

export interface ProofKind {
  readonly name: string
  /** Whose it is: undefined, not of this kind. Asks nobody, and believes nothing. */
  readonly read: (proof: PresentedProof) => UnprovenProof | RejectedProof | undefined
  /** Issuers whose tokens are of this kind in every account, so that no account may register them. */
  readonly reserves?: (issuer: string) => boolean
}

/** Verifies a proof by the first kind that it is of; undefined when it is of none. */
export function verifyProof(
  kinds: readonly ProofKind[],
  given: GivenProof,
  now: Date,
): Maybe<VerifiedProof | RejectedProof | undefined> {
  const proof = presented(given)
  for (const { read } of kinds) {
    const found = read(proof)
    if (found === undefined) continue
    if ('rejected' in found) return found
    const audiences = given.expected?.audiences
    return audiences === undefined ? found.verify(now) : forOneOf(audiences, found.verify(now))
  }
  return undefined
}

/** INVARIANT: where it is settled whom a proof must be made for, one for others holds nowhere, whatever its kind. */
async function forOneOf(audiences: readonly string[], verifying: Maybe<VerifiedProof | RejectedProof>) {
  const found = await verifying
  if ('rejected' in found || (found.audience !== undefined && audiences.includes(found.audience))) return found
  return { rejected: 'audience', detail: `made for ${found.audience ?? 'nobody in particular'}` } as const
}

function presented(given: GivenProof): PresentedProof {
  const { account, text, address, providerId, expected } = given
  let token: ReturnType<typeof readToken> | undefined
  return {
    account,
    text,
    address,
    providerId,
    expected,
    token() {
      token ??= readToken(text)
      return token
    },
  }
}
