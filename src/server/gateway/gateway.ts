// All backends, by the service, the account and the region that they stand for.
import type { BackedService, Backends } from '../../service/contracts/backends.ts'
import type { BackendAccess, BackendSettings } from './backend-settings.ts'
import {
  type BackendOptions,
  type BackendState,
  createBackend,
  type GatewayBackend,
  type GatewayEvents,
} from './create-backend.ts'
import { type Probed, probe } from './probe.ts'

export interface Gateway extends Backends {
  /** What each of them last did, in the order of the file. */
  states(): readonly BackendState[]
  /** Asks each of them something small. */
  probe(): Promise<readonly Probed[]>
  /** Uses other credentials and certificates for a backend from now on. */
  renew(name: string, access: BackendAccess): void
  /** Who hears of requests from now on. */
  listen(events: GatewayEvents): void
  close(): void
}

export interface GatewayOptions {
  readonly clock: () => Date
  /** In place of the usual ones: for tests. */
  readonly deadlines?: BackendOptions['deadlines']
}

/** @throws TypeError for two backends of the same service, account and region, or of one name: the file's reader refuses them */
export function createGateway(rows: readonly BackendSettings[], { clock, deadlines = {} }: GatewayOptions): Gateway {
  let heard: GatewayEvents | undefined
  const byName = new Map<string, GatewayBackend>()
  const byPlace = new Map<string, GatewayBackend>()
  const services = new Set<BackedService>()
  for (const row of rows) {
    const backend = createBackend(row, { clock, events: () => heard, deadlines })
    if (byName.has(row.name)) throw new TypeError(`two backends are called ${row.name}`)
    byName.set(row.name, backend)
    services.add(row.service)
    for (const account of row.accounts) {
      for (const region of row.regions) {
        const place = placeOf(row.service, account, region)
        if (byPlace.has(place)) throw new TypeError(`two backends stand for ${place}`)
        byPlace.set(place, backend)
      }
    }
  }
  const all = [...byName.values()]
  return {
    find: (service, account, region) => byPlace.get(placeOf(service, account, region)),
    serves: (service) => services.has(service),
    states: () => all.map(({ state }) => state()),
    probe: () => Promise.all(all.map(probe)),
    renew: (name, access) => byName.get(name)?.renew(access),
    listen(events) {
      heard = events
    },
    close() {
      for (const backend of all) backend.close()
    },
  }
}

// An account is twelve digits, and a region has no blank: the joined text is of one place.
const placeOf = (service: BackedService, account: string, region: string) => `${service} ${account} ${region}`
