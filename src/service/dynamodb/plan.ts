// What is done about a request once it is understood: what it touches, and what is sent in its place.
import type { Maybe } from '../../core/maybe.ts'
import type { Access } from './access.ts'
import type { AnswerChanges } from './changed-answer.ts'
import type { KnownSchema } from './schemas.ts'
import type { Place, Table } from './table.ts'

export type ShowsOld = boolean | readonly boolean[]

export interface Plan {
  /** All must be allowed. Never empty. */
  readonly accesses: readonly Access[]
  /** Whose backend, in which region: that of the tables. */
  readonly at: Place
  /** The operation's input as the backend gets it: tables by name, expressions printed anew. */
  readonly sent: object
  /** Further members of it, which are made once the request is allowed: to refuse one would tell of the table, or open what is sealed. */
  readonly onceAllowed?: () => object
  /** Tables that the request names: for the record, and for what is known of their keys. */
  readonly tables: readonly Table[]
  /**
   * Whether the caller may be told of an item that it did not read: a failed condition's (ReturnValuesOnConditionCheckFailure). Of a
   * transaction, for each of its members.
   */
  readonly showsOld?: ShowsOld
  /**
   * How the answer is passed on. Absent: as it comes. `arns`: read whole, with the ARNs that callers know. Else changed as it passes by.
   */
  readonly answered?: 'arns' | AnswerChanges
  /** It makes, changes or removes tables: what is known of their keys is forgotten. */
  readonly changesTables?: true
}

/** What a request is planned with. */
export interface Scene {
  /** Where the caller's tables are. */
  readonly place: Place
  readonly schemaOf: (table: Table) => Maybe<KnownSchema>
  /** What a resource of that table is called at the backend. */
  readonly arnAtBackend: (table: Table, arn: string) => Maybe<string>
}

export type Planner<I> = (input: I, scene: Scene) => Maybe<Plan>
