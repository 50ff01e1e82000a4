// Whether a table or stream is there: its backend says.
import { andThen, type Maybe } from '../../core/maybe.ts'
import { modelled, Refusal } from '../../wire/errors.ts'
import { BackendFailure } from '../backend-failure.ts'
import type { Backend, Backends } from '../contracts/backends.ts'
import { readWhole } from './answer.ts'
import { asBackendKnows } from './arns.ts'
import { describeTable } from './describe-table.ts'
import type { Schemas } from './schemas.ts'
import type { Resource, Table } from './table.ts'

export interface ExistenceParts {
  readonly backends: Backends
  readonly schemas: Schemas
}

export type Existence = 'there' | 'absent' | 'unknown'

/** Nobody's going away ends a look-up that others may share: the backend's own deadline does. */
const unaborted = new AbortController().signal

/** What is known of a table's key, or of its absence. `asker`: who makes the request. */
export function schemaAt({ backends, schemas }: ExistenceParts, table: Table, now: Date, asker?: string) {
  const backend = backends.find('dynamodb', table.account, table.region)
  return backend === undefined
    ? 'absent'
    : schemas.of(backend.name, table.name, now, (name) => describeTable(backend, name, unaborted), asker)
}

export const tableThere = (parts: ExistenceParts, table: Table, now: Date): Maybe<Existence> =>
  andThen(schemaAt(parts, table, now), (known) => (typeof known === 'string' ? known : 'there'))

/** The same, asked of the backend now: what was known before is forgotten. */
export function tableThereNow(parts: ExistenceParts, table: Table, now: Date): Maybe<Existence> {
  const backend = parts.backends.find('dynamodb', table.account, table.region)
  if (backend !== undefined) parts.schemas.forget(backend.name, table.name)
  return tableThere(parts, table, now)
}

/** A stream's own: it stays for a day when its table is gone, and a table has had several. */
async function streamThere(parts: ExistenceParts, { table, arn }: Resource, now: Date): Promise<Existence> {
  const backend = parts.backends.find('dynamodb', table.account, table.region)
  if (backend === undefined) return 'absent'
  const schema = await schemaAt(parts, table, now)
  const backendArn = typeof schema === 'string' ? undefined : schema.backendArn
  try {
    return (await describesStream(backend, asBackendKnows(arn, backendArn))) ? 'there' : 'absent'
  } catch (error) {
    if (error instanceof BackendFailure) return 'unknown'
    throw error
  }
}

const longestDescription = 1024 * 1024

/** @throws BackendFailure */
async function describesStream(backend: Backend, StreamArn: string): Promise<boolean> {
  const target = 'DynamoDBStreams_20120810.DescribeStream'
  const body = JSON.stringify({ StreamArn, Limit: 1 })
  const answer = await backend.send({ target, body, signal: unaborted, reads: true })
  const text = await readWhole(answer, longestDescription)
  if (answer.status === 200) return true
  if (/"__type":\s*"(?:[^"]*#)?ResourceNotFoundException"/.test(text)) return false
  throw new BackendFailure('garbled', true, `DescribeStream was answered ${answer.status}`)
}

/** @throws ResourceNotFoundException, ServiceUnavailable */
export async function requireThere(parts: ExistenceParts, resource: Resource, now: Date): Promise<void> {
  const isStream = resource.kind === 'stream'
  const existence = isStream ? await streamThere(parts, resource, now) : await tableThere(parts, resource.table, now)
  if (existence === 'there') return
  const { name } = resource.table
  if (existence === 'unknown') throw notKnown(name)
  const what = isStream ? `Stream: ${resource.id} not found for Table: ${name}` : `Table: ${name} not found`
  throw modelled('dynamodb', 'ResourceNotFoundException', `Requested resource not found: ${what}`)
}

/** What a table is cannot be had now: clients try again. */
export const notKnown = (table: string): Refusal =>
  new Refusal({
    code: 'ServiceUnavailable',
    status: 503,
    message: 'The service is temporarily unavailable. Please retry the request.',
    fault: 'Receiver',
    detail: `the backend does not say whether it has the table ${table}`,
  })
