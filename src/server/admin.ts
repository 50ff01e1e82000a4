// The operator's door: an HTTP server on a Unix socket in the data folder, for whoever may open files of that folder and
// for nobody else.
import { chmodSync, rmSync } from 'node:fs'
import { adminSocketPath, MOST_ADMIN_BYTES, mostAdminBytesSaid } from '../client/admin.ts'
import type { Maybe } from '../core/maybe.ts'
import { BodyRefused, type Exchange, type Handler, isRepeated, type Reply } from './exchange.ts'
import type { FolderLock } from './folder-lock.ts'
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
  /** The data folder, held: a socket that is there was left by a dead process. */
  readonly lock: FolderLock
  readonly routes: AdminRoutes
  readonly clock: () => Date
  readonly random: (bytes: number) => Buffer
  readonly report?: (event: EdgeEvent) => void
}

/**
 * Opens the admin socket, with `GET /` answering `{ pid }` beside the routes. A socket that a dead process left is
 * replaced. Rejects with the system's error.
 */
export async function listenAdmin({ lock, routes, clock, random, report }: AdminOptions): Promise<Listener> {
  const path = adminSocketPath(lock.folder)
  const isFile = process.platform !== 'win32'
  if (isFile) rmSync(path, { force: true })
  const handler = adminHandler({ ...routes, 'GET /': () => ({ pid: process.pid }) }, report)
  const listener = await listen({
    on: { path },
    handler,
    proxies: noProxies,
    clock,
    random,
    bounds: { bodyBytes: MOST_ADMIN_BYTES },
    ...(report && { report }),
  })
  if (isFile) chmodSync(path, 0o600)
  return listener
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
      if (error instanceof BodyRefused) {
        return json(error.status, { error: error.why === 'too-large' ? mostAdminBytesSaid : error.message })
      }
      report?.({ kind: 'failed', requestId: exchange.requestId, error })
      return json(500, { error: 'internal error', requestId: exchange.requestId })
    }
  }
}

async function jsonOf(exchange: Exchange): Promise<unknown> {
  const bytes = await exchange.body.bytes(MOST_ADMIN_BYTES)
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
