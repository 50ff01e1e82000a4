// The managed policy that an operation acts on.
import type { Reader, Transaction } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { iamResourceTagKeys } from '../../access/tag-keys.ts'
import type { AwsManagedPolicy } from '../../aws-managed/policies.ts'
import type { Call } from '../../operation.ts'
import { type PolicyArn, policyArnOf } from '../../principals/names.ts'
import { findPolicy, ownPolicy } from '../../principals/policy-lookup.ts'
import { concurrentModification, noPolicy } from '../../principals/refusals.ts'
import type { ManagedPolicy } from '../../records.ts'
import { check } from '../checks.ts'
import type { IamName } from '../define.ts'

export interface PolicyTarget {
  /** The caller's account. */
  readonly account: string
  /** Whose it is to allow: AWS's policies may be read by every account, and changed by none. */
  readonly owner: string
  readonly arn: PolicyArn
  readonly policy: ManagedPolicy | AwsManagedPolicy | undefined
}

/** Looks a policy up by ARN. @throws ValidationError when the text is no policy's ARN. */
export async function policyTarget(
  reader: Reader,
  call: Call,
  text: string,
  use: 'read' | 'change' = 'read',
): Promise<PolicyTarget> {
  const account = accountOf(call)
  const arn = policyArnOf(text)
  const owner = arn.account === 'aws' && use === 'read' ? account : arn.account
  return { account, owner, arn, policy: await findPolicy(reader, account, arn) }
}

export const onPolicy = (action: IamName, { owner, arn, policy }: PolicyTarget) =>
  check(action, arn.arn, owner, iamResourceTagKeys(policy !== undefined && 'tags' in policy ? policy.tags : undefined))

/** @throws NoSuchEntity */
export function presentPolicy({ policy, arn }: PolicyTarget): ManagedPolicy | AwsManagedPolicy {
  if (policy === undefined) throw noPolicy(arn.arn)
  return policy
}

/**
 * The account's own policy as the transaction sees it.
 *
 * INVARIANT: it is the policy, with the tags, that was authorized.
 *
 * @param missing The refusal when there is none; AWS words it by operation.
 * @throws NoSuchEntity, ConcurrentModification
 */
export async function currentPolicy(
  tx: Transaction,
  target: PolicyTarget,
  missing: (arn: string) => Error = noPolicy,
): Promise<ManagedPolicy> {
  const { policy: then, arn } = target
  // Changing AWS's policies is authorized by nobody; were it, there would still be nothing to change.
  if (then === undefined || !('account' in then)) throw missing(arn.arn)
  const now = await ownPolicy(tx, arn)
  if (now === undefined) throw missing(arn.arn)
  if (now.id !== then.id || JSON.stringify(now.tags) !== JSON.stringify(then.tags)) throw concurrentModification()
  return now
}
