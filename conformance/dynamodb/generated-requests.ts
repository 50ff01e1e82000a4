// Requests of every operation on items, in random spellings: expressions and the parameters before them, tables by name and by ARN, keys
// of all types, some of them wrong.
import {
  anyName,
  anyValue,
  blobs,
  chance,
  condition,
  numbers,
  Placeholders,
  path,
  pick,
  projection,
  type Random,
  scalar,
  texts,
  times,
  update,
  type Value,
  word,
} from './generated-expressions.ts'
import { statement } from './generated-statements.ts'
import { type Index, type TableOf, tables } from './tables.ts'

export const accounts = ['111122223333', '444455556666'] as const

export interface Generated {
  readonly operation: string
  readonly input: object
}

type Fields = Record<string, unknown>

/** A table's name, or its ARN in one of two accounts. */
function named(random: Random, name: string, account: string | undefined): string {
  if (account === undefined || (account === accounts[0] && chance(random, 0.5))) return name
  return `arn:aws:dynamodb:us-east-1:${account}:table/${name}`
}

const accountOf = (random: Random) => pick(random, [undefined, undefined, accounts[0], accounts[1]])
const tableOf = (random: Random) => pick(random, [...Object.keys(tables), 'Games', 'Games', 'Absent'])
const schemaOf = (name: string): TableOf => tables[name] ?? (tables.Games as TableOf)

const keyValue = (random: Random, type: 'S' | 'N' | 'B'): Value =>
  type === 'S' ? { S: pick(random, texts) } : type === 'N' ? { N: pick(random, numbers) } : { B: pick(random, blobs) }

function key(random: Random, table: TableOf): Fields {
  const fields = [...table.partition, ...(table.sort === undefined ? [] : [table.sort])].map(
    ([name, type]) => [name, chance(random, 0.95) ? keyValue(random, type) : anyValue(random)] as const,
  )
  return Object.fromEntries(fields.filter(() => chance(random, 0.97)))
}

const item = (random: Random, table: TableOf): Fields => ({
  ...key(random, table),
  ...Object.fromEntries(times(random, 0, 3, () => [anyName(random), anyValue(random)])),
  ...key(random, table),
})

const byName = (random: Random, make: () => unknown): Fields =>
  Object.fromEntries(times(random, 1, 3, () => [anyName(random), make()]))
const legacyCondition = (random: Random) => ({
  ComparisonOperator: pick(random, ['EQ', 'GE', 'NOT_NULL']),
  AttributeValueList: [scalar(random)],
})

const maybe = (random: Random, of: number, fields: () => object): object => (chance(random, of) ? fields() : {})

const returned = (random: Random): object => ({
  ...maybe(random, 0.3, () => ({
    ReturnValues: pick(random, ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']),
  })),
  ...maybe(random, 0.3, () => ({ ReturnValuesOnConditionCheckFailure: pick(random, ['ALL_OLD', 'NONE']) })),
})

function projected(random: Random, given: Placeholders | undefined): object {
  if (chance(random, 0.4)) return {}
  return given === undefined
    ? { AttributesToGet: times(random, 1, 3, () => anyName(random)) }
    : { ProjectionExpression: projection(random, given) }
}

/** A condition of a write, in either form. */
function conditioned(random: Random, given: Placeholders | undefined): object {
  if (chance(random, 0.4)) return {}
  if (given !== undefined) return { ConditionExpression: condition(random, given) }
  return { Expected: byName(random, () => (chance(random, 0.5) ? { Exists: false } : legacyCondition(random))) }
}

const expressions = (random: Random): Placeholders | undefined =>
  chance(random, 0.75) ? new Placeholders(random) : undefined

function getItem(random: Random): Fields {
  const name = tableOf(random)
  const given = expressions(random)
  const read = projected(random, given)
  return {
    TableName: named(random, name, accountOf(random)),
    Key: key(random, schemaOf(name)),
    ...read,
    ...given?.members(),
  }
}

const write =
  (operation: 'PutItem' | 'UpdateItem' | 'DeleteItem') =>
  (random: Random): Fields => {
    const name = tableOf(random)
    const given = expressions(random)
    const fields: Fields = { TableName: named(random, name, accountOf(random)), ...returned(random) }
    if (operation === 'PutItem') fields.Item = item(random, schemaOf(name))
    else fields.Key = key(random, schemaOf(name))
    if (operation === 'UpdateItem' && chance(random, 0.9)) {
      if (given !== undefined) fields.UpdateExpression = update(random, given)
      else fields.AttributeUpdates = byName(random, () => ({ Action: 'PUT', Value: anyValue(random) }))
    }
    return { ...fields, ...conditioned(random, given), ...given?.members() }
  }

/** A key condition, most of which pin the partition. */
function keyCondition(random: Random, given: Placeholders, { partition }: Index): string {
  const parts = partition.map(([name, type]) => {
    const value = given.value(chance(random, 0.95) ? keyValue(random, type) : scalar(random))
    const operator = chance(random, 0.93) ? '=' : pick(random, ['>', '<='])
    return chance(random, 0.8) ? `${given.name(name)} ${operator} ${value}` : `${value}${operator}${given.name(name)}`
  })
  if (chance(random, 0.4)) {
    const [lower, upper] = [given.value({ S: 'a' }), given.value({ S: 'z' })]
    const other = given.name(pick(random, ['Wins', 'n', 'Secret']))
    parts.push(
      pick(random, [
        `${other}${word(random, 'BETWEEN')}${lower}${word(random, 'AND')}${upper}`,
        `${other} > ${lower} AND _x < ${upper}`,
      ]),
    )
  }
  const text = (chance(random, 0.3) ? parts.toReversed() : parts).join(word(random, 'AND'))
  return chance(random, 0.2) ? `(${text})` : text
}

function many(random: Random, operation: 'Query' | 'Scan'): Fields {
  const name = tableOf(random)
  const table = schemaOf(name)
  const index = chance(random, 0.35) ? pick(random, [...Object.keys(table.indexes), 'NoIndex']) : undefined
  const keys = index === undefined ? table : (table.indexes[index] ?? table)
  const given = expressions(random)
  const fields: Fields = {
    TableName: named(random, name, accountOf(random)),
    ...(index === undefined ? {} : { IndexName: index }),
    ...maybe(random, 0.2, () => ({
      Select: pick(random, ['ALL_ATTRIBUTES', 'COUNT', 'SPECIFIC_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES']),
    })),
    ...projected(random, given),
  }
  if (operation === 'Query' && given !== undefined) fields.KeyConditionExpression = keyCondition(random, given, keys)
  if (operation === 'Query' && given === undefined) {
    fields.KeyConditions = Object.fromEntries(
      keys.partition.map(([attribute, type]) => [
        attribute,
        { ComparisonOperator: chance(random, 0.9) ? 'EQ' : 'GE', AttributeValueList: [keyValue(random, type)] },
      ]),
    )
  }
  if (chance(random, 0.4)) {
    if (given !== undefined) fields.FilterExpression = condition(random, given)
    else fields[operation === 'Query' ? 'QueryFilter' : 'ScanFilter'] = byName(random, () => legacyCondition(random))
  }
  if (chance(random, 0.15)) fields.ExclusiveStartKey = key(random, table)
  return { ...fields, ...given?.members() }
}

function batchGet(random: Random): Fields {
  const account = accountOf(random)
  const parts = times(random, 1, 3, () => {
    const name = tableOf(random)
    const given = expressions(random)
    const read = projected(random, given)
    const Keys = times(random, 1, 3, () => key(random, schemaOf(name)))
    return [named(random, name, account), { Keys, ...read, ...given?.members() }] as const
  })
  return { RequestItems: Object.fromEntries(parts) }
}

function batchWrite(random: Random): Fields {
  const account = accountOf(random)
  const parts = times(random, 1, 3, () => {
    const name = tableOf(random)
    const table = schemaOf(name)
    const requests = times(random, 1, 3, () =>
      chance(random, 0.5)
        ? { PutRequest: { Item: item(random, table) } }
        : { DeleteRequest: { Key: key(random, table) } },
    )
    return [named(random, name, account), requests] as const
  })
  return { RequestItems: Object.fromEntries(parts) }
}

function transactGet(random: Random): Fields {
  const account = accountOf(random)
  const TransactItems = times(random, 1, 3, () => {
    const name = tableOf(random)
    const given = new Placeholders(random)
    const read = projected(random, given)
    return {
      Get: { TableName: named(random, name, account), Key: key(random, schemaOf(name)), ...read, ...given.members() },
    }
  })
  return { TransactItems }
}

function transactWrite(random: Random): Fields {
  const account = accountOf(random)
  const TransactItems = times(random, 1, 4, () => {
    const name = tableOf(random)
    const table = schemaOf(name)
    const kind = pick(random, ['ConditionCheck', 'Put', 'Update', 'Delete'])
    const given = new Placeholders(random)
    const fields: Fields = { TableName: named(random, name, account) }
    if (kind === 'Put') fields.Item = item(random, table)
    else fields.Key = key(random, table)
    if (kind === 'Update') fields.UpdateExpression = update(random, given)
    if (kind === 'ConditionCheck' || chance(random, 0.4)) fields.ConditionExpression = condition(random, given)
    if (chance(random, 0.3)) fields.ReturnValuesOnConditionCheckFailure = 'ALL_OLD'
    return { [kind]: { ...fields, ...given.members() } }
  })
  return { TransactItems }
}

const one = (random: Random, account: string | undefined, kinds?: Parameters<typeof statement>[3]): Fields =>
  statement(random, (name) => named(random, name, account), tableOf, kinds)

const executeStatement = (random: Random): Fields => ({
  ...one(random, accountOf(random)),
  ...maybe(random, 0.2, () => ({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
})

function batchExecute(random: Random): Fields {
  const account = accountOf(random)
  return { Statements: times(random, 1, 3, () => one(random, account)) }
}

function executeTransaction(random: Random): Fields {
  const account = accountOf(random)
  const reads = chance(random, 0.4)
  const kinds = reads ? (['select'] as const) : (['exists', 'insert', 'update', 'delete'] as const)
  return { TransactStatements: times(random, 1, 3, () => one(random, account, kinds)) }
}

function searchVectors(random: Random): Fields {
  const given = new Placeholders(random)
  const read = projected(random, given)
  const search = maybe(random, 0.5, () => ({
    SearchConditionExpression: `${path(random, given)} = ${given.value(scalar(random))}`,
  }))
  return {
    ...{
      TableName: named(random, 'Games', accountOf(random)),
      IndexName: 'ByTitle',
      SearchVector: [{ N: '1' }],
      TopK: 1,
    },
    ...{ ...read, ...search, ...given.members() },
  }
}

export const makers: Readonly<Record<string, (random: Random) => Fields>> = {
  GetItem: getItem,
  PutItem: write('PutItem'),
  UpdateItem: write('UpdateItem'),
  DeleteItem: write('DeleteItem'),
  Query: (random) => many(random, 'Query'),
  Scan: (random) => many(random, 'Scan'),
  SearchVectors: searchVectors,
  BatchGetItem: batchGet,
  BatchWriteItem: batchWrite,
  TransactGetItems: transactGet,
  TransactWriteItems: transactWrite,
  ExecuteStatement: executeStatement,
  BatchExecuteStatement: batchExecute,
  ExecuteTransaction: executeTransaction,
}
