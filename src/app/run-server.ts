// Runs a server on an engine: the AWS pipeline behind the listener, health, metrics, the admin socket, the chores, and an
// orderly end. In two steps: what bad settings can make fail comes before a first start makes anything of value.
import type { Settings } from '../config/settings.ts'
import { type AdminRoutes, listenAdmin } from '../server/admin.ts'
import type { Handler } from '../server/exchange.ts'
import { feedIsConfirmed, type Health, health, isHealth, withHealth } from '../server/health.ts'
import { createMetrics, type Metrics } from '../server/metrics.ts'
import type { Listener } from '../server/node.ts'
import type { Page } from '../server/pages/page.ts'
import { admitted } from '../server/tls.ts'
import { metaOf } from '../service/bootstrap.ts'
import { longestForwarded, offerOf } from '../wire/services.ts'
import { apiUrlOf } from './api-url.ts'
import { type Chore, startChores } from './chores.ts'
import { servesConsole } from './console.ts'
import type { Engine } from './engine.ts'
import { openExporter } from './exporter.ts'
import { measureGateway, silentBackends } from './gateway.ts'
import { listeningOf } from './listening.ts'
import { type BreakGlassInput, breakGlass } from './operator/break-glass.ts'
import { operatorRoutes } from './operator/routes.ts'
import { openPorts, type Report } from './ports.ts'
import { choresOf, sweepMs } from './server-chores.ts'
import { handlerOf } from './server-handler.ts'
import { statusOfServer } from './status.ts'

export interface Running {
  /** `http://127.0.0.1:4600`. */
  readonly url: string
  readonly metrics: Metrics
  /** Reads the certificate again. */
  reload(): Promise<void>
  /** Answers requests in flight, then closes everything. */
  close(): Promise<void>
}

/** A server whose ports are open, and that answers every request with 503: it is starting. */
export interface OpenServer {
  /** Begins to serve, with `pages` in addition to those of every server. */
  serve(pages?: readonly Page[]): Promise<Running>
  /** Gives up: closes what is open, except the engine. */
  abandon(): Promise<void>
}

const graceMs = 10_000
const feedBoundMs = 10_000

/** Opens what the settings name: certificate, ports, the folder of the export. Rejects Failure, and leaves nothing open. */
export async function openServer(engine: Engine, settings: Settings, report: Report): Promise<OpenServer> {
  const { clock, parts, ring } = engine
  const { proxies, names } = listeningOf(settings)
  const exporter = await openExporter(engine, settings)
  const metrics = createMetrics({ operations: offered(engine), process: true })
  measureGateway(engine.gateway, metrics)
  let handler = starting
  const serving = () => handler !== starting
  const alive = healthOf(engine, serving)
  const ports = await openPorts(settings, {
    longestBody: longestForwarded(offerOf(parts.backends.serves)),
    handler: withHealth(alive, (exchange) => handler(exchange)),
    proxies,
    admits: admitted({ host: settings.listen.host, tls: settings['tls-cert'] !== undefined }, isHealth),
    ...{ clock, metrics, report },
    random: parts.random,
  })
  const reload = async () => {
    const { problem } = (await ports.tls?.reload()) ?? {}
    if (problem !== undefined) report(`the certificate was not reloaded: ${problem}`)
    const backends = engine.gateway?.reload() ?? []
    for (const line of backends) report(`a backend keeps what it had: ${line}`)
    return [problem, ...backends].filter((line) => line !== undefined).join('\n') || undefined
  }
  return {
    abandon: () => ports.close(0),
    async serve(pages = []) {
      const isDevelopment = (await metaOf(engine.store))?.mode === 'development'
      const apiUrl = apiUrlOf(settings, isDevelopment ? ports.url : undefined)
      const { handle, assume } = handlerOf(engine, { settings, names, metrics, report, pages, isDevelopment, apiUrl })
      const glass = { engine, assume, report, servesConsole: (url: string) => servesConsole({ isDevelopment }, url) }
      const admin = await adminOf(engine, settings, report, {
        'GET /status': await statusOfServer(engine, { settings, ports, alive, serving }),
        'GET /metrics': async () => ({ text: await metrics.text() }),
        'POST /reload': async () => ({ problem: await reload() }),
        'POST /console/break-glass': (input, signal) => breakGlass(glass, input as Partial<BreakGlassInput>, signal),
      })
      try {
        await ring.beat(clock())
        handler = handle
      } catch (error) {
        await admin.close(0)
        throw error
      }
      const watch: Chore = ['the check of the disk', sweepMs, async () => engine.scarce() && report(littleRoom)]
      const stopChores = startChores([...choresOf(engine, settings, exporter), watch], clock, report)
      return {
        url: ports.url,
        metrics,
        async reload() {
          await reload()
        },
        async close() {
          alive.stop()
          stopChores()
          await ports.close(graceMs)
          await exporter?.pass().catch((error: unknown) => report(`the last audit records were not exported: ${error}`))
          await exporter?.close()
          await admin.close(1000)
          await engine.close()
        },
      }
    },
  }
}

const starting: Handler = () => ({
  status: 503,
  headers: ['Content-Type', 'text/plain; charset=utf-8', 'Retry-After', '1'],
  body: 'Hallpass is starting.\n',
})

function healthOf({ clock, store, gateway }: Engine, serving: () => boolean): Health {
  return health({
    clock,
    note: () => silentBackends(gateway),
    checks: {
      start: () => (serving() ? undefined : 'still starting'),
      store: async () => {
        await metaOf(store)
        return undefined
      },
      feed: feedIsConfirmed(() => store.heardAt(), feedBoundMs),
    },
  })
}

const littleRoom = 'the disk has little room left: until it has more, guests are throttled and refusals are kept short'

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

/** The operations, by service: labels that the metrics may have. */
const offered = ({ services }: Engine) =>
  Object.fromEntries(Object.entries(services).map(([service, table]) => [service, Object.keys(table)]))
