// Whether the process turns (`/livez`) and whether it should be sent requests (`/readyz`). Answered on the main port
// under any Host, before anything else, to anyone: they say nothing but the name of what is not ready.
import type { Maybe } from '../core/maybe.ts'
import type { Exchange, Handler, Reply } from './exchange.ts'

/** Undefined when ready, otherwise why not, in a few words without secrets. A rejection reads `unreachable`. */
export type Readiness = (now: Date) => Maybe<string | undefined>

export interface Health {
  /** The answer to a health request, undefined for any other. */
  readonly answer: (exchange: Exchange) => Maybe<Reply> | undefined
  /** What `/readyz` answers: undefined when ready, otherwise why not. */
  readonly unready: () => Promise<string | undefined>
  /** From now on it is not ready: called first at shutdown, so that balancers stop sending. */
  stop(): void
}

export interface HealthOptions {
  /** By name: `store`, `feed`, `ring`. */
  readonly checks: Readonly<Record<string, Readiness>>
  /** What else is said of a server that is ready: in a few words, without names or secrets. */
  readonly note?: () => string | undefined
  readonly clock: () => Date
  /** Milliseconds after which a check counts as failed. */
  readonly patienceMs?: number
  /** Milliseconds for which a result is given again: a flood of these requests is no flood of the store. */
  readonly keepMs?: number
}

const alive: Reply = { status: 200, headers: ['Content-Type', 'application/json'], body: '{"alive":true}\n' }
const ready: Reply = { status: 200, headers: ['Content-Type', 'application/json'], body: '{"ready":true}\n' }

const readyWith = (note: string | undefined): Reply =>
  note === undefined ? ready : { ...ready, body: `${JSON.stringify({ ready: true, note })}\n` }

const ending = 'shutting down'

export function health({ checks, note, clock, patienceMs = 2000, keepMs = 1000 }: HealthOptions): Health {
  let stopping = false
  let kept: { readonly until: number; readonly result: Promise<string | undefined> } | undefined

  const probe = async (): Promise<string | undefined> => {
    const now = clock()
    for (const [name, check] of Object.entries(checks)) {
      const reason = await within(patienceMs, check, now)
      if (reason !== undefined) return `${name}: ${reason}`
    }
    return undefined
  }
  const unready = async (): Promise<string | undefined> => {
    if (stopping) return ending
    const now = clock().getTime()
    if (kept === undefined || now >= kept.until) kept = { until: now + keepMs, result: probe() }
    const reason = await kept.result
    return stopping ? ending : reason
  }
  return {
    unready,
    answer({ message: { method, target } }) {
      if (!isHealth(target)) return undefined
      if (method !== 'GET' && method !== 'HEAD') return undefined
      if (target === '/livez') return alive
      return unready().then((reason) => (reason === undefined ? readyWith(note?.()) : refusal(reason)))
    },
    stop() {
      stopping = true
    },
  }
}

/** Whether a target is one of health's. */
export const isHealth = (target: string) => target === '/livez' || target === '/readyz'

/** `next`, but for health requests. */
export const withHealth =
  ({ answer }: Health, next: Handler): Handler =>
  (exchange) =>
    answer(exchange) ?? next(exchange)

/** Ready while the change feed was confirmed less than `boundMs` ago: caches older than that are not believed. */
export const feedIsConfirmed =
  (heardAt: () => Date, boundMs: number): Readiness =>
  (now) =>
    now.getTime() - heardAt().getTime() < boundMs ? undefined : 'changes are not being heard'

const refusal = (reason: string): Reply => ({
  status: 503,
  headers: ['Content-Type', 'application/json'],
  body: `${JSON.stringify({ ready: false, reason })}\n`,
})

async function within(ms: number, check: Readiness, now: Date): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, ms, 'no answer in time')
  })
  try {
    return await Promise.race([check(now), late])
  } catch {
    return 'unreachable'
  } finally {
    clearTimeout(timer)
  }
}
