// Managed policies by ARN: an account's own from the store, AWS's from the set that ships with the product.
import type { Key, Reader } from '../../store/store.ts'
import { type AwsManagedPolicy, awsManagedPolicy } from '../aws-managed/policies.ts'
import { type Attachment, attachments, type ManagedPolicy, managedPolicies } from '../records.ts'
import type { PolicyArn } from './names.ts'

/** An account's own policy with exactly that ARN. */
export async function ownPolicy(reader: Reader, arn: PolicyArn): Promise<ManagedPolicy | undefined> {
  const policy = await reader.get(managedPolicies, [arn.account, arn.name.toLowerCase()])
  return policy?.arn === arn.arn ? policy : undefined
}

/** The shipped policy, or the account's own. Another account's policy is not found. */
export async function findPolicy(
  reader: Reader,
  account: string,
  arn: PolicyArn,
): Promise<ManagedPolicy | AwsManagedPolicy | undefined> {
  if (arn.account === 'aws') return awsManagedPolicy(arn.arn)
  return arn.account === account ? ownPolicy(reader, arn) : undefined
}

/** Whether that policy may be attached to a principal of the account, or be its permissions boundary. */
export async function isManagedPolicy(reader: Reader, account: string, arn: PolicyArn): Promise<boolean> {
  const policy = await findPolicy(reader, account, arn)
  return policy !== undefined && !('attachable' in policy && !policy.attachable)
}

/** Lets other requests run. A transaction awaits nothing but its own reads and writes, so it has none. */
export type Pause = () => Promise<unknown>

/** How often an account uses a policy. */
export async function usesOf(
  reader: Reader,
  account: string,
  arn: string,
  use: Attachment['use'],
  pause: Pause | undefined,
): Promise<number> {
  let count = 0
  let after: Key | undefined
  do {
    const page = await reader.list(attachments, 'key', {
      ...{ prefix: [account, arn, use], limit: 250 },
      ...(after && { after }),
    })
    count += page.items.length
    after = page.next
    if (after !== undefined) await pause?.()
  } while (after !== undefined)
  return count
}

/** Whether an account uses a policy. */
export const isUsed = async (reader: Reader, account: string, arn: string, use: Attachment['use']): Promise<boolean> =>
  (await reader.list(attachments, 'key', { prefix: [account, arn, use], limit: 1 })).items.length > 0
