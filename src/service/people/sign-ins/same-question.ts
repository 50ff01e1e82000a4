// Which sign-ins one answer of a connector is about. A directory's is about the person. A provider's is about whoever holds the
// refresh token that it was asked with: a command line's sign-in has it from the browser's.
import { hash } from 'node:crypto'
import type { Secret } from '../../../core/secret.ts'
import { everything } from '../../../store/everything.ts'
import type { Store } from '../../../store/store.ts'
import type { PeopleTable } from '../../contracts/people-table.ts'
import type { Vault } from '../../parts.ts'
import { openSignIn, SYSTEM, sealContent } from './sign-in-content.ts'
import { type SignInRecord, signIns } from './sign-in-records.ts'

/** Those of one name are asked about at once. */
export function questionOf(vault: Vault, { connectors }: PeopleTable, record: SignInRecord): string {
  const { connector, authority, personId, id } = record
  const isDirectory = connectors.some(({ name, kind }) => name === connector && kind === 'directory')
  const { renewal } = isDirectory ? {} : openSignIn(vault, record)
  const by = isDirectory ? 'person' : renewal === undefined ? id : hash('sha256', renewal.reveal(), 'base64url')
  // What vouched before under the connector's name is never asked again: another question.
  return JSON.stringify([connector, authority, personId, by])
}

/** The person's live sign-ins that an answer about this one is about as well. */
export async function othersOfQuestion(
  { store, vault }: { readonly store: Store; readonly vault: Vault },
  table: PeopleTable,
  record: SignInRecord,
): Promise<readonly SignInRecord[]> {
  const question = questionOf(vault, table, record)
  const { connector, personId, id } = record
  const live = await everything(store, signIns, [connector, personId], 'person')
  return live.filter((one) => one.id !== id && questionOf(vault, table, one) === question)
}

/**
 * Keeps what the connector is asked with from now on, in each sign-in that has what it was asked with.
 * INVARIANT: before anything is made of the answer, since providers take a refresh token that comes again for a stolen one.
 */
export async function keepRenewal(
  { store, vault }: { readonly store: Store; readonly vault: Vault },
  records: readonly SignInRecord[],
  renewal: Secret,
): Promise<void> {
  const sealed = records.map((record) => ({
    id: record.id,
    before: record.sealed,
    now: sealContent(vault, record.id, openSignIn(vault, record), renewal),
  }))
  await store.transact(async (tx) => {
    for (const { id, before, now } of sealed) {
      const current = await tx.get(signIns, [SYSTEM, id])
      if (current?.sealed === before) await tx.replace(signIns, { ...current, sealed: now })
    }
  })
}
