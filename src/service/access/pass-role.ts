// iam:PassRole, which every service checks that hands a role on (IAM User Guide, "Grant a user permissions to pass a role to an
// AWS service").
import { nameInArn, roleArn } from '../../core/arn.ts'
import type { Reader } from '../../store/store.ts'
import type { Check } from '../operation.ts'
import { roles, type Tag } from '../records.ts'
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

/** Roles that are read before their checks are decided. */
const rolesAtOnce = 10

/**
 * Checks whether the caller may pass these roles, with the roles' tags. A request may name hundreds: only their records are
 * read, and none after one that may not be passed.
 */
export async function* passChecks(
  reader: Reader,
  account: string,
  arns: readonly string[],
  service: string,
): AsyncGenerator<readonly Check[], void> {
  let checks: Check[] = []
  for (const arn of new Set(arns)) {
    const name = nameInArn(arn)
    const role = await reader.get(roles, [account, name.toLowerCase()])
    // The ARN names the path too: with another one the role is not there, and has no tags.
    const exists = role !== undefined && roleArn(account, role.path, role.name) === arn
    checks.push(passCheck(account, arn, service, exists ? role.tags : []))
    if (checks.length < rolesAtOnce) continue
    yield checks
    checks = []
  }
  yield checks
}
