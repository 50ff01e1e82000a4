// Pools as unsigned requests need them: by id alone, with roles and attribute maps, cached until one of them changes.
import { createCache } from '../../../store/cache.ts'
import type { Reader, Store } from '../../../store/store.ts'
import type { Pools, PoolView } from '../../contracts/identity-pools.ts'
import { accounts } from '../../records.ts'
import { attributeMaps, poolRoles, pools } from '../records.ts'

/** More than a pool may have: ten of each kind of provider, and their clients. */
const mostMaps = 200

export function createPools(store: Store, clock: () => Date): Pools {
  const cache = createCache<PoolView>({
    store,
    load: (id, reader) => load(reader, id),
    accountOf: (id) => id,
    weight: (view) => 1_000 + 2 * JSON.stringify([view.pool, view.roles, [...view.attributes.values()]]).length,
    maxBytes: 32 << 20,
    clock: () => clock().getTime(),
  })
  return { byId: (id) => cache.get(id) }
}

async function load(reader: Reader, id: string): Promise<PoolView | undefined> {
  const pool = (await reader.find(pools, 'id', [id]))?.record
  if (pool === undefined) return undefined
  const account = await reader.get(accounts, [pool.account])
  if (account?.status !== 'ACTIVE') return undefined
  const roles = await reader.get(poolRoles, [pool.account, id])
  const { items } = await reader.list(attributeMaps, 'key', { prefix: [pool.account, id], limit: mostMaps })
  return { pool, roles, attributes: new Map(items.map((map) => [map.provider, map])) }
}
