// The shapes policies are decided with. Parsing, compiling and deciding live beside this file; what they answer to is
// AWS's policy evaluation logic (IAM User Guide, "Policy evaluation logic" and "IAM JSON policy element reference").
import type { KeyNames, Keys } from '../identity.ts'

/** All seven kinds of policy that can take part in one decision. */
export type PolicyKind = 'identity' | 'boundary' | 'session' | 'resource' | 'trust' | 'scp' | 'rcp'

/**
 * The requester as Principal elements see it.
 *
 * `arns` and `ids` hold every name a Principal element can match it by, each with the reach that AWS gives it: an
 * assumed-role session is matched by its session ARN (`exact`), its role's ARN or unique id (`principal`) and its
 * account (`account`). What a resource policy grants to `exact` or `*` bypasses implicit denies of identity, boundary
 * and session policies; what it grants to `principal` bypasses identity policies' alone (for users: boundaries' too);
 * what it grants to `account` bypasses nothing. A role's trust policy bypasses identity policies at most.
 */
export interface Requester {
  readonly kind: 'root' | 'user' | 'role-session' | 'federated-user' | 'service' | 'federated' | 'anonymous'
  /** Absent for services, web identities and anonymous callers. */
  readonly account?: string
  /** What messages print after `User: `, and what GetCallerIdentity answers. */
  readonly arn?: string
  /** ARN of the role or user behind a session, or the user's own: `aws:PrincipalArn`. */
  readonly principalArn?: string
  /** AROA… or AIDA… of the same. Trust policies hold principals by this id. */
  readonly principalId?: string
  /** Service principal name, or the federated provider's ARN or host name. */
  readonly name?: string
}

export interface AccessRequest {
  /** `service:Operation`, in AWS's spelling. */
  readonly action: string
  /** An ARN, or `*` for operations without a resource. */
  readonly resource: string
  /** Account that owns the resource. */
  readonly owner: string
  readonly requester: Requester
  readonly keys: Keys
  /** The requester's own policies must allow as well, also where the resource's policy names it in its own account. */
  readonly bothSides?: true
  /**
   * Keys that AWS fills for this action and Hallpass does not, folded; `aws:resourcetag/` stands for all of a group.
   * Conditions on an absent one of them cannot be evaluated: a Deny counts as matching, an Allow as not.
   */
  readonly unfilled?: KeyNames
}

/** A parsed and compiled document. Opaque outside core/policy: made by compile(), read by decide() and explain(). */
export interface Compiled {
  readonly kind: PolicyKind
  /** ARN or name to report: a managed policy's ARN, `inline:<name>`, `PolicyInputList.1`. */
  readonly source: string
  readonly statements: readonly CompiledStatement[]
  /** Set when the document could not be understood at all; it then grants nothing and, where it could deny, denies. */
  readonly malformed?: string
  /** Offset in the text at which that was found. */
  readonly malformedAt?: number
}

export interface CompiledStatement {
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** Offsets of the statement's first and one past its last character in the text it was compiled from. */
  readonly start: number
  readonly end: number
}

/** Everything that applies to one request. An absent member means that no such policy is attached. */
export interface Applicable {
  readonly identity: readonly Compiled[]
  readonly boundary?: Compiled
  /** Present (perhaps empty) when the session was issued with session policies; federated users without any get []. */
  readonly session?: readonly Compiled[]
  /** The resource's policy; kind `trust` for a role's. */
  readonly resource?: Compiled
  /** Service control policies of the requester's account, one list a level, root first. Empty: not in an organization. */
  readonly scps: readonly (readonly Compiled[])[]
  /** Resource control policies of the owner's account, one list a level, root first. */
  readonly rcps: readonly (readonly Compiled[])[]
}

/** `unfinished`: the request's allowance of work was used up before the policy had been gone through. */
export type Vote = 'allow' | 'deny' | 'silent' | 'malformed' | 'unfinished'

/** One policy's say. `owner` is the account whose operator may read it (traces are split by account). */
export interface Because {
  readonly kind: PolicyKind
  readonly vote: Vote
  readonly owner: string
  readonly policy?: string
  readonly statement?: number
}

export interface Decision {
  readonly allow: boolean
  /** A Deny statement matched (or a broken one counted as matching). */
  readonly explicit: boolean
  readonly because: readonly Because[]
  /** The allowance of work was used up: whatever was not gone through by then counted against the request. */
  readonly unfinished?: true
  /** For a refusal: the kind of policy that AWS's sentence names. */
  readonly blame?: PolicyKind
}
