// What was decided is what is sent: of random requests of every operation on items, the tables, partition keys and attributes that a
// second reading finds in what the backend got are those that the policies were asked about. Some thousands here, and as many as
// DYNAMODB_REQUESTS says (continuous integration: 100,000).
import { deepEqual, equal, fail, ok } from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { Backend, BackendRequest, Backends } from '../../src/service/contracts/backends.ts'
import { dynamodbOperations } from '../../src/service/dynamodb/operations.ts'
import { createSchemas } from '../../src/service/dynamodb/schemas.ts'
import { planningParts } from '../../src/service/dynamodb/testing/parts.ts'
import type { Call, Check, Unsupported } from '../../src/service/operation.ts'
import type { AnyOperation } from '../../src/service/operations.ts'
import { testVault } from '../../src/service/testing/operations-kit.ts'
import { decodeJson } from '../../src/wire/aws-json.ts'
import { contractOf } from '../../src/wire/contract.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { validate } from '../../src/wire/validate.ts'
import { randomFrom } from '../wire/values.ts'
import { accounts, makers } from './generated-requests.ts'
import { agreed, readSent, type Touch } from './second-reading.ts'
import { description } from './tables.ts'

/** A backend for each account, which notes what it is sent. */
const sent: { readonly account: string; readonly target: string; readonly body: string }[] = []
const backends: Backends = {
  find: (_service, account, region) => (region === 'us-east-1' ? recording.get(account) : undefined),
  serves: () => true,
}
const recording = new Map<string, Backend>(
  accounts.map((account) => [
    account,
    {
      name: `backend of ${account}`,
      async send({ target, body }: BackendRequest) {
        const describing = target.endsWith('.DescribeTable')
        if (!describing) sent.push({ account, target, body })
        const text = describing ? description(JSON.parse(body).TableName) : '{}'
        const answer = text ?? '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}'
        const status = text === undefined ? 400 : 200
        return {
          status,
          type: 'application/x-amz-json-1.0',
          length: Buffer.byteLength(answer),
          body: Readable.from([Buffer.from(answer)]),
        }
      },
    },
  ]),
)

const rows: Readonly<Record<string, AnyOperation | Unsupported>> = dynamodbOperations({
  ...planningParts('unknown'),
  ...{ backends, schemas: createSchemas(), vault: testVault },
})
const call = {
  ...{ now: new Date('2026-11-29T12:00:00Z'), from: { region: 'us-east-1' }, signal: new AbortController().signal },
  identity: { kind: 'root', account: accounts[0], principal: accounts[0], accessKeyId: 'AKIAROOT' },
} as unknown as Call

/** What the policies were asked, and what then was sent; or the code of the refusal. */
async function through(
  operation: string,
  text: string,
): Promise<{ checks: readonly Check[]; account: string; body: object } | string> {
  const contract = contractOf('dynamodb').operation(operation)
  const row: AnyOperation | Unsupported | undefined = rows[operation]
  if (contract === undefined || row === undefined || 'unsupported' in row || !('handle' in row))
    throw new TypeError(operation)
  try {
    const decoded = decodeJson(contract, Buffer.from(text))
    if ('refused' in decoded) throw decoded.refused
    const invalid = validate(contract, decoded.input)
    if (invalid !== undefined) throw invalid
    const target = await row.load(decoded.input, call)
    const checks = row.checks === 'always' ? [] : row.checks(decoded.input, target, call)
    const before = sent.length
    await row.handle(decoded.input, target, call, [])
    equal(sent.length, before + 1)
    const [last] = sent.splice(before)
    equal(last?.target, `DynamoDB_20120810.${operation}`)
    return { checks, account: last?.account ?? '', body: JSON.parse(last?.body ?? '') }
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`
    throw error
  }
}

const named = (check: Check, key: string): readonly string[] | undefined => {
  const value = check.keys?.get(`dynamodb:${key}`)
  return value === undefined ? undefined : typeof value === 'string' ? [value] : value
}
const further = ['leadingkeys', 'secondpartitionkeyvalues', 'thirdpartitionkeyvalues', 'fourthpartitionkeyvalues']
const sorted = (values: Iterable<string>) => [...values].sort()

/** Throws where a check is about something else than the touch. */
function agrees(touch: Touch, check: Check, account: string): void {
  const { action, table, index, keys, reaches, mentioned = new Set<string>(), attributes, select } = touch
  const arn = `arn:aws:dynamodb:us-east-1:${account}:table/${table}${index === undefined ? '' : `/index/${index}`}`
  deepEqual([check.action, check.resource, check.owner], [`dynamodb:${action}`, arn, account])
  const leading = named(check, 'leadingkeys')
  deepEqual(leading, named(check, 'firstpartitionkeyvalues'))
  equal(leading === undefined, check.unfilled?.includes('dynamodb:leadingkeys'), 'a key is filled, or said not to be')
  if (action === 'SearchVectors') {
    const asked = [leading, named(check, 'attributes'), check.unfilled?.includes('dynamodb:attributes')]
    deepEqual(asked, [undefined, undefined, true])
    return
  }
  deepEqual(sorted(named(check, 'attributes') ?? []), sorted(attributes))
  deepEqual(named(check, 'select'), select === undefined ? undefined : [select])
  if (reaches === undefined) {
    if (keys === 'any') equal(leading, undefined)
    else
      for (const [at, values] of keys.entries())
        deepEqual(sorted(named(check, further[at] ?? '') ?? []), sorted(values))
    return
  }
  // Of a statement: whatever it can reach was named, and nothing was named that it does not mention.
  if (action === 'PartiQLSelect') equal(check.keys?.get('dynamodb:fulltablescan'), String(leading === undefined))
  if (leading === undefined) return
  ok(keys !== 'any')
  for (let at = 0; named(check, further[at] ?? '') !== undefined; at++) {
    const values = new Set(named(check, further[at] ?? ''))
    for (const value of [...mentioned, 'a value that nobody mentions', '987654321']) {
      ok(values.has(value) || !reaches(at, value), `it reaches ${value}`)
    }
    for (const value of values) ok(mentioned.has(value), `it does not mention ${value}`)
  }
}

test('what the policies are asked is what is sent, by a second reading', async (context) => {
  const count = Number(process.env.DYNAMODB_REQUESTS ?? 2000)
  const random = randomFrom(20_261_129)
  const names = Object.keys(makers)
  const passed = new Map<string, number>()
  const filled = new Map<string, number>()
  const refusals = new Map<string, number>()
  for (let at = 0; at < count; at++) {
    const operation = names[at % names.length] ?? ''
    const text = JSON.stringify(makers[operation]?.(random))
    const result = await through(operation, text)
    if (typeof result === 'string') {
      const why = result.slice(0, 90)
      refusals.set(why, (refusals.get(why) ?? 0) + 1)
      ok(result.startsWith('ValidationException'), `${operation} ${text}: ${result}`)
      continue
    }
    try {
      const { checks, account, body } = result
      // Every table of a request is of one account: the ARN's, where any is given by ARN.
      equal(account, /arn:aws:dynamodb:us-east-1:(\d+)/.exec(text)?.[1] ?? accounts[0])
      const touches = readSent(operation, body as Readonly<Record<string, unknown>>)
      const expected = touches.flatMap((touch) =>
        (touch.returns ?? [undefined]).map((returned) => ({ touch, returned })),
      )
      equal(checks.length, expected.length)
      for (const [nth, { touch, returned }] of expected.entries()) {
        const check = checks[nth] as Check
        agrees(touch, check, account)
        const asked = named(check, 'returnvalues')?.[0]
        if (touch.action !== 'PartiQLInsert' && !operation.startsWith('BatchWrite')) equal(asked, returned)
        if (check.keys?.has('dynamodb:leadingkeys')) filled.set(operation, (filled.get(operation) ?? 0) + 1)
      }
      passed.set(operation, (passed.get(operation) ?? 0) + 1)
    } catch (error) {
      fail(
        `request ${at} ${operation} ${text}\nsent ${JSON.stringify(result.body)}\n${error instanceof Error ? error.stack : error}`,
      )
    }
  }
  context.diagnostic(
    names.map((name) => `${name} ${passed.get(name) ?? 0} passed on, ${filled.get(name) ?? 0} keys`).join('; '),
  )
  context.diagnostic(`dynalite read ${agreed.expressions} expressions`)
  for (const [why, n] of [...refusals].sort(([, a], [, b]) => b - a).slice(0, 12)) context.diagnostic(`${n} ${why}`)
  // Both ways must be walked, or nothing was compared.
  for (const name of names) {
    ok((passed.get(name) ?? 0) > count / names.length / 4, `${name} ${passed.get(name)}`)
    if (!['Scan', 'SearchVectors'].includes(name)) ok((filled.get(name) ?? 0) > 0, name)
  }
  ok(agreed.expressions > count / 20)
})
