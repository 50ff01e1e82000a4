// What the server counts, in Prometheus' text format (version 0.0.4). Counting is an addition to a number that is found
// by its labels once; prom-client is loaded when the numbers are first asked for, and reads them then.
import type { Registry } from 'prom-client'
import { durations } from './durations.ts'
import type { Handler } from './exchange.ts'
import type { GatewayEvents } from './gateway/create-backend.ts'
import type { LimitKind } from './limits.ts'
import type { EdgeEvent } from './node-exchange.ts'
import type { Add, Register } from './register.ts'

export interface Metrics {
  /** One answered request. What is no known service or operation counts as `other`; outcome is `ok` or an error code. */
  answered(service: string, operation: string, outcome: string, ms: number): void
  /** One decision of the policy engine. */
  decided(decision: 'allow' | 'implicit-deny' | 'explicit-deny'): void
  /** One request whose signature was not accepted, by the rejection's name. */
  signatureFailed(reason: string): void
  /** One session token handed out. */
  sealed(): void
  /** One session token presented: `ok`, or why it was rejected. */
  opened(outcome: string): void
  /** One request refused by a token bucket. */
  limited(kind: LimitKind): void
  /** What the listener refused or failed at before or beside any handler. */
  edge(event: EdgeEvent): void
  /** Requests to backends. */
  readonly backends: GatewayEvents
  /** A number that is asked for when the metrics are read. */
  gauge(name: string, help: string, read: () => number): void
  /** Such a number for each value of a label. */
  gauges(name: string, help: string, label: string, read: () => readonly (readonly [string, number])[]): void
  /** All of it, as text. */
  text(): Promise<string>
  readonly contentType: string
}

interface Cell {
  count: number
}

/**
 * `operations` names the operations of each service: only they become label values, so that a client cannot invent
 * series. `process` adds prom-client's metrics of the process and of the event loop.
 */
export function createMetrics(options: {
  readonly operations: Readonly<Record<string, readonly string[]>>
  readonly process?: boolean
}): Metrics {
  const additions: Add[] = []
  let registry: Promise<Registry> | undefined
  const register = (add: Add) => {
    if (registry === undefined) additions.push(add)
    else registry = registry.then((made) => added(made, add))
  }
  const made = async () => {
    const prom = await import('prom-client')
    const fresh = new prom.Registry()
    for (const add of additions) add(prom, fresh)
    return fresh
  }
  if (options.process) register((prom, to) => prom.collectDefaultMetrics({ register: to }))

  const requests = requestCounter(register, options.operations)
  const seconds = durations(register, {
    name: 'hallpass_request_duration_seconds',
    help: 'Time from the request to its answer',
    label: 'service',
    values: Object.keys(options.operations),
  })
  const decisions = tally(register, 'hallpass_decisions_total', 'Decisions of the policy engine', 'decision')
  const failures = tally(register, 'hallpass_signature_failures_total', 'Signatures not accepted', 'reason')
  const sealed = tally(register, 'hallpass_tokens_sealed_total', 'Session tokens handed out')
  const opened = tally(register, 'hallpass_tokens_opened_total', 'Session tokens presented', 'outcome')
  const limited = tally(register, 'hallpass_rate_limited_total', 'Requests refused by a token bucket', 'kind')
  const refused = tally(register, 'hallpass_http_refused_total', 'Requests refused as HTTP', 'status')
  const broken = tally(register, 'hallpass_failures_total', 'Requests that failed inside')

  return {
    backends: gatewayMetrics(register),
    answered(service, operation, outcome, ms) {
      requests(service, operation, outcome).count++
      seconds(service, ms / 1000)
    },
    decided: (decision) => void decisions(decision).count++,
    signatureFailed: (reason) => void failures(reason).count++,
    sealed: () => void sealed('').count++,
    opened: (outcome) => void opened(outcome).count++,
    limited: (kind) => void limited(kind).count++,
    edge(event) {
      if (event.kind === 'refused') refused(String(event.status)).count++
      else broken('').count++
    },
    gauge(name, help, read) {
      register(({ Gauge }, registry) => {
        new Gauge({
          name,
          help,
          registers: [registry],
          collect() {
            this.set(read())
          },
        })
      })
    },
    gauges(name, help, label, read) {
      register(({ Gauge }, registry) => {
        new Gauge({
          name,
          help,
          labelNames: [label],
          registers: [registry],
          collect() {
            this.reset()
            for (const [value, number] of read()) this.set({ [label]: value }, number)
          },
        })
      })
    },
    async text() {
      registry ??= made()
      return (await registry).metrics()
    },
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  }
}

async function added(registry: Registry, add: Add): Promise<Registry> {
  add(await import('prom-client'), registry)
  return registry
}

/** Answers GET /metrics, and 404 to all else: the handler of the metrics listener. */
export const metricsHandler =
  (metrics: Metrics): Handler =>
  async ({ message }) => {
    if (message.method !== 'GET' || message.target !== '/metrics') return { status: 404, headers: [], body: '' }
    return { status: 200, headers: ['Content-Type', metrics.contentType], body: await metrics.text() }
  }

/** Values a label can have beside those known beforehand; what comes later counts as `other`. */
const mostValues = 200
const labelShape = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$|^[0-9]{3}$/

/** The cell of a label's value. INVARIANT: the cells of one map are bounded, whatever values come. */
function cellOf(cells: Map<string, Cell>, value: string): Cell {
  const own = cells.get(value)
  if (own !== undefined) return own
  const name = labelShape.test(value) && cells.size < mostValues ? value : 'other'
  const cell = cells.get(name) ?? { count: 0 }
  cells.set(name, cell)
  return cell
}

/** A counter with one label, or with none. */
function tally(register: Register, name: string, help: string, label?: string): (value: string) => Cell {
  if (label === undefined) {
    const only = { count: 0 }
    register(({ Counter }, registry) => {
      new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          this.reset()
          this.inc(only.count)
        },
      })
    })
    return () => only
  }
  const cells = new Map<string, Cell>()
  register(({ Counter }, registry) => {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset()
        for (const [value, { count }] of cells) this.inc({ [label]: value }, count)
      },
    })
  })
  return (value) => cellOf(cells, value)
}

function requestCounter(register: Register, operations: Readonly<Record<string, readonly string[]>>) {
  const services = new Map<string, Map<string, Map<string, Cell>>>()
  for (const [service, names] of Object.entries(operations)) {
    const cells = names.map((name): [string, Map<string, Cell>] => [name, new Map()])
    services.set(service, new Map([...cells, ['other', new Map<string, Cell>()]]))
  }
  const others = new Map<string, Cell>()
  services.set('other', new Map([['other', others]]))
  register(({ Counter }, registry) => {
    new Counter({
      name: 'hallpass_requests_total',
      help: 'Answered requests',
      labelNames: ['service', 'operation', 'outcome'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [service, names] of services)
          for (const [operation, cells] of names)
            for (const [outcome, { count }] of cells) this.inc({ service, operation, outcome }, count)
      },
    })
  })
  return (service: string, operation: string, outcome: string): Cell => {
    const names = services.get(service)
    return cellOf(names?.get(operation) ?? names?.get('other') ?? others, outcome)
  }
}

/** The counters of the gateway. Names of backends are the operator's: they need no bound. */
function gatewayMetrics(register: Register): GatewayEvents {
  const requests = pairs(register, 'hallpass_gateway_requests_total', 'Requests to backends', 'outcome')
  const broken = pairs(register, 'hallpass_gateway_broken_answers_total', 'Answers of backends that broke', 'why')
  const repeated = tally(register, 'hallpass_gateway_repeated_total', 'Requests that were sent again', 'backend')
  const seconds = durations(register, {
    name: 'hallpass_gateway_request_duration_seconds',
    help: 'Time from a request to the head of the backend’s answer, or to its failure',
    label: 'backend',
  })
  return {
    answered(backend, outcome, ms) {
      requests(backend, outcome).count++
      seconds(backend, ms / 1000)
    },
    broken: (backend, why) => void broken(backend, why).count++,
    repeated: (backend) => void repeated(backend).count++,
  }
}

/** A counter by backend and a second label. */
function pairs(register: Register, name: string, help: string, label: string) {
  const backends = new Map<string, Map<string, Cell>>()
  register(({ Counter }, registry) => {
    new Counter({
      name,
      help,
      labelNames: ['backend', label],
      registers: [registry],
      collect() {
        this.reset()
        for (const [backend, cells] of backends)
          for (const [value, { count }] of cells) this.inc({ backend, [label]: value }, count)
      },
    })
  })
  return (backend: string, value: string): Cell => {
    const cells = backends.get(backend) ?? new Map<string, Cell>()
    backends.set(backend, cells)
    return cellOf(cells, value)
  }
}
