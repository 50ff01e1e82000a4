// The lists of what is passed on against the model: nothing stale, nothing forgotten, and a sample of each operation.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeJson, encodeInput } from '../../wire/aws-json.ts'
import { contractOf } from '../../wire/contract.ts'
import type { Shape, StructureShape } from '../../wire/shape.ts'
import { validate } from '../../wire/validate.ts'
import { isListed, listedMembers, unlistedMember } from './members.ts'
import { dynamodbOperations, dynamodbStreamsOperations } from './operations.ts'
import { planningParts } from './testing/parts.ts'
import { samples } from './testing/samples.ts'

const services = ['dynamodb', 'dynamodb-streams'] as const
const parts = planningParts('unknown')
const tables = { dynamodb: dynamodbOperations(parts), 'dynamodb-streams': dynamodbStreamsOperations(parts) } as const

/** The structures of all inputs of both services, by name. */
const structures = new Map<string, StructureShape>()
function gather(shape: Shape | undefined): void {
  if (shape?.kind === 'list') gather(shape.item)
  if (shape?.kind === 'map') gather(shape.value)
  if (shape?.kind !== 'structure' || structures.has(shape.name)) return
  structures.set(shape.name, shape)
  for (const { shape: below } of shape.members) gather(below)
}
for (const service of services) {
  for (const name of contractOf(service).operationNames) gather(contractOf(service).operation(name)?.input)
}

test('what is listed is in the model', () => {
  const stale = [...listedMembers].flatMap(([name, members]) => {
    const shape = structures.get(name)
    const known = new Set(shape?.members.map((member) => member.name))
    return shape === undefined ? [name] : [...members].filter((member) => !known.has(member)).map((m) => `${name}.${m}`)
  })
  deepEqual(stale, [])
})

test('an unlisted member of any shape is found, and a listed one is not', () => {
  let count = 0
  for (const shape of structures.values()) {
    for (const { name, shape: below } of shape.name === 'AttributeValue' ? [] : shape.members) {
      const found = unlistedMember(shape, { [name]: below.kind === 'list' ? [] : {} })
      equal(found, isListed(shape.name, name) ? undefined : name)
      count++
    }
  }
  ok(count > 300, String(count))
})

describe('each operation that is passed on has a sample, whose checks are not empty', () => {
  for (const service of services) {
    for (const [name, operation] of Object.entries(tables[service])) {
      if ('unsupported' in operation) {
        test(`${name} is not passed on, for a reason`, () => {
          ok(operation.unsupported.length > 10)
          equal(samples[service][name], undefined)
        })
        continue
      }
      test(name, async () => {
        const given = samples[service][name] ?? []
        ok(given.length > 0)
        for (const input of given) {
          const contract = contractOf(service).operation(name)
          ok(contract !== undefined)
          const decoded = decodeJson(contract, Buffer.from(encodeInput(contract, input)))
          deepEqual(decoded, { input })
          equal(validate(contract, input), undefined)
          const call = { from: { region: 'us-east-1' }, identity: { kind: 'root', account: '111122223333' } }
          const target = await operation.load(input, call as never)
          const checks = operation.checks === 'always' ? [] : operation.checks(input, target, call as never)
          ok(checks.length > 0)
          for (const { action, resource, owner } of checks) {
            ok(/^(?:dynamodb|s3):[A-Z]\w+$/.test(action), action)
            ok(resource === '*' || /^arn:aws:(?:dynamodb|s3):/.test(resource), resource)
            equal(owner, '111122223333')
          }
        }
      })
    }
    test(`no sample of ${service} is of an operation that is not there`, () => {
      deepEqual(
        Object.keys(samples[service]).filter((name) => !Object.hasOwn(tables[service], name)),
        [],
      )
    })
  }
})
