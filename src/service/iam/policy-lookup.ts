// Managed policies by ARN: an account's own from the store, AWS's from the set that ships with the product.
import { everything } from '../../store/everything.ts'
import type { Reader } from '../../store/store.ts'
import { type Attachment, attachments, type ManagedPolicy, managedPolicies } from '../records.ts'
import { type AwsManagedPolicy, awsManagedPolicy } from './aws-managed/policies.ts'
import type { PolicyArn } from './names.ts'

/** An account's own policy with exactly that ARN. */
export async function ownPolicy(reader: Reader, arn: PolicyArn): Promise<ManagedPolicy | undefined> {
  const policy = await reader.get(managedPolicies, [arn.account, arn.name.toLowerCase()])
  return policy?.arn === arn.arn ? policy : undefined
}

/** The shipped policy, or the account's own. Policies of other accounts are nobody else's. */
export async function findPolicy(
  reader: Reader,
  account: string,
  arn: PolicyArn,
): Promise<ManagedPolicy | AwsManagedPolicy | undefined> {
  if (arn.account === 'aws') return awsManagedPolicy(arn.arn)
  return arn.account === account ? ownPolicy(reader, arn) : undefined
}

/** Whether a principal of the account may have that policy attached, or be bounded by it. */
export async function isManagedPolicy(reader: Reader, account: string, arn: PolicyArn): Promise<boolean> {
  const policy = await findPolicy(reader, account, arn)
  return policy !== undefined && !('attachable' in policy && !policy.attachable)
}

/** How often an account uses a policy. */
export const usesOf = async (reader: Reader, account: string, arn: string, use: Attachment['use']): Promise<number> =>
  (await attachmentsTo(reader, account, arn, use)).length

/** Every use of a policy by the users and roles of an account. */
export const attachmentsTo = (reader: Reader, account: string, arn: string, ...use: readonly Attachment['use'][]) =>
  everything(reader, attachments, [account, arn, ...use])
