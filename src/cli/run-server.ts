// Runs a server on an engine: the AWS pipeline behind the listener, health, metrics, the admin socket, the timers, and an
// orderly end.
import { setInterval } from 'node:timers'
import type { Address, Settings } from '../config/settings.ts'
import { rootProblem } from '../core/root-key.ts'
import { type AdminRoutes, listenAdmin } from '../server/admin.ts'
import { createAws } from '../server/aws.ts'
import type { Handler } from '../server/exchange.ts'
import { feedIsConfirmed, health, withHealth } from '../server/health.ts'
import { type Hosts, hosts } from '../server/hosts.ts'
import { defaultRates, type LimitKind, type Limits, limits } from '../server/limits.ts'
import { createMetrics, type Metrics, metricsHandler } from '../server/metrics.ts'
import { type Listener, listen } from '../server/node.ts'
import type { Page } from '../server/pages.ts'
import { noProxies, type Proxies, trustedProxies } from '../server/proxies.ts'
import { mayListen, type TlsSource, tlsFromFiles } from '../server/tls.ts'
import { createExporter, type Exporter } from '../service/audit/export.ts'
import { metas } from '../service/bootstrap.ts'
import { sweepDoomedPools } from '../service/cognito-identity/identities.ts'
import { sweepOnces } from '../service/session/once.ts'
import { openFileSink } from '../sinks/file.ts'
import type { Engine } from './engine.ts'
import { faced } from './faces.ts'
import { Failure } from './failure.ts'
import { operatorRoutes } from './operator-routes.ts'
import type { Status } from './status.ts'

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
const exportMs = 2_000
const graceMs = 10_000
const feedBoundMs = 10_000

/** Whether these settings may be served together: asked before anything is made. @throws Failure with a line for each mistake */
export function checkListening(settings: Settings) {
  const tls = settings['tls-cert'] !== undefined
  const trustedProxies = proxiesOf(settings) !== noProxies
  const named = hosts(settings['public-url'], settings['api-names'])
  const problems = [
    mayListen({ host: settings.listen.host, tls, trustedProxies }).refused,
    tls === (settings['tls-key'] !== undefined) ? undefined : 'tls-cert and tls-key must be given together',
    'invalid' in named ? `api-names: ${named.invalid}` : undefined,
    rootProblem({
      account: settings['root-account-id'],
      accessKeyId: settings['root-access-key-id'],
      secret: settings['root-secret-access-key'],
    }),
  ].filter((problem) => problem !== undefined)
  if (problems.length > 0) throw new Failure(problems.join('\n'), 2)
}

/** Starts to listen. `pages` are those beside what every server has. Rejects Failure, in words for the operator. */
export async function runServer(
  engine: Engine,
  settings: Settings,
  report: Report,
  pages: readonly Page[] = [],
): Promise<Running> {
  const { clock, store, ring, revocations, signers, parts } = engine
  const { listen: on } = settings
  const proxies = proxiesOf(settings)
  checkListening(settings)
  const tls = await tlsOf(settings, clock, report)

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
  const reload = async () => {
    const { problem } = (await tls?.reload()) ?? {}
    if (problem !== undefined) report(`the certificate was not reloaded: ${problem}`)
    return problem
  }
  const startedAt = clock().toISOString()
  const mode = (await store.get(metas, ['system', 'meta']))?.mode ?? 'production'
  let listener: Listener | undefined
  const status = (): Status => ({
    pid: process.pid,
    mode,
    startedAt,
    region: settings.regions?.[0] ?? 'us-east-1',
    ready: listener !== undefined && clock().getTime() - store.heardAt().getTime() < feedBoundMs,
    feedAgeSeconds: Math.max(0, Math.round((clock().getTime() - store.heardAt().getTime()) / 1000)),
    residentBytes: process.memoryUsage.rss(),
    ...(tls === undefined ? {} : { certificateUntil: tls.validUntil.toISOString() }),
    ...(listener === undefined
      ? {}
      : { url: urlOf(settings, tls !== undefined, listener.port), connections: listener.connections }),
  })
  const admin = await adminOf(engine, settings, report, {
    'GET /status': status,
    'GET /metrics': async () => ({ text: await metrics.text() }),
    'POST /reload': async () => ({ problem: await reload() }),
  })
  let measured: Listener | undefined
  try {
    listener = await opened('listen', on, {
      handler: withHealth(alive, facesOf(engine, settings, metrics, report, pages)),
      proxies,
      clock,
      random: parts.random,
      report: (event) => metrics.edge(event),
      bounds: { bodyBytes: settings['body-limit'] },
      ...(tls === undefined ? {} : { tls }),
    })
    if (settings['metrics-listen'] !== undefined) {
      measured = await opened('metrics-listen', settings['metrics-listen'], {
        handler: metricsHandler(metrics),
        proxies: noProxies,
        clock,
        random: parts.random,
      })
    }
    await ring.beat(clock())
  } catch (error) {
    await Promise.all([listener?.close(0), measured?.close(0), admin.close(0)])
    tls?.close()
    throw error
  }
  const exporter = exporterOf(engine, settings)
  const timers = [
    every(beatMs, () => ring.beat(clock()), report),
    every(sweepMs, () => sweepOnces(store, clock()), report),
    every(sweepMs, () => revocations.sweep(clock()), report),
    every(sweepMs, () => engine.lastUses.flush(), report),
    every(sweepMs, () => signers.tend(clock()), report),
    every(sweepMs, () => sweepDoomedPools(store), report),
    ...(exporter === undefined ? [] : [every(exportMs, () => exporter.pass(), report)]),
  ]
  return {
    url: urlOf(settings, tls !== undefined, listener.port),
    metrics,
    async reload() {
      await reload()
    },
    async close() {
      alive.stop()
      for (const timer of timers) clearInterval(timer)
      await listener.close(graceMs)
      await measured?.close(1000)
      tls?.close()
      await exporter?.pass().catch((error: unknown) => report(`the last audit records were not exported: ${error}`))
      await exporter?.close()
      await admin.close(1000)
      await engine.close()
    },
  }
}

/** What both faces have: one allowance for an address, one way to tell of failures. */
interface Shared {
  readonly limits: Limits
  readonly fail: (error: unknown, requestId: string) => void
}

function facesOf(
  engine: Engine,
  settings: Settings,
  metrics: Metrics,
  report: Report,
  pages: readonly Page[],
): Handler {
  const perSecond = (kind: LimitKind) => {
    const rate = settings[`rate-per-${kind}`]
    return { ...defaultRates[kind], perSecond: rate, burst: 4 * rate }
  }
  const shared: Shared = {
    limits: limits({
      address: perSecond('address'),
      key: perSecond('key'),
      pool: perSecond('pool'),
      provider: perSecond('provider'),
    }),
    fail: (error, requestId) =>
      report(`request ${requestId} failed: ${error instanceof Error ? error.stack : String(error)}`),
  }
  return faced(engine, { names: hostsOf(settings), aws: awsOf(engine, settings, metrics, shared), pages, ...shared })
}

function awsOf(engine: Engine, settings: Settings, metrics: Metrics, { limits, fail }: Shared): Handler {
  const { clock, parts } = engine
  return createAws({
    services: engine.services,
    authenticator: engine.authenticator,
    subjects: parts.subjects,
    store: engine.store,
    audit: engine.audit,
    lastUses: engine.lastUses,
    fresh: parts.fresh,
    limits,
    clock,
    bodyLimit: settings['body-limit'],
    ...(settings.regions === undefined ? {} : { regions: new Set(settings.regions) }),
    metrics,
    fail,
  })
}

function adminOf(engine: Engine, settings: Settings, report: Report, own: AdminRoutes): Promise<Listener> {
  const { clock, parts, lock } = engine
  if (lock === undefined) throw new TypeError('a server runs on an engine that holds its folder')
  return listenAdmin({
    lock,
    routes: { ...(operatorRoutes(engine, settings) as unknown as AdminRoutes), ...own },
    clock,
    random: parts.random,
    report: (event) => {
      if (event.kind === 'failed') report(`an operator's command failed: ${event.error}`)
    },
  })
}

function exporterOf({ store, clock }: Engine, settings: Settings): Exporter | undefined {
  const folder = settings['audit-folder']
  if (folder === undefined) return undefined
  const sink = openFileSink({ folder, prefix: 'audit' })
  return createExporter({ store, sink, clock, retentionDays: settings['audit-days'] })
}

/** Where a client on this machine reaches the APIs: a name they answer under, if any is given; else the address. */
function urlOf(settings: Settings, tls: boolean, port: number): string {
  const named = settings['api-names']?.find((name) => !name.startsWith('*.'))
  const { host } = settings.listen
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${tls ? 'https' : 'http'}://${named ?? (address.includes(':') ? `[${address}]` : address)}:${port}`
}

function hostsOf(settings: Settings): Hosts {
  const named = hosts(settings['public-url'], settings['api-names'])
  if ('invalid' in named) throw new Failure(`api-names: ${named.invalid}`, 2)
  return named
}

function proxiesOf(settings: Settings): Proxies {
  const listed = settings['trusted-proxies']
  if (listed === undefined) return noProxies
  const proxies = trustedProxies(listed)
  if ('invalid' in proxies) throw new Failure(`trusted-proxies: ${proxies.invalid}`, 2)
  return proxies
}

async function tlsOf(settings: Settings, clock: () => Date, report: Report): Promise<TlsSource | undefined> {
  const { 'tls-cert': certificate, 'tls-key': key } = settings
  if (certificate === undefined || key === undefined) return undefined
  const source = await tlsFromFiles({ certificate, key }, clock, ({ problem }) => {
    report(problem === undefined ? 'the certificate was reloaded' : `the certificate was not reloaded: ${problem}`)
  })
  if ('problem' in source) throw new Failure(source.problem)
  return source
}

async function opened(
  setting: 'listen' | 'metrics-listen',
  on: Address,
  options: Omit<Parameters<typeof listen>[0], 'on'>,
): Promise<Listener> {
  try {
    return await listen({ on, ...options })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const { host, port } = on
    if (code === 'EADDRINUSE')
      throw new Failure(`port ${port} of ${host} is taken; give --${setting} another, or stop who has it`)
    throw new Failure(`cannot listen on ${host}:${port}: ${message}`)
  }
}

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
