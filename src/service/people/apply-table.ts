// Puts the people table of a file in force: replaces everything about people, in the transaction of the rest of the file.
import { isoSeconds } from '../../core/time.ts'
import type { Transaction } from '../../store/store.ts'
import type { Parts } from '../parts.ts'
import type { PeopleSection } from './file/people-file.ts'
import { noTable, openTable, recordInForce, sealerOf } from './table.ts'
import { type TableChanges, tableChanges } from './table-changes.ts'
import { KEPT_VERSIONS, PEOPLE_ACCOUNT, peopleTableInForce, peopleTables } from './table-record.ts'
import { tableText } from './table-text.ts'

export interface AppliedTable extends TableChanges {
  /** The version that is in force then. */
  readonly version: number
  /** Whether it was another before. */
  readonly isNew: boolean
}

/** Seals the section; the function that it returns may run several times, in as many tries of the transaction. */
export function tableToApply(
  { vault, random }: Pick<Parts, 'vault' | 'random'>,
  file: string,
  section: PeopleSection,
  now: Date,
): (tx: Transaction) => Promise<AppliedTable> {
  const id = random(16).toString('hex')
  const text = tableText(section, sealerOf(vault, id))
  const plain = (table: PeopleSection) => tableText(table, (_place, secret) => secret)

  return async (tx) => {
    const record = await recordInForce(tx)
    const { version: before, ...old } = record === undefined ? noTable : openTable(vault, record)
    const changes = tableChanges(old, section)
    // The rows' lines in the file are part of the table: `people explain` names them.
    if (record !== undefined && plain(old) === plain(section)) return { ...changes, version: before, isNew: false }
    const version = before + 1
    await tx.create(peopleTables, { account: PEOPLE_ACCOUNT, version, id, appliedAt: isoSeconds(now), file, text })
    const inForce = { account: PEOPLE_ACCOUNT, version }
    if (record === undefined) await tx.create(peopleTableInForce, inForce)
    else await tx.replace(peopleTableInForce, inForce)
    await tx.delete(peopleTables, [PEOPLE_ACCOUNT, version - KEPT_VERSIONS])
    return { ...changes, version, isNew: true }
  }
}
