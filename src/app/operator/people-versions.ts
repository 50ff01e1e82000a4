// The versions of the people table that are kept, and the way back to one.
import { AdminRefusal } from '../../server/admin.ts'
import { AUDIT_JOURNAL } from '../../service/audit/journal.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { SYSTEM } from '../../service/people/sign-ins/sign-in-content.ts'
import { type AppliedTable, tableToRevertTo } from '../../service/people/table/apply-table.ts'
import { KEPT_VERSIONS, peopleTables } from '../../service/people/table/table-record.ts'
import type { Engine } from '../engine.ts'

export interface PeopleVersion {
  readonly version: number
  readonly appliedAt: string
  readonly file: string
  /** Whether it is the one in force. */
  readonly inForce: boolean
}

export async function peopleVersions({
  store,
  people,
}: Engine): Promise<{ readonly versions: readonly PeopleVersion[] }> {
  const inForce = (await people.table()).version
  const { items } = await store.list(peopleTables, 'key', { prefix: [SYSTEM], limit: KEPT_VERSIONS })
  return {
    versions: items.map(({ version, appliedAt, file }) => ({ version, appliedAt, file, inForce: version === inForce })),
  }
}

/** Puts a version in force again, as a new one. */
export async function revertPeople(
  { store, parts, clock, audit }: Engine,
  { version }: { readonly version: number },
): Promise<AppliedTable> {
  if (!Number.isInteger(version)) throw new AdminRefusal('name a version: see hallpass people versions')
  const now = clock()
  const entry = operatorEntry(now, parts.random)
  const revert = tableToRevertTo(parts, version, now)
  const applied = await store.transact(async (tx) => {
    const done = await revert(tx)
    if (done?.isNew) {
      const { isNew: _, ...parameters } = done
      const act = { name: 'RevertPeople', parameters: { revertedTo: version, ...parameters } }
      tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry(act)])
    }
    return done
  })
  if (applied === undefined) throw new AdminRefusal(`version ${version} is not kept: see hallpass people versions`)
  return applied
}
