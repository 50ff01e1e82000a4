// A second reading of what a backend is sent, by none of the product's code: which tables, partition keys and attributes it touches.
// It takes texts apart by their signs alone; dynalite's parsers read the expressions once more.
import conditions from 'dynalite/db/conditionParser.js'
import projections from 'dynalite/db/projectionParser.js'
import updates from 'dynalite/db/updateParser.js'
import { readStatement } from './second-reading-statements.ts'
import { type Index, tables } from './tables.ts'

export interface Touch {
  readonly action: string
  readonly table: string
  readonly index?: string
  /** The values of each attribute of the partition key. `any`: nobody can say. */
  readonly keys: readonly (readonly string[])[] | 'any'
  /** Where a statement was read: whether it may reach items of a partition. */
  readonly reaches?: (partition: number, value: string) => boolean
  /** Every value that a statement compares with anything. */
  readonly mentioned?: ReadonlySet<string>
  readonly attributes: ReadonlySet<string>
  readonly select?: string
  /** What may come back of a write. */
  readonly returns?: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>
export type Value = Readonly<Record<string, unknown>>

/** A key's value as it is compared: text, the number's shortest form, base64. Undefined for what is no such key. */
export function keyOf(value: Value | undefined, type: 'S' | 'N' | 'B'): string | undefined {
  const members = Object.keys(value ?? {})
  if (value === undefined || members.length !== 1 || members[0] !== type) return undefined
  const text = String(value[type])
  if (text === '') return undefined
  return type === 'N' ? String(Number(text) + 0) : type === 'B' ? Buffer.from(text, 'base64').toString('base64') : text
}

/** The keys of an item, or of several. */
function keysOf(table: string, items: readonly Fields[]): Touch['keys'] {
  const schema = Object.hasOwn(tables, table) ? tables[table] : undefined
  if (schema === undefined) return 'any'
  const [[name, type] = ['', 'S' as const]] = schema.partition
  const values = items.map((item) => keyOf(Object.hasOwn(item, name) ? (item[name] as Value) : undefined, type))
  return values.includes(undefined) ? 'any' : [[...new Set(values as string[])]]
}

const keywords = /^(?:AND|OR|NOT|BETWEEN|IN|SET|REMOVE|ADD|DELETE)$/
/** Names that no point precedes and no parenthesis follows. */
const topLevel = /(?<![.#:\w])(#\w+|[A-Za-z_]\w*)(?!\w|\()/g

/** What comes before a sign in a name counts as named too: some backends read such a name as a path. */
export function closed(names: Iterable<string>, sign: RegExp): Set<string> {
  const all = new Set(names)
  for (const name of [...all]) {
    const end = name.search(sign)
    if (end > 0) all.add(name.slice(0, end))
  }
  return all
}

const expressionMembers = [
  'ProjectionExpression',
  'UpdateExpression',
  'ConditionExpression',
  'FilterExpression',
  'KeyConditionExpression',
  'SearchConditionExpression',
]
const legacyMembers = ['Expected', 'AttributeUpdates', 'KeyConditions', 'QueryFilter', 'ScanFilter']

/** How often dynalite's parsers have read what ours printed. */
export const agreed = { expressions: 0 }

function namesOf(fields: Fields, more: Iterable<string> = []): Set<string> {
  const names = new Set(more)
  const given = (fields.ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>
  for (const member of expressionMembers) {
    const text = fields[member]
    if (typeof text !== 'string') continue
    const own = new Set<string>()
    for (const [, word = ''] of text.matchAll(topLevel)) {
      if (keywords.test(word)) continue
      own.add(word.startsWith('#') ? (given[word] ?? `undefined ${word}`) : word)
    }
    const other = dynaliteNames(member, text, fields)
    if (other !== undefined) {
      agreed.expressions++
      if ([...other].sort().join() !== [...own].sort().join())
        throw new Error(`${member} ${text}: ${[...other]} or ${[...own]}`)
    }
    // A placeholder stands for one name, with any points in it.
    for (const name of closed(own, /\[/)) names.add(name)
  }
  const legacy = legacyMembers.flatMap((member) => Object.keys(fields[member] ?? {}))
  for (const name of closed([...legacy, ...((fields.AttributesToGet ?? []) as string[])], /[.[]/)) names.add(name)
  return names
}

/** The same by dynalite's parsers, where they take the expression at all: they are stricter about types and paths. */
function dynaliteNames(
  member: string,
  text: string,
  { ExpressionAttributeNames, ExpressionAttributeValues }: Fields,
): Set<string> | undefined {
  const parser = member === 'ProjectionExpression' ? projections : member === 'UpdateExpression' ? updates : conditions
  const context = {
    ...{
      attrNames: ExpressionAttributeNames,
      attrVals: ExpressionAttributeValues,
      unusedAttrNames: {},
      unusedAttrVals: {},
    },
    ...{ isReserved: () => false, compare: () => false },
  }
  let read: unknown
  try {
    read = parser.parse(text, { context })
  } catch (error) {
    throw new Error(`dynalite cannot read ${member} ${text}: ${error}`)
  }
  if (typeof read === 'string') return undefined
  const names = new Set<string>()
  const see = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (Array.isArray(node) && typeof node[0] === 'string' && node.every((step) => typeof step !== 'object'))
      names.add(node[0])
    else for (const [name, below] of Object.entries(node)) if (!['nestedPaths', 'pathHeads'].includes(name)) see(below)
  }
  see(read)
  return names
}

/** What a key condition holds the partition key to: it is a conjunction. */
function queried(
  { KeyConditionExpression: text, KeyConditions, ExpressionAttributeNames, ExpressionAttributeValues }: Fields,
  { partition }: Index,
) {
  const given = (ExpressionAttributeNames ?? {}) as Readonly<Record<string, string>>
  const values = (ExpressionAttributeValues ?? {}) as Readonly<Record<string, Value>>
  const pinned = new Map<string, Value[]>()
  const pin = (name: string, value: Value | undefined) => {
    if (value !== undefined) pinned.set(name, [...(pinned.get(name) ?? []), value])
  }
  if (typeof text === 'string') {
    for (const [, left = '', right = ''] of text.matchAll(/([#:]?\w+) = ([#:]?\w+)/g)) {
      const [name, value] = left.startsWith(':') ? [right, left] : [left, right]
      pin(name.startsWith('#') ? (given[name] ?? '') : name, values[value])
    }
  }
  for (const [name, condition] of Object.entries((KeyConditions ?? {}) as Readonly<Record<string, Fields>>)) {
    if (condition.ComparisonOperator === 'EQ') pin(name, (condition.AttributeValueList as Value[])[0])
  }
  const keys = partition.map(([name, type]) => (pinned.get(name) ?? []).map((value) => keyOf(value, type)))
  return keys.every((each) => each.length === 1 && each[0] !== undefined) ? (keys as string[][]) : ('any' as const)
}

function many(action: string, body: Fields): Touch {
  const table = String(body.TableName)
  const index = body.IndexName as string | undefined
  const schema = Object.hasOwn(tables, table) ? tables[table] : undefined
  const keys = index === undefined ? schema : schema?.indexes[index]
  const found = action === 'Query' && keys !== undefined ? queried(body, keys) : 'any'
  const start = body.ExclusiveStartKey as Readonly<Record<string, Value>> | undefined
  if (start !== undefined && keys !== undefined && found !== 'any') {
    for (const [at, [name, type]] of keys.partition.entries()) {
      if (keyOf(start[name], type) !== found[at]?.[0]) throw new Error('it goes on in another partition')
    }
  }
  const projected = body.ProjectionExpression !== undefined || body.AttributesToGet !== undefined
  const rest = projected ? 'SPECIFIC_ATTRIBUTES' : index === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES'
  return {
    action,
    table,
    ...(index === undefined ? {} : { index }),
    keys: found,
    attributes: namesOf(body),
    select: String(body.Select ?? rest),
  }
}

const selected = (body: Fields) =>
  body.ProjectionExpression !== undefined || body.AttributesToGet !== undefined
    ? 'SPECIFIC_ATTRIBUTES'
    : 'ALL_ATTRIBUTES'

function itemTouch(action: string, body: Fields): Touch {
  const item = (body.Key ?? body.Item) as Fields
  const table = String(body.TableName)
  const touch = { action, table, keys: keysOf(table, [item]), attributes: namesOf(body, Object.keys(item)) }
  if (action === 'GetItem') return { ...touch, select: selected(body) }
  const asked = new Set([
    String(body.ReturnValues ?? 'NONE'),
    ...(body.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? ['ALL_OLD'] : []),
  ])
  if (asked.size > 1) asked.delete('NONE')
  return { ...touch, returns: [...asked] }
}

const memberActions: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  ConditionCheck: 'ConditionCheckItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
}

type Requests = Readonly<Record<string, Fields>>

/** What a request touches, in its order. */
export function readSent(operation: string, body: Fields): readonly Touch[] {
  switch (operation) {
    case 'Query':
    case 'Scan':
      return [many(operation, body)]
    case 'SearchVectors': {
      const { table, attributes } = many(operation, body)
      const touch: Touch = { action: operation, table, keys: 'any', attributes }
      return [touch, { ...touch, index: String(body.IndexName) }]
    }
    case 'BatchGetItem':
      return Object.entries(body.RequestItems as Requests).map(([table, part]) => {
        const items = part.Keys as Fields[]
        const attributes = namesOf(
          part,
          items.flatMap((item) => Object.keys(item)),
        )
        return { action: operation, table, keys: keysOf(table, items), attributes, select: selected(part) }
      })
    case 'BatchWriteItem':
      return Object.entries(
        body.RequestItems as Readonly<Record<string, readonly Readonly<Record<string, Fields>>[]>>,
      ).map(([table, part]) => {
        const items = part.flatMap((request) => Object.values(request).map((one) => (one.Item ?? one.Key) as Fields))
        return {
          action: operation,
          table,
          keys: keysOf(table, items),
          attributes: new Set(items.flatMap((item) => Object.keys(item))),
        }
      })
    case 'TransactGetItems':
    case 'TransactWriteItems':
      return (body.TransactItems as readonly Requests[]).flatMap((member) =>
        Object.entries(member).map(([name, fields]) => itemTouch(memberActions[name] ?? name, fields)),
      )
    case 'ExecuteStatement':
      return [readStatement(body)]
    case 'BatchExecuteStatement':
      return (body.Statements as readonly Fields[]).map(readStatement)
    case 'ExecuteTransaction':
      return (body.TransactStatements as readonly Fields[]).map(readStatement)
    default:
      return [itemTouch(operation, body)]
  }
}
