// iam:PassRole, which every service checks that hands a role on (IAM User Guide, "Grant a user permissions to pass a role to an
// AWS service").
import type { Check } from '../operation.ts'
import type { Tag } from '../records.ts'
import { iamResourceTagKeys } from './tag-keys.ts'

/**
 * The check whether the caller may pass a role to that service: whoever attaches a role to something that will act as it
 * needs that right. The check carries the tags of the role.
 */
export const passCheck = (
  account: string,
  role: string,
  service: string,
  tags: readonly Tag[] | undefined,
  /** ARN of what the role is attached to, where AWS says it. */
  associated?: string,
): Check => ({
  action: 'iam:PassRole',
  resource: role,
  owner: account,
  keys: new Map([
    ['iam:passedtoservice', service],
    ...(associated === undefined ? [] : [['iam:associatedresourcearn', associated] as const]),
    ...iamResourceTagKeys(tags),
  ]),
})
