// What a running server reports to its operator.
import type { Settings } from '../config/settings.ts'
import type { Health } from '../server/health.ts'
import { type Mode, metaOf } from '../service/bootstrap.ts'
import type { Engine } from './engine.ts'
import type { Ports } from './ports.ts'

/** The answer of `GET /status` on the admin socket. */
export interface Status {
  readonly pid: number
  readonly mode: Mode
  /** Where clients reach the APIs; absent while the server starts. */
  readonly url?: string
  readonly startedAt: string
  /** A region to which clients may scope signatures. */
  readonly region: string
  /** Whether `/readyz` answers 200. */
  readonly ready: boolean
  /** Seconds since the store's feed was last confirmed. */
  readonly feedAgeSeconds: number
  readonly residentBytes: number
  /** When the certificate expires, with TLS. */
  readonly certificateUntil?: string
  readonly connections?: number
  /** Backends, and whether their last request failed: then why. */
  readonly backends: readonly { readonly name: string; readonly failing?: string }[]
}

export interface Served {
  readonly settings: Settings
  readonly ports: Ports
  readonly alive: Health
  /** Whether the server answers requests yet. */
  readonly serving: () => boolean
}

/** Returns the function that answers `GET /status`; now is when the server starts. */
export async function statusOfServer(
  { clock, store, gateway }: Engine,
  served: Served,
): Promise<() => Promise<Status>> {
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
    backends: (gateway?.states() ?? []).map(({ name, failing, lastFailure }) =>
      failing ? { name, failing: lastFailure?.detail ?? '' } : { name },
    ),
    ...(tls === undefined ? {} : { certificateUntil: tls.validUntil.toISOString() }),
    ...(serving() ? { url, connections: listener.connections } : {}),
  })
}
