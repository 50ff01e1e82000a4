// Every operation of the services, called by AWS's own clients with random inputs and answered with random outputs:
// what the client meant is what is decoded, and what is answered is what the client gives its caller.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { splitTarget } from '../../src/core/http.ts'
import { decodeJson } from '../../src/wire/aws-json.ts'
import { decodeQuery } from '../../src/wire/aws-query.ts'
import { contractOf, findByAction, findByTarget, type OperationContract } from '../../src/wire/contract.ts'
import type { Decoded } from '../../src/wire/decoded.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { readForm } from '../../src/wire/form.ts'
import { answerBytes, errorBytes } from '../../src/wire/respond.ts'
import { decodeRest, findByPath } from '../../src/wire/rest-json.ts'
import { type ServiceName, serviceNames } from '../../src/wire/services.ts'
import { clientOf, type SentRequest } from './clients.ts'
import { anyLetters, randomFrom, structureOf, type Taste, xmlLetters } from './values.ts'

const rounds = 4
const requestId = '0190a3a3-0000-7000-8000-000000000001'

for (const service of serviceNames) {
  const contract = contractOf(service)
  const json = contract.protocol !== 'aws-query'

  describe(`${service}: the real client`, () => {
    it(`says and hears what is meant, ${contract.operationNames.length} operations, ${rounds} times each`, async () => {
      const random = randomFrom(20_110_615)
      const given: Taste = { random, letters: anyLetters, tick: json ? 1 : 1000, emptyObjects: json }
      const taken: Taste = { ...given, letters: json ? anyLetters : xmlLetters }
      let answer: object = {}
      let decoded: Decoded | undefined
      const client = clientOf(service, (request) => {
        const operation = identify(service, request)
        decoded = decode(operation, request)
        return answerBytes(operation, answer, requestId)
      })
      for (const name of contract.operationNames) {
        const operation = contract.operation(name)
        assert.ok(operation, name)
        for (let round = 0; round < rounds; round++) {
          const input: object = operation.input === undefined ? {} : structureOf(operation.input, given)
          answer = operation.output === undefined ? {} : structureOf(operation.output, taken)
          const heard = await client.call(name, input)
          assert.ok(decoded && 'input' in decoded, `${name}: ${JSON.stringify(decoded)}`)
          assert.deepEqual(withoutTokens(decoded.input, input), spelled(operation, input), name)
          assert.deepEqual(heard, answer, name)
        }
      }
    })

    it(`throws the class of each of ${contract.errorNames.length} modelled errors, with code, status and message`, async () => {
      const [name] = contract.operationNames as [string]
      const operation = contract.operation(name)
      const given: Taste = { random: randomFrom(1), letters: xmlLetters, tick: 1000, emptyObjects: false }
      for (const errorName of contract.errorNames) {
        const modelled = contract.error(errorName)
        assert.ok(modelled)
        const { code, status } = modelled
        const client = clientOf(service, () =>
          errorBytes(contract.protocol, new Refusal({ code, status, message: 'not <so> & "so"' }), requestId, {
            service: contract,
          }),
        )
        // What stands in the path cannot be left out.
        const input = operation?.input === undefined ? {} : structureOf(operation.input, given)
        const error = await client.call(name, input).then(
          () => assert.fail(`${errorName} was not thrown`),
          (thrown: unknown) => thrown as Error & { $metadata: { httpStatusCode: number; requestId: string } },
        )
        assert.equal(error.constructor, client.module[errorName], errorName)
        assert.equal(error.$metadata.httpStatusCode, status, errorName)
        assert.equal(error.$metadata.requestId, requestId, errorName)
        assert.equal(error.message, 'not <so> & "so"', errorName)
      }
    })
  })
}

/** What of an input can be said: an empty list of a query has no spelling. */
const spelled = ({ http }: OperationContract, input: object): object => {
  const parameters = new Set(http?.query.values())
  return Object.fromEntries(
    Object.entries(input).filter(
      ([name, value]) => !parameters.has(name) || (value as { length?: number }).length !== 0,
    ),
  )
}

/** The client makes up a token against repetition where it is given none. */
const withoutTokens = (decoded: object, given: object): object =>
  Object.fromEntries(
    Object.entries(decoded).filter(([name]) => name in given || !/^Client(Request)?Token$/i.test(name)),
  )

function identify(service: ServiceName, request: SentRequest): OperationContract {
  if (contractOf(service).protocol === 'rest-json') {
    const found = findByPath(service, request.method, splitTarget(request.target).path)
    assert.ok(found, request.target)
    return found
  }
  const target = request.headers['x-amz-target']
  const form = target === undefined ? readForm('', request.body) : undefined
  assert.ok(!(form instanceof Refusal))
  const operation =
    target === undefined ? findByAction(form?.get('Action') ?? '', form?.get('Version') ?? '') : findByTarget(target)
  assert.ok(operation)
  return operation
}

function decode(operation: OperationContract, { target, body }: SentRequest): Decoded {
  if (operation.protocol === 'rest-json') return decodeRest(operation, target, body)
  if (operation.protocol === 'aws-json') return decodeJson(operation, body)
  const form = readForm('', body)
  return form instanceof Refusal ? { refused: form } : decodeQuery(operation, form)
}
