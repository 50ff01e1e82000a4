// GetIdentityPoolRoles and SetIdentityPoolRoles: which roles a pool hands out, and by which mappings (API Reference).
import { isRoleOf } from '../../../core/arn.ts'
import type { Parts } from '../../parts.ts'
import { type CognitoInput, changes, reads } from '../define.ts'
import { issuerOfArn } from '../identities/logins.ts'
import { type Pool, type PoolRoles, poolRoles, type RoleMapping } from '../records.ts'
import { invalidParameter } from '../refusals.ts'
import { passToPools, rolesIn } from './pass-role.ts'
import { currentPool, onPool, poolChanged, poolTarget, presentPool } from './pool-target.ts'

const mostRules = 25

type Mappings = NonNullable<CognitoInput<'SetIdentityPoolRoles'>['RoleMappings']>

/** @throws InvalidParameterException, for a role of another account too: a pool hands out its own account's alone */
function rolesGiven(account: string, pool: string, given: CognitoInput<'SetIdentityPoolRoles'>): PoolRoles {
  const { authenticated, unauthenticated } = given.Roles
  const mappings = Object.entries(given.RoleMappings ?? {}).map(
    ([provider, mapping]) => [provider, mappingOf(mapping)] as const,
  )
  const roles: PoolRoles = {
    account,
    pool,
    ...(authenticated === undefined ? {} : { authenticated }),
    ...(unauthenticated === undefined ? {} : { unauthenticated }),
    mappings: Object.fromEntries(mappings),
  }
  for (const role of rolesIn(roles)) {
    if (!isRoleOf(role, account)) throw invalidParameter(`Invalid role ARN for this identity pool: ${role}`)
  }
  return roles
}

/**
 * Checks that each mapping names a provider of the pool; a user pool with its client or without. The mapping of a provider
 * that the pool loses afterwards stays without effect. @throws InvalidParameterException
 */
function checkMapped(pool: Pool, { mappings }: PoolRoles): void {
  const providers = new Set([
    ...Object.keys(pool.supported),
    ...pool.oidc.flatMap((arn) => [arn, issuerOfArn(arn)]),
    ...pool.saml,
    ...pool.userPools.flatMap(({ name, clientId }) => [name, `${name}:${clientId}`]),
    ...(pool.developer === undefined ? [] : [pool.developer]),
  ])
  for (const name of Object.keys(mappings)) {
    if (providers.has(name)) continue
    throw invalidParameter(`(${name}) is not a valid RoleMapping ProviderName or is not a configured provider.`)
  }
}

function mappingOf({ Type, AmbiguousRoleResolution, RulesConfiguration }: Mappings[string]): RoleMapping {
  if (AmbiguousRoleResolution === undefined) {
    throw invalidParameter('AmbiguousRoleResolution is required for a role mapping.')
  }
  const rules = RulesConfiguration?.Rules ?? []
  if (Type === 'Rules' && rules.length === 0) throw invalidParameter('A role mapping of type Rules needs rules.')
  if (rules.length > mostRules) throw invalidParameter(`A role mapping has at most ${mostRules} rules.`)
  return {
    type: Type as RoleMapping['type'],
    ambiguous: AmbiguousRoleResolution,
    rules:
      Type === 'Token'
        ? []
        : rules.map(({ Claim = '', MatchType = 'Equals', Value = '', RoleARN = '' }) => ({
            claim: Claim,
            match: MatchType,
            value: Value,
            role: RoleARN,
          })),
  }
}

const mappingOut = ({ type, ambiguous, rules }: RoleMapping) => ({
  Type: type,
  AmbiguousRoleResolution: ambiguous,
  ...(type === 'Token'
    ? {}
    : {
        RulesConfiguration: {
          Rules: rules.map(({ claim, match, value, role }) => ({
            Claim: claim,
            MatchType: match,
            Value: value,
            RoleARN: role,
          })),
        },
      }),
})

export const roleOperations = (parts: Parts) => {
  const { store } = parts
  return {
    GetIdentityPoolRoles: reads<'GetIdentityPoolRoles'>()({
      load: ({ IdentityPoolId }, call) => poolTarget(store, call, IdentityPoolId),
      checks: (_, target) => [onPool('GetIdentityPoolRoles', target)],
      handle: async (_, target) => {
        const { account, id } = presentPool(target)
        const roles = await store.get(poolRoles, [account, id])
        const mappings = Object.entries(roles?.mappings ?? {})
        return {
          IdentityPoolId: id,
          Roles: {
            ...(roles?.authenticated === undefined ? {} : { authenticated: roles.authenticated }),
            ...(roles?.unauthenticated === undefined ? {} : { unauthenticated: roles.unauthenticated }),
          },
          ...(mappings.length === 0
            ? {}
            : { RoleMappings: Object.fromEntries(mappings.map(([name, mapping]) => [name, mappingOut(mapping)])) }),
        }
      },
    }),

    SetIdentityPoolRoles: changes<'SetIdentityPoolRoles'>()({
      load: async (input, call) => {
        const target = await poolTarget(store, call, input.IdentityPoolId)
        const roles = rolesGiven(target.account, target.id, input)
        return { target, roles }
      },
      checks: (_, { target }) => [onPool('SetIdentityPoolRoles', target)],
      // Only for callers who may change the pool: there may be hundreds of roles to read.
      further: (_, { target, roles }) => passToPools(parts, target.account, rolesIn(roles)),
      change: async (tx, _, { target, roles }) => {
        checkMapped(await currentPool(tx, target, poolChanged), roles)
        if ((await tx.get(poolRoles, poolRoles.key(roles))) === undefined) await tx.create(poolRoles, roles)
        else await tx.replace(poolRoles, roles)
        return {}
      },
    }),
  }
}
