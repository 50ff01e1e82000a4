// A backend for tests of this room: it has tables, says so, makes and removes them, and does what a test tells it to do wrong. What
// arrives there over a socket is the gateway's own tests' subject.
import { Readable } from 'node:stream'
import { BackendFailure } from '../../backend-failure.ts'
import type { Backend, BackendAnswer, BackendRequest, Backends } from '../../contracts/backends.ts'

/** `away`: no byte was sent. `done`: it was done, and nobody heard. `lost`: it was not done, and nobody knows. A number: of its own. */
export type Fault = 'away' | 'done' | 'lost' | 500 | 'ValidationException' | 'LimitExceededException'

export interface ScriptedBackend extends Backends {
  readonly tables: Set<string>
  /** `table/T/stream/LABEL`. */
  readonly streams: Set<string>
  /** Operations that arrived, in order, without DescribeTable. */
  readonly seen: { readonly operation: string; readonly input: Readonly<Record<string, unknown>> }[]
  /** What goes wrong with the next request of an operation. */
  readonly faults: Map<string, Fault>
  /** Runs while a request of that operation is at the backend: before it is done there, and after. */
  readonly during: Map<string, (when: 'before' | 'after') => Promise<void>>
  /** Removed tables can still be read, until they are gone. */
  lingers: boolean
}

const answerOf = (status: number, fields: object): BackendAnswer => ({
  ...{ status, type: 'application/x-amz-json-1.0' },
  body: Readable.from([Buffer.from(JSON.stringify(fields))]),
})

const refused = (code: string) =>
  answerOf(400, { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: `backend says ${code}` })

const described = (name: string) => ({
  TableName: name,
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  TableArn: `arn:aws:dynamodb:ddblocal:000000000000:table/${name}`,
})

export function scriptedBackend(): ScriptedBackend {
  const made: ScriptedBackend = {
    ...{ tables: new Set(), streams: new Set(), seen: [], faults: new Map(), during: new Map(), lingers: false },
    find: () => backend,
    serves: () => true,
  }
  const operations: Readonly<Record<string, (input: Record<string, string>) => BackendAnswer>> = {
    DescribeTable: ({ TableName = '' }) =>
      made.tables.has(TableName)
        ? answerOf(200, { Table: described(TableName) })
        : refused('ResourceNotFoundException'),
    CreateTable({ TableName = '' }) {
      if (made.tables.has(TableName)) return refused('ResourceInUseException')
      made.tables.add(TableName)
      return answerOf(200, { TableDescription: described(TableName) })
    },
    DeleteTable({ TableName = '' }) {
      if (!made.tables.has(TableName)) return refused('ResourceNotFoundException')
      if (!made.lingers) made.tables.delete(TableName)
      return answerOf(200, { TableDescription: described(TableName) })
    },
    DescribeStream({ StreamArn = '' }) {
      const [, stream = ''] = /^arn:aws:dynamodb:ddblocal:000000000000:(.+)$/.exec(StreamArn) ?? []
      return made.streams.has(stream) ? answerOf(200, { StreamDescription: {} }) : refused('ResourceNotFoundException')
    },
  }
  const backend: Backend = {
    name: 'scripted',
    async send({ target, body }: BackendRequest) {
      const operation = target.replace(/^.*\./, '')
      const input = JSON.parse(body) as Record<string, string>
      const fault = made.faults.get(operation)
      made.faults.delete(operation)
      if (fault === 'away') throw new BackendFailure('away', false, 'nobody listens')
      if (operation !== 'DescribeTable') made.seen.push({ operation, input })
      await made.during.get(operation)?.('before')
      if (fault === 'lost') throw new BackendFailure('slow', true, 'no answer')
      if (fault === 500) {
        return answerOf(500, { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'no' })
      }
      if (fault === 'ValidationException' || fault === 'LimitExceededException') return refused(fault)
      const answer = operations[operation]?.(input) ?? answerOf(200, {})
      await made.during.get(operation)?.('after')
      if (fault === 'done') throw new BackendFailure('away', true, 'broken off')
      return answer
    },
  }
  return made
}
