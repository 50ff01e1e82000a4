// What a listener hands to a handler and gets back: one HTTP exchange, as raw as SigV4 needs it (RFC 9112), with the
// client's address already decided (server/proxies.ts). Handlers are functions from one to the other.
import type { Readable } from 'node:stream'
import type { Message } from '../core/http.ts'
import type { Maybe } from '../core/maybe.ts'

/**
 * A request in which a header that may stand once stood twice. It has no headers: none of them can be believed. The
 * handler refuses it with status 400, in the form of the protocol it recognises.
 */
export interface Repeated {
  readonly method: string
  readonly target: string
  /** Lower-cased name of the header. */
  readonly repeated: string
  /** The first Content-Type, '' without one: enough to choose the shape of the refusal. */
  readonly contentType: string
}

/** Whether a message must be refused because of a repeated header. */
export const isRepeated = (message: Message | Repeated): message is Repeated => 'repeated' in message

export interface Body {
  /**
   * The whole body. Rejects with BodyRefused when it is longer than the lower of `limit` (bytes) and the listener's own
   * bound, before reading on; when it is too slow; when the client goes away. May be called again: the answer is kept.
   */
  bytes(limit: number): Promise<Buffer>
  /** The body as it arrives, unbounded; for those that forward it. Not after `bytes`. */
  stream(): Readable
}

/** Where a request comes from. Address and TLS are the socket's, or what a trusted proxy says. */
export interface From {
  /** Canonical text: IPv4, or IPv6 compressed and in lower case; an IPv4-mapped address as IPv4. '' on a Unix socket. */
  readonly address: string
  readonly tls: boolean
  readonly userAgent: string
  /** The Referer header; absent when none was sent. */
  readonly referer?: string | undefined
  /** The Host header as sent; '' when absent or repeated. */
  readonly host: string
}

export interface Exchange {
  /** UUIDv7, made on first use. */
  readonly requestId: string
  readonly message: Message | Repeated
  readonly body: Body
  readonly from: From
  /** Aborts when the client goes away before it has its answer. Made on first use: pass it on through a getter. */
  readonly signal: AbortSignal
  readonly receivedAt: Date
}

/** The same exchange but for these: what is made on first use still is. */
export function exchangeWith(
  exchange: Exchange,
  changes: Partial<Pick<Exchange, 'message' | 'body' | 'requestId'>>,
): Exchange {
  const { message, body, from, receivedAt } = exchange
  return {
    ...{ message: changes.message ?? message, body: changes.body ?? body, from, receivedAt },
    get requestId() {
      return changes.requestId ?? exchange.requestId
    },
    get signal() {
      return exchange.signal
    },
  }
}

/** For those who must not see what a browser holds. */
export function withoutCookies(exchange: Exchange): Exchange {
  const { message } = exchange
  if (isRepeated(message) || !message.headers.has('cookie')) return exchange
  const headers = new Map(message.headers)
  headers.delete('cookie')
  return exchangeWith(exchange, { message: { ...message, headers } })
}

export interface Reply {
  readonly status: number
  /** name, value, name, value, … The listener adds Date, Connection and, but for streams, Content-Length. */
  readonly headers: readonly string[]
  /** A string is sent as UTF-8. For an answer to HEAD it is measured and not sent. */
  readonly body: Buffer | string | Readable
  /** Bytes of a stream, where they are known: they are its Content-Length, and one of another length is broken off. */
  readonly length?: number | undefined
}

/** INVARIANT: a handler that answers at once answers in the same turn of the event loop, with no promise made. */
export type Handler = (exchange: Exchange) => Maybe<Reply>

/** Why a body could not be had. */
export type BodyRefusal = 'too-large' | 'too-slow' | 'aborted' | 'overloaded'

const statuses: Readonly<Record<BodyRefusal, number>> = {
  'too-large': 413,
  'too-slow': 408,
  aborted: 400,
  // Bodies of all clients together hold too much.
  overloaded: 503,
}

/** The refusal of a body. A handler may answer it in its own form; one that does not catch it gets `status` sent. */
export class BodyRefused extends Error {
  readonly why: BodyRefusal
  readonly status: number
  constructor(why: BodyRefusal) {
    super(`request body ${why}`)
    this.why = why
    this.status = statuses[why]
  }
}
