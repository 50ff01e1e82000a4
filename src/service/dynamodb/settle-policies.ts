// Policies that were held for a request whose end nobody heard, and those of tables that their backends were removing: what becomes of
// them once the table is looked for.
import type { Store } from '../../store/store.ts'
import { type ExistenceParts, tableThere } from './existence.ts'
import { settle } from './held-policies.ts'
import { type PolicyRecord, tablePolicies } from './policy-records.ts'
import { tableAt } from './table.ts'

/** Of so many at once; the others are looked at by the next turn. */
const atOnce = 500

/** Looks for the tables of held policies, the longest held first. Resolves to how many were looked for. */
export async function settlePolicies(parts: ExistenceParts & { readonly store: Store }, now: Date): Promise<number> {
  const { items } = await parts.store.list(tablePolicies, 'held', { prefix: [], limit: atOnce })
  for (const record of items) await settleOne(parts, record, now)
  return items.length
}

async function settleOne(
  parts: ExistenceParts & { readonly store: Store },
  record: PolicyRecord,
  now: Date,
): Promise<void> {
  // Where no backend is configured, nothing is known of its tables.
  if (parts.backends.find('dynamodb', record.account, record.region) === undefined) return
  const existence = await tableThere(parts, tableAt(record, record.table), now)
  if (existence === 'unknown') return
  await parts.store.transact((tx) => settle(tx, record, existence === 'there', now))
}
