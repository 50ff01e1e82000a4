// The contract of a kind of proof: it says whether a proof from outside is of its kind, and verifies it. A new kind is a
// file that meets this contract and a row in proof-kinds.ts.
import type { Ancestor, Voucher } from '../core/identity.ts'
import type { Maybe } from '../core/maybe.ts'
import type { Json } from '../wire/json-text.ts'
import type { InspectRejection } from './oauth/inspect.ts'
import { readToken, type TokenProblem, type UnverifiedToken } from './oidc/token.ts'
import type { TokenRejection } from './oidc/verify.ts'

/** What is handed over to be verified: a proof as its bearer sent it, and who may vouch for it. */
export interface ProofInput {
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

export interface ParsedProof extends ProofInput {
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

/** The claims of a proof that become condition keys, by their names: proof-identity.ts makes the keys. */
export interface KeyClaims {
  /** The keys begin with this: the provider's name, its URL without the scheme. */
  readonly prefix: string
  /** Available to policies as long as the session lasts. */
  readonly wholeSession: ReadonlyMap<string, ClaimValue>
  /** Available to the trust policy alone. */
  readonly trustPolicyOnly?: ReadonlyMap<string, ClaimValue>
  /** Claims that the proof could have and lacks: their keys are absent. */
  readonly absent?: readonly string[]
  /** Claims that are present, but not expressible as a key: conditions on them are unfilled. */
  readonly unread?: readonly string[]
  /** Whether the proof is known to lack all other claims, or nothing is known of them. */
  readonly others: 'absent' | 'unknown'
}

/** The session tags and source identity that a proof sets. */
export interface ProofAttributes {
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
  /** Who vouches for its bearer: see Voucher. */
  readonly voucher: Voucher
  /** Whom it was issued for; absent where the provider does not say. */
  readonly audience?: string
  /** Seconds since 1970; absent where the provider does not say. */
  readonly expiresAt?: number | undefined
  /** This server's credentials that it was issued from: revoking one of them revokes what descends from it. */
  readonly ancestors?: readonly Ancestor[] | undefined
  /** All that the provider says. */
  readonly claims: ReadonlyMap<string, Json>
  /** The claims behind the condition keys. Computed only where an identity is made of the proof. */
  readonly conditionKeys: () => KeyClaims
  /** INVARIANT: a proof with session tags or a source identity that cannot be parsed is rejected. */
  readonly sessionAttributes: () => ProofAttributes | RejectedProof
}

/** A proof of a kind, of which only the text was read. */
export interface UnverifiedProof {
  /** INVARIANT: no network call before the offline checks; before the signature is verified, only to fetch signing keys. */
  readonly verify: (now: Date) => Maybe<VerifiedProof | RejectedProof>
}

export interface ProofKind {
  readonly name: string
  /** Undefined: not of this kind. It makes no network call and trusts nothing that it reads. */
  readonly read: (proof: ParsedProof) => UnverifiedProof | RejectedProof | undefined
  /** Whether tokens of this issuer are of this kind in every account, so that no account may register it. */
  readonly reserves?: (issuer: string) => boolean
}

/** Verifies a proof as the first kind that it is of; undefined when it is of none. */
export function verifyProof(
  kinds: readonly ProofKind[],
  input: ProofInput,
  now: Date,
): Maybe<VerifiedProof | RejectedProof | undefined> {
  const proof = parsed(input)
  for (const { read } of kinds) {
    const unverified = read(proof)
    if (unverified === undefined) continue
    if ('rejected' in unverified) return unverified
    const audiences = input.expected?.audiences
    const verifying = unverified.verify(now)
    return audiences === undefined ? verifying : requireAudience(audiences, verifying)
  }
  return undefined
}

/** INVARIANT: where the caller says whom a proof must be issued for, one for others is rejected, whatever its kind. */
async function requireAudience(audiences: readonly string[], verifying: Maybe<VerifiedProof | RejectedProof>) {
  const outcome = await verifying
  if ('rejected' in outcome || (outcome.audience !== undefined && audiences.includes(outcome.audience))) return outcome
  return { rejected: 'audience', detail: `issued for ${outcome.audience ?? 'nobody in particular'}` } as const
}

function parsed(input: ProofInput): ParsedProof {
  const { account, text, address, providerId, expected } = input
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
