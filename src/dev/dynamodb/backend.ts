// The demonstration's backend: dynalite, with its tables in memory. It verifies no signature and answers any web page, so it has no port;
// a listener of ours stands before it on this machine, and lets through what the gateway signed, with a key that lives as long as the
// process. The package is loaded with the first request.
import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Secret } from '../../core/secret.ts'
import { readAuthorization } from '../../core/sigv4/credential.ts'
import { verify } from '../../core/sigv4/verify.ts'
import { type Exchange, type Handler, isRepeated, type Reply } from '../../server/exchange.ts'
import type { BackendCredentials, BackendSettings } from '../../server/gateway/backend-settings.ts'
import { listen } from '../../server/node.ts'
import { noProxies } from '../../server/proxies.ts'
import { engineering } from '../demonstration.ts'
import { type InProcess, inProcess } from '../in-process.ts'
import { noteItems, notes } from './notes.ts'

export interface DemonstrationBackend {
  /** For the gateway: the tables of the account engineering. */
  readonly settings: BackendSettings
  close(): Promise<void>
}

export interface DemonstrationBackendOptions {
  readonly clock: () => Date
  readonly random: (bytes: number) => Buffer
  readonly report: (line: string) => void
}

const region = 'us-east-1'
/** DynamoDB's own bound of a request, and some room for its JSON. */
const largest = 17 * 1024 * 1024

export async function startDemonstrationBackend(options: DemonstrationBackendOptions): Promise<DemonstrationBackend> {
  const { clock, random, report } = options
  const credentials = {
    accessKeyId: `DEMONSTRATION${random(8).toString('hex').toUpperCase()}`,
    secret: new Secret(random(30).toString('base64url')),
  }
  const listener = await listen({
    on: { host: '127.0.0.1', port: 0 },
    handler: verified(credentials, clock, whenAsked(openNotes)),
    proxies: noProxies,
    ...{ clock, random },
    bounds: { bodyBytes: largest },
    report: (event) => {
      if (event.kind === 'failed') report(`the demonstration's tables failed: ${event.error}`)
    },
  })
  const settings: BackendSettings = {
    ...{ name: 'demonstration', service: 'dynamodb', region },
    ...{ accounts: [engineering], regions: [region], connections: 16, deadlineMs: 30_000 },
    endpoint: new URL(`http://127.0.0.1:${listener.port}`),
    access: { credentials },
  }
  return { settings, close: async () => void (await listener.close(0)) }
}

/** Makes what `make` makes with the first request, once. */
function whenAsked(make: () => Promise<InProcess>): InProcess {
  let made: Promise<InProcess> | undefined
  return async (request) => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return (await made)(request)
  }
}

/** dynalite with the table and its rows. */
async function openNotes(): Promise<InProcess> {
  const { default: dynalite } = await import('dynalite')
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
  const ask = inProcess((request, response) => void server.emit('request', request, response))
  const call = async (operation: string, input: object) => {
    const target = `DynamoDB_20120810.${operation}`
    const { status, body } = await ask(innerOf(target, Buffer.from(JSON.stringify(input))))
    if (status !== 200) throw new Error(`${operation} of the demonstration's table: status ${status}`)
    return String(body)
  }
  await call('CreateTable', notes)
  // It takes dynalite a turn of its timers.
  for (let turn = 0; turn < 1000; turn++) {
    if ((await call('DescribeTable', { TableName: notes.TableName })).includes('"TableStatus":"ACTIVE"')) break
    await setImmediate()
  }
  for (const item of noteItems) await call('PutItem', item)
  return ask
}

/** A request as dynalite wants it: with a signature that it only looks at. */
const innerOf = (target: string, body: Buffer) => ({
  method: 'POST',
  target: '/',
  headers: {
    host: 'dynamodb',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=verified/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=verified',
  },
  body,
})

/** Hands on what was signed with these credentials: its target and its body, and nothing else of it. */
function verified({ accessKeyId, secret }: BackendCredentials, clock: () => Date, ask: InProcess): Handler {
  return async ({ message, body }: Exchange): Promise<Reply> => {
    if (isRepeated(message)) return refused
    const presented = readAuthorization(message)
    if (presented === undefined || 'rejected' in presented || presented.keyId !== accessKeyId) return refused
    const bytes = await body.bytes(largest)
    const verdict = verify(message, presented, {
      ...{ secret, now: clock(), services: ['dynamodb'], regions: new Set([region]) },
      payloadHash: hash('sha256', bytes, 'hex'),
    })
    if (!('ok' in verdict)) return refused
    return ask(innerOf(message.headers.get('x-amz-target') ?? '', bytes))
  }
}

const refused: Reply = {
  status: 400,
  headers: ['Content-Type', 'application/x-amz-json-1.0'],
  body: '{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"Only Hallpass is answered here."}',
}
