// The enhanced flow: which role is assumed, for whom, with which tags; and everything that gives no credentials.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusalOf } from '../../testing/operations-kit.ts'
import { ACCOUNT, google, idOf, OTHER, oidc, openKit, poolOf, trusting } from '../testing/pools-kit.ts'

const on = await openKit()
const own = 'cognito-identity.amazonaws.com'
const misconfigured =
  'InvalidIdentityPoolConfigurationException: Invalid identity pool configuration. Check assigned IAM roles for this pool.'
const arn = (role: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${role}`
let people = 0
const somebody = () => `user-${++people}`

async function passOf(IdentityId: string, Logins?: Record<string, string>, CustomRoleArn?: string) {
  const input = { IdentityId, ...(Logins && { Logins }), ...(CustomRoleArn && { CustomRoleArn }) }
  const { Credentials } = await on.run('GetCredentialsForIdentity', input)
  const opened = await on.passes.open(Credentials?.SessionToken ?? '', Credentials?.AccessKeyId ?? '', on.now())
  assert.ok('pass' in opened)
  return opened.pass
}
const rolesOf = (IdentityPoolId: string, Roles: Record<string, string>, RoleMappings?: object) =>
  on.run('SetIdentityPoolRoles', { IdentityPoolId, Roles, ...(RoleMappings && { RoleMappings }) } as never)
const roleOf = async (pass: Awaited<ReturnType<typeof passOf>>) => {
  const role = await on.parts.subjects.byId(pass.account, pass.principal)
  return role?.kind === 'role' ? role.record.name : undefined
}

describe('a session of the enhanced flow', () => {
  it('of a guest: an hour, scoped down, without tags', async () => {
    const pool = await poolOf(on)
    const id = await idOf(on, pool)
    const pass = await passOf(id)
    assert.equal(pass.name, 'CognitoIdentityCredentials')
    assert.equal(pass.expiresAt - pass.issuedAt, 3600)
    assert.equal(pass.by, `${own} ${id}`)
    assert.deepEqual(pass.ancestors, [])
    assert.deepEqual(pass.policies?.managed, ['arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy'])
    assert.match(pass.policies?.inline ?? '', /"dynamodb:\*"/)
    assert.doesNotMatch(pass.policies?.inline ?? '', /iam:|sts:|ec2:/)
    assert.deepEqual(Object.fromEntries(pass.keys), {
      [`${own}:aud`]: pool,
      [`${own}:sub`]: id,
      [`${own}:amr`]: ['unauthenticated'],
      'aws:federatedprovider': own,
    })
  })

  it('of a role that a matching rule gives and the caller asks for', async () => {
    const pool = await poolOf(on)
    for (const name of ['blue', 'all', 'red']) await on.role(name, [trusting(pool)])
    const Rules = ['blue', 'all', 'red'].map((name) => ({
      ...{ Claim: 'team', Value: name === 'all' ? 'b' : name, RoleARN: arn(name) },
      MatchType: name === 'all' ? ('StartsWith' as const) : ('Equals' as const),
    }))
    const mapping = { Type: 'Rules', AmbiguousRoleResolution: 'Deny', RulesConfiguration: { Rules } }
    await rolesOf(pool, {}, { 'idp.example': mapping })
    const login = oidc(`${somebody()} {"team":"blue"}`)
    const id = await idOf(on, pool, login)
    for (const name of ['blue', 'all']) assert.equal(await roleOf(await passOf(id, login, arn(name))), name)
    const forbidden = `NotAuthorizedException: Access to Identity '${id}' is forbidden.`
    assert.equal(await refusalOf(passOf(id, login, arn('red'))), forbidden)
  })

  it('of somebody who signed in: not scoped down', async () => {
    const login = oidc(somebody())
    const pass = await passOf(await idOf(on, await poolOf(on), login), login)
    assert.equal(pass.policies, undefined)
    assert.deepEqual(pass.keys.get(`${own}:amr`), [
      'authenticated',
      'idp.example',
      `arn:aws:iam::${ACCOUNT}:oidc-provider/idp.example:OIDC:${login['idp.example']}`,
    ])
  })

  it('of a user pool names the client in role mappings and the user in amr', async () => {
    const name = 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc'
    const pool = await poolOf(on, { CognitoIdentityProviders: [{ ProviderName: name, ClientId: 'c1' }] })
    await on.role('chief', [trusting(pool)])
    const rule = { Claim: 'custom:rank', MatchType: 'Equals', Value: 'chief', RoleARN: arn('chief') }
    const mapping = { Type: 'Rules', AmbiguousRoleResolution: 'Deny', RulesConfiguration: { Rules: [rule] } }
    await rolesOf(pool, {}, { [`${name}:c1`]: mapping })
    const user = somebody()
    const login = { [name]: `${user} {"custom:rank":"chief"}` }
    const pass = await passOf(await idOf(on, pool, login), login)
    assert.equal(await roleOf(pass), 'chief')
    assert.deepEqual(pass.keys.get(`${own}:amr`), ['authenticated', name, `${name}:CognitoSignIn:${user}`])
  })

  it('of a role that the token lists and the caller asks for', async () => {
    const pool = await poolOf(on)
    for (const name of ['one', 'two']) await on.role(name, [trusting(pool)])
    await rolesOf(pool, {}, { 'idp.example': { Type: 'Token', AmbiguousRoleResolution: 'Deny' } })
    const login = oidc(`${somebody()} ${JSON.stringify({ 'cognito:roles': [arn('one'), arn('two')] })}`)
    const id = await idOf(on, pool, login)
    assert.equal(await roleOf(await passOf(id, login, arn('two'))), 'two')
    const forbidden = `NotAuthorizedException: Access to Identity '${id}' is forbidden.`
    assert.equal(
      await refusalOf(passOf(id, login)),
      'NotAuthorizedException: The ambiguous role mapping rules for: idp.example denied this request.',
    )
    assert.equal(await refusalOf(passOf(id, login, arn('three'))), forbidden)
  })

  it('ignores the role that a guest asks for', async () => {
    const pool = await poolOf(on)
    assert.match((await roleOf(await passOf(await idOf(on, pool), undefined, arn('one')))) ?? '', /^guests-/)
  })

  it('has the tags of its attribute map', async () => {
    const pool = await poolOf(on)
    const map = (IdentityProviderName: string, more: object) =>
      on.run('SetPrincipalTagAttributeMap', { IdentityPoolId: pool, IdentityProviderName, ...more })
    await map('idp.example', { PrincipalTags: { team: 'team', level: 'level', gone: 'absent', list: 'groups' } })
    const [ann, also] = [somebody(), somebody()]
    const login = oidc(`${ann} {"team":"blue","level":7,"groups":["a","b"]}`)
    const id = await idOf(on, pool, login)
    assert.deepEqual({ ...(await passOf(id, login)).tags }, { team: 'blue', level: '7' })
    await map('accounts.google.com', { UseDefaults: true, PrincipalTags: { team: 'team' } })
    const both = { ...login, ...google(also) }
    assert.deepEqual(
      { ...(await passOf(id, both)).tags },
      { team: 'blue', level: '7', username: also, client: 'client' },
    )
    await map('accounts.google.com', { PrincipalTags: { Team: 'sub' } })
    const forbidden = `NotAuthorizedException: Access to Identity '${id}' is forbidden.`
    assert.equal(await refusalOf(passOf(id, both)), forbidden)
  })
})

describe('no credentials are given', () => {
  const setUps: readonly (readonly [title: string, trust: (pool: string) => object])[] = [
    ['by a role that trusts another pool', () => trusting('eu-west-1:0')],
    [
      'by a role that trusts somebody else',
      () => ({ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRoleWithWebIdentity' }),
    ],
    ['by a role that trusts for another action', (pool) => trusting(pool, ['sts:TagSession'])],
    [
      'by a role for those who signed in to a guest',
      (pool) => ({
        ...trusting(pool),
        Condition: {
          StringEquals: { [`${own}:aud`]: pool },
          'ForAnyValue:StringLike': { [`${own}:amr`]: 'authenticated' },
        },
      }),
    ],
    [
      'by a role for one identity to another',
      (pool) => ({
        ...trusting(pool),
        Condition: { StringEquals: { [`${own}:aud`]: pool, [`${own}:sub`]: 'eu-west-1:0' } },
      }),
    ],
  ]
  for (const [title, trust] of setUps) {
    it(title, async () => {
      const pool = await poolOf(on)
      const name = `wary-${somebody()}`
      await on.role(name, [trust(pool)])
      await rolesOf(pool, { unauthenticated: arn(name) })
      assert.equal(await refusalOf(passOf(await idOf(on, pool))), misconfigured)
    })
  }

  it('by a role that does not exist, with the same answer', async () => {
    const pool = await poolOf(on)
    await rolesOf(pool, { unauthenticated: arn('nobody') })
    assert.equal(await refusalOf(passOf(await idOf(on, pool))), misconfigured)
  })

  it('by a pool without roles', async () => {
    const pool = await poolOf(on)
    await rolesOf(pool, {})
    assert.equal(await refusalOf(passOf(await idOf(on, pool))), misconfigured)
  })

  it("by another account's role, however the token names it and whomever it trusts", async () => {
    const pool = await poolOf(on)
    await on.role('abroad', [trusting(pool)], OTHER)
    await rolesOf(pool, {}, { 'idp.example': { Type: 'Token', AmbiguousRoleResolution: 'Deny' } })
    const login = oidc(`${somebody()} ${JSON.stringify({ 'cognito:preferred_role': arn('abroad', OTHER) })}`)
    assert.equal(await refusalOf(passOf(await idOf(on, pool, login), login)), misconfigured)
  })

  it('with tags by a role that does not let its sessions be tagged', async () => {
    const pool = await poolOf(on)
    await on.role('untagged', [trusting(pool, ['sts:AssumeRoleWithWebIdentity'])])
    await rolesOf(pool, { authenticated: arn('untagged') })
    const login = oidc(somebody())
    const id = await idOf(on, pool, login)
    assert.ok(await passOf(id, login))
    const map = { IdentityPoolId: pool, IdentityProviderName: 'idp.example', UseDefaults: true }
    await on.run('SetPrincipalTagAttributeMap', map)
    assert.equal(await refusalOf(passOf(id, login)), misconfigured)
  })

  it('by a role that was removed after the pool was set up', async () => {
    const pool = await poolOf(on)
    const id = await idOf(on, pool)
    assert.ok(await passOf(id))
    const { roles } = await import('../../records.ts')
    await on.inner.transact((tx) => tx.delete(roles, [ACCOUNT, `guests-${pool.slice(-12)}`]))
    assert.equal(await refusalOf(passOf(id)), misconfigured)
  })
})
