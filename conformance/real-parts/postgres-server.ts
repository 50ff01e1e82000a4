// PostgreSQL for one test file: a server of its own in a temporary folder, and standbys of it. It syncs nothing to the disk:
// its processes are killed, not its machine.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../clients/free-port.ts'

export interface PostgresServer {
  readonly port: number
  readonly user: string
  /** The data folder, which belongs to the server's user. */
  readonly data: string
  /** The URL of a database on this server; on several, the hosts of all. */
  url(database: string, ...others: readonly PostgresServer[]): string
  /** Runs one statement. */
  query(text: string, database?: string): Promise<readonly (readonly unknown[])[]>
  /** Makes a database with a name of its own. */
  database(): Promise<string>
  /** Starts a standby of it. `name` is what synchronous_standby_names calls it. */
  standby(name: string): Promise<PostgresServer>
  /** Makes a standby the primary. */
  promote(): Promise<void>
  /** Ends it, and with it its connections, as `kill -9` of its first process does. */
  kill(): Promise<void>
  /** Starts it again with what it had. */
  start(): Promise<void>
}

const startMs = 30_000
const user = 'app'

/** Runs programs as the server's user: root may not. */
const owner = () => (process.getuid?.() === 0 ? { uid: Number(idOf('-u')), gid: Number(idOf('-g')) } : {})
const idOf = (flag: string) => execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim()

/** Starts a server with settings beside its own. It is stopped, and its files removed, after the suite that calls this. */
export async function startPostgres(
  bin: string,
  settings: Readonly<Record<string, string>> = {},
  hba?: string,
): Promise<PostgresServer> {
  const data = newFolder()
  runAs(bin, 'initdb', ['-D', data, '-U', user, '--auth=trust', '-N', '-E', 'UTF8', '--locale=C'])
  return running(bin, data, settings, hba)
}

function newFolder(): string {
  const data = mkdtempSync(join(tmpdir(), 'hallpass-postgres-'))
  const { uid, gid } = owner()
  if (uid !== undefined && gid !== undefined) chownSync(data, uid, gid)
  after(() => rmSync(data, { recursive: true, force: true }))
  return data
}

function runAs(bin: string, program: string, args: readonly string[]): void {
  execFileSync(join(bin, program), args, {
    ...owner(),
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    env: { LC_ALL: 'C' },
  })
}

async function running(
  bin: string,
  data: string,
  settings: Readonly<Record<string, string>>,
  hba?: string,
): Promise<PostgresServer> {
  const port = await freePort()
  const all = {
    ...{ listen_addresses: '127.0.0.1', unix_socket_directories: data, fsync: 'off', shared_buffers: '32MB' },
    ...{ max_connections: '60', wal_keep_size: '256MB', ...settings, port: `${port}` },
    ...(hba !== undefined && { hba_file: hba }),
  }
  const log = `${data}.log`
  after(() => rmSync(log, { force: true }))
  let child: ChildProcess | undefined
  let databases = 0

  async function start() {
    const output = openSync(log, 'a')
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const started = spawn(join(bin, 'postgres'), ['-D', data, ...flags], {
      ...owner(),
      stdio: ['ignore', output, output],
      cwd: '/',
      env: { LC_ALL: 'C' },
    })
    closeSync(output)
    child = started
    const late = Date.now() + startMs
    while (started.exitCode === null && started.signalCode === null && Date.now() < late) {
      if (await query('SELECT 1').catch(() => undefined)) return
      await delay(50)
    }
    throw new Error(`PostgreSQL did not start: ${readFileSync(log, 'utf8').slice(-4000)}`)
  }

  async function end(signal: NodeJS.Signals) {
    const gone = child
    if (gone === undefined || gone.exitCode !== null || gone.signalCode !== null) return
    const ended = new Promise((resolve) => gone.once('exit', resolve))
    gone.kill(signal)
    await ended
  }

  async function query(text: string, database = 'postgres') {
    const client = new pg.Client({ host: '127.0.0.1', port, user, database, connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query({ text, rowMode: 'array' })).rows as readonly (readonly unknown[])[]
    } finally {
      await client.end()
    }
  }

  await start()
  // Immediate: it waits for no client.
  after(() => end('SIGQUIT'))
  process.once('exit', () => child?.kill('SIGQUIT'))
  return {
    ...{ port, user, data, query, start },
    url: (database, ...others) => {
      const hosts = [port, ...others.map((other) => other.port)].map((each) => `127.0.0.1:${each}`)
      return `postgres://${user}@${hosts.join(',')}/${database}`
    },
    async database() {
      const name = `d${++databases}`
      await query(`CREATE DATABASE ${name}`)
      return name
    },
    async standby(name) {
      const copy = newFolder()
      runAs(bin, 'pg_basebackup', [
        ...['-D', copy, '-h', '127.0.0.1', '-p', `${port}`, '-U', user, '-R', '-X', 'stream', '-c', 'fast'],
        ...['-d', `application_name=${name}`],
      ])
      return running(bin, copy, {
        ...settings,
        primary_conninfo: `host=127.0.0.1 port=${port} user=${user} application_name=${name}`,
      })
    },
    async promote() {
      runAs(bin, 'pg_ctl', ['-w', '-D', data, 'promote'])
    },
    async kill() {
      await end('SIGKILL')
      // Its other processes end when they notice; the next start needs their shared memory gone.
      const late = Date.now() + startMs
      while (Date.now() < late && (await isAnswering(port))) await delay(20)
      await delay(200)
    },
  }
}

async function isAnswering(port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, database: 'postgres', connectionTimeoutMillis: 500 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
