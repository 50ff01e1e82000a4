// One request to a backend and its answer, on one connection, within deadlines. Whatever goes wrong ends in one BackendFailure: before the
// head it is the exchange's outcome, afterwards the error of the answer's body; and the connection is closed.
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { BackendFailure } from '../../service/backend-failure.ts'
import type { BackendAnswer, BackendTrouble } from '../../service/contracts/backends.ts'
import { readHead } from './answer-head.ts'
import type { Connection } from './line.ts'
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
  readonly connection: Connection
  readonly deadlines: Deadlines
  readonly sweep: Sweep
  /** Whether others wait for a connection. */
  readonly isWanted: () => boolean
  /** Called once, when the connection is free or closed. */
  readonly ended: () => void
}

/**
 * An answer; `watch`: who hears if it fails from now on, and the failure that it has already. Or a failure; `stale`: on a connection that was
 * kept from before, and closed without a byte of an answer.
 */
export type Outcome =
  | {
      readonly answer: BackendAnswer
      readonly watch: (broken: (failure: BackendFailure) => void) => BackendFailure | undefined
    }
  | { readonly failure: BackendFailure; readonly stale: boolean }

/** Interim answers (1xx) before an answer: HTTP bounds neither their number nor their time. */
const maxInterim = 8

/** Bytes of an answer that nobody has asked for yet; what comes then waits in its connection. */
const mostStored = 65_536

/** Sends a request. Never rejects. */
export function exchange({ headers, body, signal }: Outgoing, options: ExchangeOptions): Promise<Outcome> {
  const { connection, deadlines, sweep, isWanted, ended } = options
  return new Promise((resolve) => {
    let control: Dispatcher.DispatchController | undefined
    /** Bytes of the answer, as long as nobody asks for its body as a stream. */
    let pieces: Buffer[] = []
    let stored = 0
    let stream: Readable | undefined
    let failure: BackendFailure | undefined
    let broken: (failure: BackendFailure) => void = ignore
    let phase: 'connecting' | 'waiting' | 'body' | 'over' = 'connecting'
    /** Whether the whole answer is here: the connection is another's. */
    let isWhole = false
    /** When the phase began; when the last byte was seen. */
    let since = sweep.ms
    let movedAt = 0
    let lookedAt = 0
    let dawdledMs = 0
    let bytesSeen = 0
    let interim = 0

    const end = () => {
      if (phase === 'over') return
      phase = 'over'
      sweep.delete(look)
      signal.removeEventListener('abort', gone)
      if (!isWhole) connection.close(ended)
    }
    const fail = (why: BackendTrouble, detail: string) => {
      if (phase === 'over') return
      failure = new BackendFailure(why, control !== undefined, detail)
      const isAnswered = phase === 'body'
      const isSilent = control === undefined || bytesRead() === bytesSeen
      const stale = why === 'away' && connection.isKept && isSilent
      end()
      if (!isAnswered) return resolve({ failure, stale })
      stream?.destroy(failure)
      broken(failure)
    }
    const gone = () => fail('aborted', 'the caller went away')
    const enter = (next: 'waiting' | 'body') => {
      phase = next
      since = sweep.ms
    }
    const bytesRead = () => connection.socket?.bytesRead ?? 0
    /** Whether a deadline has passed. A body that nobody reads is not slow: its bytes wait here. */
    const look = () => {
      const { ms } = sweep
      const { connectMs, headMs, idleMs, bodyMs, dawdleMs } = deadlines
      if (phase === 'connecting')
        return ms - since >= connectMs && fail('away', `no connection in ${connectMs / 1000} s`)
      if (phase === 'waiting') return ms - since >= headMs && fail('slow', `no answer in ${headMs / 1000} s`)
      const held = stream?.readableLength ?? stored
      if (isWhole || held > 0 || bytesRead() !== bytesSeen) movedAt = ms
      bytesSeen = bytesRead()
      if (held > 0) dawdledMs += ms - lookedAt
      lookedAt = ms
      // INVARIANT: readers that take their time keep the connections only as long as nobody else needs them.
      if (!isWhole && dawdledMs >= dawdleMs && isWanted())
        fail('aborted', 'its reader took its time while others waited')
      else if (ms - movedAt >= idleMs) fail('slow', `no byte of its answer in ${idleMs / 1000} s`)
      else if (ms - since >= bodyMs) {
        const isReaders = 2 * dawdledMs > bodyMs
        fail(isReaders ? 'aborted' : 'slow', `its answer did not end in ${bodyMs / 1000} s`)
      }
    }
    /** All that was announced has come, and all that came with it is parsed: what follows it in the same bytes is an error. */
    const complete = () => {
      if (phase === 'over') return
      const error = connection.socket?.errored
      const trouble = error ? troubleOf(error) : undefined
      if (trouble?.why === 'garbled') return fail('garbled', trouble.detail)
      isWhole = true
      connection.free()
      ended()
      stream?.push(null)
    }
    const bodyOf = (): Readable => {
      if (stream !== undefined) return stream
      stream = new Readable({
        read: () => void (isWhole || control?.resume()),
        destroy(error, done) {
          end()
          done(error)
        },
      })
      // An error before anybody reads it must not end the process; who reads it later still gets it.
      stream.on('error', ignore)
      for (const piece of pieces) stream.push(piece)
      pieces = []
      if (failure !== undefined) stream.destroy(failure)
      else if (isWhole) stream.push(null)
      return stream
    }
    /** Most answers are here before anybody asks: they need no stream. */
    const whole = (): Buffer | undefined => {
      if (!isWhole || stream !== undefined || failure !== undefined) return undefined
      end()
      return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    }

    connection.send(headers, body, {
      onRequestStart(controller) {
        if (phase === 'over') return controller.abort(new Error('over'))
        control = controller
        bytesSeen = bytesRead()
        enter('waiting')
      },
      onResponseStart(_, status, fields) {
        if (phase === 'over') return
        if (status < 200)
          return void (++interim > maxInterim && fail('garbled', 'it sends interim answers without end'))
        const head = readHead(status, fields)
        if ('garbled' in head) return fail('garbled', head.garbled)
        enter('body')
        movedAt = since
        lookedAt = since
        const answer = {
          ...head,
          get body() {
            return bodyOf()
          },
          whole,
        }
        const watch = (heard: typeof broken) => {
          broken = heard
          return failure
        }
        resolve({ answer, watch })
      },
      onResponseData(controller, bytes) {
        if (phase !== 'body') return
        if (stream !== undefined) return void (stream.push(bytes) || controller.pause())
        pieces.push(bytes)
        stored += bytes.length
        if (stored >= mostStored) controller.pause()
      },
      onResponseEnd: () => queueMicrotask(complete),
      onResponseError(_, error) {
        const { why, detail } = troubleOf(connection.failure ?? error)
        // The connection is closed: there is no other kind of trouble with an answer that has begun.
        if (phase === 'body' && why === 'away') fail('garbled', 'its answer ended before its end')
        else fail(why, detail)
      },
    })
    // What failed at once has ended already.
    if (failure !== undefined) return
    signal.addEventListener('abort', gone)
    sweep.add(look)
  })
}

const ignore = () => undefined
