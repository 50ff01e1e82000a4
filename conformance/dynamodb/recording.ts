// Requests through the operations to backends that note what they are sent.
import { equal } from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { Backend, BackendRequest, Backends } from '../../src/service/contracts/backends.ts'
import { dynamodbOperations } from '../../src/service/dynamodb/operations.ts'
import { createSchemas } from '../../src/service/dynamodb/schemas.ts'
import { planningParts } from '../../src/service/dynamodb/testing/parts.ts'
import type { Call, Check, Unsupported } from '../../src/service/operation.ts'
import type { AnyOperation } from '../../src/service/operations.ts'
import { decodeJson } from '../../src/wire/aws-json.ts'
import { contractOf } from '../../src/wire/contract.ts'
import { Refusal } from '../../src/wire/errors.ts'
import { validate } from '../../src/wire/validate.ts'
import { accounts } from './generated-requests.ts'
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

const planning = planningParts('unknown')
const rows: Readonly<Record<string, AnyOperation | Unsupported>> = dynamodbOperations({
  ...planning,
  ...{ backends, schemas: createSchemas(), subjects: { ...planning.subjects, byId: () => undefined } },
})
const call = {
  ...{ now: new Date('2026-11-29T12:00:00Z'), from: { region: 'us-east-1' }, signal: new AbortController().signal },
  identity: { kind: 'root', account: accounts[0], principal: accounts[0], accessKeyId: 'AKIAROOT' },
} as unknown as Call

/** What the policies were asked, and what then was sent; or the code of the refusal. */
export async function through(
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

/** The values of a key of a check, without `dynamodb:`. */
export const named = (check: Check, key: string): readonly string[] | undefined => {
  const value = check.keys?.get(`dynamodb:${key}`)
  return value === undefined ? undefined : typeof value === 'string' ? [value] : value
}
