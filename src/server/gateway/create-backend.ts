// One backend: a request is written anew, signed for it, and sent on one of its connections. Its outcome is counted.
import { hash } from 'node:crypto'
import type { Message } from '../../core/http.ts'
import { createSigningKeys } from '../../core/sigv4/keys.ts'
import { signRequest } from '../../core/sigv4/sign.ts'
import { BackendFailure } from '../../service/backend-failure.ts'
import type { Backend, BackendAnswer, BackendRequest, BackendTrouble } from '../../service/contracts/backends.ts'
import type { BackendAccess, BackendSettings } from './backend-settings.ts'
import { type Deadlines, exchange, type Outcome } from './exchange.ts'
import { createLine } from './line.ts'
import { createSlots } from './slots.ts'
import { createSweep } from './sweep.ts'

/** What a backend last did. */
export interface BackendState {
  readonly name: string
  readonly endpoint: string
  readonly lastAnswer?: Date
  readonly lastFailure?: { readonly at: Date; readonly why: BackendTrouble; readonly detail: string }
  /** Whether its last request failed, through no fault of the caller's. */
  readonly failing: boolean
  /** Connections that are open, those of them without a request, and requests that wait for one. */
  readonly connections: number
  readonly idle: number
  readonly waiting: number
}

/** Hears of every request to a backend. */
export interface GatewayEvents {
  /** A head has come, or a failure: its status, or why. */
  answered(backend: string, outcome: string, ms: number): void
  /** An answer whose body failed. */
  broken(backend: string, why: BackendTrouble): void
  /** A request that was sent again, since its kept connection was closed. */
  repeated(backend: string): void
}

export interface BackendOptions {
  readonly clock: () => Date
  readonly events: () => GatewayEvents | undefined
  readonly deadlines?: Partial<Deadlines & { readonly sweepMs: number }>
}

export interface GatewayBackend extends Backend {
  readonly settings: BackendSettings
  readonly state: () => BackendState
  /** From now on other credentials and certificates are used: what is under way ends on its own connections. */
  renew(access: BackendAccess): void
  close(): void
}

const defaults = { connectMs: 5_000, idleMs: 10_000, bodyMs: 300_000, dawdleMs: 2_000, sweepMs: 250 }
/** Requests that wait, for each connection. */
const waitingForEach = 4
const longestWaitMs = 5_000

function flat(headers: ReadonlyMap<string, string>): readonly string[] {
  const list: string[] = []
  for (const [name, value] of headers) list.push(name, value)
  return list
}

export function createBackend(settings: BackendSettings, options: BackendOptions): GatewayBackend {
  const { name, service, region, endpoint, connections, deadlineMs } = settings
  const { clock, events } = options
  const deadlines = { ...defaults, headMs: deadlineMs, ...options.deadlines }
  const sweep = createSweep(deadlines.sweepMs)
  const slots = createSlots({
    most: connections,
    mostWaiting: connections * waitingForEach,
    patienceMs: Math.min(deadlines.headMs, longestWaitMs),
  })
  let { access } = settings
  let line = createLine(endpoint, access)
  let signing = { cache: createSigningKeys(4), identity: name }
  let lastAnswer: Date | undefined
  let lastFailure: BackendState['lastFailure']
  let failing = false

  const failed = ({ why, message }: BackendFailure) => {
    if (why === 'aborted' || why === 'full') return
    failing = true
    lastFailure = { at: clock(), why, detail: message }
  }
  const broken = (failure: BackendFailure) => {
    failed(failure)
    events()?.broken(name, failure.why)
  }
  /** An answer of which nothing is known to be wrong. */
  const whole = ({ answer, watched }: Extract<Outcome, { readonly answer: BackendAnswer }>): BackendAnswer => {
    // The bytes that came with the head were not what it announced.
    const failure = watched.watch(broken)
    if (failure !== undefined) throw failure
    return answer
  }

  /** The head of a request: these fields and no others, signed when there are credentials. */
  const headersFor = ({ target, body }: BackendRequest): readonly string[] => {
    const headers = new Map([
      ['host', line.host],
      ['content-type', 'application/x-amz-json-1.0'],
      ['content-length', String(Buffer.byteLength(body))],
      ['x-amz-target', target],
      ['accept-encoding', 'identity'],
    ])
    const { credentials } = access
    if (credentials === undefined) return flat(headers)
    const { accessKeyId, secret, token } = credentials
    const message: Message = { method: 'POST', target: '/', headers }
    const signer = { accessKeyId, secret, token: token?.reveal(), region, service, now: clock(), keys: signing }
    return flat(signRequest(message, signer, hash('sha256', body, 'hex')).headers)
  }

  const ended = () => slots.leave()
  const isWanted = () => slots.waiting > 0
  const once = async (request: BackendRequest): Promise<Outcome> => {
    const { body, signal } = request
    const slot = slots.take(signal)
    if (slot !== undefined) await slot
    try {
      const outgoing = { headers: headersFor(request), body, signal }
      return await exchange(outgoing, { connection: line.take(), deadlines, sweep, isWanted, ended })
    } catch (error) {
      // Nothing was begun: a request that cannot be written.
      slots.leave()
      throw error
    }
  }
  const answerOf = async (request: BackendRequest): Promise<BackendAnswer> => {
    if (request.signal.aborted) throw new BackendFailure('aborted', false, 'the caller went away')
    const first = await once(request)
    if ('answer' in first) return whole(first)
    if (!first.stale || request.reads !== true) throw first.failure
    // The one that was used last was closed, so the others are too.
    line.dropIdle()
    events()?.repeated(name)
    const second = await once(request)
    if ('answer' in second) return whole(second)
    throw second.failure
  }

  return {
    name,
    settings,
    async send(request) {
      const began = clock().getTime()
      const heard = (outcome: string) => events()?.answered(name, outcome, clock().getTime() - began)
      try {
        const answer = await answerOf(request)
        failing = false
        lastAnswer = clock()
        heard(String(answer.status))
        return answer
      } catch (error) {
        if (error instanceof BackendFailure) {
          failed(error)
          heard(error.why)
        }
        throw error
      }
    },
    state: () => ({
      ...{ name, endpoint: endpoint.origin, failing },
      ...(lastAnswer === undefined ? {} : { lastAnswer }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
      ...{ connections: line.connections, idle: line.idle, waiting: slots.waiting },
    }),
    renew(next) {
      access = next
      signing = { cache: createSigningKeys(4), identity: name }
      line.dropIdle()
      line = createLine(endpoint, access)
    },
    close: () => line.close(),
  }
}
