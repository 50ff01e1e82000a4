// The connections to one backend: kept open between requests, over TLS that is verified against the backend's own authorities.
// No proxy, no redirect, no decompression, no HTTP/2: undici's Client does none of it unless it is asked to.
import { createRequire } from 'node:module'
import { isIP, connect as plainConnect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import type { Client, Dispatcher } from 'undici'
import type { BackendAccess } from './backend-settings.ts'

// A server without a backend does not load it.
const load = createRequire(import.meta.url)

/** A connection, or the way to one: it is made with the first request. */
export interface Connection {
  /** Undefined before there was an attempt. */
  readonly socket: Socket | undefined
  /** The first error of its socket: why it was closed, where later ones say only that it was. */
  readonly failure: Error | undefined
  /** Whether its socket has had a request before this one. */
  readonly isKept: boolean
  /** Sends a POST of `/`. One at a time. */
  send(headers: readonly string[], body: string, handler: Dispatcher.DispatchHandler): void
  /** Gives it back, for other requests. */
  free(): void
  /** Closes it: whatever it did is over. `closed`: called once nothing of it is open. */
  close(closed?: () => void): void
}

export interface Line {
  /** The Host header. */
  readonly host: string
  /** A connection that is free, the last used one first, or a new one. How many there may be, the caller counts. */
  take(): Connection
  /** Connections that are open, and those of them without a request. */
  readonly connections: number
  readonly idle: number
  /** Closes those without a request: one of them turned out to be closed at the other end. */
  dropIdle(): void
  /** Closes all of them. */
  close(): void
}

/**
 * A connection is not kept longer than this without a request: less than servers keep it (Node's 5 s are the shortest in use), so that
 * a request seldom meets a connection that is being closed. A server's Keep-Alive header shortens it.
 */
const idleMs = 4_000
/** What is taken off a server's Keep-Alive, which begins there, not here. */
const marginMs = 1_000
/** Of the head of an answer, or of each interim one: names and values of its fields. */
const maxHeadBytes = 16_384

export function createLine(endpoint: URL, access: BackendAccess): Line {
  const { Client: UndiciClient }: { readonly Client: typeof Client } = load('undici')
  const isTls = endpoint.protocol === 'https:'
  const host = endpoint.hostname.replace(/^\[|\]$/g, '')
  const port = Number(endpoint.port || (isTls ? 443 : 80))
  const tls = isTls ? tlsOf(host, access) : {}
  const sockets = new Set<Socket>()
  const idle: Connection[] = []
  let session: Buffer | undefined

  const open = (): Socket => {
    const socket = isTls
      ? tlsConnect({ ...tls, ...(session === undefined ? {} : { session }), host, port })
      : plainConnect({ host, port })
    if (isTls)
      socket.on('session', (latest: Buffer) => {
        session = latest
      })
    sockets.add(socket)
    return socket.setNoDelay(true).on('close', () => sockets.delete(socket))
  }

  const createConnection = (): Connection => {
    const client = new UndiciClient(endpoint.origin, {
      ...{ allowH2: false, useMilo: false, pipelining: 1, maxHeaderSize: maxHeadBytes },
      ...{ keepAliveTimeout: idleMs, keepAliveMaxTimeout: idleMs, keepAliveTimeoutThreshold: marginMs },
      // Deadlines are the exchange's.
      ...{ headersTimeout: 0, bodyTimeout: 0 },
      connect(_, connected) {
        const opened = open()
        Object.assign(connection, { socket: opened, isKept: false, failure: undefined })
        let isUp = false
        opened.once(isTls ? 'secureConnect' : 'connect', () => {
          isUp = true
          connected(null, opened)
        })
        opened.on('error', (error) => {
          connection.failure ??= error
        })
        opened.once('close', () => {
          if (!isUp) connected(connection.failure ?? new Error('closed'), null)
          const at = idle.indexOf(connection)
          if (at !== -1) idle.splice(at, 1)
        })
      },
    })
    const connection: Mutable<Connection> = {
      ...{ socket: undefined, failure: undefined, isKept: false },
      send(headers, body, handler) {
        client.dispatch({ path: '/', method: 'POST', headers: headers as string[], body }, handler)
      },
      free() {
        connection.isKept = true
        if (connection.socket?.destroyed === false) idle.push(connection)
      },
      close(closed = ignore) {
        client.destroy(null, ignore)
        const { socket } = connection
        if (socket === undefined || socket.closed) return closed()
        socket.once('close', closed)
        socket.destroy()
      },
    }
    return connection
  }
  return {
    host: endpoint.host,
    take: () => idle.pop() ?? createConnection(),
    get connections() {
      return sockets.size
    },
    get idle() {
      return idle.length
    },
    dropIdle() {
      for (const connection of idle.splice(0)) connection.close()
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const ignore = () => undefined

const tlsOf = (host: string, { ca, certificate, key }: BackendAccess): ConnectionOptions => ({
  minVersion: 'TLSv1.2',
  // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED cannot say otherwise.
  rejectUnauthorized: true,
  ALPNProtocols: ['http/1.1'],
  // An address is compared with the certificate's addresses, and is no server name (RFC 6066, 3).
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(ca === undefined ? {} : { ca }),
  ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key: key.reveal() }),
})
