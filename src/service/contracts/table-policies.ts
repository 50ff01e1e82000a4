// Policies of DynamoDB's tables and streams, as requests are decided by them. Made by service/dynamodb/, for it and for the server that
// puts everything together.
import type { Maybe } from '../../core/maybe.ts'
import type { Compiled } from '../../core/policy/model.ts'

/** What has a policy: a table, or one of its streams. */
export interface PolicyPlace {
  readonly account: string
  readonly region: string
  readonly table: string
  /** A stream's label; '' for the table itself. */
  readonly stream: string
}

/** What is in force there. */
export interface InForce {
  readonly compiled: Compiled | undefined
  /** Differs when anything has changed that a decision depends on. */
  readonly stamp: string
  /** Whether an owner would be shown a policy. */
  readonly isThere: boolean
}

/** Both reject when the store cannot be read: nobody is let in by a policy that is not known. */
export interface TablePolicies {
  /** By ARN: undefined for what has no policy. */
  of(arn: string): Maybe<Compiled | undefined>
  inForce(place: PolicyPlace): Maybe<InForce>
}
