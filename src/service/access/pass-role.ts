// iam:PassRole, which every service asks that hands a role on (IAM User Guide, "Grant a user permissions to pass a role to an
// AWS service").
import type { Check } from '../operation.ts'
import type { Tag } from '../records.ts'
import { iamResourceTagKeys } from './tag-keys.ts'

/**
 * The question whether the caller may pass a role to that service: who attaches a role to what will be it later needs the
 * right to. Asked with the tags that the role has.
 */
export const passCheck = (account: string, role: string, service: string, tags: readonly Tag[] | undefined): Check => ({
  action: 'iam:PassRole',
  resource: role,
  owner: account,
  keys: new Map([['iam:passedtoservice', service], ...iamResourceTagKeys(tags)]),
})
