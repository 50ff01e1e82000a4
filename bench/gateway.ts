// npm run bench -- --gateway: what a request to DynamoDB costs the gateway, in processor time, as a multiple of what it costs a bare proxy
// on node:http before the same backend, interleaved in one run; and what connections cost that are open and idle. The whole bench
// runs this too. Another revision's gateway can run beside it.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Done } from './load.ts'
import { median, spread, table } from './print.ts'
import type { Keys } from './refusals.ts'
import { signedRequest } from './refusals.ts'
import type { Checkout } from './revision.ts'
import { Child, type Hallpass } from './servers.ts'
import { makeSessions, type Sessions } from './sessions.ts'
import type { Usage } from './targets/child.ts'

const here = dirname(fileURLToPath(import.meta.url))
const account = '111122223333'
const region = 'us-east-1'
const idleConnections = 10_000
const most = { warm: 1.6, fresh: 2.2, leadingKeys: 0.15, idleMb: 200 }

export interface GatewayPlan {
  readonly rounds: number
  readonly ms: number
  readonly connections: number
  /** Answers that each row gives before the first measurement. */
  readonly warm: number
  readonly against?: Checkout
}

const text = 'x'.repeat(900)
const inputs = {
  GetItem: { TableName: 'rows', Key: { id: { S: 'user-7' } } },
  PutItem: { TableName: 'rows', Item: { id: { S: 'user-7' }, at: { N: '1764547200' }, text: { S: text } } },
  Query: {
    TableName: 'events',
    KeyConditionExpression: '#id = :id AND #at BETWEEN :from AND :to',
    FilterExpression: 'attribute_exists(title) AND (#open = :yes OR size(tags) > :few)',
    ProjectionExpression: 'id, #at, title, counts.#read',
    ExpressionAttributeNames: { '#id': 'id', '#at': 'at', '#open': 'open', '#read': 'read' },
    ExpressionAttributeValues: {
      ...{ ':id': { S: 'user-7' }, ':from': { N: '1764547200' }, ':to': { N: '1764633600' } },
      ...{ ':yes': { BOOL: true }, ':few': { N: '2' } },
    },
    Limit: 20,
  },
  BatchGetItem: {
    RequestItems: { rows: { Keys: Array.from({ length: 25 }, (_, at) => ({ id: { S: `user-${at}` } })) } },
  },
} as const
type Operation = keyof typeof inputs
const operations = Object.keys(inputs) as Operation[]

/** One kind of request to a gateway: `refused` where that is the answer. */
interface Kind {
  readonly name: string
  readonly operation: Operation
  readonly role: 'Plain' | 'Own' | 'Nothing'
  readonly token: 'warm' | 'fresh'
  readonly refused?: true
}

const kinds: readonly Kind[] = [
  { name: 'GetItem, warm token', operation: 'GetItem', role: 'Plain', token: 'warm' },
  { name: 'GetItem, a token never seen', operation: 'GetItem', role: 'Plain', token: 'fresh' },
  { name: 'GetItem, warm, a policy on LeadingKeys', operation: 'GetItem', role: 'Own', token: 'warm' },
  { name: 'GetItem, warm, denied', operation: 'GetItem', role: 'Nothing', token: 'warm', refused: true },
  { name: 'PutItem of 1 KB, warm', operation: 'PutItem', role: 'Plain', token: 'warm' },
  { name: 'Query with expressions, warm', operation: 'Query', role: 'Plain', token: 'warm' },
  { name: 'BatchGetItem of 25, warm', operation: 'BatchGetItem', role: 'Plain', token: 'warm' },
]

interface Row {
  readonly name: string
  readonly child: Child
  readonly port: number
  readonly operation: Operation
  readonly refused: boolean
  /** Made anew for each measurement: signatures age. `most`: each may be sent only once. */
  readonly requests: () => Promise<{ readonly requests: readonly string[]; readonly most?: number }>
}

interface Gateway {
  readonly server: Child
  readonly sessions: Sessions
  readonly port: number
  readonly rows: readonly Row[]
}

/** How many tokens that were never seen a measurement uses up. */
const freshTokens = 3_000
/** Distinct warm ones. */
const warmTokens = 8

const requestOf = (port: number, keys: Keys, operation: Operation) =>
  signedRequest(port, 'dynamodb', keys, JSON.stringify(inputs[operation]), {
    ...{ 'x-amz-target': `DynamoDB_20120810.${operation}`, accept: '*/*' },
    'user-agent': 'aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#24.21.0 api/dynamodb#3.1169.0 m/E,n',
    ...{ 'amz-sdk-invocation-id': '3f6b1e0c-6b53-4a0e-9a53-0d2b6e0c1b55', 'amz-sdk-request': 'attempt=1; max=3' },
  })

async function startGateway(
  data: string,
  backend: number,
  bench: string,
  named: (name: string) => string,
): Promise<Gateway> {
  mkdirSync(data)
  const file = (name: string, content: string) => {
    writeFileSync(join(data, name), content, { mode: 0o600 })
    return join(data, name)
  }
  file(
    'keys',
    `[default]\naws_access_key_id = AKIABACKEND\naws_secret_access_key = ${randomBytes(30).toString('hex')}\n`,
  )
  const entry = { name: 'bench', service: 'dynamodb', endpoint: `http://127.0.0.1:${backend}` }
  const backends = [{ ...entry, accounts: [account], regions: [region], credentials: 'keys', connections: 64 }]
  const backendsFile = file('backends.yaml', JSON.stringify({ backends }))
  const store = join(data, 'store')
  mkdirSync(store)
  const [server, made] = await Child.start<Hallpass>('targets/hallpass.ts', [store, '', 'none', backendsFile], bench)
  const { port } = made
  const sessions = await makeSessions(made, account)
  const rows = kinds.map(({ name, operation, role, token, refused = false }): Row => {
    const requests = async () => {
      const keys = await (token === 'warm' ? sessions.kept(role, warmTokens) : sessions.fresh(role, freshTokens))
      const made = keys.map((each) => requestOf(port, each, operation))
      return token === 'warm' ? { requests: made } : { requests: made, most: made.length }
    }
    return { name: named(name), child: server, port, operation, refused, requests }
  })
  return { server, sessions, port, rows }
}

const bareName = (operation: Operation) => `bare proxy, ${operation}`

export async function measureGateway(plan: GatewayPlan, say: (line: string) => void): Promise<void> {
  const { against } = plan
  const data = mkdtempSync(join(tmpdir(), 'hallpass-bench-'))
  const [backend, { port: backendPort }] = await Child.start<{ port: number }>('targets/backend.ts')
  const [proxy, { port: proxyPort }] = await Child.start<{ port: number }>('targets/proxy.ts', [String(backendPort)])
  const own = await startGateway(join(data, 'this'), backendPort, here, (name) => name)
  const other =
    against &&
    (await startGateway(
      join(data, 'other'),
      backendPort,
      join(against.folder, 'bench'),
      (name) => `${name} at ${against.revision}`,
    ))
  const [load] = await Child.start('load.ts')
  const bares = operations.map((operation): Row => {
    const requests = async () => {
      const keys = await own.sessions.kept('Plain', 1)
      return { requests: keys.map((each) => requestOf(proxyPort, each, operation)) }
    }
    return { name: bareName(operation), child: proxy, port: proxyPort, operation, refused: false, requests }
  })
  const rows = [...bares, ...own.rows.flatMap((row, at) => [row, ...(other?.rows.slice(at, at + 1) ?? [])])]
  const costs = new Map<string, number[]>(rows.map(({ name }) => [name, []]))
  // V8 compiles for tens of thousands of requests, however long they take; the figures are to be those of a server that has run for days.
  for (const row of rows) await measureRow(row, load, plan, { ms: 120_000, most: plan.warm })
  for (let round = 1; round <= plan.rounds; round++) {
    say(`round ${round} of ${plan.rounds} …`)
    for (const row of rows) costs.get(row.name)?.push(await measureRow(row, load, plan, { ms: plan.ms }))
  }
  report(rows, costs, plan, say)
  await measureIdle(own, say)
  for (const child of [backend, proxy, load, own.server, other?.server]) child?.process.kill()
  rmSync(data, { recursive: true, force: true })
}

/** µs of processor time for each request. */
async function measureRow(
  row: Row,
  load: Child,
  { connections }: GatewayPlan,
  until: { readonly ms: number; readonly most?: number },
): Promise<number> {
  const { name, child, port, refused } = row
  const made = await row.requests()
  // Those that may be sent only once are all sent, however long that takes.
  const job = { port, connections, expect: !refused, ...until, ...made, ...(made.most && { ms: 120_000 }) }
  const before = await child.ask<Usage>({ ask: 'usage' })
  const done = await load.ask<Done>(job)
  const after = await child.ask<Usage>({ ask: 'usage' })
  const [expected, others] = refused ? [done.refused, done.answered] : [done.answered, done.refused]
  if (others > 0) throw new Error(`${name}: ${others} requests were ${refused ? 'answered' : 'refused'}`)
  return (after.cpu - before.cpu) / expected
}

function report(
  rows: readonly Row[],
  costs: ReadonlyMap<string, readonly number[]>,
  { rounds, ms, connections }: GatewayPlan,
  say: (line: string) => void,
): void {
  const of = (name: string) => costs.get(name) ?? []
  /** Round by round: if the machine changes its pace, both change. */
  const ratios = (name: string, base: string) => of(name).map((cost, round) => cost / (of(base)[round] ?? Number.NaN))
  const shown = rows.map(({ name, operation }) => {
    const cost = of(name)
    const times = ratios(name, bareName(operation))
    return [name, median(cost).toFixed(1), spread(cost), median(times).toFixed(2), spread(times, 2)]
  })
  say(
    `\nDynamoDB through the gateway, ${connections} connections, ${rounds} rounds of ${ms / 1000} s; × a bare streaming proxy on node:http with the ` +
      'same requests. SQLite WAL with synchronous=FULL (fsync on), the record durable before each answer',
  )
  say(table(['request', 'CPU µs', 'min–max', '× bare', 'min–max'], shown))
  const [warm = '', fresh = '', leading = ''] = kinds.map(({ name }) => name)
  const bare = bareName('GetItem')
  const target = (what: string, value: number, limit: number, unit = '') =>
    say(`${what}: ${value.toFixed(2)}${unit} (at most ${limit}${unit}${value > limit ? ': EXCEEDED' : ''})`)
  target('a warm token', median(ratios(warm, bare)), most.warm, ' × bare')
  target('a token never seen', median(ratios(fresh, bare)), most.fresh, ' × bare')
  target('what LeadingKeys add to a warm token', median(ratios(leading, warm)) - 1, most.leadingKeys)
}

/** Resident memory before and after many clients have made a request and stayed. Both ends need as many files: `ulimit -n`. */
async function measureIdle({ server, sessions, port }: Gateway, say: (line: string) => void): Promise<void> {
  const [keys] = await sessions.kept('Plain', 1)
  if (keys === undefined) throw new TypeError('no session')
  const [idlers] = await Child.start('targets/idlers.ts')
  const before = await server.ask<Usage>({ ask: 'usage' })
  const job = { port, request: requestOf(port, keys, 'GetItem'), connections: idleConnections }
  const { open } = await idlers.ask<{ open: number }>(job)
  const after = await server.ask<Usage>({ ask: 'usage' })
  const grown = (after.rss - before.rss) / 1e6
  say(
    `${open} idle connections: ${grown.toFixed(0)} MB of resident memory, ${(before.rss / 1e6).toFixed(0)} MB before them ` +
      `(at most ${most.idleMb}${grown > most.idleMb ? ': EXCEEDED' : ''})`,
  )
  idlers.process.kill()
}
