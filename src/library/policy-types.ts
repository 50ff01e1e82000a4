// The types of `hallpass/policy`. They are the package's own and frozen (docs/library-api.md): nothing of what stands beneath is named
// in them.

/** What a policy is attached to. */
export type PolicyKind = 'identity' | 'boundary' | 'session' | 'resource' | 'trust' | 'scp' | 'rcp'

/** A policy that was read: made by `parse`. */
export interface Policy {
  readonly kind: PolicyKind
  /** What decisions call it. */
  readonly source: string
  readonly text: string
}

export interface ParseOptions {
  /** Default: `identity`. */
  readonly kind?: PolicyKind
  /** What decisions call it: an ARN, a name. Default: `policy`. */
  readonly source?: string
}

/** Who asks, as policies see it. */
export interface Principal {
  /**
   * `arn:aws:iam::ACCOUNT:user/NAME`, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, `arn:aws:sts::ACCOUNT:federated-user/NAME`
   * or `arn:aws:iam::ACCOUNT:root`.
   */
  readonly arn: string
  /** Of an assumed role whose path is not `/`: the role's own ARN. */
  readonly roleArn?: string
  /** The unique id of the user or role, `AIDA…` or `AROA…`: for policies that name it. */
  readonly id?: string
}

/** A value of a condition key. `undefined` says that the request has no such key. */
export type ContextValue = string | number | boolean | Date | readonly string[] | undefined

/** Condition keys of a request, by name; the case of names does not matter. */
export interface Context {
  readonly [key: string]: ContextValue
}

/** Everything that applies to a request. A kind that is absent is not attached; an empty list allows nothing. */
export interface PolicySet {
  readonly identity?: readonly Policy[]
  readonly boundary?: Policy
  readonly session?: readonly Policy[]
  /** The resource's own, of the kind `resource`; of a role its trust policy, of the kind `trust`. */
  readonly resource?: Policy
  /** Of the organization above the principal's account: one list a level, the root's first. */
  readonly scps?: readonly (readonly Policy[])[]
  /** Of the organization above the resource's account. */
  readonly rcps?: readonly (readonly Policy[])[]
}

export interface DecideInput {
  /** `notes:Read` */
  readonly action: string
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string
  /** Absent: nobody that an account knows; only the resource's policy can then allow. */
  readonly principal?: Principal
  /** The account that owns the resource. Default: the one in its ARN, or else the principal's. */
  readonly resourceAccount?: string
  readonly context?: Context
  /**
   * Keys that the request may have and that you do not know; `aws:ResourceTag/` stands for all of a group. What depends on one of
   * them cannot be evaluated: a Deny then applies, an Allow does not.
   */
  readonly unknown?: readonly string[]
  readonly policies: PolicySet
}

/**
 * How a policy voted. `malformed`: something in it cannot be evaluated; a Deny then counts as matching. `unfinished`: the work that one
 * decision may take was used up before.
 */
export type Vote = 'allow' | 'deny' | 'silent' | 'malformed' | 'unfinished'

/** One policy's say. */
export interface Reason {
  readonly kind: PolicyKind
  readonly source: string
  readonly vote: Vote
  /** Index and Sid of the statement that decided, and where it begins in the policy's text (from 1). */
  readonly statement?: {
    readonly index: number
    readonly sid?: string
    readonly line: number
    readonly column: number
  }
}

export interface Decision {
  readonly allowed: boolean
  /** `explicit-deny`: a Deny matched. `implicit-deny`: nothing allows it. */
  readonly outcome: 'allow' | 'explicit-deny' | 'implicit-deny'
  /** The sentence that AWS would answer: `User: … is not authorized to perform: … because …`. Absent where it is allowed. */
  readonly message?: string
  /** The kind of policy that the sentence names. */
  readonly deniedBy?: PolicyKind
  /** Every policy's, in the order in which AWS weighs them. */
  readonly reasons: readonly Reason[]
}

/** Whether an element holds. `malformed`: it cannot be evaluated. */
export type Outcome = 'matched' | 'not matched' | 'malformed' | 'unfinished'

export interface ElementExplanation {
  readonly element: 'Principal' | 'NotPrincipal' | 'Action' | 'NotAction' | 'Resource' | 'NotResource'
  readonly outcome: Outcome
  readonly values: readonly string[]
}

export interface ConditionExplanation {
  readonly operator: string
  readonly key: string
  readonly outcome: Outcome
  /** Whether the request has the key. */
  readonly present: boolean
  /** What the policy asks for, and what the request has; left out where it is a secret (`sts:ExternalId`). */
  readonly values?: readonly string[]
  readonly actual?: string | readonly string[]
}

export interface StatementExplanation {
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly line: number
  readonly column: number
  readonly outcome: Outcome
  readonly elements: readonly ElementExplanation[]
  readonly conditions: readonly ConditionExplanation[]
}

export interface PolicyExplanation {
  readonly kind: PolicyKind
  readonly source: string
  readonly vote: Vote
  /** Why the whole text says nothing. */
  readonly malformed?: string
  /** Those that are about such an action. */
  readonly statements: readonly StatementExplanation[]
}

export interface Explanation {
  readonly decision: Decision
  readonly policies: readonly PolicyExplanation[]
}
