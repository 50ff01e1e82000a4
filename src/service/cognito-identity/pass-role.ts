// iam:PassRole for a pool's roles: whoever says who may sign in hands these roles to them.
import { parseArn } from '../../core/arn.ts'
import { passCheck } from '../iam/checks.ts'
import type { Check } from '../operation.ts'
import type { Parts } from '../parts.ts'
import type { PoolRoles } from './records.ts'

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

/** The questions whether the caller may pass these roles, with the tags that the roles have. */
export async function passChecks(
  { subjects }: Pick<Parts, 'subjects'>,
  account: string,
  roles: readonly string[],
): Promise<readonly Check[]> {
  return Promise.all(
    [...new Set(roles)].map(async (arn): Promise<Check> => {
      const found = await subjects.roleByName(account, parseArn(arn)?.resource.split('/').at(-1) ?? '')
      // The path is part of the name that is passed; one that is not there has no tags.
      return passCheck(account, arn, 'cognito-identity.amazonaws.com', found?.arn === arn ? found.tags : [])
    }),
  )
}
