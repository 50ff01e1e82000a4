// Connections to the one server of several hosts that takes writes. pg connects to one host: which one that is, is asked
// here, of each in turn, as libpq's target_session_attrs=read-write does (PostgreSQL, 34.1.2).
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { Unavailable } from '../store.ts'
import { type Address, type Host, nameOf, type TlsFiles } from './address.ts'
import { openPause } from './backoff.ts'
import { codeOf, faultOf } from './faults.ts'
import { type Session, sessionOf, types } from './session.ts'

export interface Primary {
  /** The store's name for the operator. */
  readonly name: string
  /**
   * Runs work on a connection of its own, which is closed if the work fails otherwise than by a mistake. Rejects Unavailable
   * when no host takes writes, or no connection is free in time.
   */
  use<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Runs work that only reads; once more if the connection turns out to be dead. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Calls `hear` for each notification on a channel until the connection ends; resolves when it listens. */
  listen(channel: string, hear: (payload: string) => void, ended: () => void): Promise<void>
  isClosed(): boolean
  close(): Promise<void>
}

export interface PrimaryOptions {
  readonly address: Address
  readonly password?: string
  /** The most connections at a time; 10 by default, 2 at least. */
  readonly connections?: number
  /** Deadlines in ms. A frozen node would hold the store's lock for `idle`. */
  readonly deadlines?: Partial<Deadlines>
}

export interface Deadlines {
  readonly connect: number
  readonly statement: number
  readonly lock: number
  /** Of a transaction in which nothing happens. */
  readonly idle: number
}

const DEADLINES: Deadlines = { connect: 5_000, statement: 10_000, lock: 5_000, idle: 5_000 }

/** How many dead connections in a row are forgiven: a pool may have one left for each that a restart of the server ended. */
const DEAD_AT_MOST = 3

/** @throws Unavailable for a file that cannot be read */
export function openPrimary({ address, password, connections = 10, deadlines }: PrimaryOptions): Primary {
  const name = nameOf(address)
  const limits = { ...DEADLINES, ...deadlines }
  const settings = startSettings(limits)
  const common = {
    ...{ user: address.user, database: address.database, types, keepAlive: true },
    ...{
      password: password ?? noPassword,
      application_name: 'hallpass',
      enableChannelBinding: address.tls !== undefined,
    },
    connectionTimeoutMillis: limits.connect,
    // The server's own deadline comes first, unless the network is cut.
    query_timeout: limits.statement + 1_000,
  }
  const tls = address.tls && readTls(address.tls)
  const configOf = ({ host, port }: Host) => ({
    ...common,
    host,
    port,
    ssl: tls === undefined ? false : { ...tls, host },
  })

  let current: { readonly pool: pg.Pool; readonly host: Host } | undefined
  let electing: Promise<pg.Pool> | undefined
  let at = 0
  let closed = false
  const pause = openPause()
  const listeners = new Set<pg.Client>()
  let lastFailure: Unavailable | undefined

  function poolAt(host: Host): pg.Pool {
    const pool = new pg.Pool({
      ...configOf(host),
      max: connections,
      idleTimeoutMillis: 60_000,
      onConnect: greet,
    } as pg.PoolConfig)
    // A connection that ends while nobody uses it is no fault of anybody: the next use makes another.
    pool.on('error', () => {})
    return pool
  }

  /** Prepares a new connection. @throws when the server takes no writes */
  async function greet(client: pg.ClientBase): Promise<void> {
    client.on('error', () => {})
    const session = sessionOf(client)
    await setAll(session, settings)
    const [[isReadOnly] = []] = await session.query('SHOW transaction_read_only')
    if (isReadOnly !== 'off') throw new Error('takes no writes: it is a hot standby, or read-only')
  }

  function drop(pool: pg.Pool): void {
    if (current?.pool === pool) current = undefined
    void pool.end().catch(() => {})
  }

  /** The pool of the host that takes writes. One search at a time, whoever needs it. */
  function elected(): Promise<pg.Pool> {
    if (closed) throw new Unavailable(`${name} is closed`)
    if (current !== undefined) return Promise.resolve(current.pool)
    if (lastFailure !== undefined && pause.isOn()) throw new Unavailable(lastFailure.message, { cause: lastFailure })
    electing ??= elect().finally(() => {
      electing = undefined
    })
    return electing
  }

  async function elect(): Promise<pg.Pool> {
    const reasons: string[] = []
    for (let tried = 0; tried < address.hosts.length; tried++) {
      const host = address.hosts[at] as Host
      const pool = poolAt(host)
      try {
        ;(await pool.connect()).release()
        if (closed) throw new Error('is closed')
        current = { pool, host }
        lastFailure = undefined
        pause.end()
        return pool
      } catch (error) {
        drop(pool)
        reasons.push(`${host.host}:${host.port}: ${reasonOf(error)}`)
        at = (at + 1) % address.hosts.length
      }
    }
    pause.begin()
    lastFailure = new Unavailable(`${name} cannot be used: ${reasons.join('; ')}`)
    throw lastFailure
  }

  async function acquire(): Promise<{ readonly client: pg.PoolClient; readonly pool: pg.Pool }> {
    for (let time = 1; ; time++) {
      const pool = await elected()
      try {
        return { client: await pool.connect(), pool }
      } catch (error) {
        const isBusy = pool.totalCount >= connections && pool.waitingCount > 0
        if (isBusy) throw new Unavailable(`${name}: all ${connections} connections are in use`, { cause: error })
        drop(pool)
        if (time > address.hosts.length)
          throw new Unavailable(`${name} cannot be used: ${reasonOf(error)}`, { cause: error })
      }
    }
  }

  async function use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { client, pool } = await acquire()
    let isUsable = false
    try {
      const value = await work(sessionOf(client))
      isUsable = true
      return value
    } catch (error) {
      // A server that has become a standby ends no connection by itself.
      if (codeOf(error) === '25006') drop(pool)
      throw error
    } finally {
      client.release(!isUsable)
    }
  }

  return {
    ...{ name, use },
    async read(work) {
      for (let time = 1; ; time++) {
        try {
          return await use(work)
        } catch (error) {
          if (faultOf(error) !== 'lost' || time > DEAD_AT_MOST) throw error
        }
      }
    },
    async listen(channel, hear, ended) {
      await elected()
      const host = current?.host
      if (host === undefined) throw new Unavailable(`${name} cannot be used`)
      const client = new pg.Client(configOf(host) as pg.ClientConfig)
      client.on('error', () => {})
      client.once('end', ended)
      client.on('notification', ({ payload = '' }) => hear(payload))
      try {
        await client.connect()
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      } catch (error) {
        await client.end().catch(() => {})
        throw error
      }
      listeners.add(client)
      client.once('end', () => listeners.delete(client))
      if (closed) await client.end()
    },
    isClosed: () => closed,
    async close() {
      closed = true
      const pool = current?.pool
      current = undefined
      await Promise.allSettled([...[...listeners].map((client) => client.end()), pool?.end(), electing])
    },
  }
}

/**
 * Settings of each connection. The search path names no schema in which somebody else could define what a statement means;
 * a commit is on disk, and on the synchronous standbys, before it is acknowledged, whatever the server's default.
 */
const startSettings = ({ statement, lock, idle }: Deadlines): readonly (readonly [string, string])[] => [
  ['search_path', 'pg_catalog'],
  ['statement_timeout', `${statement}`],
  ['lock_timeout', `${lock}`],
  ['idle_in_transaction_session_timeout', `${idle}`],
]

/** Engines that speak PostgreSQL's protocol lack some settings: those are left out. */
async function setAll(session: Session, settings: readonly (readonly [string, string])[]): Promise<void> {
  const set = ([name, value]: readonly [string, string]) => `SET ${name} = '${value}'`
  const durable = `SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')`
  try {
    await session.script([...settings.map(set), durable].join(';'))
  } catch (error) {
    if (!isNotOffered(error)) throw error
    for (const statement of [...settings.map(set), durable])
      await session.script(statement).catch((each: unknown) => {
        if (!isNotOffered(each)) throw each
      })
  }
}

/** Whether an error says that the engine does not have what was asked for: 0A, 42601, 42704, 42883. */
export const isNotOffered = (error: unknown): boolean => /^(0A...|42601|42704|42883)$/.test(codeOf(error) ?? '')

/** pg would otherwise look for a password in PGPASSWORD and in a file of the user's. */
function noPassword(): never {
  throw new Error('the server asks for a password: set HALLPASS_STORE_PASSWORD')
}

function readTls({ root, certificate, key }: TlsFiles): ConnectionOptions {
  const read = (path: string) => {
    try {
      return readFileSync(path)
    } catch (error) {
      throw new Unavailable(`${path} cannot be read`, { cause: error })
    }
  }
  return {
    ...(root !== undefined && { ca: read(root) }),
    ...(certificate !== undefined && { cert: read(certificate) }),
    ...(key !== undefined && { key: read(key) }),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  // A host with several addresses fails with one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error.message
}
