// The policies of a table while a request that makes or removes it is under way at the backend, which no transaction of ours reaches.
// Before it is sent they are held: what they deny is denied, what they allow is not allowed. When the backend has answered they are
// released, or replaced, or gone. If nobody hears the answer they stay held until the table is looked for (settle-policies.ts).

import type { Transaction } from '../../store/store.ts'
import { modelled } from '../../wire/errors.ts'
import type { PolicyPlace } from '../contracts/table-policies.ts'
import { type Held, keyOf, type PolicyRecord, policiesOf, tablePolicies } from './policy-records.ts'
import { namedPolicy, revisionAfter, writeRecord } from './policy-writing.ts'
import type { Table } from './table.ts'

/** Longer than a backend is waited for: whatever was under way has ended. */
export const settledMs = 600_000

const placeOf = ({ account, region, name }: Table): PolicyPlace => ({
  ...{ account, region, table: name },
  stream: '',
})

const isOld = ({ since }: Held, now: Date): boolean => Math.abs(now.getTime() - since) >= settledMs

/** The record without a member; gone when nothing is left that anybody wrote. */
async function without(tx: Transaction, record: PolicyRecord, member: 'making' | 'leaving'): Promise<void> {
  const rest: PolicyRecord = { ...record }
  delete (rest as { making?: unknown; leaving?: unknown })[member]
  if (rest.policy === undefined && rest.making === undefined) await tx.delete(tablePolicies, keyOf(record))
  else await tx.replace(tablePolicies, rest)
}

/** What a request that makes a table holds. */
export interface MakingHold {
  /** Streams of a former table that had policies. */
  readonly former: readonly PolicyPlace[]
}

/**
 * Before a table is made that is not there: `text` is the policy that it is to have, and what was left of a former table is held.
 * @throws ResourceInUseException while another request makes it, ValidationException for a principal that is none
 */
export async function holdForMaking(
  tx: Transaction,
  table: Table,
  text: string | undefined,
  by: string,
  now: Date,
): Promise<MakingHold> {
  const place = placeOf(table)
  const all = await policiesOf(tx, table)
  const own = all.find(({ stream }) => stream === '')
  if (own?.making !== undefined && !isOld(own.making, now)) throw tableExists(table)
  const held = { by, since: now.getTime() }
  if (text !== undefined) {
    const named = await namedPolicy(tx, place, text)
    const making = { ...named, revision: revisionAfter(own, now), ...held }
    await writeRecord(tx, own, { ...(own ?? place), making })
  } else if (own !== undefined) {
    const { making: _, ...rest } = own
    if (rest.policy === undefined) await tx.delete(tablePolicies, keyOf(place))
    else await tx.replace(tablePolicies, { leaving: held, ...rest })
  }
  return { former: all.filter(({ stream }) => stream !== '') }
}

/** The table was not made: all is as it was before. */
export async function releaseMaking(tx: Transaction, table: Table, by: string): Promise<void> {
  const own = await tx.get(tablePolicies, keyOf(placeOf(table)))
  if (own?.making?.by === by) await without(tx, own, 'making')
  else if (own?.leaving?.by === by) await without(tx, own, 'leaving')
}

/** The table was made: it has the policy that it was made with, and nothing of a former one. */
export async function finishMaking(tx: Transaction, table: Table, { former }: MakingHold, by: string): Promise<void> {
  const place = placeOf(table)
  const own = await tx.get(tablePolicies, keyOf(place))
  // One that its owner has put since then stays.
  if (own?.making?.by === by) {
    const { text, principals, revision } = own.making
    await tx.replace(tablePolicies, { ...place, policy: { text, principals, revision } })
  } else if (own?.leaving !== undefined && own.making === undefined) await tx.delete(tablePolicies, keyOf(place))
  for (const each of former) await tx.delete(tablePolicies, keyOf(each))
}

/** Before a table is removed. */
export async function holdForRemoval(tx: Transaction, table: Table, by: string, now: Date): Promise<void> {
  for (const record of await policiesOf(tx, table)) {
    if (record.leaving === undefined) {
      await tx.replace(tablePolicies, { ...record, leaving: { by, since: now.getTime() } })
    }
  }
}

/** The table stays. What another request holds stays held. */
export async function releaseRemoval(tx: Transaction, table: Table, by: string): Promise<void> {
  for (const record of await policiesOf(tx, table)) {
    if (record.leaving?.by === by) await without(tx, record, 'leaving')
  }
}

/**
 * The backend removes the table. INVARIANT: it may still be read until it is gone, so until then its policies deny what they denied.
 */
export async function finishRemoval(
  tx: Transaction,
  table: Table,
  isGone: boolean,
  by: string,
  now: Date,
): Promise<void> {
  for (const record of await policiesOf(tx, table)) {
    if (!isGone) {
      const leaving = { by, since: now.getTime(), accepted: true } as const
      await tx.replace(tablePolicies, { ...record, leaving })
    } else if (record.making === undefined) await tx.delete(tablePolicies, keyOf(record))
  }
}

export const tableExists = ({ name }: Table) =>
  modelled('dynamodb', 'ResourceInUseException', `Table already exists: ${name}`)

/** What becomes of a record that is still held, once the table was looked for: `there` or not. */
export async function settle(tx: Transaction, place: PolicyPlace, there: boolean, now: Date): Promise<void> {
  const record = await tx.get(tablePolicies, keyOf(place))
  if (record === undefined) return
  const { making, leaving } = record
  if (making !== undefined && !isOld(making, now)) return
  if (making === undefined && leaving?.accepted !== true && leaving !== undefined && !isOld(leaving, now)) return
  if (!there) await tx.delete(tablePolicies, keyOf(place))
  else if (making !== undefined) {
    const { text, principals, revision } = making
    await tx.replace(tablePolicies, { ...placeOnly(place), policy: { text, principals, revision } })
  } else if (leaving !== undefined && leaving.accepted !== true) await without(tx, record, 'leaving')
}

const placeOnly = ({ account, region, table, stream }: PolicyPlace): PolicyPlace => ({ account, region, table, stream })
