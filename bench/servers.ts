// Compares the whole server with bare servers that spin for known times, interleaved in one run: processor time per request,
// and by interpolation between the bare servers the server's own work. Another revision can run beside it, route by route.
import { type ChildProcess, fork } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Secret } from '../src/core/secret.ts'
import { signRequest } from '../src/core/sigv4/sign.ts'
import { makeFederation, makeProvider } from './federation.ts'
import type { Done, Job } from './load.ts'
import { median, spread, table } from './print.ts'
import type { Checkout } from './revision.ts'
import type { Ask, Usage } from './targets/child.ts'
import type { Idlers } from './targets/idlers.ts'

const here = dirname(fileURLToPath(import.meta.url))
const spins = [0, 20, 40, 60, 80]
const account = '111122223333'

export interface Plan {
  readonly rounds: number
  readonly ms: number
  readonly connections: number
  /** How long each route runs before the first measurement. */
  readonly warmMs: number
  /** AssumeRole calls of the memory test; 0 leaves it out. */
  readonly soak: number
  /** A folder with another revision of this repository, to measure against. */
  readonly against?: Checkout
}

export class Child {
  readonly process: ChildProcess
  private constructor(child: ChildProcess) {
    this.process = child
  }
  static async start<T>(file: string, args: readonly string[] = [], bench = here): Promise<[Child, T]> {
    const child = new Child(fork(join(bench, file), [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
    return [child, await child.heard<T>()]
  }
  heard<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const gone = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`))
      this.process.once('exit', gone)
      this.process.once('message', (message) => {
        this.process.off('exit', gone)
        resolve(message as T)
      })
    })
  }
  async ask<T>(message: Ask | Job | Idlers): Promise<T> {
    const answer = this.heard<T>()
    this.process.send(message)
    return answer
  }
}

export interface Hallpass {
  readonly port: number
  readonly accessKeyId: string
  readonly secret: string
  readonly role: string
  readonly root: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export interface Route {
  readonly name: string
  readonly child: Child
  readonly port: number
  readonly requests: () => readonly string[]
  readonly before?: () => Promise<unknown>
}

interface Served {
  readonly server: Child
  readonly hallpass: Hallpass
  readonly routes: readonly Route[]
  /** Resident bytes before the first request. */
  readonly idle: number
}

/** Starts the server of a revision on a folder of its own, and returns the routes to measure. */
async function startServed(data: string, bench: string, named: (route: string) => string): Promise<Served> {
  const folder = join(data, 'bench')
  mkdirSync(folder, { recursive: true })
  const provider = makeProvider(folder, account)
  const [server, hallpass] = await Child.start<Hallpass>('targets/hallpass.ts', [data, provider.providersFile], bench)
  const { port, root } = hallpass
  const idle = (await server.ask<Usage>({ ask: 'usage' })).rss
  const federation = await makeFederation({ url: `http://127.0.0.1:${port}`, account, ...root }, provider)
  const [rsa, ec] = [await federation.webIdentity('RS256'), await federation.webIdentity('ES256')]
  const { getId, getCredentials } = federation
  const requests: Readonly<Record<string, () => readonly string[]>> = {
    GetCallerIdentity: () => signed(hallpass, identityBody),
    AssumeRole: () => signed(hallpass, assumeBody(hallpass.role)),
    'AssumeRoleWithWebIdentity, RS256': () => [plain(port, form, rsa)],
    'AssumeRoleWithWebIdentity, ES256': () => [plain(port, form, ec)],
    'GetId, a new guest': () => [plain(port, json('GetId'), getId)],
    GetCredentialsForIdentity: () => [plain(port, json('GetCredentialsForIdentity'), getCredentials)],
  }
  const routes = Object.entries(requests).map(([name, requests]) => ({
    ...{ name: named(name), child: server, port, requests },
  }))
  return { server, hallpass, routes, idle }
}

export async function measureServers(plan: Plan, say: (line: string) => void): Promise<void> {
  const { against, connections, ms } = plan
  const data = mkdtempSync(join(tmpdir(), 'hallpass-bench-'))
  const [bare, { port: barePort }] = await Child.start<{ port: number }>('targets/bare.ts')
  const { server, hallpass, routes: own, idle } = await startServed(join(data, 'this'), here, (name) => name)
  const other =
    against &&
    (await startServed(join(data, 'other'), join(against.folder, 'bench'), (name) => `${name} at ${against.revision}`))
  const [load] = await Child.start('load.ts')
  const bares = spins.map((spin) => ({
    name: `bare + ${spin} µs`,
    child: bare,
    port: barePort,
    requests: () => signed(hallpass, assumeBody(hallpass.role)),
    before: () => bare.ask({ spin }),
  }))
  const routes: readonly Route[] = [
    ...bares,
    ...own.flatMap((route, at) => [route, ...(other?.routes.slice(at, at + 1) ?? [])]),
  ]
  const costs = new Map<string, number[]>(routes.map(({ name }) => [name, []]))
  const rates = new Map<string, number[]>(routes.map(({ name }) => [name, []]))
  // V8 compiles for a good while; the figures are to be those of a server that has run for days.
  for (const route of routes) await measureRoute(route, load, { connections, ms: plan.warmMs })
  for (let round = 1; round <= plan.rounds; round++) {
    say(`round ${round} of ${plan.rounds} …`)
    for (const route of routes) {
      const { cpu, rate } = await measureRoute(route, load, { connections, ms })
      costs.get(route.name)?.push(cpu)
      rates.get(route.name)?.push(rate)
    }
  }
  const line = spins.map((spin): [number, number] => [spin, median(costs.get(`bare + ${spin} µs`) ?? [])])
  const rows = routes.map(({ name }) => {
    const cpu = costs.get(name) ?? []
    const ownCost = name.startsWith('bare') ? '' : `bare + ${ownWork(line, median(cpu)).toFixed(0)} µs`
    const ratio = (median(cpu) / (line[0]?.[1] ?? 1)).toFixed(2)
    return [name, median(cpu).toFixed(1), spread(cpu), ratio, ownCost, median(rates.get(name) ?? []).toFixed(0)]
  })
  say(
    `\nWhole server, ${connections} connections, ${plan.rounds} rounds of ${ms / 1000} s, SQLite WAL with synchronous=FULL (fsync on), ` +
      'audit durable before each answer',
  )
  say(table(['route', 'CPU µs/request', 'min–max', '× bare', 'own work', 'requests/s'], rows))
  if (other !== undefined) say(`\n${compared(own, other.routes, costs)}`)
  say(`idle resident memory: ${(idle / 1e6).toFixed(0)} MB`)
  if (plan.soak > 0) await soak(server, load, hallpass, assumeBody(hallpass.role), plan.soak, say)
  for (const child of [bare, server, load, other?.server]) child?.process.kill()
  rmSync(data, { recursive: true, force: true })
}

/** This revision's cost as a multiple of the other's, round by round: if the machine changes its pace, both change. */
function compared(
  own: readonly Route[],
  other: readonly Route[],
  costs: ReadonlyMap<string, readonly number[]>,
): string {
  const rows = own.map(({ name }, at) => {
    const before = costs.get(other[at]?.name ?? '') ?? []
    const ratios = (costs.get(name) ?? []).map((cost, round) => cost / (before[round] ?? Number.NaN))
    return [name, median(ratios).toFixed(2), spread(ratios, 2)]
  })
  return table(['route', '× the other', 'min–max'], rows)
}

export async function measureRoute(route: Route, load: Child, how: { connections: number; ms: number }) {
  await route.before?.()
  const before = await route.child.ask<Usage>({ ask: 'usage' })
  const done = await load.ask<Done>({ port: route.port, requests: route.requests(), ...how })
  const after = await route.child.ask<Usage>({ ask: 'usage' })
  if (done.refused > 0) throw new Error(`${route.name}: ${done.refused} requests were refused`)
  return { cpu: (after.cpu - before.cpu) / done.answered, rate: (1000 * done.answered) / done.ms }
}

/** How many microseconds a bare server would spin to cost as much, on the line through the bare servers' costs. */
function ownWork(line: readonly (readonly [number, number])[], cost: number): number {
  const n = line.length
  const [sx, sy] = line.reduce(([x, y], [spin, cpu]) => [x + spin, y + cpu], [0, 0])
  const sxy = line.reduce((sum, [spin, cpu]) => sum + spin * cpu, 0)
  const sxx = line.reduce((sum, [spin]) => sum + spin * spin, 0)
  const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
  return (cost - (sy - slope * sx) / n) / slope
}

/** Memory over many AssumeRole calls: it grows if there is a leak. */
async function soak(
  server: Child,
  load: Child,
  hallpass: Hallpass,
  assume: string,
  calls: number,
  say: (line: string) => void,
) {
  const rows: string[][] = []
  const steps = 10
  for (let step = 1; step <= steps; step++) {
    const most = Math.round(calls / steps)
    const requests = signed(hallpass, assume)
    const { refused } = await load.ask<Done>({ port: hallpass.port, requests, connections: 64, ms: 600_000, most })
    if (refused > 0) throw new Error(`${refused} of the soak's requests were refused`)
    const { rss } = await server.ask<Usage>({ ask: 'usage' })
    rows.push([String(step * most), (rss / 1e6).toFixed(0)])
    say(`soak: ${step * most} of ${calls} …`)
  }
  say(`\nMemory over ${calls} AssumeRole calls`)
  say(table(['calls', 'resident MB'], rows))
}

const identityBody = 'Action=GetCallerIdentity&Version=2011-06-15'

function assumeBody(role: string): string {
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: ['arn:aws:s3:::bucket', 'arn:aws:s3:::bucket/blue/*'],
      },
      { Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ],
  }
  return new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'bench-session',
    ExternalId: 'bench',
    Policy: JSON.stringify(policy),
  }).toString()
}

/** A signed request in base64, with the headers that an SDK sends. */
function signed({ port, accessKeyId, secret }: Hallpass, body: string): readonly string[] {
  const message = signRequest(
    {
      method: 'POST',
      target: '/',
      headers: new Map([
        ['host', `127.0.0.1:${port}`],
        ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
        ['user-agent', 'aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#24.21.0 api/sts#3.1169.0 m/E,n'],
        ['amz-sdk-invocation-id', '3f6b1e0c-6b53-4a0e-9a53-0d2b6e0c1b55'],
        ['amz-sdk-request', 'attempt=1; max=3'],
        ['accept', '*/*'],
        ['content-length', String(Buffer.byteLength(body))],
      ]),
    },
    { accessKeyId, secret: new Secret(secret), region: 'us-east-1', service: 'sts', now: new Date() },
    hash('sha256', body, 'hex'),
  )
  const head = [...message.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return [Buffer.from(`POST ${message.target} HTTP/1.1\r\n${head}\r\n${body}`).toString('base64')]
}

export const form = ['content-type: application/x-www-form-urlencoded; charset=utf-8']
export const json = (operation: string) => [
  'content-type: application/x-amz-json-1.1',
  `x-amz-target: AWSCognitoIdentityService.${operation}`,
]

/** An unsigned request in base64. */
export function plain(port: number, headers: readonly string[], body: string): string {
  const lines = [
    ...['POST / HTTP/1.1', `host: 127.0.0.1:${port}`, 'user-agent: aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1 lang/js'],
    ...headers,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`).toString('base64')
}
