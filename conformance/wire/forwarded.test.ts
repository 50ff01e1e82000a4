// Every operation that is passed on, with random inputs: what is read is what is written, and one member that the contract does not
// have is refused, at every place where it has any.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJson, encodeInput } from '../../src/wire/aws-json.ts'
import { contractOf, type OperationContract } from '../../src/wire/contract.ts'
import { forwardedOf, serviceNames } from '../../src/wire/services.ts'
import type { Shape, StructureShape } from '../../src/wire/shape.ts'
import { everyMember, valueFor } from '../clients/watched-input.ts'
import { anyLetters, randomFrom, structureOf, type Taste } from './values.ts'

const rounds = 20

const operations = serviceNames
  .filter((name) => forwardedOf(name) !== undefined)
  .flatMap((name) => contractOf(name).operationNames.map((operation) => contractOf(name).operation(operation)))
  .filter((operation) => operation !== undefined)

/** The value as JSON has it, by no code of ours: bytes base64, times in seconds. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

const decoded = (operation: OperationContract, json: unknown) =>
  decodeJson(operation, Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)))

/** Every structure of a JSON value, with the shape that it is of and where it stands. */
function* structuresIn(
  json: unknown,
  shape: Shape,
  path = '',
): Generator<{ readonly at: Record<string, unknown>; readonly shape: StructureShape; readonly path: string }> {
  if (shape.kind === 'list') for (const item of json as unknown[]) yield* structuresIn(item, shape.item, path)
  if (shape.kind === 'map')
    for (const item of Object.values(json as object)) yield* structuresIn(item, shape.value, path)
  if (shape.kind !== 'structure') return
  const at = json as Record<string, unknown>
  yield { at, shape, path }
  for (const { name, shape: member } of shape.members) {
    if (at[name] !== undefined) yield* structuresIn(at[name], member, `${path}${name}.`)
  }
}

it('there are operations that are passed on', () => assert.equal(operations.length, 66))

describe('what is read is what is written', () => {
  const random = randomFrom(20_120_810)
  const taste: Taste = { random, letters: anyLetters, tick: 1, emptyObjects: true }
  for (const operation of operations) {
    const { name, input: shape } = operation
    if (shape === undefined) continue
    it(name, () => {
      for (let round = 0; round < rounds; round++) {
        const input = structureOf(shape, taste)
        const text = encodeInput(operation, input)
        assert.deepEqual(JSON.parse(text), plain(input))
        const read = decoded(operation, text)
        assert.ok('input' in read, JSON.stringify(read))
        assert.deepEqual(read.input, input)
        assert.equal(encodeInput(operation, read.input), text)
      }
    })
  }
})

describe('a member more than the contract has is refused wherever it stands', () => {
  for (const operation of operations) {
    const { name, input: shape } = operation
    it(name, () => {
      const whole = plain(shape === undefined ? {} : valueFor('', shape, {}, true))
      const places = shape === undefined ? [] : [...structuresIn(whole, shape)]
      const reached = new Set(places.flatMap((place) => place.shape.members.map((member) => place.path + member.name)))
      for (const member of shape === undefined ? [] : everyMember(shape)) assert.ok(reached.has(member), member)
      assert.ok('input' in decoded(operation, whole))
      for (const { at, shape: of, path } of places) {
        for (const member of ['Unlisted', ...of.members.map((one) => one.name.toLowerCase())]) {
          for (const value of [null, 1, {}]) {
            if (member in at) continue
            at[member] = value
            const read = decoded(operation, whole)
            delete at[member]
            assert.ok('refused' in read, `${path}${member}`)
            const { code, message } = read.refused
            const said = `Hallpass does not know the member ${path}${member} of ${name}`
            assert.deepEqual([code, message], ['AccessDeniedException', said])
          }
        }
      }
    })
  }
})
