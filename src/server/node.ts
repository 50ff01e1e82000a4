// The sockets: HTTP/1.1 (RFC 9110, 9112) on node:http and node:https. It keeps node's defaults where they are strict, and
// closes what they leave open: repeated headers, unbounded bodies and header counts, slow clients, foreign forms of the
// request-target.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { addressNetwork } from '../core/address-network.ts'
import { createShares, type Shares } from '../core/shares.ts'
import { type Bounds, defaultBounds } from './bounds.ts'
import { answer, type Connection, type Edge, type EdgeEvent, type EdgeOptions, NodeExchange } from './node-exchange.ts'
import { peerOf } from './proxies.ts'
import type { TlsSource } from './tls.ts'

// Not imported: to import node:http reads its every export, among them WebSocket, which loads a whole second HTTP client:
// 8 MB of memory that nothing here uses.
const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')
const { createServer: createTlsServer } = process.getBuiltinModule('node:https')

export interface ListenOptions extends EdgeOptions {
  /** An address and port (0 is any), or the path of a Unix socket or Windows pipe. */
  readonly on: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly tls?: TlsSource
  readonly bounds?: Partial<Bounds>
}

export interface Listener {
  /** The port in use; 0 for a path. */
  readonly port: number
  /** Connections open now. */
  readonly connections: number
  /**
   * Accepts no more, answers what is in flight, closes the rest. After `graceMs` what is left is cut; resolves with how
   * many connections that were.
   */
  close(graceMs: number): Promise<number>
}

/** Opens the listener. Rejects with the system's error (EADDRINUSE, EACCES, …). */
export async function listen(options: ListenOptions): Promise<Listener> {
  const bounds: Bounds = { ...defaultBounds, ...options.bounds }
  const connections = new Map<Socket, Connection>()
  const sockets = new Set<Socket>()
  const room = { held: 0, most: bounds.heldBytes }
  const edge: Edge = { options, bounds, room, closing: false, second: 0, date: '' }

  const settings = {
    maxHeaderSize: bounds.headerBytes,
    headersTimeout: bounds.headersMs,
    requestTimeout: bounds.requestMs,
    keepAliveTimeout: bounds.idleMs,
    connectionsCheckingInterval: bounds.sweepMs,
    insecureHTTPParser: false,
    requireHostHeader: true,
  }
  const server: Server | TlsServer = options.tls
    ? createTlsServer({ ...settings, ...options.tls.options, handshakeTimeout: bounds.handshakeMs })
    : createServer(settings)
  // node would drop headers beyond its count without a word: it may not, they are counted here.
  server.maxHeadersCount = 0
  server.maxConnections = bounds.connections

  const meet = (socket: Socket) => {
    const peer = peerOf(socket.remoteAddress, options.tls !== undefined, options.proxies)
    const connection: Connection = { peer, live: [], done: false, moved: 0, movedAt: 0 }
    connections.set(socket, connection)
    socket.once('close', () => {
      connections.delete(socket)
      for (const exchange of connection.live) exchange.leave()
    })
  }
  const serve = (expects: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket)
    if (connection === undefined || connection.done) return
    if (connection.live.length >= bounds.pipelined) {
      connection.done = true
      request.socket.destroy()
      return
    }
    answer(new NodeExchange(edge, connection, request, response, expects))
  }
  const shares = createShares(bounds.connectionsOfOne)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const { address, trusted } = peerOf(socket.remoteAddress, false, options.proxies)
    if (!trusted && address !== '') admit(socket, addressNetwork(address), shares)
  })
  server.on(options.tls ? 'secureConnection' : 'connection', meet)
  server.on('request', serve(false))
  server.on('checkContinue', serve(true))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseConnection(error, socket, connections.get(socket), options.report)
  })
  options.tls?.onChange((fresh) => (server as TlsServer).setSecureContext(fresh))

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.on, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const sweep = setInterval(() => {
    const now = options.clock().getTime()
    for (const [socket, connection] of connections) endSlow(socket, connection, now, bounds)
  }, bounds.sweepMs)
  sweep.unref()

  const address = server.address() as AddressInfo | string | null
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get connections() {
      return sockets.size
    },
    async close(graceMs) {
      edge.closing = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      // node does not count a connection that never sent anything as idle.
      for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy()
      let cut = 0
      const end = setTimeout(() => {
        cut = sockets.size
        for (const socket of connections.keys()) socket.destroy()
        for (const socket of sockets) socket.destroy()
      }, graceMs)
      await closed
      clearTimeout(end)
      clearInterval(sweep)
      return cut
    },
  }
}

/** Counts a connection to its network; one too many is cut, so that nobody alone holds all there are. */
function admit(socket: Socket, network: string, shares: Shares): void {
  if (shares.take(network)) socket.once('close', () => shares.leave(network))
  else socket.destroy()
}

/** A look at one connection now and then costs less than timers that every request sets anew. */
function endSlow(socket: Socket, connection: Connection, now: number, bounds: Bounds): void {
  for (const { receivedAt, body, streamsSince } of connection.live) {
    if (receivedAt.getTime() + bounds.bodyMs <= now) body.fail('too-slow')
    if (streamsSince !== undefined && streamsSince + bounds.answerMs <= now) socket.destroy()
  }
  const moved = socket.bytesRead + socket.bytesWritten
  // Between requests, node's own keepAliveTimeout counts.
  const between = connection.live.length === 0 && socket.writableLength === 0
  if (moved !== connection.moved || between) {
    connection.moved = moved
    connection.movedAt = now
  } else if (connection.movedAt + bounds.idleMs <= now) {
    socket.destroy()
  }
}

const parseFailures: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What is not HTTP is answered bare and cut: where one request ends and the next begins is no longer known. */
function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  connection: Connection | undefined,
  report: ((event: EdgeEvent) => void) | undefined,
): void {
  const status = parseFailures[error.code ?? ''] ?? 400
  const mute = error.code === 'ECONNRESET' || !socket.writable || connection === undefined || connection.done
  if (mute) {
    socket.destroy()
    return
  }
  connection.done = true
  report?.({ kind: 'refused', status, address: connection.peer.address, why: error.code ?? 'malformed' })
  // An answer to an earlier request may be on its way: nothing may be spliced into it.
  const [first] = connection.live
  if (first !== undefined && (connection.live.length > 1 || first.response.headersSent)) {
    socket.destroy()
    return
  }
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
  socket.end(head, () => socket.destroy())
}
