// Reads all that a request, or a member of a transaction, says in expressions and in the parameters that were there before them: which
// attributes it names, what it pins the key to, and the same expressions printed anew.
// INVARIANT: what is sent to the backend is printed from the tree that was decided on: two readings of one text cannot differ.
import type { AttributeValue, Item } from '../../core/dynamodb/attribute-value.ts'
import { parseCondition } from '../../core/dynamodb/expression/condition.ts'
import { pinnedValues, wrongKeyCondition } from '../../core/dynamodb/expression/key-condition.ts'
import {
  type LegacyCondition,
  type LegacyParameters,
  legacyNames,
  legacyPins,
} from '../../core/dynamodb/expression/legacy.ts'
import { topLevelNames } from '../../core/dynamodb/expression/names.ts'
import { type OperationOfExpressions, wrongTogether } from '../../core/dynamodb/expression/parameters.ts'
import { printCondition, printProjection, printUpdate } from '../../core/dynamodb/expression/print.ts'
import { parseProjection } from '../../core/dynamodb/expression/projection.ts'
import type { ConditionKind, Parsed } from '../../core/dynamodb/expression/reading.ts'
import { readSubstitutions, type Substitutions } from '../../core/dynamodb/expression/substitutions.ts'
import type { Condition, Projection, Update } from '../../core/dynamodb/expression/tree.ts'
import { parseUpdate } from '../../core/dynamodb/expression/update.ts'
import { validationError } from '../../wire/errors.ts'

type Conditions = { readonly [K in ConditionKind]?: string | undefined }

/** The members of any operation's input that say which attributes are read, tested or written. */
export interface Expressions extends Conditions, LegacyParameters {
  readonly ProjectionExpression?: string | undefined
  readonly UpdateExpression?: string | undefined
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
  readonly ExpressionAttributeValues?: Item | undefined
}

export interface ReadExpressions {
  /** Top-level names of all attributes that are named. */
  readonly names: ReadonlySet<string>
  /** Whether it says which attributes are returned. */
  readonly isProjected: boolean
  /** The expressions, printed anew. */
  readonly printed: Readonly<Record<string, string>>
  /** The values that the key condition pins these attributes to; undefined unless each is pinned, once. */
  readonly pins: (attributes: readonly string[]) => readonly AttributeValue[] | undefined
}

const conditionKinds: readonly ConditionKind[] = [
  'FilterExpression',
  'ConditionExpression',
  'KeyConditionExpression',
  'SearchConditionExpression',
]

type Tree = Condition | Projection | Update

/** `operation`: whose parameters may stand together; a member of a transaction has none that may not. Throws ValidationException. */
export function readExpressions(input: Expressions, operation?: OperationOfExpressions): ReadExpressions {
  const together = operation === undefined ? undefined : wrongTogether(operation, input)
  if (together !== undefined) throw validationError('aws-json', together)
  const read = readSubstitutions(input.ExpressionAttributeNames, input.ExpressionAttributeValues)
  if ('wrong' in read) throw validationError('aws-json', read.wrong)
  const { substitutions } = read
  const names = legacyNames(input)
  const printed: Record<string, string> = {}
  const take = <T extends Tree>(member: string, parsed: T, print: (tree: T) => string): T => {
    for (const name of topLevelNames(parsed)) names.add(name)
    printed[member] = print(parsed)
    return parsed
  }
  const { ProjectionExpression, UpdateExpression } = input
  if (ProjectionExpression !== undefined) {
    take('ProjectionExpression', well(parseProjection(ProjectionExpression, substitutions)), printProjection)
  }
  if (UpdateExpression !== undefined) {
    take('UpdateExpression', well(parseUpdate(UpdateExpression, substitutions)), printUpdate)
  }
  let keyCondition: Condition | undefined
  for (const kind of conditionKinds) {
    const text = input[kind]
    if (text === undefined) continue
    const condition = take(kind, well(parseCondition(kind, text, substitutions)), printCondition)
    if (kind === 'KeyConditionExpression') keyCondition = condition
  }
  requireAllUsed(substitutions)
  const unkeyed = keyCondition === undefined ? undefined : wrongKeyCondition(keyCondition)
  if (unkeyed !== undefined) throw validationError('aws-json', unkeyed)
  const isProjected = ProjectionExpression !== undefined || input.AttributesToGet !== undefined
  return { names, isProjected, printed, pins: (attributes) => pinned(keyCondition, input.KeyConditions, attributes) }
}

function well<T>(read: Parsed<T>): T {
  if ('wrong' in read) throw validationError('aws-json', read.wrong)
  return read.parsed
}

/** INVARIANT: a placeholder that no expression uses is not sent: a backend might read it. */
function requireAllUsed(substitutions: Substitutions): void {
  const unused = substitutions.unused()
  if (unused !== undefined) throw validationError('aws-json', unused)
}

function pinned(
  condition: Condition | undefined,
  legacy: LegacyParameters['KeyConditions'],
  attributes: readonly string[],
) {
  const values =
    condition === undefined ? legacyPins((legacy ?? {}) as Record<string, LegacyCondition>) : pinnedValues(condition)
  const all = attributes.map((name) => values.get(name))
  return all.every((value) => value !== undefined) ? all : undefined
}
