// Managed policies by ARN: an account's own from the store, AWS's from the set that ships with the product.
import type { Reader } from '../../store/store.ts'
import { attachments, type ManagedPolicy, managedPolicies } from '../records.ts'
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
export async function usesOf(
  reader: Reader,
  account: string,
  arn: string,
  use: 'permissions' | 'boundary',
): Promise<number> {
  let uses = 0
  for await (const _ of attachmentsTo(reader, account, arn, use)) uses++
  return uses
}

/** Every use of a policy by the users and roles of an account. */
export async function* attachmentsTo(
  reader: Reader,
  account: string,
  arn: string,
  ...use: readonly ('permissions' | 'boundary')[]
) {
  let after: readonly (string | number)[] | undefined
  do {
    const page = await reader.list(attachments, 'key', {
      prefix: [account, arn, ...use],
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    })
    yield* page.items
    after = page.next
  } while (after !== undefined)
}
