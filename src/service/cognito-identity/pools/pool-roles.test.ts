// The roles of a pool, and the rules that choose among them, as its owner administers them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusalOf } from '../../testing/operations-kit.ts'
import { arnOf, checksOf, create, idIn, on, roleArn, whole } from '../testing/owners-pools.ts'
import { ACCOUNT, OTHER, oidcArn } from '../testing/pools-kit.ts'

describe('the roles of a pool', () => {
  const mapping = {
    Type: 'Rules' as const,
    AmbiguousRoleResolution: 'Deny' as const,
    RulesConfiguration: { Rules: [{ Claim: 'x', MatchType: 'Equals' as const, Value: '1', RoleARN: roleArn('c') }] },
  }

  it('are answered as they were set, and need iam:PassRole on each of them', async () => {
    const IdentityPoolId = await idIn(create(whole))
    const set = {
      Roles: { authenticated: roleArn('a'), unauthenticated: roleArn('b') },
      RoleMappings: { 'graph.facebook.com': mapping },
    }
    const seen = await checksOf((see) => on.run('SetIdentityPoolRoles', { IdentityPoolId, ...set }, { decide: see }))
    assert.deepEqual(seen, [
      `cognito-identity:SetIdentityPoolRoles ${arnOf(IdentityPoolId)}`,
      ...['a', 'b', 'c'].map((name) => `iam:PassRole ${roleArn(name)}`),
    ])
    assert.deepEqual(await on.run('GetIdentityPoolRoles', { IdentityPoolId }), { IdentityPoolId, ...set })
    const input = { IdentityPoolId, IdentityPoolName: 'x', AllowUnauthenticatedIdentities: true }
    const changed = await checksOf((see) => on.run('UpdateIdentityPool', input, { decide: see }))
    assert.equal(changed.filter((check) => check.startsWith('iam:PassRole')).length, 3)
  })

  const userPool = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a'
  for (const name of [
    userPool,
    `${userPool}:c`,
    'idp.example',
    oidcArn,
    'login.my.app',
    `arn:aws:iam::${ACCOUNT}:saml-provider/corp`,
  ])
    it(`may be mapped by ${name}, which is a provider of the pool`, async () => {
      const IdentityPoolId = await idIn(create(whole))
      await on.run('SetIdentityPoolRoles', { IdentityPoolId, Roles: {}, RoleMappings: { [name]: mapping } })
    })

  for (const name of [
    ...['accounts.google.com', `${userPool}:other`, `https://${userPool}:c`, 'cognito-identity.amazonaws.com'],
    ...['idp', 'login.other.app', 'constructor', `arn:aws:iam::${OTHER}:oidc-provider/idp.example`],
  ])
    it(`are not mapped by ${name}, which is not a provider of the pool`, async () => {
      const IdentityPoolId = await idIn(create(whole))
      const set = { IdentityPoolId, Roles: {}, RoleMappings: { [name]: mapping } }
      assert.equal(
        await refusalOf(on.run('SetIdentityPoolRoles', set)),
        `InvalidParameterException: (${name}) is not a valid RoleMapping ProviderName or is not a configured provider.`,
      )
    })

  it('stay mapped when the pool loses the provider, until they are set again', async () => {
    const IdentityPoolId = await idIn(create(whole))
    const set = { IdentityPoolId, Roles: {}, RoleMappings: { 'graph.facebook.com': mapping } }
    await on.run('SetIdentityPoolRoles', set)
    await on.run('UpdateIdentityPool', { IdentityPoolId, IdentityPoolName: 'x', AllowUnauthenticatedIdentities: true })
    assert.deepEqual(await on.run('GetIdentityPoolRoles', { IdentityPoolId }), set)
    assert.match(await refusalOf(on.run('SetIdentityPoolRoles', set)), /is not a configured provider/)
  })

  const refusals: readonly (readonly [title: string, input: object, refusal: string])[] = [
    [
      "another account's role",
      { Roles: { authenticated: roleArn('a', OTHER) } },
      `Invalid role ARN for this identity pool: ${roleArn('a', OTHER)}`,
    ],
    [
      "another account's role in a rule",
      {
        Roles: {},
        RoleMappings: {
          idp: {
            ...mapping,
            RulesConfiguration: { Rules: [{ ...mapping.RulesConfiguration.Rules[0], RoleARN: roleArn('a', OTHER) }] },
          },
        },
      },
      `Invalid role ARN for this identity pool: ${roleArn('a', OTHER)}`,
    ],
    [
      'a user',
      { Roles: { authenticated: `arn:aws:iam::${ACCOUNT}:user/ann` } },
      `Invalid role ARN for this identity pool: arn:aws:iam::${ACCOUNT}:user/ann`,
    ],
    [
      'a mapping that does not say what to do when it is ambiguous',
      { Roles: {}, RoleMappings: { idp: { Type: 'Token' } } },
      'AmbiguousRoleResolution is required for a role mapping.',
    ],
    [
      'rules without rules',
      { Roles: {}, RoleMappings: { idp: { Type: 'Rules', AmbiguousRoleResolution: 'Deny' } } },
      'A role mapping of type Rules needs rules.',
    ],
    [
      'too many rules',
      {
        Roles: {},
        RoleMappings: {
          idp: { ...mapping, RulesConfiguration: { Rules: Array(26).fill(mapping.RulesConfiguration.Rules[0]) } },
        },
      },
      'A role mapping has at most 25 rules.',
    ],
  ]
  for (const [title, input, refusal] of refusals) {
    it(`are not set to ${title}`, async () => {
      const IdentityPoolId = await idIn(create())
      const call = on.run('SetIdentityPoolRoles', { IdentityPoolId, ...input } as never)
      assert.equal(await refusalOf(call), `InvalidParameterException: ${refusal}`)
    })
  }
})
