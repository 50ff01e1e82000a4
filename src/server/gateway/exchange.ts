// One request to a backend and its answer, on one connection, within deadlines. Whatever goes wrong ends in one BackendFailure: before the
// head it is the exchange's outcome, afterwards the error of the answer's body; and the connection is closed.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { BackendFailure } from '../../service/backend-failure.ts'
import type { BackendAnswer, BackendTrouble } from '../../service/contracts/backends.ts'
import { readHead } from './answer-head.ts'
import type { Line } from './line.ts'
import type { Sweep } from './sweep.ts'
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
  /** How long bytes of an answer may wait for its reader, in all, while others wait for a connection. */
  readonly dawdleMs: number
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
  readonly sweep: Sweep
  /** Whether others wait for a connection. */
  readonly isWanted: () => boolean
  /** Called once, when the connection is free or closed. */
  readonly ended: () => void
}

/** An answer; or a failure. `stale`: on a connection that was kept from before, and closed without a byte of an answer. */
export type Outcome = { readonly answer: BackendAnswer } | { readonly failure: BackendFailure; readonly stale: boolean }

/** Interim answers (1xx) before an answer: HTTP bounds neither their number nor their time. */
const maxInterim = 8

/** What hears of the end of a connection: the exchange that uses it. One listener for each connection, not one for each request. */
const users = new WeakMap<Socket, () => void>()

/** Sends a request. Never rejects. */
export function exchange({ headers, body, signal }: Outgoing, options: ExchangeOptions): Promise<Outcome> {
  const { line, deadlines, sweep, isWanted, ended } = options
  return new Promise((resolve) => {
    const request = line.open(headers)
    let socket: Socket | undefined
    let answer: IncomingMessage | undefined
    let phase: 'connecting' | 'waiting' | 'body' | 'over' = 'connecting'
    /** When the phase began; when the last byte was seen. */
    let since = sweep.ms
    let movedAt = 0
    let lookedAt = 0
    let dawdledMs = 0
    let bytesSeen = 0
    let isKept = false
    let sent = false
    let interim = 0

    const end = () => {
      phase = 'over'
      sweep.delete(look)
      signal.removeEventListener('abort', gone)
      if (socket !== undefined) users.set(socket, ignore)
    }
    const fail = (why: BackendTrouble, detail: string) => {
      if (phase === 'over') return
      const failure = new BackendFailure(why, sent, detail)
      const isSilent = socket === undefined || socket.bytesRead === bytesSeen
      end()
      if (answer === undefined) resolve({ failure, stale: why === 'away' && isKept && isSilent })
      else answer.destroy(failure)
      request.destroy()
    }
    const gone = () => fail('aborted', 'the caller went away')
    const closed = () => {
      // An answer that its reader destroyed has not failed.
      if (answer !== undefined && !answer.complete && !answer.destroyed)
        fail('garbled', 'its answer ended before its end')
    }
    const enter = (next: 'waiting' | 'body') => {
      phase = next
      since = sweep.ms
      sent = true
    }
    /** Whether a deadline has passed. A body that nobody reads is not slow: its bytes wait here. */
    const look = () => {
      const { ms } = sweep
      const { connectMs, headMs, idleMs, bodyMs, dawdleMs } = deadlines
      if (phase === 'connecting')
        return ms - since >= connectMs && fail('away', `no connection in ${connectMs / 1000} s`)
      if (phase === 'waiting') return ms - since >= headMs && fail('slow', `no answer in ${headMs / 1000} s`)
      if (answer === undefined || socket === undefined) return
      if (socket.bytesRead !== bytesSeen || answer.readableLength > 0 || answer.complete) movedAt = ms
      bytesSeen = socket.bytesRead
      if (answer.readableLength > 0) dawdledMs += ms - lookedAt
      lookedAt = ms
      // INVARIANT: readers that take their time keep the connections only as long as nobody else needs them.
      if (dawdledMs >= dawdleMs && isWanted()) fail('aborted', 'its reader took its time while others waited')
      else if (ms - movedAt >= idleMs) fail('slow', `no byte of its answer in ${idleMs / 1000} s`)
      else if (ms - since >= bodyMs) {
        const isReaders = 2 * dawdledMs > bodyMs
        fail(isReaders ? 'aborted' : 'slow', `its answer did not end in ${bodyMs / 1000} s`)
      }
    }

    request.on('socket', (on: Socket & Partial<TLSSocket> & { readonly secureConnecting?: boolean }) => {
      if (phase === 'over') return
      socket = on
      // Before node's own listener, which would end the body with an error that says less.
      if (!users.has(on)) on.prependListener('close', () => users.get(on)?.())
      users.set(on, closed)
      bytesSeen = on.bytesRead
      isKept = !on.connecting && on.secureConnecting !== true
      if (isKept) return enter('waiting')
      on.once(line.isTls ? 'secureConnect' : 'connect', () => phase === 'connecting' && enter('waiting'))
    })
    request.on('response', (incoming) => {
      // An error before anybody reads it must not end the process; who reads it later still gets it.
      incoming.on('error', ignore)
      const head = readHead(incoming.statusCode ?? 0, incoming.rawHeaders)
      if ('garbled' in head) return fail('garbled', head.garbled)
      if (phase === 'over') return
      answer = incoming
      enter('body')
      movedAt = since
      lookedAt = since
      incoming.on('close', end)
      // Node's request, with the signature, hangs on the answer: whoever prints it must not print that.
      Object.assign(incoming, hidden)
      resolve({ answer: { ...head, body: incoming } })
    })
    request.on('information', () => ++interim > maxInterim && fail('garbled', 'it sends interim answers without end'))
    request.on('upgrade', (_, on) => {
      on.destroy()
      fail('garbled', 'it changes the protocol, though that was not asked for')
    })
    request.on('error', (error) => {
      const { why, detail } = troubleOf(error)
      // The connection is closed: there is no other kind of trouble with an answer that has begun.
      if (answer !== undefined && why === 'away') closed()
      else fail(why, detail)
    })
    request.on('close', ended)
    signal.addEventListener('abort', gone)
    sweep.add(look)
    // A text of one byte a character is joined to its head and written as it is.
    request.end(body, Buffer.byteLength(body) === body.length ? 'latin1' : 'utf8')
  })
}

const ignore = () => undefined

const hidden = { [inspect.custom]: () => '[answer of a backend]' }
