// The people table as the store keeps it: one record a version, the last of them for whoever wants to know what it was, and which
// version is in force.
import type { Collection } from '../../../store/store.ts'

/** Versions that are kept, the one in force among them. */
export const KEPT_VERSIONS = 20

export interface PeopleTableRecord {
  readonly account: string
  readonly version: number
  /** Random: what its secrets are sealed to, so that none is moved into another version. */
  readonly id: string
  readonly appliedAt: string
  /** The file's name. */
  readonly file: string
  /** The table as JSON, its secrets sealed (table-text.ts). */
  readonly text: string
}

export interface PeopleTableInForce {
  readonly account: string
  readonly version: number
}

export const peopleTables: Collection<PeopleTableRecord> = {
  name: 'people_table',
  key: (r) => [r.account, r.version],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as PeopleTableRecord,
}

export const peopleTableInForce: Collection<PeopleTableInForce> = {
  name: 'people_table_in_force',
  key: (r) => [r.account],
  indexes: {},
  shape: 1,
  upgrade: (old) => old as PeopleTableInForce,
}
