// Asks a backend for a table's key schema (Amazon DynamoDB API Reference, DescribeTable).
import type { KeyType } from '../../core/dynamodb/attribute-value.ts'
import { BackendFailure } from '../backend-failure.ts'
import type { Backend } from '../contracts/backends.ts'
import { readWhole } from './answer.ts'
import type { KeyAttribute, KeySchema, TableSchema } from './schemas.ts'

/** Longer than any description: 20 indexes, 2,500 replicas' worth of text. */
const longestDescription = 1024 * 1024

/**
 * The schema of a table; undefined where the backend has no such table. Rejects when it does not answer, or answers what is no
 * description of that table.
 */
export async function describeTable(
  backend: Backend,
  table: string,
  signal: AbortSignal,
): Promise<TableSchema | undefined> {
  const target = 'DynamoDB_20120810.DescribeTable'
  const answer = await backend.send({ target, body: JSON.stringify({ TableName: table }), signal, reads: true })
  const text = await readWhole(answer, longestDescription)
  const parsed = parse(text)
  if (answer.status === 200) return schemaOf(asObject(asObject(parsed).Table), table)
  const code = String(asObject(parsed).__type).replace(/^.*#/, '')
  if (code === 'ResourceNotFoundException') return undefined
  throw new BackendFailure('garbled', true, `DescribeTable was answered ${answer.status} ${code}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return wrong('no JSON')
  }
}

function schemaOf(table: Fields, name: string): TableSchema {
  if (table.TableName !== name) return wrong('another table')
  const types = new Map(
    asList(table.AttributeDefinitions).map((each) => {
      const { AttributeName, AttributeType } = asObject(each)
      return [asText(AttributeName), keyType(AttributeType)] as const
    }),
  )
  const indexes = [...asList(table.GlobalSecondaryIndexes ?? []), ...asList(table.LocalSecondaryIndexes ?? [])].map(
    (each) => {
      const { IndexName, KeySchema } = asObject(each)
      return [asText(IndexName), keysOf(KeySchema, types)] as const
    },
  )
  const own = keysOf(table.KeySchema, types)
  if (own.partition.length > 1 || own.sort.length > 1) return wrong('a table with several keys')
  const backendArn = typeof table.TableArn === 'string' ? table.TableArn : undefined
  return { ...own, indexes: new Map(indexes), backendArn }
}

function keysOf(schema: unknown, types: ReadonlyMap<string, KeyType>): KeySchema {
  const partition: KeyAttribute[] = []
  const sort: KeyAttribute[] = []
  for (const each of asList(schema)) {
    const { AttributeName, KeyType: role } = asObject(each)
    const name = asText(AttributeName)
    const type = types.get(name) ?? wrong('a key without a type')
    if (role === 'HASH') partition.push({ name, type })
    else if (role === 'RANGE') sort.push({ name, type })
    else wrong('a key of no kind')
  }
  const [first, ...further] = partition
  if (first === undefined) return wrong('no partition key')
  return { partition: [first, ...further], sort }
}

type Fields = Readonly<Record<string, unknown>>

const asObject = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : wrong('no object')
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : wrong('no list'))
const asText = (value: unknown): string => (typeof value === 'string' ? value : wrong('no text'))
const keyType = (value: unknown): KeyType =>
  value === 'S' || value === 'N' || value === 'B' ? value : wrong('a key of no type')

function wrong(what: string): never {
  throw new BackendFailure('garbled', true, `the answer to DescribeTable has ${what} where it should be`)
}
