// A PostgreSQL database as the store. The client library is loaded only when this kind is used.
import type { StoreKind, StoreSource } from '../kind.ts'
import type { PostgresOptions } from '../postgres.ts'
import { nameOf, readAddress } from './address.ts'

const PASSWORD = 'store-password'

export const postgres: StoreKind = {
  scheme: 'postgres',
  form: 'postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE',
  description: 'a PostgreSQL database, for any number of servers',
  needs: [],
  takes: [PASSWORD],
  locate({ address, settings }) {
    const read = readAddress(address)
    if ('refused' in read) return read
    const password = settings[PASSWORD]
    return postgresDatabase({ address: read, ...(password !== undefined && { password }) })
  },
}

/** The store in a database, which must exist before the store is opened. */
export function postgresDatabase(how: Omit<PostgresOptions, 'clock'>): StoreSource {
  const adapter = () => import('../postgres.ts')
  return {
    name: nameOf(how.address),
    inDataFolder: false,
    backups: {
      instead:
        'dump the database with pg_dump and restore it with pg_restore, as the guide says under “Backup and restore”',
    },
    isThere: async () => (await adapter()).isPostgresThere(how),
    open: async (collections, { clock }) => (await adapter()).openPostgres(collections, { ...how, clock }),
    bytes: async () => (await adapter()).postgresBytes(how),
  }
}
