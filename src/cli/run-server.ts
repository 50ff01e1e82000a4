// Runs a server on an engine: the AWS pipeline behind the listener, health, metrics, the admin socket, the timers, and an
// orderly end.
import { readPublicUrl } from '../config/public-url.ts'
import type { Settings } from '../config/settings.ts'
import { type AdminRoutes, listenAdmin } from '../server/admin.ts'
import { createAws } from '../server/aws.ts'
import type { Handler } from '../server/exchange.ts'
import { feedIsConfirmed, health, withHealth } from '../server/health.ts'
import { defaultRates, type LimitKind, type Limits, limits } from '../server/limits.ts'
import { createMetrics, type Metrics, metricsHandler } from '../server/metrics.ts'
import { type Listener, listen } from '../server/node.ts'
import type { Page } from '../server/pages.ts'
import { noProxies, type Proxies, trustedProxies } from '../server/proxies.ts'
import { mayListen, type TlsSource, tlsFromFiles } from '../server/tls.ts'
import type { Exporter } from '../service/audit/export.ts'
import { metas } from '../service/bootstrap.ts'
import { sweepDoomedPools } from '../service/cognito-identity/identities.ts'
import { sweepOnces } from '../service/session/once.ts'
import { openExporter } from './audit-export.ts'
import { type Chore, startChores } from './chores.ts'
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

/** Whether these settings may be served at all: asked before anything is made. @throws Failure */
export function checkListening(settings: Settings) {
  const tls = settings['tls-cert'] !== undefined
  const trustedProxies = proxiesOf(settings) !== noProxies
  const { refused } = mayListen({ host: settings.listen.host, tls, trustedProxies })
  if (refused !== undefined) throw new Failure(refused)
  const url = settings['public-url'] === undefined ? undefined : readPublicUrl(settings['public-url'])
  if (url !== undefined && 'problem' in url) throw new Failure(`public-url: ${url.problem}`)
}

/** Starts to listen. `pages` are those beside what every server has. Rejects Failure, in words for the operator. */
export async function runServer(
  engine: Engine,
  settings: Settings,
  report: Report,
  pages: readonly Page[] = [],
): Promise<Running> {
  const { clock, store, ring, parts } = engine
  const { listen: on } = settings
  const proxies = proxiesOf(settings)
  checkListening(settings)
  const exporter = await openExporter(engine, settings)
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
    listener = await opened(settings, {
      on,
      handler: withHealth(alive, facesOf(engine, settings, metrics, report, pages)),
      proxies,
      clock,
      random: parts.random,
      report: (event) => metrics.edge(event),
      bounds: { bodyBytes: settings['body-limit'] },
      ...(tls === undefined ? {} : { tls }),
    })
    if (settings['metrics-listen'] !== undefined) {
      measured = await listenForMetrics(settings['metrics-listen'], engine, metrics)
    }
    await ring.beat(clock())
  } catch (error) {
    await Promise.all([listener?.close(0), measured?.close(0), admin.close(0)])
    tls?.close()
    throw error
  }
  const stopChores = startChores(choresOf(engine, exporter), clock, report)
  return {
    url: urlOf(settings, tls !== undefined, listener.port),
    metrics,
    async reload() {
      await reload()
    },
    async close() {
      alive.stop()
      stopChores()
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
  return faced(engine, settings, { aws: awsOf(engine, settings, metrics, shared), pages, ...shared })
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

function choresOf(engine: Engine, exporter: Exporter | undefined): readonly Chore[] {
  const { clock, store, ring, revocations, signers, lastUses } = engine
  return [
    ['the beat of the key ring', beatMs, () => ring.beat(clock())],
    ['the sweep of what may happen once', sweepMs, () => sweepOnces(store, clock())],
    ['the sweep of revocations', sweepMs, () => revocations.sweep(clock())],
    ['the sweep of deleted identity pools', sweepMs, () => sweepDoomedPools(store)],
    ['writing when keys and roles were last used', sweepMs, () => lastUses.flush()],
    ['tending the signing keys', sweepMs, () => signers.tend(clock())],
    ...(exporter === undefined ? [] : [['the export of the audit', exportMs, () => exporter.pass()] as const]),
  ]
}

/** Where a client on this machine reaches the APIs: a name they answer under, if any is given; else the address. */
function urlOf(settings: Settings, tls: boolean, port: number): string {
  const named = settings['api-names']?.find((name) => !name.startsWith('*.'))
  const { host } = settings.listen
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${tls ? 'https' : 'http'}://${named ?? (address.includes(':') ? `[${address}]` : address)}:${port}`
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
