// A server before a backend of DynamoDB: dynalite, which verifies nothing, behind a verifier of the gateway's own signature. The backend's
// clock is the server's.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { CreateTableCommand, type CreateTableCommandInput, DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { Secret } from '../../src/core/secret.ts'
import { createGateway } from '../../src/server/gateway/gateway.ts'
import {
  type Scripted,
  type VerifyingBackend,
  type VerifyingOptions,
  verifyingBackend,
} from '../../src/server/gateway/testing/verifying-backend.ts'
import type { Backends } from '../../src/service/contracts/backends.ts'
import { type Clients, firstAccount, type ServerOptions, type TestServer, testServer } from './server.ts'

export const region = 'us-east-1'
const keyId = 'AKIABACKEND'
/** A table of what people wrote: each has a partition of their own. */
export const notes = {
  TableName: 'notes',
  AttributeDefinitions: [
    { AttributeName: 'writer', AttributeType: 'S' },
    { AttributeName: 'id', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'writer', KeyType: 'HASH' },
    { AttributeName: 'id', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
} satisfies CreateTableCommandInput
const secret = 'only-the-gateway-knows-this'

export interface DynamoDbServer extends TestServer {
  /** What the backend was sent, verified; its `refused` stays empty. */
  readonly backend: VerifyingBackend
  /** For another node before the same backend. */
  readonly gateway: Backends
  /** The root of the first account. */
  readonly root: TestServer['root']
  readonly admin: Clients
  /** Makes a table, as root, and waits until it is there. */
  table(input: CreateTableCommandInput): Promise<void>
}

/** dynalite on a free port, in memory. */
export async function startDynalite(): Promise<string> {
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** `before`: the backend that answers; a script answers without one. */
export async function dynamodbServer(
  before?: string,
  options: ServerOptions = {},
  accounts: readonly string[] = [firstAccount],
): Promise<DynamoDbServer> {
  const clock = options.clock ?? { now: new Date('2026-09-01T12:00:05.500Z') }
  const now = () => clock.now
  const verifying: VerifyingOptions = {
    keys: { [keyId]: secret },
    region,
    now,
    ...(before === undefined ? {} : { before }),
  }
  const backend = await verifyingBackend(verifying)
  const gateway = createGateway(
    [
      {
        ...{
          name: 'backend',
          service: 'dynamodb',
          endpoint: new URL(backend.url),
          accounts,
          regions: [region],
          region,
        },
        ...{
          connections: 8,
          deadlineMs: 5_000,
          access: { credentials: { accessKeyId: keyId, secret: new Secret(secret) } },
        },
      },
    ],
    { clock: now },
  )
  after(async () => {
    gateway.close()
    await backend.close()
  })
  const server = await testServer({ ...options, clock, backends: gateway })
  const admin = server.as(server.root)
  return {
    ...server,
    now: () => server.now(),
    backend,
    gateway,
    admin,
    async table(input) {
      await admin.dynamodb.send(new CreateTableCommand(input))
      const described = () => admin.dynamodb.send(new DescribeTableCommand({ TableName: input.TableName }))
      for (let turn = 0; turn < 1_000; turn++) if ((await described()).Table?.TableStatus === 'ACTIVE') return
      throw new Error('the table was never made')
    },
  }
}

/** A table as a backend describes it: its key is all that is learned of it. */
export const described = ({ TableName, KeySchema, AttributeDefinitions }: CreateTableCommandInput): Scripted => ({
  body: JSON.stringify({ Table: { TableName, KeySchema, AttributeDefinitions, TableStatus: 'ACTIVE' } }),
})

/** A refusal as DynamoDB writes it. */
export const refusedWith = (status: number, code: string, more: object = {}, message = 'said so'): Scripted => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message, ...more }),
})

/**
 * Has a backend answer requests for `notes`: the answers of each operation in their order, the last of them again and again. The
 * inputs that it gets, by operation, are noted.
 */
export function script(backend: VerifyingBackend, answers: Readonly<Record<string, readonly (Scripted | object)[]>>) {
  // biome-ignore lint/suspicious/noExplicitAny: inputs are looked at member by member
  const asked: Record<string, any[]> = {}
  backend.answer = ({ target, body }) => {
    const operation = target.replace(/^.*\./, '')
    if (operation === 'DescribeTable' && answers.DescribeTable === undefined) return described(notes)
    const inputs = asked[operation] ?? []
    asked[operation] = [...inputs, JSON.parse(body)]
    const scripted = answers[operation] ?? []
    const answer = scripted[Math.min(inputs.length, scripted.length - 1)] ?? {}
    return 'body' in answer ? (answer as Scripted) : { body: JSON.stringify(answer) }
  }
  return asked
}

/** The operations, but for descriptions of tables, that the backend is asked for meanwhile. */
export async function forwardedBy(
  { backend }: Pick<DynamoDbServer, 'backend'>,
  work: () => Promise<unknown>,
): Promise<readonly string[]> {
  const before = backend.seen.length
  await work()
  return backend.seen
    .slice(before)
    .flatMap(({ target }) => (target.endsWith('.DescribeTable') ? [] : [target.replace(/^.*\./, '')]))
}
