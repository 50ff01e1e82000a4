// The people table in force: read from the store at every use, so that every node has the same at once, and opened once a version.

import type { Reader } from '../../../store/store.ts'
import type { PeopleTable } from '../../contracts/people-table.ts'
import type { Vault } from '../../parts.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { type PeopleTableRecord, peopleTableInForce, peopleTables } from './table-record.ts'
import { type AtPlace, tableOfText } from './table-text.ts'

export const noTable: PeopleTable = {
  ...{ version: 0, connectors: [], brokers: [], targets: [], assignments: [], deviceNetworks: [] },
}

/** What a version's secrets are sealed to. */
const recordOf = (id: string) => `people_table/${id}`
export const sealerOf =
  (vault: Pick<Vault, 'seal'>, id: string): AtPlace =>
  (place, text) =>
    vault.seal(SYSTEM, recordOf(id), place, text)

export function openTable(vault: Pick<Vault, 'open'>, { version, id, text }: PeopleTableRecord): PeopleTable {
  const open: AtPlace = (place, sealed) => vault.open(SYSTEM, recordOf(id), place, sealed)
  return { version, ...tableOfText(text, open) }
}

/** The record in force, and undefined before the first. */
export async function recordInForce(reader: Reader): Promise<PeopleTableRecord | undefined> {
  // Read twice where, between the two readings of one try, so many versions followed that this one is no longer kept.
  for (let tries = 0; tries < 2; tries++) {
    const version = (await reader.get(peopleTableInForce, [SYSTEM]))?.version
    if (version === undefined) return undefined
    const record = await reader.get(peopleTables, [SYSTEM, version])
    if (record !== undefined) return record
  }
  throw new TypeError('the people table in force is not in the store')
}

/** Reads the table in force. */
export function createPeopleTable(options: {
  readonly store: Reader
  readonly vault: Pick<Vault, 'open'>
}): () => Promise<PeopleTable> {
  const { store, vault } = options
  let last = noTable
  return async () => {
    const version = (await store.get(peopleTableInForce, [SYSTEM]))?.version ?? 0
    if (version === last.version) return last
    const record = await recordInForce(store)
    last = record === undefined ? noTable : openTable(vault, record)
    return last
  }
}
