// The contract of a kind of proof: it says whether a proof from outside is of its kind, and verifies it. A new kind is a
// file that meets this contract and a row in proof-kinds.ts.
import type { Ancestor, Voucher } from '../core/identity.ts'
import type { Maybe } from '../core/maybe.ts'
import type { Json } from '../wire/json-text.ts'
import type { InspectRejection } from './oauth/inspect.ts'
import { readToken, type TokenProblem, type UnverifiedToken } from './oidc/token.ts'
import type { TokenRejection } from './oidc/verify.ts'

/** A proof as its bearer sent it: nothing in it is verified. */
export interface GivenProof {
  /** The account whose registered providers may vouch for it. */
  readonly account: string
  readonly text: string
  /** The client's IP address: limits how often a provider is asked on behalf of one network. */
  readonly address: string
  /** The provider that its bearer names: ProviderId. */
  readonly providerId?: string | undefined
  /** The only provider that may vouch for it, where the caller knows which: a login of an identity pool. */
  readonly expected?: Expected | undefined
}

export interface Expected {
  /** ARN or name of the provider. */
  readonly provider: string
  /** The audiences that are accepted; absent where the provider's record lists them. */
  readonly audiences?: readonly string[]
}

export interface PresentedProof extends GivenProof {
  /** The text as a signed token, parsed once for all kinds. */
  readonly token: () => UnverifiedToken | { readonly problem: TokenProblem; readonly detail: string }
}

/** Why a proof is rejected. Each service has a table of its errors by reason: a reason without a row does not compile. */
export type ProofRejection =
  | TokenRejection
  | InspectRejection
  /** The account has registered no provider that could have issued it. */
  | 'no-provider'
  /** What it was issued for has changed since, or was revoked. */
  | 'stale'
  /** Issued by an identity pool that gives credentials in its enhanced flow alone. */
  | 'enhanced-flow'

export interface RejectedProof {
  readonly rejected: ProofRejection
  /** For the operator; of a missing claim, its name. */
  readonly detail: string
  /** Of an expired proof: when, in seconds since 1970. */
  readonly expiresAt?: number
}

export type ClaimValue = string | readonly string[]

/** The claims of a proof that become condition keys (proof-identity.ts makes the keys), by their names. */
export interface KeyClaims {
  /** The keys begin with this: the provider's name, its URL without the scheme. */
  readonly prefix: string
  /** Available to policies as long as the session lasts. */
  readonly lasting: ReadonlyMap<string, ClaimValue>
  /** Available to the trust policy alone. */
  readonly passing?: ReadonlyMap<string, ClaimValue>
  /** Claims that the proof could have and lacks: their keys are absent. */
  readonly absent?: readonly string[]
  /** Claims that the proof has and that become no key: nothing is known of them. */
  readonly unread?: readonly string[]
  /** Whether the proof is known to lack all other claims, or nothing is known of them. */
  readonly others: 'absent' | 'unknown'
}

/** The session tags and source identity that a proof sets. */
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
  /** Whom it was issued for; absent where the provider does not say. */
  readonly audience?: string
  /** Seconds since 1970; absent where the provider does not say. */
  readonly expiresAt?: number | undefined
  /** This server's credentials that it was issued from: revoking one of them revokes what descends from it. */
  readonly ancestors?: readonly Ancestor[] | undefined
  /** All that the provider says. */
  readonly claims: ReadonlyMap<string, Json>
  /** Computed only where an identity is made of the proof. */
  readonly keys: () => KeyClaims
  /** INVARIANT: a proof that sets limits of its session that are not understood is rejected. */
  readonly limits: () => ProofLimits | RejectedProof
}

/** A proof of a kind, as far as its text and its bearer say. */
export interface UnverifiedProof {
  /** INVARIANT: nobody is asked before the checks that cost nothing have passed; before the signature holds, only for keys. */
  readonly verify: (now: Date) => Maybe<VerifiedProof | RejectedProof>
}

export interface ProofKind {
  readonly name: string
  /** Undefined: not of this kind. Asks nobody, and believes nothing. */
  readonly read: (proof: PresentedProof) => UnverifiedProof | RejectedProof | undefined
  /** Whether tokens of this issuer are of this kind in every account, so that no account may register it. */
  readonly reserves?: (issuer: string) => boolean
}

/** Verifies a proof as the first kind that it is of; undefined when it is of none. */
export function verifyProof(
  kinds: readonly ProofKind[],
  given: GivenProof,
  now: Date,
): Maybe<VerifiedProof | RejectedProof | undefined> {
  const proof = presented(given)
  for (const { read } of kinds) {
    const unverified = read(proof)
    if (unverified === undefined) continue
    if ('rejected' in unverified) return unverified
    const audiences = given.expected?.audiences
    const verifying = unverified.verify(now)
    return audiences === undefined ? verifying : issuedForOneOf(audiences, verifying)
  }
  return undefined
}

/** INVARIANT: where the caller says whom a proof must be issued for, one for others is rejected, whatever its kind. */
async function issuedForOneOf(audiences: readonly string[], verifying: Maybe<VerifiedProof | RejectedProof>) {
  const outcome = await verifying
  if ('rejected' in outcome || (outcome.audience !== undefined && audiences.includes(outcome.audience))) return outcome
  return { rejected: 'audience', detail: `issued for ${outcome.audience ?? 'nobody in particular'}` } as const
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
