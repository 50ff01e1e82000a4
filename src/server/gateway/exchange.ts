// One request to a backend and its answer, on one connection, within deadlines. Whatever goes wrong ends in one BackendFailure: before the
// head it is the exchange's outcome, afterwards the error of the answer's body; and the connection is closed.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { BackendFailure } from '../../service/backend-failure.ts'
import type { BackendAnswer, BackendTrouble } from '../../service/contracts/backends.ts'
import { readHead } from './answer-head.ts'
import type { Line } from './line.ts'
import { troubleOf } from './trouble.ts'

export interface Deadlines {
  /** From an address to a connection, with its TLS handshake. */
  readonly connectMs: number
  /** From the connection's use to the answer's head. */
  readonly headMs: number
  /** Without a byte of the body, while somebody wants one. */
  readonly idleMs: number
  /** From the head to the end of the body. */
  readonly bodyMs: number
}

export interface Outgoing {
  /** name, value, name, value, … */
  readonly headers: readonly string[]
  readonly body: string
  readonly signal: AbortSignal
}

export interface ExchangeOptions {
  readonly line: Line
  readonly deadlines: Deadlines
  /** Called once, when the connection is free or closed. */
  readonly ended: () => void
}

/** An answer; or a failure. `stale`: on a connection that was kept from before, and closed without a byte of an answer. */
export type Outcome = { readonly answer: BackendAnswer } | { readonly failure: BackendFailure; readonly stale: boolean }

/** Interim answers (1xx) before an answer: HTTP bounds neither their number nor their time. */
const maxInterim = 8

/** Sends a request. Never rejects. */
export function exchange({ headers, body, signal }: Outgoing, options: ExchangeOptions): Promise<Outcome> {
  const { line, deadlines, ended } = options
  return new Promise((resolve) => {
    const request = line.open(headers)
    let socket: Socket | undefined
    let answer: IncomingMessage | undefined
    let isKept = false
    let sent = false
    let readBefore = 0
    let interim = 0
    let timer: NodeJS.Timeout | undefined
    /** Whether nothing more can happen: failed, or the body has ended. */
    let over = false

    const end = () => {
      over = true
      clearTimeout(timer)
      signal.removeEventListener('abort', gone)
      socket?.removeListener('close', closed)
    }
    const fail = (why: BackendTrouble, detail: string) => {
      if (over) return
      const failure = new BackendFailure(why, sent, detail)
      const isSilent = socket === undefined || socket.bytesRead === readBefore
      end()
      if (answer === undefined) resolve({ failure, stale: why === 'away' && isKept && isSilent })
      else answer.destroy(failure)
      request.destroy()
    }
    const failBy = (error: NodeJS.ErrnoException) => {
      const { why, detail } = troubleOf(error)
      // The connection is closed: there is no other kind of trouble with an answer that has begun.
      if (answer !== undefined && why === 'away') closed()
      else fail(why, detail)
    }
    const gone = () => fail('aborted', 'the caller went away')
    const closed = () => {
      // An answer that its reader destroyed has not failed.
      if (answer !== undefined && !answer.complete && !answer.destroyed)
        fail('garbled', 'its answer ended before its end')
    }

    const connecting = (on: Socket) => {
      timer = setTimeout(() => fail('away', `no connection in ${deadlines.connectMs / 1000} s`), deadlines.connectMs)
      on.once(line.isTls ? 'secureConnect' : 'connect', () => {
        if (over) return
        clearTimeout(timer)
        waiting()
      })
    }
    const waiting = () => {
      sent = true
      timer = setTimeout(() => fail('slow', `no answer in ${deadlines.headMs / 1000} s`), deadlines.headMs)
    }
    request.once('socket', (on) => {
      if (over) return
      socket = on
      isKept = !on.connecting && (on as Partial<TLSSocket> & { secureConnecting?: boolean }).secureConnecting !== true
      readBefore = on.bytesRead
      // Before node's own listener, which would end the body with an error that says less.
      on.prependListener('close', closed)
      if (isKept) waiting()
      else connecting(on)
    })
    request.on('information', () => ++interim > maxInterim && fail('garbled', 'it sends interim answers without end'))
    request.on('upgrade', (_, on) => {
      on.destroy()
      fail('garbled', 'it changes the protocol, though that was not asked for')
    })
    request.on('error', failBy)
    request.once('close', ended)
    request.once('response', (incoming) => {
      // An error before anybody reads it must not end the process; who reads it later still gets it.
      incoming.on('error', ignore)
      const head = readHead(incoming)
      if ('garbled' in head) return fail('garbled', head.garbled)
      if (over) return
      clearTimeout(timer)
      answer = incoming
      timer = watchBody(incoming, deadlines, fail)
      incoming.once('close', end)
      // Node's request, with the signature, hangs on the answer: whoever prints it must not print that.
      Object.defineProperty(incoming, inspect.custom, { value: () => '[answer of a backend]' })
      resolve({ answer: { ...head, body: incoming } })
    })
    signal.addEventListener('abort', gone)
    request.end(body)
  })
}

const ignore = () => undefined

/**
 * Looks now and then whether bytes have come. A body that nobody reads is not slow: its bytes wait here. Returns the timer, which
 * is the same for the body's whole life.
 */
function watchBody(
  answer: IncomingMessage,
  { idleMs, bodyMs }: Deadlines,
  fail: (why: BackendTrouble, detail: string) => void,
): NodeJS.Timeout {
  let seen = answer.socket.bytesRead
  let wasWaiting = false
  let looks = 0
  const timer = setTimeout(() => {
    const { bytesRead } = answer.socket
    const isWaiting = answer.readableLength === 0 && !answer.complete
    // At two looks: a reader may have come back, and taken what waited, just before this one.
    if (isWaiting && wasWaiting && bytesRead === seen)
      return fail('slow', `no byte of its answer in ${idleMs / 1000} s`)
    wasWaiting = isWaiting
    if (++looks * idleMs >= bodyMs) return fail('slow', `its answer did not end in ${bodyMs / 1000} s`)
    seen = bytesRead
    timer.refresh()
  }, idleMs)
  return timer
}
