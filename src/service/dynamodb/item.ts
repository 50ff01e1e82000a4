// Requests for one item: GetItem, PutItem, UpdateItem, DeleteItem, and the members of transactions (Amazon DynamoDB API Reference).
import type { AttributeValue, Item } from '../../core/dynamodb/attribute-value.ts'
import { keyText } from '../../core/dynamodb/attribute-value.ts'
import type { OperationOfExpressions } from '../../core/dynamodb/expression/parameters.ts'
import { andThen } from '../../core/maybe.ts'
import { type Access, ofTable, type Touched } from './access.ts'
import { type Expressions, type ReadExpressions, readExpressions } from './expressions.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import type { KeySchema, KnownSchema } from './schemas.ts'
import { type Table, tableNamed } from './table.ts'

/** What these inputs have in common. Exactly one of `Key` and `Item` is there. */
export interface ItemInput extends Expressions {
  readonly TableName?: string | undefined
  readonly Key?: Item | undefined
  readonly Item?: Item | undefined
  readonly ReturnValues?: string | undefined
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined
  readonly ReturnConsumedCapacity?: string | undefined
}

/** What the request says of the item: its table, its expressions, and the names that it has. */
export interface ItemRequest {
  readonly table: Table
  readonly read: ReadExpressions
  readonly named: readonly string[]
  /** The item itself where it is written whole, else its key. */
  readonly attributes: Item
}

export function itemRequest(input: ItemInput, { place }: Scene, operation?: OperationOfExpressions): ItemRequest {
  const attributes = input.Key ?? input.Item ?? {}
  const read = readExpressions(input, operation)
  return {
    table: tableNamed(input.TableName, place),
    read,
    attributes,
    named: [...new Set([...Object.keys(attributes), ...read.names])],
  }
}

/**
 * The value of the partition key in an item or key; undefined where the schema is not known, or the value is missing or of another
 * type: then nobody can say whose item is meant.
 */
export function leadingOf(schema: KnownSchema, attributes: Item): readonly string[] | undefined {
  if (typeof schema === 'string') return undefined
  const [{ name, type }] = schema.partition
  const text = keyText(ownValue(attributes, name), type)
  return text === undefined ? undefined : [text]
}

/** A name may be that of a property which every object has. */
export const ownValue = (item: Item, name: string): AttributeValue | undefined =>
  Object.hasOwn(item, name) ? item[name] : undefined

export interface LeadingValues {
  readonly leading?: readonly string[]
  readonly further?: readonly (readonly string[])[]
}

/** The values of each attribute of a partition key, in their order; nothing where one of them cannot be said. */
export function leadingValues(schema: KeySchema, values: readonly (readonly AttributeValue[])[]): LeadingValues {
  const texts = schema.partition.map(({ type }, at) => (values[at] ?? []).map((value) => keyText(value, type)))
  if (texts.some((each) => each.length === 0 || each.includes(undefined))) return {}
  const [leading, ...further] = texts as string[][]
  return leading === undefined ? {} : { leading, further }
}

export function touchedItem(
  { named, read }: ItemRequest,
  leading: readonly string[] | undefined,
  { ReturnConsumedCapacity = 'NONE' }: ItemInput,
  action: 'read' | 'write',
): Touched {
  return {
    ...(leading === undefined ? {} : { leading }),
    attributes: named,
    returnConsumedCapacity: ReturnConsumedCapacity,
    ...(action === 'write' ? {} : { select: read.isProjected ? 'SPECIFIC_ATTRIBUTES' : 'ALL_ATTRIBUTES' }),
  }
}

/**
 * What a write gives back. A condition that fails may give back the whole item as well, which is another way of asking for
 * ALL_OLD: where both are asked for, both must be allowed (AWS does not say how it decides on the second, outside transactions).
 */
export function returnedValues({
  ReturnValues = 'NONE',
  ReturnValuesOnConditionCheckFailure,
}: ItemInput): readonly string[] {
  if (ReturnValuesOnConditionCheckFailure !== 'ALL_OLD' || ReturnValues === 'ALL_OLD') return [ReturnValues]
  return ReturnValues === 'NONE' ? ['ALL_OLD'] : [ReturnValues, 'ALL_OLD']
}

/** The input as it is sent: the table by its name, the expressions printed anew. */
export const sentItem = <I extends ItemInput>(input: I, { table, read }: ItemRequest): I => ({
  ...input,
  ...read.printed,
  TableName: table.name,
})

function planOf(input: ItemInput, request: ItemRequest, accesses: readonly Access[]): Plan {
  const { table } = request
  return {
    accesses,
    at: table,
    sent: sentItem(input, request),
    tables: [table],
    showsOld: input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
  }
}

export const planRead: Planner<ItemInput> = (input, scene) => {
  const request = itemRequest(input, scene, 'GetItem')
  return andThen(scene.schemaOf(request.table), (schema) => {
    const touched = touchedItem(request, leadingOf(schema, request.attributes), input, 'read')
    return planOf(input, request, [{ ...ofTable('GetItem', request.table), touched }])
  })
}

export const planWrite =
  (action: 'PutItem' | 'UpdateItem' | 'DeleteItem'): Planner<ItemInput> =>
  (input, scene) => {
    const request = itemRequest(input, scene, action)
    return andThen(scene.schemaOf(request.table), (schema) => {
      const touched = touchedItem(request, leadingOf(schema, request.attributes), input, 'write')
      const accesses = returnedValues(input).map((returnValues) => ({
        ...ofTable(action, request.table),
        touched: { ...touched, returnValues },
      }))
      return planOf(input, request, accesses)
    })
  }
