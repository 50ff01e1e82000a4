// iam:PassRole for a pool's roles: whoever configures a pool hands its roles to those who sign in.
import { nameInArn, roleArn } from '../../../core/arn.ts'
import { passCheck } from '../../access/pass-role.ts'
import type { Check } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { roles } from '../../records.ts'
import type { PoolRoles } from '../records.ts'

/** Every role that a pool may hand out by its own configuration. */
export const rolesIn = (roles: PoolRoles | undefined): readonly string[] => {
  if (roles === undefined) return []
  const { authenticated, unauthenticated, mappings } = roles
  return [
    ...(authenticated === undefined ? [] : [authenticated]),
    ...(unauthenticated === undefined ? [] : [unauthenticated]),
    ...Object.values(mappings).flatMap(({ rules }) => rules.map(({ role }) => role)),
  ]
}

/** Roles that are read before their checks are decided. */
const rolesAtOnce = 10

/**
 * Checks whether the caller may pass these roles, with the roles' tags. A request may name hundreds: only their records are
 * read, and none after one that may not be passed.
 */
export async function* passChecks(
  { store }: Pick<Parts, 'store'>,
  account: string,
  arns: readonly string[],
): AsyncGenerator<readonly Check[], void> {
  let checks: Check[] = []
  for (const arn of new Set(arns)) {
    const name = nameInArn(arn)
    const role = await store.get(roles, [account, name.toLowerCase()])
    // The ARN names the path too: with another one the role is not there, and has no tags.
    const exists = role !== undefined && roleArn(account, role.path, role.name) === arn
    checks.push(passCheck(account, arn, 'cognito-identity.amazonaws.com', exists ? role.tags : []))
    if (checks.length < rolesAtOnce) continue
    yield checks
    checks = []
  }
  yield checks
}
