// A subject: a principal with everything that decides its requests; how one is found, and how callers are named. Types for
// all rooms: access makes them (access/subjects.ts, access/requester.ts).
import type { Maybe } from '../../core/maybe.ts'
import type { Compiled, Requester } from '../../core/policy/model.ts'
import type { Account, Role, Tag, User } from '../records.ts'

interface Holding {
  readonly account: Account
  /** Version of the principal's record: passes carry it, revocations name it. */
  readonly version: number
  readonly tags: readonly Tag[]
  readonly identity: readonly Compiled[]
  readonly boundary?: Compiled
  readonly scps: readonly (readonly Compiled[])[]
  readonly rcps: readonly (readonly Compiled[])[]
}

export type Subject =
  | (Holding & { readonly kind: 'root'; readonly id: string; readonly arn: string })
  | (Holding & { readonly kind: 'user'; readonly id: string; readonly arn: string; readonly record: User })
  | (Holding & {
      readonly kind: 'role'
      readonly id: string
      readonly arn: string
      readonly record: Role
      readonly trust: Compiled
    })

export interface SessionPolicy {
  /** ANPA… of a customer's policy, the ARN of an AWS-managed one. */
  readonly id: string
  readonly arn: string
  readonly compiled: Compiled
}

export interface Subjects {
  /** By account and unique id (the account id for root). A miss reads the store. */
  byId(account: string, id: string): Maybe<Subject | undefined>
  /** A role by account and name, without regard to case. */
  roleByName(account: string, name: string): Maybe<(Subject & { kind: 'role' }) | undefined>
  /** The default version of a managed policy as a session policy, by ARN, with the id under which a pass carries it. */
  sessionPolicyByArn(arn: string): Maybe<SessionPolicy | undefined>
  /** The same by that id, for a session of that account. */
  sessionPolicyById(account: string, id: string): Maybe<SessionPolicy | undefined>
}

/** How a caller is named: to the policy engine, in messages, by GetCallerIdentity. */
export interface CallerName {
  readonly requester: Requester
  /** `aws:PrincipalType`. */
  readonly type: 'Account' | 'User' | 'AssumedRole' | 'FederatedUser' | 'Anonymous'
  /** `aws:userid`, and GetCallerIdentity's UserId. */
  readonly userId: string
  /** `aws:username`: users alone have one. */
  readonly userName?: string
}
