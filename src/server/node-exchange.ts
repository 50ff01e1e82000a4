// One exchange on node:http: the request read into what handlers see, and their answer written (RFC 9110, 9112).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type Message, readHeaders } from '../core/http.ts'
import { uuid7 } from '../core/ids.ts'
import { RequestBody, type Room } from './body.ts'
import type { Bounds } from './bounds.ts'
import { BodyRefused, type Exchange, type From, type Handler, type Repeated, type Reply } from './exchange.ts'
import { sendStream } from './node-stream.ts'
import { originOf, type Peer, type Proxies } from './proxies.ts'

// Not imported, as in node.ts.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** What an operator may want to know and no client is told. */
export type EdgeEvent =
  | { readonly kind: 'failed'; readonly requestId: string; readonly error: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly address: string; readonly why: string }

/** What every exchange needs of its listener. */
export interface EdgeOptions {
  readonly handler: Handler
  readonly proxies: Proxies
  /** Whom a target is answered to, by the connection; absent, to all. Others are refused with status 403. */
  readonly admits?: ((peer: Peer, target: string) => boolean) | undefined
  readonly clock: () => Date
  /** Random bytes. */
  readonly random: (bytes: number) => Buffer
  readonly report?: (event: EdgeEvent) => void
}

/** A body of so many bytes is copied rather than written as a piece of its own. */
const joinedBytes = 16_384

/** One client connection. */
export interface Connection {
  readonly peer: Peer
  /** What is not answered yet, in the order of arrival. */
  readonly live: NodeExchange[]
  /** No further request of it is answered. */
  done: boolean
  /** Bytes read and written when last looked at, and when (ms since 1970) that number was new. */
  moved: number
  movedAt: number
}

/** What all exchanges of a listener share. */
export interface Edge {
  readonly options: EdgeOptions
  readonly bounds: Bounds
  readonly room: Room
  closing: boolean
  /** The Date header of that second. */
  second: number
  date: string
}

function dateHeader(edge: Edge, now: number): string {
  const second = Math.floor(now / 1000)
  if (second !== edge.second) {
    edge.second = second
    edge.date = new Date(second * 1000).toUTCString()
  }
  return edge.date
}

/** One object per request on the hot path: a class, so that what few requests need is made by getters on first use. */
export class NodeExchange implements Exchange {
  readonly message: Message | Repeated
  readonly body: RequestBody
  readonly from: From
  readonly receivedAt: Date
  /** Why the request is refused before any handler sees it. */
  readonly refused: { readonly status: number; readonly why: string } | undefined
  readonly edge: Edge
  readonly response: ServerResponse
  /** When its streamed answer began, in ms since 1970. */
  streamsSince: number | undefined
  readonly #connection: Connection
  /** Its connection ends with the answer: node reads nothing after a request that offers an upgrade, and nothing may be after one in doubt. */
  readonly #isLast: boolean
  #id: string | undefined
  #abort: AbortController | undefined
  #gone = false

  constructor(
    edge: Edge,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    expects: boolean,
  ) {
    const { method = '', url = '', rawHeaders } = request
    const { bounds, options } = edge
    this.edge = edge
    this.response = response
    this.#connection = connection
    connection.live.push(this)
    this.receivedAt = options.clock()
    const headers = readHeaders(rawHeaders)
    let origin: { readonly address: string; readonly tls: boolean } = connection.peer
    let announced: number | undefined = 0
    const isPath = originForm.test(url)
    const target = isPath ? url : ownTarget(url, 'repeated' in headers ? undefined : headers.get('host'))
    if ('repeated' in headers) {
      const contentType = request.headers['content-type'] ?? ''
      this.message = { method, target, repeated: headers.repeated, contentType }
      if (request.headers['transfer-encoding'] !== undefined) announced = undefined
      else announced = Number(request.headers['content-length'] ?? 0)
    } else {
      this.message = { method, target, headers }
      if (connection.peer.trusted) origin = originOf(connection.peer, headers, options.proxies)
      if (headers.has('transfer-encoding')) announced = undefined
      else announced = Number(headers.get('content-length') ?? 0)
    }
    this.from = {
      address: origin.address,
      tls: origin.tls,
      userAgent: 'repeated' in headers ? '' : (headers.get('user-agent') ?? ''),
      referer: 'repeated' in headers ? undefined : headers.get('referer'),
      host: 'repeated' in headers ? '' : (headers.get('host') ?? ''),
    }
    // HTTP/1.0 has no chunks: where such a request ends, those before this server may see otherwise (RFC 9112, 6.1).
    const inDoubt = announced === undefined && request.httpVersion !== '1.1'
    this.#isLast = inDoubt || request.headers.upgrade !== undefined
    this.body = new RequestBody({ request, response, announced, expects, most: bounds.bodyBytes, room: edge.room })
    if (rawHeaders.length > 2 * bounds.headers) this.refused = { status: 431, why: 'too many headers' }
    else if (inDoubt) this.refused = { status: 400, why: 'chunks in a version of HTTP that has none' }
    else if (!isPath && !originForm.test(target))
      this.refused = { status: 400, why: 'a target that is no path of this host' }
    else if (options.admits?.(connection.peer, target) === false)
      this.refused = { status: 403, why: 'in the clear, and not from a trusted proxy' }
  }

  get requestId(): string {
    this.#id ??= uuid7(this.receivedAt.getTime(), this.edge.options.random(10))
    return this.#id
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#gone) this.#abort.abort()
    return this.#abort.signal
  }

  /** The connection ended before the answer. */
  leave(): void {
    this.#gone = true
    this.#abort?.abort()
    this.body.fail('aborted')
    this.body.release()
  }

  /** Writes the answer: one write for one that is at hand. */
  send(reply: Reply): void {
    const { edge, response } = this
    const { body, status } = reply
    const streams = typeof body === 'object' && !Buffer.isBuffer(body)
    if (!streams) this.#end()
    if (response.destroyed || response.socket?.destroyed) {
      if (streams) body.destroy()
      return
    }
    const head = reply.headers.slice()
    head.push('Date', dateHeader(edge, this.receivedAt.getTime()))
    response.sendDate = false
    if (this.body.isAbandoned) this.#abandon(head)
    else if (edge.closing || this.#isLast) head.push('Connection', 'close')
    const bodiless = status === 204 || status === 304
    if (typeof body === 'string') {
      const length = Buffer.byteLength(body)
      if (!bodiless) head.push('Content-Length', String(length))
      response.writeHead(status, head)
      // A text of one byte a character is joined to its header and written as it is.
      response.end(body, length === body.length ? 'latin1' : 'utf8')
    } else if (Buffer.isBuffer(body)) {
      if (!bodiless) head.push('Content-Length', String(body.length))
      response.writeHead(status, head)
      // As a text of one byte a character it is joined to its header: one write, of one piece.
      if (body.length <= joinedBytes) response.end(body.toString('latin1'), 'latin1')
      else response.end(body)
    } else this.#sendStream(status, head, body, reply.length)
  }

  #sendStream(status: number, head: string[], body: Readable, length: number | undefined): void {
    const { edge, response } = this
    const done = (error?: Error) => {
      this.#end()
      if (error && !this.#gone) edge.options.report?.({ kind: 'failed', requestId: this.requestId, error })
    }
    if (length !== undefined) head.push('Content-Length', String(length))
    try {
      response.writeHead(status, head)
    } catch (error) {
      body.destroy()
      throw error
    }
    if (response.req.method !== 'HEAD') {
      this.streamsSince = edge.options.clock().getTime()
      sendStream(response, body, length, done)
      return
    }
    body.destroy()
    response.end()
    done()
  }

  /** It is answered, or cannot be. */
  #end(): void {
    const { live } = this.#connection
    // Nearly always the only one. A second answer, after a first one that could not be sent, finds itself gone.
    const place = live.indexOf(this)
    if (place >= 0) live.splice(place, 1)
    this.body.release()
  }

  /**
   * The rest of the body will not be read as one: nothing after it is a request. The client is given a moment to read
   * the answer before the connection is cut, or a reset would overtake it (RFC 9112 9.6).
   */
  #abandon(head: string[]): void {
    const { socket } = this.response.req
    const { lingerMs } = this.edge.bounds
    head.push('Connection', 'close')
    this.#connection.done = true
    socket.destroySoon = () => {
      socket.end()
      const cut = setTimeout(() => socket.destroy(), lingerMs)
      socket.once('close', () => clearTimeout(cut))
    }
  }
}

/** RFC 9112 3.2.1, in visible ASCII and without a fragment: what a signature can stand for. */
const originForm = /^\/[\x21\x22\x24-\x7e]*$/

const absoluteForm = /^https?:\/\/([^/?#]+)(.*)$/is

/**
 * The origin form of an absolute one (RFC 9112 3.2.2), as a client sends that takes this server for its proxy; the text as it
 * was for what is neither.
 * INVARIANT: only where its host is the Host header's, to the letter but for case. What a request is for, which role of names answers it
 * and what was signed must not depend on which of two names one reads.
 */
function ownTarget(target: string, host: string | undefined): string {
  const [, authority, rest = ''] = absoluteForm.exec(target) ?? []
  if (host === undefined || authority?.toLowerCase() !== host.toLowerCase()) return target
  return rest.startsWith('/') ? rest : `/${rest}`
}

export function answer(exchange: NodeExchange): void {
  try {
    if (exchange.refused !== undefined) {
      refuse(exchange, exchange.refused.status, exchange.refused.why)
      return
    }
    const reply = exchange.edge.options.handler(exchange)
    if (reply instanceof Promise)
      reply.then(
        (late) => deliver(exchange, late),
        (error) => fail(exchange, error),
      )
    else exchange.send(reply)
  } catch (error) {
    fail(exchange, error)
  }
}

function deliver(exchange: NodeExchange, reply: Reply): void {
  try {
    exchange.send(reply)
  } catch (error) {
    fail(exchange, error)
  }
}

function refuse(exchange: NodeExchange, status: number, why: string): void {
  const { address } = exchange.from
  exchange.edge.options.report?.({ kind: 'refused', status, address, why })
  const later = status === 503 ? ['Retry-After', '1'] : []
  exchange.send({
    status,
    headers: ['Content-Type', 'text/plain', ...later],
    body: `${STATUS_CODES[status]}: ${why}\n`,
  })
}

/** INVARIANT: what went wrong inside is reported, never sent. */
function fail(exchange: NodeExchange, error: unknown): void {
  const { response, requestId } = exchange
  if (error instanceof BodyRefused) {
    refuse(exchange, error.status, `body ${error.why}`)
    return
  }
  exchange.edge.options.report?.({ kind: 'failed', requestId, error })
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusMessage = STATUS_CODES[500] as string
  exchange.send({
    status: 500,
    headers: ['Content-Type', 'text/plain', 'x-amzn-RequestId', requestId],
    body: `${requestId}\n`,
  })
}
