// iam:PassRole for a pool's roles: whoever configures a pool hands its roles to those who sign in.
import { passChecks } from '../../access/pass-role.ts'
import type { Parts } from '../../parts.ts'
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

/** Checks whether the caller may pass these roles to identity pools. */
export const passToPools = ({ store }: Pick<Parts, 'store'>, account: string, arns: readonly string[]) =>
  passChecks(store, account, arns, 'cognito-identity.amazonaws.com')
