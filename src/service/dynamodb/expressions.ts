// Reads all that a request, or a member of a transaction, says in expressions and in the parameters that were there before them: which
// attributes it names, what it pins the key to, and the same expressions printed anew.
// INVARIANT: what is sent to the backend is printed from the tree that was decided on: two readings of one text cannot differ.
import type { AttributeValue, Item } from '../../core/dynamodb/attribute-value.ts'
import { type ConditionKind, parseCondition } from '../../core/dynamodb/expression/condition.ts'
import { type Legacy, readLegacy } from '../../core/dynamodb/expression/legacy.ts'
import { topLevelNames } from '../../core/dynamodb/expression/names.ts'
import { pinnedKeys } from '../../core/dynamodb/expression/pinned.ts'
import { printCondition, printProjection, printUpdate } from '../../core/dynamodb/expression/print.ts'
import { parseProjection } from '../../core/dynamodb/expression/projection.ts'
import { readSubstitutions } from '../../core/dynamodb/expression/substitutions.ts'
import { parseUpdate } from '../../core/dynamodb/expression/update.ts'
import { validationError } from '../../wire/errors.ts'

/** The members of any operation's input that are expressions. */
export interface Expressions {
  readonly ProjectionExpression?: string | undefined
  readonly FilterExpression?: string | undefined
  readonly ConditionExpression?: string | undefined
  readonly KeyConditionExpression?: string | undefined
  readonly UpdateExpression?: string | undefined
  readonly SearchConditionExpression?: string | undefined
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
  readonly ExpressionAttributeValues?: Item | undefined
}

export interface Read {
  /** Top-level names of all attributes that are named. */
  readonly names: ReadonlySet<string>
  /** Whether it says which attributes are returned. */
  readonly isProjected: boolean
  /** The expressions, printed anew. */
  readonly printed: Expressions
  /** The values that the key condition pins these attributes to; undefined unless all of them are pinned, each once. */
  readonly pins: (attributes: readonly string[]) => readonly AttributeValue[] | undefined
}
