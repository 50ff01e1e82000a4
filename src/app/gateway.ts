// The gateway of a server: over the backends of the settings, whose files are read again when they change.
import { unwatchFile, watchFile } from 'node:fs'
import type { Settings } from '../config/settings.ts'
import type { BackendSettings } from '../server/gateway/backend-settings.ts'
import type { BackendState } from '../server/gateway/create-backend.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../server/gateway/gateway.ts'
import type { Metrics } from '../server/metrics.ts'
import { type Environment, type ReadBackend, readBackends } from './backends.ts'

export interface RunningGateway extends Gateway {
  /** Reads credentials and certificates again; the problems of those that cannot be used, while the old ones are. */
  reload(): readonly string[]
}

export interface GatewaySources {
  readonly settings: Pick<Settings, 'backends-file'>
  readonly environment: Environment
  readonly clock: () => Date
  readonly report: (line: string) => void
  /** Backends for which no file is needed. Where the file has one for the same account and region, that counts. */
  readonly also?: readonly BackendSettings[]
  readonly everyMs?: number
}

/** Undefined where there are no backends. @throws BadSettings, Failure: see readBackends */
export async function openGateway(sources: GatewaySources): Promise<RunningGateway | undefined> {
  const { settings, environment, clock, report, also = [], everyMs = 5_000 } = sources
  const { backends, warnings } = await readBackends(settings, environment)
  for (const warning of warnings) report(warning)
  const rows = backends.map(({ settings }) => settings)
  const more = also.filter((row) => !rows.some((other) => clash(row, other)))
  if (rows.length + more.length === 0) return undefined
  const gateway = createGateway([...rows, ...more], { clock })
  const renew = ({ settings: { name }, again }: ReadBackend): readonly string[] => {
    const access = again()
    if ('problems' in access) return access.problems
    gateway.renew(name, access)
    return []
  }
  const watched = backends.flatMap((backend) => backend.files.map((file) => ({ backend, file })))
  const unwatch = watched.map(({ backend, file }) => {
    const changed = () => {
      const { name } = backend.settings
      const problems = renew(backend)
      if (problems.length === 0) report(`credentials and certificates of the backend ${name} were read again`)
      for (const problem of problems) report(`the backend ${name} keeps what it had: ${problem}`)
    }
    watchFile(file, { interval: everyMs, persistent: false }, changed)
    return () => unwatchFile(file, changed)
  })
  return {
    ...gateway,
    reload: () => backends.flatMap(renew),
    close() {
      for (const stop of unwatch) stop()
      gateway.close()
    },
  }
}

/** A gateway over backends that need no file. */
export const gatewayOf = (rows: readonly BackendSettings[], options: GatewayOptions): RunningGateway => ({
  ...createGateway(rows, options),
  reload: () => [],
})

const clash = (one: BackendSettings, other: BackendSettings): boolean =>
  one.name === other.name ||
  (one.service === other.service &&
    one.accounts.some((account) => other.accounts.includes(account)) &&
    one.regions.some((region) => other.regions.includes(region)))

/** Lets the server's metrics count what goes to backends. */
export function measureGateway(gateway: Gateway | undefined, metrics: Metrics): void {
  if (gateway === undefined) return
  gateway.listen(metrics.backends)
  const gauge = (name: string, help: string, of: (state: BackendState) => number) =>
    metrics.gauges(name, help, 'backend', () => gateway.states().map((state) => [state.name, of(state)]))
  gauge('hallpass_gateway_connections', 'Open connections to a backend', ({ connections }) => connections)
  gauge('hallpass_gateway_idle_connections', 'Those of them without a request', ({ idle }) => idle)
  gauge('hallpass_gateway_waiting', 'Requests that wait for a connection', ({ waiting }) => waiting)
  gauge('hallpass_gateway_up', '0 when the last request to a backend failed', ({ failing }) => (failing ? 0 : 1))
}

/**
 * What `/readyz` says of backends. One that is away makes no server unready: every server would be, and with them all that needs no
 * backend. It is not asked: anybody may read this.
 */
export function silentBackends(gateway: Gateway | undefined): string | undefined {
  const states = gateway?.states() ?? []
  const failing = states.filter((state) => state.failing).length
  return failing === 0 ? undefined : `${failing} of ${states.length} backends did not answer when last asked`
}
