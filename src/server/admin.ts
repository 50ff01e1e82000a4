// The operator's door: an HTTP server on a Unix socket in the data folder, for whoever may open files of that folder and
// for nobody else. With it goes the lock that keeps a folder to one server.
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { adminSocketPath, callSocket } from '../client/admin.ts'
import type { Maybe } from '../core/identity.ts'
import { BodyRefused, type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import { type Listener, listen } from './node.ts'
import type { EdgeEvent } from './node-exchange.ts'
import { noProxies } from './proxies.ts'

/** A refusal that the operator reads. Any other error is answered `internal error`, and reported. */
export class AdminRefusal extends Error {
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

/** Takes the JSON of a request (of a GET its query, as an object of strings) and gives the JSON of the answer. */
export type AdminRoute = (input: unknown, signal: AbortSignal) => Maybe<unknown>

/** By method and path: `POST /keys/rotate`. */
export type AdminRoutes = Readonly<Record<string, AdminRoute>>

export interface AdminOptions {
  /** The data folder; made, and closed to other users, if need be. */
  readonly folder: string
  readonly routes: AdminRoutes
  readonly clock: () => Date
  readonly random: (bytes: number) => Buffer
  readonly report?: (event: EdgeEvent) => void
}

/**
 * Opens the admin socket, with `GET /` answering `{ pid }` beside the routes. A socket that a dead process left is
 * replaced; `refused` when another server serves the folder. Rejects with the system's error.
 */
export async function listenAdmin(options: AdminOptions): Promise<Listener | { readonly refused: string }> {
  const { folder, clock, random, report } = options
  const path = adminSocketPath(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // INVARIANT: the folder is closed before the socket is in it, so that at no moment others can open it.
  chmodSync(folder, 0o700)
  const release = lock(join(folder, 'serve.lock'))
  if (release === undefined) {
    return { refused: `Another hallpass serves this data folder (pid ${await pidOn(path)}).` }
  }
  try {
    const isFile = process.platform !== 'win32'
    // Whoever holds the lock is alone: a socket that is there was left by a dead process.
    if (isFile) rmSync(path, { force: true })
    const handler = adminHandler({ ...options.routes, 'GET /': () => ({ pid: process.pid }) }, report)
    const listener = await listen({
      on: { path },
      handler,
      proxies: noProxies,
      clock,
      random,
      ...(report && { report }),
    })
    if (isFile) chmodSync(path, 0o600)
    return {
      port: listener.port,
      get connections() {
        return listener.connections
      },
      close: (graceMs) => listener.close(graceMs).finally(release),
    }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * Holds a file's lock until it is released or the process ends, however it ends: the lock is the kernel's, taken by an
 * SQLite transaction that writes nothing, since node offers no other. Undefined when someone else holds it.
 */
function lock(file: string): (() => void) | undefined {
  const holder = new DatabaseSync(file)
  try {
    chmodSync(file, 0o600)
    holder.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return () => {
      if (holder.isOpen) holder.close()
    }
  } catch (error) {
    holder.close()
    // SQLITE_BUSY and SQLITE_LOCKED.
    if ([5, 6].includes((error as { errcode?: number }).errcode ?? 0)) return undefined
    throw error
  }
}

/** The process id of the server that listens on a path, or `unknown` when it does not say so soon. */
async function pidOn(path: string): Promise<string> {
  const answer = await callSocket(path, { method: 'GET', path: '/', signal: AbortSignal.timeout(2000) })
  const pid = 'value' in answer ? (answer.value as { pid?: unknown } | null)?.pid : undefined
  return typeof pid === 'number' ? String(pid) : 'unknown'
}

function adminHandler(routes: AdminRoutes, report: AdminOptions['report']): Handler {
  return async (exchange) => {
    try {
      const { message } = exchange
      if (isRepeated(message)) throw new AdminRefusal(`${message.repeated} stands twice`)
      const url = new URL(message.target, 'http://admin')
      const name = `${message.method} ${url.pathname}`
      const route = Object.hasOwn(routes, name) ? routes[name] : undefined
      if (route === undefined) throw new AdminRefusal(`There is no ${name}`, 404)
      const input = message.method === 'GET' ? Object.fromEntries(url.searchParams) : await jsonOf(exchange)
      return json(200, (await route(input, exchange.signal)) ?? {})
    } catch (error) {
      if (error instanceof AdminRefusal) return json(error.status, { error: error.message })
      if (error instanceof BodyRefused) return json(error.status, { error: error.message })
      report?.({ kind: 'failed', requestId: exchange.requestId, error })
      return json(500, { error: 'internal error', requestId: exchange.requestId })
    }
  }
}

async function jsonOf(exchange: Exchange): Promise<unknown> {
  const bytes = await exchange.body.bytes(1_048_576)
  try {
    return bytes.length === 0 ? {} : JSON.parse(bytes.toString())
  } catch {
    throw new AdminRefusal('the body is not JSON')
  }
}

const json = (status: number, value: unknown): Reply => ({
  status,
  headers: ['Content-Type', 'application/json'],
  body: `${JSON.stringify(value)}\n`,
})
