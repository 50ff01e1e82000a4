// Puts a people table in force: that of a file, in the transaction of the rest of the file, or one that was in force before. It
// replaces everything about people.
import { isoSeconds } from '../../../core/time.ts'
import type { Transaction } from '../../../store/store.ts'
import type { PeopleTable } from '../../contracts/people-table.ts'
import type { Parts } from '../../parts.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import type { PeopleSection } from './file/people-file.ts'
import { noTable, openTable, recordInForce, sealerOf } from './table.ts'
import { type TableChanges, tableChanges } from './table-changes.ts'
import { KEPT_VERSIONS, type PeopleTableRecord, peopleTableInForce, peopleTables } from './table-record.ts'
import { tableText } from './table-text.ts'

export interface AppliedTable extends TableChanges {
  /** The version that is in force then. */
  readonly version: number
  /** Whether it was another before. */
  readonly isNew: boolean
}

/** May run several times, in as many tries of the transaction. */
export type PutInForce = (tx: Transaction) => Promise<AppliedTable>

/** Seals the section of a file. */
export function tableToApply(
  { vault, random }: Pick<Parts, 'vault' | 'random'>,
  file: string,
  section: PeopleSection,
  now: Date,
): PutInForce {
  const id = random(16).toString('hex')
  const text = tableText(section, sealerOf(vault, id))
  const record = { account: SYSTEM, id, appliedAt: isoSeconds(now), file, text }
  return (tx) => putInForce(tx, vault, section, record)
}

/** A version that is still kept; undefined when it is not. It becomes a new version: what was in force when stays known. */
export function tableToRevertTo(
  { vault }: Pick<Parts, 'vault'>,
  version: number,
  now: Date,
): (tx: Transaction) => Promise<AppliedTable | undefined> {
  return async (tx) => {
    const record = await tx.get(peopleTables, [SYSTEM, version])
    if (record === undefined) return undefined
    const { version: _, ...table } = openTable(vault, record)
    return putInForce(tx, vault, table, { ...record, appliedAt: isoSeconds(now) })
  }
}

async function putInForce(
  tx: Transaction,
  vault: Pick<Parts['vault'], 'open'>,
  table: PeopleSection,
  record: Omit<PeopleTableRecord, 'version'>,
): Promise<AppliedTable> {
  const inForce = await recordInForce(tx)
  const { version: before, ...old }: PeopleTable = inForce === undefined ? noTable : openTable(vault, inForce)
  const changes = tableChanges(old, table)
  // The rows' lines in the file are part of the table: `people explain` names them.
  if (inForce !== undefined && plainText(old) === plainText(table)) return { ...changes, version: before, isNew: false }
  const version = before + 1
  await tx.create(peopleTables, { ...record, version })
  const head = { account: SYSTEM, version }
  if (inForce === undefined) await tx.create(peopleTableInForce, head)
  else await tx.replace(peopleTableInForce, head)
  await tx.delete(peopleTables, [SYSTEM, version - KEPT_VERSIONS])
  return { ...changes, version, isNew: true }
}

/** With secrets in the clear: compared, and never kept. */
const plainText = (table: PeopleSection) => tableText(table, (_place, secret) => secret)
