// iam:PassRole for a pool's roles: whoever says who may sign in hands these roles to them.
import { roleArn } from '../../../core/arn.ts'
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

/** Roles that are looked up before those read so far are decided. */
const rolesAtOnce = 10

/**
 * The questions whether the caller may pass these roles, with the tags that the roles have. Of a role nothing is read but its
 * record, and of those after a role that may not be passed nothing: these are as many as a request names.
 */
export async function* passChecks(
  { store }: Pick<Parts, 'store'>,
  account: string,
  arns: readonly string[],
): AsyncGenerator<readonly Check[], void> {
  let checks: Check[] = []
  for (const arn of new Set(arns)) {
    const name = arn.slice(arn.lastIndexOf('/') + 1)
    const found = await store.get(roles, [account, name.toLowerCase()])
    // The path is part of the name that is passed; one that is not there has no tags.
    const there = found !== undefined && roleArn(account, found.path, found.name) === arn
    checks.push(passCheck(account, arn, 'cognito-identity.amazonaws.com', there ? found.tags : []))
    if (checks.length < rolesAtOnce) continue
    yield checks
    checks = []
  }
  yield checks
}
