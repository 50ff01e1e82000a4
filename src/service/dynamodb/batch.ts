// BatchGetItem and BatchWriteItem: the batch's own action for each table (Service Authorization Reference). A Deny of PutItem does not
// stop a BatchWriteItem, at AWS as here.
import type { Item } from '../../core/dynamodb/attribute-value.ts'
import { allOf, andThen } from '../../core/maybe.ts'
import { validationError } from '../../wire/errors.ts'
import { type Access, ofTable, type Touched } from './access.ts'
import { type Expressions, readExpressions } from './expressions.ts'
import { leadingOf } from './item.ts'
import type { Plan, Planner, Scene } from './plan.ts'
import type { KnownSchema } from './schemas.ts'
import { type Table, tableNamed } from './table.ts'
import { tablesAsGiven } from './tables-as-given.ts'

interface Batch<R> {
  readonly RequestItems?: Readonly<Record<string, R>> | undefined
  readonly ReturnConsumedCapacity?: string | undefined
}

interface KeysAndAttributes extends Expressions {
  readonly Keys?: readonly Item[] | undefined
}

interface WriteRequest {
  readonly PutRequest?: { readonly Item?: Item | undefined } | undefined
  readonly DeleteRequest?: { readonly Key?: Item | undefined } | undefined
}

/** What a batch says of one table, as it was given and as it is sent. */
interface Part {
  readonly given: string
  readonly table: Table
  readonly items: readonly Item[]
  readonly touched: Touched
  readonly sent: object
}

export const planBatchGet: Planner<Batch<KeysAndAttributes>> = (input, scene) =>
  planBatch('BatchGetItem', input, scene, (keys) => {
    const read = readExpressions(keys, 'BatchGetItem')
    const items = keys.Keys ?? []
    return {
      items,
      sent: { ...keys, ...read.printed },
      touched: {
        attributes: namesOf(items, read.names),
        select: read.isProjected ? 'SPECIFIC_ATTRIBUTES' : 'ALL_ATTRIBUTES',
      },
    }
  })

export const planBatchWrite: Planner<Batch<readonly WriteRequest[]>> = (input, scene) =>
  planBatch('BatchWriteItem', input, scene, (requests) => {
    const items = requests.map(written)
    return { items, sent: requests, touched: { attributes: namesOf(items, []) } }
  })

/** Exactly one of the two is there: a request with both would be decided on one and done as the other. */
function written({ PutRequest, DeleteRequest }: WriteRequest): Item {
  if ((PutRequest === undefined) === (DeleteRequest === undefined)) {
    throw validationError('aws-json', 'Supplied WriteRequest must contain exactly one of PutRequest or DeleteRequest')
  }
  return PutRequest?.Item ?? DeleteRequest?.Key ?? {}
}

const namesOf = (items: readonly Item[], more: Iterable<string>): readonly string[] => [
  ...new Set([...items.flatMap((item) => Object.keys(item)), ...more]),
]

function planBatch<R>(
  action: 'BatchGetItem' | 'BatchWriteItem',
  input: Batch<R>,
  scene: Scene,
  partOf: (request: R) => Omit<Part, 'given' | 'table'>,
) {
  const parts = Object.entries(input.RequestItems ?? {}).map(
    ([given, request]): Part => ({ given, table: tableNamed(given, scene.place), ...partOf(request) }),
  )
  requireOneBackend(parts.map(({ table }) => table))
  return andThen(allOf(parts.map(({ table }) => scene.schemaOf(table))), (schemas): Plan => {
    const returnConsumedCapacity = input.ReturnConsumedCapacity ?? 'NONE'
    const accesses = parts.map(({ table, items, touched }, at): Access => {
      const leading = leadingOfAll(schemas[at] ?? 'unknown', items)
      const whole = { ...touched, returnConsumedCapacity, ...(leading === undefined ? {} : { leading }) }
      return { ...ofTable(action, table), touched: whole }
    })
    const RequestItems = Object.fromEntries(parts.map(({ table, sent }) => [table.name, sent]))
    const byArn = parts.filter(({ given, table }) => given !== table.name)
    return {
      accesses,
      at: parts[0]?.table ?? scene.place,
      sent: { ...input, RequestItems },
      tables: parts.map(({ table }) => table),
      ...(byArn.length === 0
        ? {}
        : { answered: tablesAsGiven(new Map(byArn.map(({ given, table }) => [table.name, given]))) }),
    }
  })
}

/** Every item's; nothing unless each can be said. */
function leadingOfAll(schema: KnownSchema, items: readonly Item[]) {
  const all = items.map((item) => leadingOf(schema, item)?.[0])
  return all.includes(undefined) ? undefined : [...new Set(all as string[])]
}

/**
 * A table stands once in a request, whether by name or by ARN: else what was decided on one would be done in another, or in one of two
 * orders.
 */
function requireOneBackend(tables: readonly Table[]): void {
  requireOnePlace(tables)
  if (new Set(tables.map(({ arn }) => arn)).size < tables.length) {
    throw validationError('aws-json', 'A table stands twice in one request, by name and by ARN')
  }
}

/** One request goes to one backend. DIVERGES: AWS takes tables of several accounts in one batch. */
export function requireOnePlace(tables: readonly Table[]): void {
  const [first] = tables
  if (first === undefined) throw validationError('aws-json', 'The request names no table')
  if (tables.some(({ account, region }) => account !== first.account || region !== first.region)) {
    throw validationError('aws-json', 'All tables of one request must be of one account and region')
  }
}
