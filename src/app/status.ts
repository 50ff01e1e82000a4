// What a running server says of itself to its operator.
import type { Settings } from '../config/settings.ts'
import type { Health } from '../server/health.ts'
import { type Mode, metaOf } from '../service/bootstrap.ts'
import type { Engine } from './engine.ts'
import type { Ports } from './ports.ts'

/** What `GET /status` on the admin socket answers. */
export interface Status {
  readonly pid: number
  readonly mode: Mode
  /** Where clients of the APIs reach it; absent until they do. */
  readonly url?: string
  readonly startedAt: string
  /** A region that signatures may be scoped to. */
  readonly region: string
  /** As `/readyz` answers. */
  readonly ready: boolean
  /** Seconds since changes were last heard of. */
  readonly feedAgeSeconds: number
  readonly residentBytes: number
  /** When the certificate ends, with TLS. */
  readonly certificateUntil?: string
  readonly connections?: number
}

export interface Served {
  readonly settings: Settings
  readonly ports: Ports
  readonly alive: Health
  /** Whether requests are answered yet. */
  readonly serving: () => boolean
}

/** The answer of a server that starts now. */
export async function statusOfServer({ clock, store }: Engine, served: Served): Promise<() => Promise<Status>> {
  const { settings, ports, alive, serving } = served
  const mode = (await metaOf(store))?.mode ?? 'production'
  const startedAt = clock().toISOString()
  const { tls, url, listener } = ports
  return async () => ({
    pid: process.pid,
    mode,
    startedAt,
    region: settings.regions?.[0] ?? 'us-east-1',
    ready: (await alive.unready()) === undefined,
    feedAgeSeconds: Math.max(0, Math.round((clock().getTime() - store.heardAt().getTime()) / 1000)),
    residentBytes: process.memoryUsage.rss(),
    ...(tls === undefined ? {} : { certificateUntil: tls.validUntil.toISOString() }),
    ...(serving() ? { url, connections: listener.connections } : {}),
  })
}
