// Decoders and validation are total: for any bytes, they answer an input or a refusal.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeJson } from './aws-json.ts'
import { decodeQuery } from './aws-query.ts'
import { contractOf, type OperationContract, type ServiceContract } from './contract.ts'
import type { Decoded } from './decoded.ts'
import { Refusal } from './errors.ts'
import { readForm } from './form.ts'
import { decodeRest } from './rest-json.ts'
import { validate } from './validate.ts'

const operationsOf = (contract: ServiceContract) =>
  contract.operationNames.map((name) => contract.operation(name)).filter((operation) => operation !== undefined)
const queryOperations = [...operationsOf(contractOf('sts')), ...operationsOf(contractOf('iam'))]
const jsonOperations = [...operationsOf(contractOf('organizations')), ...operationsOf(contractOf('cognito-identity'))]

const restOperations = (['eks', 'rolesanywhere'] as const).flatMap((name) => operationsOf(contractOf(name)))

const parts = [
  'member',
  'entry',
  'key',
  'value',
  'Key',
  'Value',
  '1',
  '2',
  '01',
  '0',
  '-1',
  '',
  '__proto__',
  'constructor',
]
const names = (operation: OperationContract) => operation.input?.members.map(({ name }) => name) ?? []
const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1', '-1', 'true', '', '1e9', '2147483648'))

function settle(operation: OperationContract, decoded: Decoded): void {
  if ('refused' in decoded) assert.ok(decoded.refused instanceof Refusal)
  else {
    assert.equal(Object.getPrototypeOf(decoded.input), Object.prototype)
    for (const name of Object.keys(decoded.input)) assert.ok(names(operation).includes(name), name)
    const refused = validate(operation, decoded.input)
    assert.ok(refused === undefined || refused instanceof Refusal)
  }
}

const settings = { seed: 20_100_508, numRuns: 300 } as const

describe('whatever is sent, the answer is an input or a refusal', () => {
  it('bytes as a form', () => {
    const run = (bytes: Uint8Array) => void readForm('', bytes)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), run), settings)
  })

  it('keys made of members and the parts of keys', () => {
    const requests = fc.constantFrom(...queryOperations).chain((operation) => {
      const head = fc.constantFrom(...names(operation), '__proto__', 'toString')
      const key = fc.tuple(head, fc.array(fc.constantFrom(...parts, ...names(operation)), { maxLength: 5 }))
      return fc.tuple(
        fc.constant(operation),
        fc.dictionary(
          key.map(([h, p]) => [h, ...p].join('.')),
          texts,
          { maxKeys: 12 },
        ),
      )
    })
    fc.assert(
      fc.property(requests, ([operation, fields]) => {
        settle(operation, decodeQuery(operation, new Map(Object.entries(fields))))
      }),
      settings,
    )
  })

  it('bytes as JSON', () => {
    const run = (bytes: Uint8Array) => {
      for (const operation of jsonOperations.slice(0, 3)) settle(operation, decodeJson(operation, bytes))
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), run), settings)
  })

  it('a path, a query and a body whose names are members', () => {
    const requests = fc.constantFrom(...restOperations).chain((operation) => {
      const name = fc.constantFrom(...names(operation), '__proto__', 'constructor')
      const text = fc.oneof(texts.map(encodeURIComponent), fc.constantFrom('%', '%ff', '%00', '..', ''))
      const query = fc.array(fc.tuple(name, text), { maxLength: 4 })
      return fc.tuple(
        ...([fc.constant(operation), fc.array(text, { minLength: 6, maxLength: 6 }), query] as const),
        fc.dictionary(name, fc.jsonValue({ maxDepth: 3 })),
      )
    })
    fc.assert(
      fc.property(requests, ([operation, path, query, body]) => {
        const target = `/${path.join('/')}?${query.map((pair) => pair.join('=')).join('&')}`
        settle(operation, decodeRest(operation, target, Buffer.from(JSON.stringify(body))))
      }),
      settings,
    )
  })

  it('JSON whose names are members', () => {
    const requests = fc.constantFrom(...jsonOperations).chain((operation) => {
      const name = fc.constantFrom(...names(operation), '__proto__', 'constructor')
      return fc.tuple(fc.constant(operation), fc.dictionary(name, fc.jsonValue({ maxDepth: 3 })))
    })
    fc.assert(
      fc.property(requests, ([operation, body]) => {
        settle(operation, decodeJson(operation, Buffer.from(JSON.stringify(body))))
      }),
      settings,
    )
  })
})
