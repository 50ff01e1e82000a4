// The connections to one backend: kept open between requests, over TLS that is verified against the backend's own authorities.
// No proxy, no redirect, no decompression: node:http's client does none of it unless it is asked to.
import type { ClientRequest, RequestOptions } from 'node:http'
import type { AgentOptions } from 'node:https'
import { isIP, type Socket } from 'node:net'
import type { BackendAccess } from './backend-settings.ts'

// Not imported: an import of node:http reads all its exports, among them WebSocket, which loads a second HTTP client, 8 MB of
// memory that this code does not use.
const { request: plainRequest, Agent: PlainAgent } = process.getBuiltinModule('node:http')
const { request: tlsRequest, Agent: TlsAgent } = process.getBuiltinModule('node:https')

export interface Line {
  readonly isTls: boolean
  /** The Host header. */
  readonly host: string
  /** Begins a POST of `/` with these header fields (name, value, …). */
  open(headers: readonly string[]): ClientRequest
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
/** Of the head of an answer, or of each interim one. */
const maxHeadBytes = 16_384

export function createLine(endpoint: URL, connections: number, access: BackendAccess): Line {
  const isTls = endpoint.protocol === 'https:'
  const host = endpoint.hostname.replace(/^\[|\]$/g, '')
  const port = Number(endpoint.port || (isTls ? 443 : 80))
  // Without a server name node would look for one in each request's Host.
  const pool = {
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    timeout: idleMs,
    servername: '',
  }
  const agent = isTls ? new TlsAgent({ ...pool, ...tlsOf(host, access) }) : new PlainAgent(pool)
  // An agent has one endpoint. The name that node gives to it spells out all certificates, for every request.
  agent.getName = () => name
  const request = isTls ? tlsRequest : plainRequest
  const options: RequestOptions = {
    agent,
    ...{ host, port, method: 'POST', path: '/' },
    maxHeaderSize: maxHeadBytes,
    insecureHTTPParser: false,
  }
  const idleOnes = (): readonly Socket[] => agent.freeSockets[name] ?? []
  return {
    isTls,
    host: endpoint.host,
    open(headers) {
      const opened = request({ ...options, headers })
      // Beyond its own count node would drop fields without a word; the head's size bounds them.
      opened.maxHeadersCount = 0
      return opened
    },
    get connections() {
      return (agent.sockets[name]?.length ?? 0) + idleOnes().length
    },
    get idle() {
      return idleOnes().length
    },
    dropIdle() {
      for (const socket of [...idleOnes()]) socket.destroy()
    },
    close: () => agent.destroy(),
  }
}

const name = 'backend'

const tlsOf = (host: string, { ca, certificate, key }: BackendAccess): AgentOptions => ({
  minVersion: 'TLSv1.2',
  // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED cannot say otherwise.
  rejectUnauthorized: true,
  // An address is compared with the certificate's addresses, and is no server name (RFC 6066, 3).
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(ca === undefined ? {} : { ca }),
  ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key: key.reveal() }),
})
