// Tokens that identity pools issue for other proofs, through the whole server: none outlives the proof it was issued for, while
// credentials last as long as AWS's; and a pool that maps roles neither issues nor accepts one in the basic flow.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
  type RoleMapping,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { signToken } from '../../src/federation/testing/idp.ts'
import { allow, assume, keysOf, person, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { refused } from './refused.ts'
import { type Clients, firstAccount } from './server.ts'
import { serverWithIdp } from './web-identity-servers.ts'

const cognito = 'cognito-identity.amazonaws.com'
const developer = 'login.my.app'

const { key, idp, server, admin, anyone, providerArn, provider } = await serverWithIdp()

const seconds = () => Math.floor(server.now().getTime() / 1000)
const makeOpenPool = () =>
  makePool(admin, {
    AllowClassicFlow: true,
    DeveloperProviderName: developer,
    OpenIdConnectProviderARNs: [providerArn],
  })
const endOf = (token: string) =>
  Number((JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }).exp)
const login = async (sub: string, lifetime: number) => ({
  [provider]: await signToken(idp.issuer, key, server.now(), { claims: { sub, exp: seconds() + lifetime } }),
})
const idOf = async (IdentityPoolId: string, Logins?: Record<string, string>) =>
  (await anyone.cognito.send(new GetIdCommand({ IdentityPoolId, Logins }))).IdentityId ?? ''
const openIdToken = async (IdentityId: string, Logins?: Record<string, string>) =>
  (await anyone.cognito.send(new GetOpenIdTokenCommand({ IdentityId, Logins }))).Token ?? ''
async function developerToken(by: Clients, IdentityPoolId: string, user: string, TokenDuration = 86_400) {
  const Logins = { [developer]: user }
  const asked = { IdentityPoolId, Logins, TokenDuration }
  const { IdentityId = '', Token = '' } = await by.cognito.send(new GetOpenIdTokenForDeveloperIdentityCommand(asked))
  return { IdentityId, Token }
}
const basic = async (name: string, WebIdentityToken: string, DurationSeconds?: number) => {
  const RoleArn = `arn:aws:iam::${firstAccount}:role/${name}`
  const asked = { RoleArn, RoleSessionName: 'someone', WebIdentityToken, DurationSeconds }
  const { Credentials } = await anyone.sts.send(new AssumeRoleWithWebIdentityCommand(asked))
  return keysOf(Credentials)
}

describe('a token that a pool gives', () => {
  test('to a session ends with the session; credentials obtained with it last as long as was requested', async () => {
    const { IdentityPoolId, people } = await makeOpenPool()
    const user = await person(admin, 'backend', allow('sts:*'))
    const permissions = allow('cognito-identity:*')
    const arn = await role(admin, 'Backend', trusts(user.arn), { permissions })
    const session = await assume(server, server.as(user.keys), arn, { DurationSeconds: 900 })
    const { Token } = await developerToken(session, IdentityPoolId, 'user-1')
    assert.equal(endOf(Token), seconds() + 900)
    await server.move(600_000)
    const credentials = server.as(await basic(people, Token, 3_600))
    await server.move(1_200_000)
    // The backend's session is long over.
    await credentials.sts.send(new GetCallerIdentityCommand({}))
    await assert.rejects(basic(people, Token), { name: 'ExpiredTokenException' })
  })

  test('for one of its own ends with that one, and cannot be renewed with itself', async () => {
    const { IdentityPoolId, people } = await makeOpenPool()
    const { IdentityId, Token } = await developerToken(admin, IdentityPoolId, 'user-2', 8)
    const end = endOf(Token)
    let latest = Token
    for (let time = 0; time < 3; time++) {
      await server.move(2_000)
      latest = await openIdToken(IdentityId, { [cognito]: latest })
      assert.equal(endOf(latest), end)
    }
    await server.move(2_000)
    await assert.rejects(openIdToken(IdentityId, { [cognito]: latest }), { name: 'NotAuthorizedException' })
    await assert.rejects(basic(people, latest), { name: 'ExpiredTokenException' })
  })

  test('for a login ends with the login', async () => {
    const { IdentityPoolId } = await makeOpenPool()
    const short = await login('ann', 8)
    const id = await idOf(IdentityPoolId, short)
    assert.equal(endOf(await openIdToken(id, short)), seconds() + 8)
    assert.equal(endOf(await openIdToken(id, await login('ann', 3_600))), seconds() + 600)
    const long = await login('ann', 3_600)
    const both = { ...long, [cognito]: await openIdToken(id, short) }
    assert.equal(endOf(await openIdToken(id, both)), seconds() + 8)
  })
})

describe('a pool that maps roles', () => {
  const noBasic = [
    'InvalidParameterException',
    400,
    'Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.',
  ] as const
  const arnOf = (name: string) => `arn:aws:iam::${firstAccount}:role/${name}`
  /** Its mapping gives nobody a role but the boss; all of its roles trust whoever signed in to it. */
  async function map({ IdentityPoolId, people, guests }: Awaited<ReturnType<typeof makePool>>, mapped = true) {
    const Rules = [{ Claim: 'sub', MatchType: 'Equals' as const, Value: 'boss', RoleARN: arnOf(people) }]
    const mapping: RoleMapping = {
      Type: 'Rules',
      AmbiguousRoleResolution: 'Deny',
      RulesConfiguration: { Rules },
    }
    const Roles = { unauthenticated: arnOf(guests), authenticated: arnOf(people) }
    const RoleMappings = mapped ? { [provider]: mapping } : {}
    await admin.cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles, RoleMappings }))
  }

  test('gives no token for the basic flow, to guests and to who signs in', async () => {
    const pool = await makeOpenPool()
    await map(pool)
    const signedIn = await login('ann', 600)
    await refused(openIdToken(await idOf(pool.IdentityPoolId)), noBasic)
    await refused(openIdToken(await idOf(pool.IdentityPoolId, signedIn), signedIn), noBasic)
  })

  test('takes none back that it gave before, until it maps none', async () => {
    const pool = await makeOpenPool()
    const signedIn = await login('ann', 600)
    const token = await openIdToken(await idOf(pool.IdentityPoolId, signedIn), signedIn)
    await map(pool)
    await assert.rejects(basic(pool.people, token), { name: 'InvalidIdentityTokenException' })
    await map(pool, false)
    await basic(pool.people, token)
  })

  test('gives no role around a mapping for a token that it gave before', async () => {
    const pool = await makeOpenPool()
    const signedIn = await login('ann', 600)
    const IdentityId = await idOf(pool.IdentityPoolId, signedIn)
    const Logins = { [cognito]: await openIdToken(IdentityId, signedIn) }
    const enhanced = () => anyone.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
    await enhanced()
    await map(pool)
    await assert.rejects(enhanced(), { name: 'NotAuthorizedException' })
    await map(pool, false)
    await enhanced()
  })

  test('gives developers’ users tokens for the enhanced flow alone, in which the mappings count', async () => {
    const pool = await makeOpenPool()
    await map(pool)
    const { IdentityId, Token } = await developerToken(admin, pool.IdentityPoolId, 'user-3')
    await assert.rejects(basic(pool.people, Token), { name: 'InvalidIdentityTokenException' })
    const Logins = { [cognito]: Token }
    await refused(openIdToken(IdentityId, Logins), noBasic)
    await anyone.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
  })

  test('and allows the enhanced flow alone says no more than that', async () => {
    const pool = await makePool(admin, { OpenIdConnectProviderARNs: [providerArn] })
    await map(pool)
    await refused(openIdToken(await idOf(pool.IdentityPoolId)), [
      'InvalidParameterException',
      400,
      'Basic (classic) flow is not enabled, please use enhanced flow.',
    ])
  })
})
