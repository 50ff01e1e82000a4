// Runs a server on an engine: the AWS pipeline behind the listener, health, metrics, the admin socket, the timers, and an
// orderly end.
import { setInterval } from 'node:timers'
import type { Settings } from '../config/settings.ts'
import { createAws } from '../server/aws.ts'
import type { Handler } from '../server/exchange.ts'
import { feedIsConfirmed, health, withHealth } from '../server/health.ts'
import { hosts, route } from '../server/hosts.ts'
import { defaultRates, limits } from '../server/limits.ts'
import { createMetrics, type Metrics, metricsHandler } from '../server/metrics.ts'
import { type Listener, listen } from '../server/node.ts'
import { noProxies, type Proxies, trustedProxies } from '../server/proxies.ts'
import { mayListen, type TlsSource, tlsFromFiles } from '../server/tls.ts'
import { metas } from '../service/bootstrap.ts'
import { sweepOnces } from '../service/session/once.ts'
import type { Engine } from './engine.ts'
import { Failure } from './failure.ts'

export interface Running {
  /** `http://127.0.0.1:4600`. */
  readonly url: string
  readonly metrics: Metrics
  /** Reads the certificate again. */
  reload(): Promise<void>
  /** Answers what is in flight, then closes everything. */
  close(): Promise<void>
}

export type Report = (line: string) => void

const beatMs = 3_000
const sweepMs = 60_000
const graceMs = 10_000
const feedBoundMs = 10_000

/** Starts to listen. @throws Failure, in words for the operator */
export async function runServer(engine: Engine, settings: Settings, report: Report): Promise<Running> {
  const { clock, store, ring, revocations, parts } = engine
  const { listen: on } = settings
  const proxies = proxiesOf(settings)
  const tls = await tlsOf(settings, clock, report)
  const allowed = mayListen({ host: on.host, tls: tls !== undefined, trustedProxies: proxies !== noProxies })
  if (allowed.refused !== undefined) throw new Failure(allowed.refused)

  const metrics = createMetrics({ operations: offered(engine), process: true })
  const alive = health({
    clock,
    checks: {
      store: async () => {
        await store.get(metas, ['system', 'meta'])
        return undefined
      },
      feed: feedIsConfirmed(() => store.heardAt(), feedBoundMs),
    },
  })
  const aws = createAws({
    services: engine.services,
    authenticator: engine.authenticator,
    subjects: parts.subjects,
    store,
    audit: engine.audit,
    limits: limits({
      ...defaultRates,
      address: {
        ...defaultRates.address,
        perSecond: settings['rate-per-address'],
        burst: 4 * settings['rate-per-address'],
      },
      key: { ...defaultRates.key, perSecond: settings['rate-per-key'], burst: 4 * settings['rate-per-key'] },
    }),
    clock,
    bodyLimit: settings['body-limit'],
    ...(settings.regions === undefined ? {} : { regions: new Set(settings.regions) }),
    metrics,
    fail: (error, requestId) =>
      report(`request ${requestId} failed: ${error instanceof Error ? error.stack : String(error)}`),
  })
  const listener = await opened(settings, {
    on,
    handler: withHealth(alive, faced(settings, aws)),
    proxies,
    clock,
    random: parts.random,
    report: (event) => metrics.edge(event),
    bounds: { bodyBytes: settings['body-limit'] },
    ...(tls === undefined ? {} : { tls }),
  })
  const measured = settings['metrics-listen'] && (await listenForMetrics(settings['metrics-listen'], engine, metrics))

  await ring.beat(clock())
  const timers = [
    every(beatMs, () => ring.beat(clock()), report),
    every(sweepMs, () => sweepOnces(store, clock()), report),
    every(sweepMs, () => revocations.sweep(clock()), report),
  ]
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${on.host.includes(':') ? `[${on.host}]` : on.host}:${listener.port}`,
    metrics,
    async reload() {
      const { problem } = (await tls?.reload()) ?? {}
      if (problem !== undefined) report(`the certificate was not reloaded: ${problem}`)
    },
    async close() {
      alive.stop()
      for (const timer of timers) clearInterval(timer)
      await listener.close(graceMs)
      await measured?.close(1000)
      tls?.close()
      await engine.close()
    },
  }
}

/** Pages and APIs by Host. No pages are served yet: their host answers nothing. */
function faced(settings: Settings, aws: Handler): Handler {
  const config = hosts(settings['public-url'], settings['api-names'])
  return (exchange) => {
    const face = route(exchange.from.host, config)
    if (face === 'api') return aws(exchange)
    return {
      status: 404,
      headers: ['Content-Type', 'text/plain; charset=utf-8'],
      body: 'Nothing is served under this name.\n',
    }
  }
}

function proxiesOf(settings: Settings): Proxies {
  const listed = settings['trusted-proxies']
  if (listed === undefined) return noProxies
  const proxies = trustedProxies(listed)
  if ('invalid' in proxies) throw new Failure(`trusted-proxies: ${proxies.invalid}`)
  return proxies
}

async function tlsOf(settings: Settings, clock: () => Date, report: Report): Promise<TlsSource | undefined> {
  const { 'tls-cert': certificate, 'tls-key': key } = settings
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined) throw new Failure('tls-cert and tls-key must be given together')
  const source = await tlsFromFiles({ certificate, key }, clock, ({ problem }) => {
    report(problem === undefined ? 'the certificate was reloaded' : `the certificate was not reloaded: ${problem}`)
  })
  if ('problem' in source) throw new Failure(source.problem)
  return source
}

async function opened(settings: Settings, options: Parameters<typeof listen>[0]): Promise<Listener> {
  try {
    return await listen(options)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const { host, port } = settings.listen
    if (code === 'EADDRINUSE')
      throw new Failure(`port ${port} of ${host} is taken; give --listen another, or stop who has it`)
    throw new Failure(`cannot listen on ${host}:${port}: ${message}`)
  }
}

const listenForMetrics = (on: { host: string; port: number }, { clock, parts }: Engine, metrics: Metrics) =>
  listen({ on, handler: metricsHandler(metrics), proxies: noProxies, clock, random: parts.random })

/** Operations that may be names in the metrics. */
const offered = ({ services }: Engine) =>
  Object.fromEntries(Object.entries(services).map(([service, table]) => [service, Object.keys(table)]))

function every(ms: number, work: () => Promise<unknown>, report: Report): NodeJS.Timeout {
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    work()
      .catch((error: unknown) => report(`a chore failed and will be tried again: ${error}`))
      .finally(() => {
        busy = false
      })
  }, ms)
  timer.unref()
  return timer
}
