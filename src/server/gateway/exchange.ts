// One request to a backend and its answer, on one connection, within deadlines. Whatever goes wrong ends in one BackendFailure: before the
// head it is the exchange's outcome, afterwards the error of the answer's body; and the connection is closed.
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { BackendFailure } from '../../service/backend-failure.ts'
import type { BackendAnswer, BackendTrouble } from '../../service/contracts/backends.ts'
import { type AnswerHead, readHead } from './answer-head.ts'
import type { Connection } from './line.ts'
import type { Sweep, Swept } from './sweep.ts'
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
  | { readonly answer: BackendAnswer; readonly watched: Watched }
  | { readonly failure: BackendFailure; readonly stale: boolean }

export interface Watched {
  watch(broken: (failure: BackendFailure) => void): BackendFailure | undefined
}

/** Interim answers (1xx) before an answer: HTTP bounds neither their number nor their time. */
const maxInterim = 8

/** Bytes of an answer that nobody has asked for yet; what comes then waits in its connection. */
const mostStored = 65_536

/** Sends a request. Never rejects. */
export const exchange = (outgoing: Outgoing, options: ExchangeOptions): Promise<Outcome> =>
  new Promise((resolve) => new Exchange(outgoing, options, resolve).begin(outgoing))

/** One object per request on the hot path: a class, so that its methods are made once. */
class Exchange implements Swept, Watched, Dispatcher.DispatchHandler {
  place = -1
  readonly #options: ExchangeOptions
  readonly #signal: AbortSignal
  readonly #resolve: (outcome: Outcome) => void
  readonly #gone = () => this.#fail('aborted', 'the caller went away')
  #control: Dispatcher.DispatchController | undefined
  /** Bytes of the answer, as long as nobody asks for its body as a stream. */
  #pieces: Buffer[] = []
  #stored = 0
  #stream: Readable | undefined
  #failure: BackendFailure | undefined
  #broken: (failure: BackendFailure) => void = ignore
  #phase: 'connecting' | 'waiting' | 'body' | 'over' = 'connecting'
  /** Whether the whole answer is here: the connection is another's. */
  #isWhole = false
  /** When the phase began; when the last byte was seen. */
  #since: number
  #movedAt = 0
  #lookedAt = 0
  #dawdledMs = 0
  #bytesSeen = 0
  #interim = 0

  constructor({ signal }: Outgoing, options: ExchangeOptions, resolve: (outcome: Outcome) => void) {
    this.#options = options
    this.#signal = signal
    this.#resolve = resolve
    this.#since = options.sweep.ms
  }

  begin({ headers, body }: Outgoing): void {
    this.#options.connection.send(headers, body, this)
    // What failed at once has ended already.
    if (this.#failure !== undefined) return
    this.#signal.addEventListener('abort', this.#gone)
    this.#options.sweep.add(this)
  }

  watch(broken: (failure: BackendFailure) => void): BackendFailure | undefined {
    this.#broken = broken
    return this.#failure
  }

  /** Whether a deadline has passed. A body that nobody reads is not slow: its bytes wait here. */
  look(): void {
    const { deadlines, sweep, isWanted } = this.#options
    const { ms } = sweep
    const { connectMs, headMs, idleMs, bodyMs, dawdleMs } = deadlines
    const spentMs = ms - this.#since
    if (this.#phase === 'connecting') {
      if (spentMs >= connectMs) this.#fail('away', `no connection in ${connectMs / 1000} s`)
      return
    }
    if (this.#phase === 'waiting') {
      if (spentMs >= headMs) this.#fail('slow', `no answer in ${headMs / 1000} s`)
      return
    }
    const held = this.#stream?.readableLength ?? this.#stored
    const bytesRead = this.#bytesRead
    if (this.#isWhole || held > 0 || bytesRead !== this.#bytesSeen) this.#movedAt = ms
    this.#bytesSeen = bytesRead
    if (held > 0) this.#dawdledMs += ms - this.#lookedAt
    this.#lookedAt = ms
    // INVARIANT: readers that take their time keep the connections only as long as nobody else needs them.
    if (!this.#isWhole && this.#dawdledMs >= dawdleMs && isWanted())
      this.#fail('aborted', 'its reader took its time while others waited')
    else if (ms - this.#movedAt >= idleMs) this.#fail('slow', `no byte of its answer in ${idleMs / 1000} s`)
    else if (spentMs >= bodyMs) {
      const isReaders = 2 * this.#dawdledMs > bodyMs
      this.#fail(isReaders ? 'aborted' : 'slow', `its answer did not end in ${bodyMs / 1000} s`)
    }
  }

  get body(): Readable {
    if (this.#stream !== undefined) return this.#stream
    const stream = new Readable({
      read: () => void (this.#isWhole || this.#control?.resume()),
      destroy: (error, done) => {
        this.#end()
        done(error)
      },
    })
    this.#stream = stream
    // An error before anybody reads it must not end the process; who reads it later still gets it.
    stream.on('error', ignore)
    for (const piece of this.#pieces) stream.push(piece)
    this.#pieces = []
    if (this.#failure !== undefined) stream.destroy(this.#failure)
    else if (this.#isWhole) stream.push(null)
    return stream
  }

  /** Most answers are here before anybody asks: they need no stream. */
  whole(): Buffer | undefined {
    if (!this.#isWhole || this.#stream !== undefined || this.#failure !== undefined) return undefined
    this.#end()
    return this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'over') {
      controller.abort(new Error('over'))
      return
    }
    this.#control = controller
    this.#bytesSeen = this.#bytesRead
    this.#enter('waiting')
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    fields: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (this.#phase === 'over') return
    if (status < 200) {
      if (++this.#interim > maxInterim) this.#fail('garbled', 'it sends interim answers without end')
      return
    }
    const head = readHead(status, fields)
    if ('garbled' in head) {
      this.#fail('garbled', head.garbled)
      return
    }
    this.#enter('body')
    this.#movedAt = this.#since
    this.#lookedAt = this.#since
    this.#resolve({ answer: new Answer(head, this), watched: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#phase !== 'body') return
    if (this.#stream !== undefined) {
      if (!this.#stream.push(bytes)) controller.pause()
      return
    }
    this.#pieces.push(bytes)
    this.#stored += bytes.length
    if (this.#stored >= mostStored) controller.pause()
  }

  onResponseEnd(): void {
    queueMicrotask(() => this.#complete())
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const { why, detail } = troubleOf(this.#options.connection.failure ?? error)
    // The connection is closed: there is no other kind of trouble with an answer that has begun.
    if (this.#phase === 'body' && why === 'away') this.#fail('garbled', 'its answer ended before its end')
    else this.#fail(why, detail)
  }

  get #bytesRead(): number {
    return this.#options.connection.socket?.bytesRead ?? 0
  }

  #enter(next: 'waiting' | 'body'): void {
    this.#phase = next
    this.#since = this.#options.sweep.ms
  }

  /** All that was announced has come, and all that came with it is parsed: what follows it in the same bytes is an error. */
  #complete(): void {
    if (this.#phase === 'over') return
    const { connection, ended } = this.#options
    const error = connection.socket?.errored
    const trouble = error ? troubleOf(error) : undefined
    if (trouble?.why === 'garbled') {
      this.#fail('garbled', trouble.detail)
      return
    }
    this.#isWhole = true
    connection.free()
    ended()
    this.#stream?.push(null)
  }

  #fail(why: BackendTrouble, detail: string): void {
    if (this.#phase === 'over') return
    const failure = new BackendFailure(why, this.#control !== undefined, detail)
    this.#failure = failure
    const isAnswered = this.#phase === 'body'
    const isSilent = this.#control === undefined || this.#bytesRead === this.#bytesSeen
    const stale = why === 'away' && this.#options.connection.isKept && isSilent
    this.#end()
    if (isAnswered) {
      this.#stream?.destroy(failure)
      this.#broken(failure)
    } else this.#resolve({ failure, stale })
  }

  #end(): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    const { connection, ended, sweep } = this.#options
    sweep.delete(this)
    this.#signal.removeEventListener('abort', this.#gone)
    if (!this.#isWhole) connection.close(ended)
  }
}

/**
 * What the rest of the server sees of it. A class: an accessor in an object literal gives each object a hidden class of its own, and V8
 * keeps that, with all that the accessor can reach, until a full collection.
 */
class Answer implements BackendAnswer {
  readonly status: number
  readonly type: string
  readonly length: number | undefined
  readonly crc32: string | undefined
  readonly #exchange: Exchange

  constructor({ status, type, length, crc32 }: AnswerHead, exchange: Exchange) {
    this.status = status
    this.type = type
    this.length = length
    this.crc32 = crc32
    this.#exchange = exchange
  }
  get body(): Readable {
    return this.#exchange.body
  }
  whole(): Buffer | undefined {
    return this.#exchange.whole()
  }
}

const ignore = () => undefined
