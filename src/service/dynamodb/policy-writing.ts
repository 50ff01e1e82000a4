// How a policy of a table or stream comes to be written.

import type { Transaction } from '../../store/store.ts'
import type { PolicyPlace } from '../contracts/table-policies.ts'
import { resolvePrincipals } from '../principals/named-principals.ts'
import type { NamingPolicy } from '../records.ts'
import { invalidPrincipal } from './policy-grammar.ts'
import { type PolicyRecord, shownPolicy, tablePolicies } from './policy-records.ts'

/** A policy whose grammar was checked, with its principals as they are now. @throws ValidationException for one that is none */
export async function namedPolicy(tx: Transaction, { account }: PolicyPlace, text: string): Promise<NamingPolicy> {
  const named = await resolvePrincipals(tx, account, text)
  if ('text' in named) return named
  throw invalidPrincipal()
}

/** Revisions of one table grow, whatever the clocks of nodes say. */
export const revisionAfter = (before: PolicyRecord | undefined, now: Date): string =>
  String(Math.max(now.getTime(), Number(shownPolicy(before)?.revision ?? 0) + 1))

export async function writeRecord(
  tx: Transaction,
  before: PolicyRecord | undefined,
  record: PolicyRecord,
): Promise<void> {
  await (before === undefined ? tx.create(tablePolicies, record) : tx.replace(tablePolicies, record))
}
