// Attaches managed policies to users and roles, and sets permissions boundaries. The record that leads from the policy to its
// holder (`attachments`) is written in the same transaction.
import type { Quotas } from '../../core/quotas.ts'
import type { Transaction } from '../../store/store.ts'
import { attachments, type PolicyHolder, type Principal } from '../records.ts'
import { checkBoundary } from './create.ts'
import { policyArnOf } from './names.ts'
import { isManagedPolicy } from './policy-lookup.ts'
import { noPolicy, notAttachable, overQuota } from './refusals.ts'
import { attachmentOf, type HolderKind } from './resource-kinds.ts'

/** Attaches a policy, unless it is attached already. @throws NoSuchEntity, LimitExceeded */
export async function attachPolicy<H extends PolicyHolder>(
  tx: Transaction,
  kind: HolderKind<H>,
  holder: H,
  policyArn: string,
  quotas: Quotas,
): Promise<H> {
  if (!(await isManagedPolicy(tx, holder.account, policyArnOf(policyArn)))) throw notAttachable(policyArn)
  if (holder.attached.includes(policyArn)) return holder
  const name = kind.attachedQuota
  const most = quotas(holder.account)[name]
  if (holder.attached.length >= most) throw overQuota(name, most)
  const after = { ...holder, attached: [...holder.attached, policyArn] }
  await tx.replace(kind.collection, after)
  await tx.create(attachments, attachmentOf(kind, holder, policyArn, 'permissions'))
  return after
}

/** @throws NoSuchEntity when it is not attached. */
export async function detachPolicy<H extends PolicyHolder>(
  tx: Transaction,
  kind: HolderKind<H>,
  holder: H,
  policyArn: string,
): Promise<void> {
  if (!holder.attached.includes(policyArn)) throw noPolicy(policyArn)
  await tx.replace(kind.collection, { ...holder, attached: holder.attached.filter((arn) => arn !== policyArn) })
  await tx.delete(attachments, attachments.key(attachmentOf(kind, holder, policyArn, 'permissions')))
}

/** Sets the holder's permissions boundary, or with undefined removes it. @throws InvalidInput, NoSuchEntity */
export async function setBoundary<H extends Principal>(
  tx: Transaction,
  kind: HolderKind<H>,
  holder: H,
  policyArn: string | undefined,
): Promise<void> {
  if (policyArn !== undefined) await checkBoundary(tx, holder.account, policyArn)
  const { boundary: before, ...rest } = holder
  if (before !== undefined)
    await tx.delete(attachments, attachments.key(attachmentOf(kind, holder, before, 'boundary')))
  if (policyArn !== undefined) await tx.create(attachments, attachmentOf(kind, holder, policyArn, 'boundary'))
  const after = policyArn === undefined ? rest : { ...rest, boundary: policyArn }
  await tx.replace(kind.collection, after as H)
}
