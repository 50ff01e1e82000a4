// For every operation of DynamoDB and every member that the model has: what is not listed is refused by the whole server, and so is what
// the model does not have, what is misspelled and what stands twice. Nothing of it reaches the backend.
import { deepEqual, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isListed } from '../../src/service/dynamodb/members.ts'
import { samples } from '../../src/service/dynamodb/testing/samples.ts'
import { contractOf } from '../../src/wire/contract.ts'
import type { Shape, StructureShape } from '../../src/wire/shape.ts'
import { dynamodbServer } from './dynamodb-kit.ts'
import { askDynamodb } from './dynamodb-requests.ts'

const server = await dynamodbServer()
const services = ['dynamodb', 'dynamodb-streams'] as const

/** A place in an input: the members that lead there, and the structure that stands there. */
interface Place {
  readonly path: readonly string[]
  readonly shape: StructureShape
}

/** Every structure of an input, once in each way that leads there; what is unlisted leads nowhere. */
function* placesIn(shape: Shape | undefined, path: readonly string[] = []): Generator<Place> {
  if (shape?.kind === 'list') yield* placesIn(shape.item, path)
  if (shape?.kind === 'map') yield* placesIn(shape.value, path)
  if (shape?.kind !== 'structure') return
  yield { path, shape }
  // An attribute's value contains itself.
  if (shape.name === 'AttributeValue') return
  for (const { name, shape: below } of shape.members)
    if (isListed(shape.name, name)) yield* placesIn(below, [...path, name])
}

/** Values that the model asks a form of. */
const formed: Readonly<Record<string, unknown>> = {
  TableName: 'Table',
  IndexName: 'Index',
  TargetTableName: 'Restored',
  ExclusiveStartTableName: 'Table',
  AttributeType: 'S',
  BackupName: 'nightly',
  S3Bucket: 'bucket',
  S3BucketOwner: '111122223333',
  Delimiter: ',',
}

/** The least that the model takes: required members alone. */
function least(shape: Shape, name = ''): unknown {
  if (Object.hasOwn(formed, name)) return formed[name]
  switch (shape.kind) {
    case 'string':
      return shape.values?.[0] ?? 'a'.repeat(Math.max(3, shape.min ?? 0))
    case 'integer':
      return Math.max(1, shape.min ?? 1)
    case 'double':
    case 'timestamp':
      return 1
    case 'boolean':
      return true
    case 'blob':
      return 'AQ=='
    case 'list':
      return Array.from({ length: shape.min ?? 0 }, () => least(shape.item, name.replace(/s$/, '')))
    case 'map':
      return {}
    case 'structure':
      if (shape.name === 'AttributeValue') return { S: 'a' }
      return Object.fromEntries(
        shape.members
          .filter(({ required }) => required)
          .map((member) => [member.name, least(member.shape, member.name)]),
      )
  }
}

type Fields = Record<string, unknown>

/** An input with a structure at the place, which `change` makes; whatever leads there is made where the sample has none. */
function withChange(
  shape: Shape,
  given: unknown,
  [next, ...path]: readonly string[],
  change: (fields: Fields) => Fields,
): unknown {
  if (shape.kind === 'list') {
    const [first = least(shape.item), ...others] = (given ?? []) as unknown[]
    return [withChange(shape.item, first, next === undefined ? [] : [next, ...path], change), ...others]
  }
  if (shape.kind === 'map') {
    const [[key, first] = ['Table', least(shape.value)], ...others] = Object.entries(given ?? {})
    return Object.fromEntries([
      [key, withChange(shape.value, first, next === undefined ? [] : [next, ...path], change)],
      ...others,
    ])
  }
  if (shape.kind !== 'structure') throw new TypeError('a way leads through structures')
  const fields = (given ?? least(shape)) as Fields
  if (next === undefined) return change(fields)
  const member = shape.members.find(({ name }) => name === next)
  if (member === undefined) throw new TypeError(`no member ${next}`)
  return { ...fields, [next]: withChange(member.shape, fields[next], path, change) }
}

const twice = '\u0001twice\u0001'
/** JSON, in which a member whose value is marked stands twice. */
const textOf = (value: unknown) =>
  JSON.stringify(value).replace(/"([^"]+)":"\\u0001twice\\u0001"/g, '"$1":null,"$1":null')

const ways: readonly {
  readonly what: string
  readonly code: string
  /** The fields with what is wrong; undefined where the shape offers nothing to misspell. */
  readonly change: (fields: Fields, shape: StructureShape) => Fields | undefined
}[] = [
  {
    what: 'a member that is in no model',
    code: 'AccessDeniedException',
    change: (fields) => ({ ...fields, Surprise: 'x' }),
  },
  { what: 'the same, of null', code: 'AccessDeniedException', change: (fields) => ({ ...fields, Surprise: null }) },
  {
    what: 'a misspelled one',
    code: 'AccessDeniedException',
    change(fields, { members: [member] }) {
      return member === undefined ? undefined : { ...fields, [member.name.toLowerCase()]: 'x' }
    },
  },
  {
    what: 'one that stands twice',
    code: 'SerializationException',
    change(fields, { members: [member] }) {
      return member === undefined ? undefined : { ...fields, [member.name]: twice }
    },
  },
]

let count = 0
async function sent(service: (typeof services)[number], operation: string, input: string) {
  count++
  return askDynamodb(server.port, { keys: server.root, now: server.now(), service, operation, input })
}

for (const service of services) {
  for (const operation of contractOf(service).operationNames) {
    const input = contractOf(service).operation(operation)?.input
    const given = samples[service][operation]?.[0]
    if (input === undefined) continue
    if (given === undefined) {
      test(`${operation} is not offered, whatever it is given`, async () => {
        for (const { shape, path } of placesIn(input)) {
          const { code } = await sent(
            service,
            operation,
            textOf(withChange(input, undefined, path, (fields) => fields)),
          )
          deepEqual([shape.name, code], [shape.name, 'UnknownOperationException'])
        }
      })
      continue
    }
    describe(operation, () => {
      test('refuses every member of the model that is not listed', async () => {
        for (const { shape, path } of placesIn(input)) {
          for (const { name, shape: below } of shape.name === 'AttributeValue' ? [] : shape.members) {
            if (isListed(shape.name, name)) continue
            const changed = withChange(input, given, path, (fields) => ({ ...fields, [name]: least(below, name) }))
            const { code, message } = await sent(service, operation, textOf(changed))
            const says = `Hallpass does not pass on the member ${[...path, name].join('.')} of ${operation}: docs/gateway.md says what it does`
            deepEqual([code, message], ['AccessDeniedException', says])
          }
        }
      })
      for (const { what, code: expected, change } of ways) {
        test(`refuses ${what}, at every place`, async () => {
          for (const { shape, path } of placesIn(input)) {
            if (change({}, shape) === undefined) continue
            const changed = withChange(input, given, path, (fields) => change(fields, shape) ?? fields)
            const { code, message } = await sent(service, operation, textOf(changed))
            deepEqual([path.join('.'), code], [path.join('.'), expected], message)
          }
        })
      }
    })
  }
}

test('and nothing of it reached the backend', (context) => {
  context.diagnostic(`${count} requests`)
  ok(count > 500)
  deepEqual(
    server.backend.seen
      .filter(({ target }) => !target.endsWith('.DescribeTable'))
      .map(({ target, body }) => `${target} ${body}`),
    [],
  )
  deepEqual(server.reported, [])
})
