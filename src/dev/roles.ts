// Roles of the demonstration that providers of development mode lead to, with the policies they are made with.
import type { Quotas } from '../core/quotas.ts'
import { createRole, type NewRole } from '../service/principals/create.ts'
import { resolveTrust } from '../service/principals/trust.ts'
import { type InlinePolicy, roles } from '../service/records.ts'
import type { Transaction } from '../store/store.ts'

/** A policy whose statements allow, unless they say otherwise. */
export const policyOf = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) })

/** Makes a role with one inline policy. If the role exists, only its trust policy is replaced, and `replaced` put beside the others. */
export async function putRole(
  tx: Transaction,
  quotas: Quotas,
  role: NewRole,
  policy: string,
  replaced: readonly InlinePolicy[] = [],
): Promise<void> {
  const there = await tx.get(roles, [role.account, role.name])
  if (there !== undefined) {
    const trust = await resolveTrust(tx, role.account, role.trust, quotas)
    const others = there.inline.filter(({ name }) => replaced.every((one) => one.name !== name))
    await tx.replace(roles, { ...there, trust, inline: [...others, ...replaced] })
    return
  }
  const made = await createRole(tx, role, quotas)
  await tx.replace(roles, { ...made, inline: [{ name: 'own', text: policy }, ...replaced] })
}
