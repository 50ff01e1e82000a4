// The one place where a verified proof becomes an identity: what trust policies decide on, what a session keeps, what
// revocations and the audit match.
import type { Identity, KeyNames } from '../core/identity.ts'
import { foldCase } from '../core/policy/casing.ts'
import { groupOf } from '../core/policy/variables.ts'
import type { ClaimValue, KeyClaims, ProofAttributes, VerifiedProof } from './proof.ts'

export type ProofIdentity = Extract<Identity, { readonly kind: 'proof' }>

/** The identity of a verified proof, with its session attributes. */
export function identityOfProof(proof: VerifiedProof, attributes: ProofAttributes): ProofIdentity {
  const { provider, subject, voucher, audience, expiresAt, ancestors } = proof
  // A null prototype: a tag may be called __proto__.
  const tags = Object.create(null) as Record<string, string>
  for (const { Key, Value } of attributes.tags) tags[Key] = Value
  const { wholeSession, trustPolicyOnly, unfilled } = conditionKeys(proof.conditionKeys())
  return {
    kind: 'proof',
    provider,
    subject,
    voucher,
    ...(audience === undefined ? {} : { audience }),
    ...(expiresAt === undefined ? {} : { notAfter: expiresAt }),
    ...(ancestors === undefined ? {} : { ancestors }),
    tags,
    transitive: attributes.transitive,
    ...(attributes.sourceIdentity === undefined ? {} : { sourceIdentity: attributes.sourceIdentity }),
    keys: wholeSession,
    trustPolicyOnly,
    unfilled,
  }
}

export interface ConditionKeys {
  /** Available to policies as long as the session lasts. */
  readonly wholeSession: ReadonlyMap<string, ClaimValue>
  /** Available to the trust policy alone. */
  readonly trustPolicyOnly: ReadonlyMap<string, ClaimValue>
  /** Keys of the provider whose absence says nothing. */
  readonly unfilled: KeyNames
}

/**
 * The condition keys of claims, lower-cased as the policy engine expects them.
 * INVARIANT: no claim passes for another, nor for one that the session keeps. Names end at the last colon, so one within a
 * name would let a claim pass for another provider's, or for AWS's own; and policies do not tell `Team` from `team`.
 */
export function conditionKeys({ prefix, absent = [], unread = [], others, ...claims }: KeyClaims): ConditionKeys {
  const start = foldCase(`${prefix}:`)
  const wholeSession = new Map<string, ClaimValue>()
  const trustPolicyOnly = new Map<string, ClaimValue>()
  /** Keys of claims that the proof has and of which nothing is known. */
  const unknown = new Set<string>()
  for (const [name, value] of claims.wholeSession) add(wholeSession, name, value)
  for (const name of unread) unknown.add(start + foldCase(name))
  for (const [name, value] of claims.trustPolicyOnly ?? []) add(trustPolicyOnly, name, value)

  function add(keys: Map<string, ClaimValue>, name: string, value: ClaimValue) {
    const key = start + foldCase(name)
    if (name.includes(':') || (keys === trustPolicyOnly && wholeSession.has(key))) unknown.add(key)
    else if (keys.has(key)) {
      keys.delete(key)
      unknown.add(key)
    } else if (!unknown.has(key)) keys.set(key, value)
  }

  if (others === 'absent') return { wholeSession, trustPolicyOnly, unfilled: unknown }
  const known = new Set(wholeSession.keys())
  for (const key of trustPolicyOnly.keys()) known.add(key)
  for (const name of absent) known.add(start + foldCase(name))
  return { wholeSession, trustPolicyOnly, unfilled: unknownOf(start, known) }
}

/**
 * The names under a provider's prefix but for these: AWS may fill them, today or tomorrow, and Hallpass does not.
 * INVARIANT: whatever a policy says of them cannot be evaluated, so that a Deny applies and an Allow does not.
 */
function unknownOf(prefix: string, known: ReadonlySet<string>): KeyNames {
  // Groups are looked for when a policy asks for one, and few do.
  const isGroup = (key: string) => key.endsWith('/') && [...known].some((member) => groupOf(member) === key)
  return { has: (key) => key.startsWith(prefix) && !known.has(key) && !isGroup(key) }
}
