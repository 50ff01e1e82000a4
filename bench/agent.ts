// npm run bench -- --agent: how long 50 programs wait for credentials from the metadata agent as it ships, beside a bare server that
// answers as many bytes, in the same run; and how much memory the agent has with the credentials of 100 roles.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Done } from './load.ts'
import { median, table } from './print.ts'
import { Child } from './servers.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const roles = 100
const clients = 50
/** Requests a second of all programs together: far more than SDKs send, and far less than the agent can answer. */
const perSecond = 1000
const most = { medianMs: 1, p99Ms: 5, residentMb: 60 }

export interface AgentPlan {
  readonly rounds: number
  readonly ms: number
}

export async function measureAgent({ rounds, ms }: AgentPlan, say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-bench-'))
  const [server, { port: serverPort }] = await Child.start<{ port: number }>('targets/workload-api.ts')
  const [bare, { port: barePort }] = await Child.start<{ port: number }>('targets/bare.ts', ['900'])
  const [load] = await Child.start('load.ts')
  const agent = await startAgent(folder, serverPort)
  try {
    // What only the start needed is freed right after it has said that it serves.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const idle = residentMb(agent.process)
    const rows = [
      {
        name: 'a bare server',
        port: barePort,
        requests: [text('GET', '/', { host: 'a' })],
        waits: none(),
      },
      { name: 'instance metadata', port: agent.imds, requests: await imdsRequests(agent.imds), waits: none() },
      { name: 'container credentials', port: agent.containers, requests: containerRequests(), waits: none() },
    ]
    for (let round = 0; round <= rounds; round++) {
      for (const { name, port, requests, waits } of rows) {
        const done = await load.ask<Done>({ port, requests, connections: clients, ms, perSecond })
        if (done.refused > 0) throw new Error(`${name}: ${done.refused} requests were refused`)
        // The first round is that of a compiler at work.
        if (round > 0) waits.push(done.waits)
      }
    }
    const figures = rows.map(({ name, waits }) => ({
      name,
      median: median(waits.map((each) => quantile(each, 0.5))),
      p99: median(waits.map((each) => quantile(each, 0.99))),
    }))
    const resident = residentMb(agent.process)
    say(`\n${clients} programs, ${perSecond} requests a second together, ${rounds} rounds of ${ms / 1000} s`)
    say(
      table(
        ['answers of', 'median ms', '99th percentile ms'],
        figures.map(({ name, median, p99 }) => [name, median.toFixed(2), p99.toFixed(2)]),
      ),
    )
    say(`resident memory with ${roles} roles: ${idle.toFixed(0)} MB idle, ${resident.toFixed(0)} MB after the load`)
    const slow = figures.slice(1).filter((row) => row.median >= most.medianMs || row.p99 >= most.p99Ms)
    for (const { name } of slow)
      say(`ABOVE ITS BOUND: ${name} (median ${most.medianMs} ms, 99th percentile ${most.p99Ms} ms)`)
    if (idle >= most.residentMb) say(`ABOVE ITS BOUND: memory (${most.residentMb} MB)`)
  } finally {
    agent.process.kill()
    for (const child of [server, bare, load]) child.process.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Of each round, how long requests waited, in ms and sorted. */
const none = (): (readonly number[])[] => []

const quantile = (sorted: readonly number[], part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN

/** As the system counts it. */
function residentMb({ pid }: ChildProcess): number {
  const [, kB = 'NaN'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kB) * 1024) / 1e6
}

const tokenOf = (at: number) => `the-token-of-workload-${at}`

interface StartedAgent {
  readonly process: ChildProcess
  readonly imds: number
  readonly containers: number
}

/** `hallpass metadata` as the package has it: built, with a file. */
async function startAgent(folder: string, serverPort: number): Promise<StartedAgent> {
  const built = join(folder, 'package')
  mkdirSync(built)
  for (const name of ['node_modules', 'package.json']) symlinkSync(join(root, name), join(built, name))
  cpSync(join(root, 'bin'), join(built, 'bin'), { recursive: true })
  const compiler = join(root, 'node_modules', '.bin', 'tsc')
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(built, 'dist')], {
    stdio: 'ignore',
  })
  writeFileSync(join(folder, 'join-token'), 'a join token', { mode: 0o600 })
  const names = Array.from({ length: roles - 1 }, (_, at) => `workload-${at}`)
  for (const [at, name] of names.entries()) writeFileSync(join(folder, name), tokenOf(at), { mode: 0o600 })
  const machine = { machine: 'state', 'join-token-file': 'join-token' }
  const file = {
    server: `http://127.0.0.1:${serverPort}`,
    roles: [{ name: 'instance', ...machine }, ...names.map((name) => ({ name, ...machine, task: name }))],
    listeners: [
      { serves: 'instance-metadata', listen: '127.0.0.1:0', role: 'instance' },
      {
        ...{ serves: 'container-credentials', listen: '127.0.0.1:0' },
        workloads: names.map((name) => ({ name, role: name, 'token-file': name })),
      },
    ],
  }
  writeFileSync(join(folder, 'agent.yaml'), JSON.stringify(file))
  const child = spawn(
    execPath,
    [join(built, 'bin', 'hallpass.js'), 'metadata', '--config', join(folder, 'agent.yaml')],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part
      if (/hallpass serves .*\n/.test(said))
        resolve([...said.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))
    })
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code}: ${said}`)))
  })
  return { process: child, imds: ports.at(-2) ?? 0, containers: ports.at(-1) ?? 0 }
}

function text(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`).toString('base64')
}

/** What an SDK sends each time: for a token, for the role's name, for its credentials. */
async function imdsRequests(port: number): Promise<readonly string[]> {
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }
  const answer = await fetch(`http://127.0.0.1:${port}/latest/api/token`, { method: 'PUT', headers: ttl })
  const [host, path] = [{ host: '169.254.169.254' }, '/latest/meta-data/iam/security-credentials/']
  const token = { ...host, 'x-aws-ec2-metadata-token': await answer.text() }
  return [
    text('PUT', '/latest/api/token', { ...host, ...ttl, 'content-length': '0' }),
    text('GET', path, token),
    text('GET', `${path}instance`, token),
  ]
}

const containerRequests = () =>
  Array.from({ length: roles - 1 }, (_, at) =>
    text('GET', '/v2/credentials', { host: '169.254.170.2', accept: 'application/json', authorization: tokenOf(at) }),
  )
