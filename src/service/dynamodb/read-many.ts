// Query, Scan and SearchVectors: requests for many items of a table or an index (Amazon DynamoDB API Reference).
import type { Item } from '../../core/dynamodb/attribute-value.ts'
import { keyText } from '../../core/dynamodb/attribute-value.ts'
import { andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { type Access, ofTable, type Select, type Touched } from './access.ts'
import { type Expressions, type ReadExpressions, readExpressions } from './expressions.ts'
import { type LeadingValues, leadingValues, ownValue } from './item.ts'
import type { Plan, Planner } from './plan.ts'
import { type KeySchema, keysOf } from './schemas.ts'
import { isIndexName, type Table, tableNamed } from './table.ts'

export interface ManyInput extends Expressions {
  readonly TableName?: string | undefined
  readonly IndexName?: string | undefined
  readonly Select?: string | undefined
  readonly ExclusiveStartKey?: Item | undefined
  readonly ReturnConsumedCapacity?: string | undefined
}

/** What is returned of each item: `Select` always has a value for policies. */
function selected({ Select, IndexName }: ManyInput, { isProjected }: ReadExpressions): Select {
  if (Select !== undefined) return Select as Select
  if (isProjected) return 'SPECIFIC_ATTRIBUTES'
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES'
}

const touchedMany = (input: ManyInput, read: ReadExpressions, values: LeadingValues): Touched => ({
  ...values,
  attributes: [...read.names],
  select: selected(input, read),
  returnConsumedCapacity: input.ReturnConsumedCapacity ?? 'NONE',
})

/** The table, or the index alone where one is named (Developer Guide, fine-grained access control, example 5). */
function accessTo(action: string, table: Table, index: string | undefined): Access {
  if (index === undefined || isIndexName(index)) return ofTable(action, table, index)
  throw validationError('aws-json', `The table does not have the specified index: ${index}`)
}

function planOf(input: ManyInput, table: Table, read: ReadExpressions, access: Access): Plan {
  return { accesses: [access], at: table, sent: { ...input, ...read.printed, TableName: table.name }, tables: [table] }
}

export const planQuery: Planner<ManyInput> = (input, scene) => {
  const table = tableNamed(input.TableName, scene.place)
  const read = readExpressions(input, 'Query')
  const access = accessTo('Query', table, input.IndexName)
  return andThen(scene.schemaOf(table), (schema) => {
    const keys = keysOf(schema, input.IndexName)
    const values = keys === undefined ? {} : queried(keys, read)
    const { ExclusiveStartKey: start, ...rest } = input
    const plan = planOf(rest, table, read, { ...access, touched: touchedMany(input, read, values) })
    if (start === undefined) return plan
    return { ...plan, onceAllowed: () => ({ ExclusiveStartKey: sameStart(keys, start, values) }) }
  })
}

/** The values that the key condition pins the partition key to. */
function queried(keys: KeySchema, read: ReadExpressions): LeadingValues {
  const pinned = read.pins(keys.partition.map(({ name }) => name))
  if (pinned === undefined) return {}
  return leadingValues(
    keys,
    pinned.map((value) => [value]),
  )
}

/**
 * INVARIANT: a query goes on where it began: a start key of another partition is not sent. Nor is it told before the query is allowed:
 * whoever may not query would learn what the key of a table is, and whether the table is there.
 */
function sameStart(keys: KeySchema | undefined, start: Item, { leading, further = [] }: LeadingValues): Item {
  if (keys === undefined || leading === undefined) return start
  const wanted = [leading, ...further].map(([value]) => value)
  const given = keys.partition.map(({ name, type }) => keyText(ownValue(start, name), type))
  if (given.some((value, at) => value !== wanted[at])) {
    throw validationError(
      'aws-json',
      'The provided starting key is outside query boundaries based on provided conditions',
    )
  }
  return start
}

/** A scan touches every item: it has no leading keys. */
export const planScan: Planner<ManyInput> = (input, scene) => {
  const table = tableNamed(input.TableName, scene.place)
  const read = readExpressions(input, 'Scan')
  const access = accessTo('Scan', table, input.IndexName)
  const touched = touchedMany(input, read, {})
  return planOf(input, table, read, { ...access, touched })
}

/**
 * It returns items and tests attributes, and AWS gives it no condition keys at all: conditions on items do not bound it, so that it
 * needs a grant without them, for the table and the index.
 */
export const planSearchVectors: Planner<ManyInput> = (input, scene) => {
  const table = tableNamed(input.TableName, scene.place)
  const read = readExpressions(input)
  const access = ofTable('SearchVectors', table)
  const ofIndex = accessTo('SearchVectors', table, input.IndexName)
  const plan = planOf(input, table, read, access)
  return ofIndex.resource === table.arn ? plan : { ...plan, accesses: [access, ofIndex] }
}
