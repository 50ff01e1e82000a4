// What the server counts, in Prometheus' text format (version 0.0.4). Counting is an addition to a number that is found
// by its labels once; prom-client is loaded when the numbers are first asked for, and reads them then.
import type { Histogram, Registry } from 'prom-client'
import type { Handler } from './exchange.ts'
import type { LimitKind } from './limits.ts'
import type { EdgeEvent } from './node-exchange.ts'

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
  /** A number that is asked for when the metrics are read. */
  gauge(name: string, help: string, read: () => number): void
  /** All of it, as text. */
  text(): Promise<string>
  readonly contentType: string
}

interface Cell {
  count: number
}

/** Adds metrics to prom-client's registry, once there is one. */
type Add = (prom: typeof import('prom-client'), registry: Registry) => void
type Register = (add: Add) => void

/** Upper bounds of the latency histogram, in seconds. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

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
  const seconds = durations(register, Object.keys(options.operations))
  const decisions = tally(register, 'hallpass_decisions_total', 'Decisions of the policy engine', 'decision')
  const failures = tally(register, 'hallpass_signature_failures_total', 'Signatures not accepted', 'reason')
  const sealed = tally(register, 'hallpass_tokens_sealed_total', 'Session tokens handed out')
  const opened = tally(register, 'hallpass_tokens_opened_total', 'Session tokens presented', 'outcome')
  const limited = tally(register, 'hallpass_rate_limited_total', 'Requests refused by a token bucket', 'kind')
  const refused = tally(register, 'hallpass_http_refused_total', 'Requests refused as HTTP', 'status')
  const broken = tally(register, 'hallpass_failures_total', 'Requests that failed inside')

  return {
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

interface Spread {
  /** One count per bucket, and one for what is above them all. */
  readonly counts: Float64Array
  sum: number
  total: number
}

/** A histogram by service. prom-client's own hashes its labels at each observation: it only writes what is kept here. */
function durations(register: Register, serviceNames: readonly string[]): (service: string, seconds: number) => void {
  const name = 'hallpass_request_duration_seconds'
  const spread = (): Spread => ({ counts: new Float64Array(buckets.length + 1), sum: 0, total: 0 })
  const others = spread()
  const services = new Map(
    [...serviceNames, 'other'].map((service) => [service, service === 'other' ? others : spread()]),
  )
  const values = () =>
    [...services].flatMap(([service, { counts, sum, total }]) => {
      let below = 0
      const rows = buckets.map((le, i) => {
        below += counts[i] as number
        return { metricName: `${name}_bucket`, labels: { service, le }, value: below }
      })
      return [
        ...rows,
        { metricName: `${name}_bucket`, labels: { service, le: '+Inf' }, value: total },
        { metricName: `${name}_sum`, labels: { service }, value: sum },
        { metricName: `${name}_count`, labels: { service }, value: total },
      ]
    })
  const help = 'Time from the request to its answer'
  const get = async () => ({ name, help, type: 'histogram', values: values(), aggregator: 'sum' })
  // The registry asks a metric for its name and for this alone.
  register((_, registry) => registry.registerMetric({ name, help, get } as unknown as Histogram))
  return (service, seconds) => {
    const spread = services.get(service) ?? others
    let bucket = 0
    while (bucket < buckets.length && seconds > (buckets[bucket] as number)) bucket++
    spread.counts[bucket] = (spread.counts[bucket] as number) + 1
    spread.sum += seconds
    spread.total++
  }
}
