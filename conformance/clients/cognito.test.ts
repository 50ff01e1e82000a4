// Identity pools over the whole server, with the AWS SDK: guests and people who sign in at a real provider on loopback,
// the enhanced and the basic flow, the SDK's own credential providers, and what the credentials then may do.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type CreateIdentityPoolCommandInput,
  DescribeIdentityCommand,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
  ListIdentityPoolsCommand,
  SetIdentityPoolRolesCommand,
  SetPrincipalTagAttributeMapCommand,
} from '@aws-sdk/client-cognito-identity'
import { ListRolesCommand, ListUsersCommand, PutRolePolicyCommand, TagRoleCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { fromCognitoIdentity, fromCognitoIdentityPool } from '@aws-sdk/credential-providers'
import { signToken, type TokenChanges } from '../../src/federation/testing/idp.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, person, policy } from './people.ts'
import { makePool } from './pools.ts'
import { noIdentityPolicy, noSessionPolicy, noUserList, refused } from './refused.ts'
import { firstAccount } from './server.ts'
import { serverWithIdp } from './web-identity-servers.ts'

const cognito = 'cognito-identity.amazonaws.com'
const token = (changes?: TokenChanges) => signToken(idp.issuer, key, server.now(), changes)

const pool = (more?: Partial<CreateIdentityPoolCommandInput>) => makePool(admin, more)
const idOf = async (IdentityPoolId: string, Logins?: Record<string, string>) =>
  (await anyone.cognito.send(new GetIdCommand({ IdentityPoolId, Logins }))).IdentityId ?? ''

async function sessionOf(IdentityId: string, Logins?: Record<string, string>) {
  const answer = await anyone.cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
  const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials ?? {}
  assert.equal(Expiration?.getTime(), Math.floor(server.now().getTime() / 1000) * 1000 + 3_600_000)
  return {
    id: answer.IdentityId,
    as: server.as(keysOf({ AccessKeyId, SecretAccessKey: SecretKey, SessionToken, Expiration })),
  }
}

const { key, idp, server, admin, anyone, providerArn, provider } = await serverWithIdp()

/** How the SDK's own credential providers find this server. */
const config = () => ({ region: 'us-east-1', endpoint: server.url })

const denied = (arn: string, action: string, because: string) =>
  ['AccessDenied', 403, `User: ${arn} is not authorized to perform: ${action} on resource: ${because}`] as const
const session = (name: string, as = 'CognitoIdentityCredentials') =>
  `arn:aws:sts::${firstAccount}:assumed-role/${name}/${as}`

test('a Deny on a role’s tags reaches whoever would hand the role to a pool', async () => {
  const { IdentityPoolId, people } = await pool()
  const sensitive = { StringEquals: { 'aws:ResourceTag/sensitive': 'yes' } }
  const kept = { Effect: 'Deny', Action: 'iam:*', Resource: '*', Condition: sensitive }
  const pat = await person(admin, 'pat', policy({ Action: '*', Resource: '*' }, kept))
  const Roles = { authenticated: `arn:aws:iam::${firstAccount}:role/${people}` }
  const set = () => server.as(pat.keys).cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles }))
  await set()
  await admin.iam.send(new TagRoleCommand({ RoleName: people, Tags: [{ Key: 'Sensitive', Value: 'yes' }] }))
  await assert.rejects(set(), { name: 'AccessDeniedException', message: /iam:PassRole .* with an explicit deny/ })
})

describe('guests', () => {
  test('a guest that is refused cannot make the journal grow: anybody can be one', async () => {
    const { IdentityPoolId } = await pool({ AllowClassicFlow: true })
    const IdentityId = await idOf(IdentityPoolId)
    const { Token } = await anyone.cognito.send(new GetOpenIdTokenCommand({ IdentityId }))
    const kept = async () => (await textsOf(server.engine.store, 'audit')).length
    const before = await kept()
    const refusals = (await textsOf(server.engine.store, 'refusals')).length
    const asked = {
      RoleArn: `arn:aws:iam::${firstAccount}:role/none`,
      RoleSessionName: 'guest',
      WebIdentityToken: Token,
    }
    for (let time = 0; time < 30; time++)
      await assert.rejects(anyone.sts.send(new AssumeRoleWithWebIdentityCommand(asked)), { name: 'AccessDenied' })
    assert.equal(await kept(), before)
    const sampled = (await textsOf(server.engine.store, 'refusals')).length - refusals
    assert.ok(sampled > 0 && sampled <= 10, `${sampled} of 30`)
  })

  test('a guest is given an identity and, by the enhanced flow, a session of the role for guests', async () => {
    const { IdentityPoolId, guests } = await pool()
    const id = await idOf(IdentityPoolId)
    assert.match(id, /^us-east-1:[0-9a-f-]{36}$/)
    const { as, id: same } = await sessionOf(id)
    assert.equal(same, id)
    const who = await as.sts.send(new GetCallerIdentityCommand({}))
    assert.equal(who.Arn, session(guests))
  })

  test('whatever the role allows, a guest of the enhanced flow may do what the scope-down policy lists', async () => {
    const { IdentityPoolId, guests } = await pool()
    const { as } = await sessionOf(await idOf(IdentityPoolId))
    const because = noSessionPolicy('iam:ListUsers')
    await refused(as.iam.send(new ListUsersCommand({})), noUserList(session(guests), because))
  })

  test('the basic flow hands out what the role allows: nothing scopes it down', async () => {
    const { IdentityPoolId, guests } = await pool({ AllowClassicFlow: true })
    const { Token: WebIdentityToken, IdentityId } = await anyone.cognito.send(
      new GetOpenIdTokenCommand({ IdentityId: await idOf(IdentityPoolId) }),
    )
    const RoleArn = `arn:aws:iam::${firstAccount}:role/${guests}`
    const answer = await anyone.sts.send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'web', WebIdentityToken }),
    )
    assert.equal(answer.Provider, cognito)
    assert.equal(answer.Audience, IdentityPoolId)
    assert.equal(answer.SubjectFromWebIdentityToken, IdentityId)
    assert.ok((await server.as(keysOf(answer.Credentials)).iam.send(new ListUsersCommand({}))).Users)
  })

  test('the basic flow is refused where the pool does not allow it', async () => {
    const { IdentityPoolId } = await pool()
    const IdentityId = await idOf(IdentityPoolId)
    await refused(anyone.cognito.send(new GetOpenIdTokenCommand({ IdentityId })), [
      'InvalidParameterException',
      400,
      'Basic (classic) flow is not enabled, please use enhanced flow.',
    ])
  })

  test('the SDK fetches guest credentials by itself, and keeps the identity', async () => {
    const { IdentityPoolId, guests } = await pool()
    const kept = new Map<string, string>()
    const cache = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    }
    const options = { clientConfig: config(), identityPoolId: IdentityPoolId, cache }
    const first = await fromCognitoIdentityPool(options)()
    const again = await fromCognitoIdentityPool(options)()
    assert.equal(first.identityId, again.identityId)
    assert.notEqual(first.accessKeyId, again.accessKeyId)
    const who = await server.as(first).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(who.Arn, session(guests))
  })

  test('a pool without access for guests makes none', async () => {
    const { IdentityPoolId } = await pool({ AllowUnauthenticatedIdentities: false })
    await refused(idOf(IdentityPoolId), [
      'NotAuthorizedException',
      400,
      'Unauthenticated access is not supported for this identity pool.',
    ])
  })
})

describe('people who sign in', () => {
  const logins = async (changes?: TokenChanges) => ({ [provider]: await token(changes) })

  test('the same user of a provider is the same identity, and no guest', async () => {
    const { IdentityPoolId, people } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    const id = await idOf(IdentityPoolId, await logins())
    assert.equal(await idOf(IdentityPoolId, await logins()), id)
    assert.notEqual(await idOf(IdentityPoolId, await logins({ claims: { sub: 'bob' } })), id)
    const { as } = await sessionOf(id, await logins())
    const who = await as.sts.send(new GetCallerIdentityCommand({}))
    assert.equal(who.Arn, session(people))
    assert.ok((await as.iam.send(new ListUsersCommand({}))).Users)
    await refused(sessionOf(id), ['NotAuthorizedException', 400, `Access to Identity '${id}' is forbidden.`])
  })

  test('a guest who signs in keeps the identity', async () => {
    const { IdentityPoolId } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    const id = await idOf(IdentityPoolId)
    const signed = await sessionOf(id, await logins())
    assert.equal(signed.id, id)
    const seen = await admin.cognito.send(new DescribeIdentityCommand({ IdentityId: id }))
    assert.deepEqual(seen.Logins, [provider])
  })

  test('a guest who signs in as somebody known becomes that identity', async () => {
    const { IdentityPoolId } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    const known = await idOf(IdentityPoolId, await logins())
    const guest = await idOf(IdentityPoolId)
    assert.equal((await sessionOf(guest, await logins())).id, known)
    await refused(sessionOf(guest), ['NotAuthorizedException', 400, `Access to Identity '${guest}' is forbidden.`])
  })

  test("the SDK's credential providers sign in", async () => {
    const { IdentityPoolId, people } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    const clientConfig = config()
    const options = { clientConfig, identityPoolId: IdentityPoolId, logins: { [provider]: () => token() } }
    const credentials = await fromCognitoIdentityPool(options)()
    const again = fromCognitoIdentity({ clientConfig, identityId: credentials.identityId, logins: await logins() })
    for (const as of [server.as(credentials), server.as(await again())]) {
      assert.equal((await as.sts.send(new GetCallerIdentityCommand({}))).Arn, session(people))
    }
  })

  test('claims become session tags that permissions may ask for', async () => {
    const { IdentityPoolId, people } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    await admin.cognito.send(
      new SetPrincipalTagAttributeMapCommand({
        IdentityPoolId,
        IdentityProviderName: provider,
        PrincipalTags: { team: 'team' },
      }),
    )
    const condition = { StringEquals: { 'aws:PrincipalTag/team': 'blue' } }
    const PolicyDocument = allow('iam:ListRoles', '*', condition)
    await admin.iam.send(new PutRolePolicyCommand({ RoleName: people, PolicyName: 'blue', PolicyDocument }))
    const blue = await logins({ claims: { team: 'blue' } })
    const { as } = await sessionOf(await idOf(IdentityPoolId, blue), blue)
    assert.ok((await as.iam.send(new ListRolesCommand({}))).Roles)
    const red = await logins({ claims: { team: 'red', sub: 'rob' } })
    const other = await sessionOf(await idOf(IdentityPoolId, red), red)
    await refused(
      other.as.iam.send(new ListRolesCommand({})),
      denied(
        session(people),
        'iam:ListRoles',
        `arn:aws:iam::${firstAccount}:role/${noIdentityPolicy('iam:ListRoles')}`,
      ),
    )
  })

  const refusals: readonly (readonly [title: string, changes: TokenChanges, message: string])[] = [
    ['another audience', { claims: { aud: 'stranger' } }, 'Invalid login token. Incorrect token audience.'],
    ['no audience', { claims: { aud: undefined } }, 'Invalid login token. Missing a required claim: aud'],
    [
      'another issuer',
      { claims: { iss: 'https://idp.example' } },
      "Invalid login token. Issuer doesn't match providerName",
    ],
    ['another key', { header: { kid: 'stranger' } }, "Invalid login token. Couldn't verify signed token."],
  ]
  for (const [title, changes, message] of refusals) {
    test(`a token of ${title} signs nobody in`, async () => {
      const { IdentityPoolId } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
      await refused(idOf(IdentityPoolId, await logins(changes)), ['NotAuthorizedException', 400, message])
    })
  }

  test('an expired token says when it expired', async () => {
    const { IdentityPoolId } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    const now = Math.floor(server.now().getTime() / 1000)
    await refused(idOf(IdentityPoolId, await logins({ claims: { exp: now - 600 } })), [
      'NotAuthorizedException',
      400,
      `Invalid login token. Token expired: ${now} >= ${now - 600}`,
    ])
  })

  test('a provider that the pool does not name signs nobody in', async () => {
    const { IdentityPoolId } = await pool()
    await refused(idOf(IdentityPoolId, await logins()), [
      'NotAuthorizedException',
      400,
      'Token is not from a supported provider of this identity pool.',
    ])
  })

  test('a provider that cannot be asked is an error of its own', async () => {
    const { IdentityPoolId } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    idp.down = true
    // Keys that were fetched are believed for an hour.
    await server.move(2 * 3_600_000)
    await refused(idOf(IdentityPoolId, await logins()), [
      'ExternalServiceException',
      400,
      'The identity provider of the login could not be asked.',
    ])
    idp.down = false
    // After a failure a provider is left alone for some seconds.
    await server.move(10_000)
  })
})

describe("developers' own users", () => {
  test('the backend vouches, the app trades the token for credentials', async () => {
    const { IdentityPoolId, people } = await pool({ DeveloperProviderName: 'login.my.app' })
    const { IdentityId = '', Token = '' } = await admin.cognito.send(
      new GetOpenIdTokenForDeveloperIdentityCommand({ IdentityPoolId, Logins: { 'login.my.app': 'user-1' } }),
    )
    const { as, id } = await sessionOf(IdentityId, { [cognito]: Token })
    assert.equal(id, IdentityId)
    assert.equal((await as.sts.send(new GetCallerIdentityCommand({}))).Arn, session(people))
  })

  test('only who may sign for the account can vouch', async () => {
    const { IdentityPoolId } = await pool({ DeveloperProviderName: 'login.my.app' })
    await refused(idOf(IdentityPoolId, { 'login.my.app': 'user-1' }), [
      'NotAuthorizedException',
      400,
      'Token is not from a supported provider of this identity pool.',
    ])
    const call = new GetOpenIdTokenForDeveloperIdentityCommand({ IdentityPoolId, Logins: { 'login.my.app': 'user-1' } })
    await refused(anyone.cognito.send(call), [
      'UnrecognizedClientException',
      400,
      'The security token included in the request is invalid.',
    ])
  })
})

describe('who may administer pools', () => {
  test('a session without permission is refused in the usual words', async () => {
    const { IdentityPoolId, people } = await pool({ OpenIdConnectProviderARNs: [providerArn] })
    const signedIn = { [provider]: await token() }
    const { as } = await sessionOf(await idOf(IdentityPoolId, signedIn), signedIn)
    const [, , message] = denied(
      session(people),
      'cognito-identity:ListIdentityPools',
      '* because no identity-based policy allows the cognito-identity:ListIdentityPools action',
    )
    await refused(as.cognito.send(new ListIdentityPoolsCommand({ MaxResults: 10 })), [
      'AccessDeniedException',
      400,
      message,
    ])
  })
})
