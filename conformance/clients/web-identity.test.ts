// Web identities over the whole server, with the AWS SDK: providers registered in IAM, tokens of providers on loopback,
// the credential provider and the sequence that CI jobs use, and what outlives the proof.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { fromTokenFile, fromWebToken } from '@aws-sdk/credential-providers'
import { newKey, signToken, type TokenChanges } from '../../src/federation/testing/idp.ts'
import { AUDIT_JOURNAL } from '../../src/service/audit/journal.ts'
import { allow, keysOf, policy, role } from './people.ts'
import { refused } from './refused.ts'
import { type Clients, firstAccount, testServer } from './server.ts'
import { assumeWith, notAuthorized, privately, register, testIdp, trusting } from './web-identity-servers.ts'

const token = (changes?: TokenChanges) => signToken(idp.issuer, key, server.now(), changes)
const whoIs = (clients: Clients) => clients.sts.send(new GetCallerIdentityCommand({}))
const tagsClaim = 'https://aws.amazon.com/tags'
const sourceClaim = 'https://aws.amazon.com/source_identity'

const key = await newKey()
const idp = await testIdp({ keys: [key] })
const google = await testIdp({ keys: [key] })
const inspected = await testIdp()
const server = await testServer({
  providers: {
    providers: [{ issuer: idp.issuer, account: firstAccount, claims: ['team'], ...privately }],
    google: { issuer: google.issuer, ...privately },
    amazon: { endpoint: inspected.issuer, apps: ['amzn1.application.ours'], ...privately },
    facebook: { endpoint: inspected.issuer, apps: { '1234': 'secret' }, ...privately },
  },
})
const admin = server.as(server.root)
const arn = await register(admin, idp.issuer, ['client', 'other'])
const provider = idp.issuer.slice('https://'.length)
const own = { StringEquals: { [`${provider}:aud`]: 'client', [`${provider}:sub`]: 'ann' } }
const reader = await role(admin, 'reader', trusting(arn, own), { permissions: allow('iam:ListUsers') })

describe('a token for a session', () => {
  test('in the sequence of CI jobs: AssumeRoleWithWebIdentity, then a signed GetCallerIdentity', async () => {
    assert.equal(arn, `arn:aws:iam::${firstAccount}:oidc-provider/${provider}`)
    const answer = await assumeWith(server, reader, await token())
    assert.equal(answer.SubjectFromWebIdentityToken, 'ann')
    assert.equal(answer.Audience, 'client')
    assert.equal(answer.Provider, arn)
    assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${firstAccount}:assumed-role/reader/session`)
    const session = server.as(keysOf(answer.Credentials))
    const who = await whoIs(session)
    assert.deepEqual([who.Account, who.Arn], [firstAccount, answer.AssumedRoleUser?.Arn])
    assert.ok((await session.iam.send(new ListUsersCommand({}))).Users)
  })

  test('by the SDK’s own credential provider: fromWebToken', async () => {
    const provide = fromWebToken({
      roleArn: reader,
      webIdentityToken: await token(),
      roleSessionName: 'app',
      clientConfig: { endpoint: server.url, region: 'us-east-1' },
    })
    const { accessKeyId, secretAccessKey, sessionToken = '' } = await provide()
    const who = await whoIs(server.as({ accessKeyId, secretAccessKey, sessionToken }))
    assert.equal(who.Arn, `arn:aws:sts::${firstAccount}:assumed-role/reader/app`)
  })

  test('from a token file that ends in a newline, as the SDK reads it', async () => {
    const webIdentityTokenFile = join(server.data, 'token')
    writeFileSync(webIdentityTokenFile, `${await token()}\n`)
    const provide = fromTokenFile({
      roleArn: reader,
      webIdentityTokenFile,
      roleSessionName: 'file',
      clientConfig: { endpoint: server.url, region: 'us-east-1' },
    })
    const { accessKeyId, secretAccessKey, sessionToken = '' } = await provide()
    const who = await whoIs(server.as({ accessKeyId, secretAccessKey, sessionToken }))
    assert.equal(who.Arn, `arn:aws:sts::${firstAccount}:assumed-role/reader/file`)
  })

  test('the provider’s keys were fetched once', () => {
    // At registration, for the thumbprint; and for the first token.
    assert.equal(idp.requests.filter((path) => path === '/keys').length, 2)
  })

  test('a subject that the trust policy does not name is refused, in the words for a role that is not there', async () => {
    const bob = await token({ claims: { sub: 'bob' } })
    await refused(assumeWith(server, reader, bob), notAuthorized())
    await refused(assumeWith(server, `${reader}-not`, bob), notAuthorized())
  })

  test('another client of the provider, which the record knows and the trust policy does not', async () => {
    await refused(assumeWith(server, reader, await token({ claims: { aud: 'other' } })), notAuthorized())
  })

  test('a session policy, a duration', async () => {
    const answer = await assumeWith(server, reader, await token(), {
      Policy: allow('iam:GetUser'),
      DurationSeconds: 900,
    })
    assert.equal(answer.Credentials?.Expiration?.getTime(), Math.floor(server.now().getTime() / 1000) * 1000 + 900_000)
    await assert.rejects(server.as(keysOf(answer.Credentials)).iam.send(new ListUsersCommand({})), {
      name: 'AccessDenied',
    })
    await refused(assumeWith(server, reader, await token(), { DurationSeconds: 3601 }), [
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ])
  })

  test('the audit names the bearer, and never holds the token', async () => {
    const one = await token()
    const { $metadata } = await assumeWith(server, reader, one)
    await refused(assumeWith(server, reader, await token({ claims: { sub: 'bob' } })), notAuthorized())
    const entries: string[] = []
    for await (const entry of server.engine.store.scan(AUDIT_JOURNAL, new Date(0))) entries.push(entry.text)
    const entry = entries.find((text) => text.includes($metadata.requestId ?? '?')) ?? ''
    const identity = {
      type: 'WebIdentityUser',
      principalId: `${arn}:client:ann`,
      userName: 'ann',
      identityProvider: arn,
    }
    const { records, issued } = JSON.parse(entry)
    assert.deepEqual(records[0].userIdentity, identity)
    assert.equal(issued.by, `${arn} ann`)
    // Who proved who he is and is refused stands in the journal, not in a sample.
    assert.ok(entries.some((text) => text.includes('"userName":"bob"') && text.includes('AccessDenied')))
    assert.ok(!entries.some((text) => text.includes(one) || text.includes(one.split('.')[2] ?? '?')))
  })
})

describe('what a token carries', () => {
  test('session tags need sts:TagSession, and reach the policies of the session', async () => {
    const changes: TokenChanges = {
      claims: { [tagsClaim]: { principal_tags: { Team: ['red'] }, transitive_tag_keys: ['Team'] } },
    }
    await refused(assumeWith(server, reader, await token(changes)), notAuthorized('sts:TagSession'))
    const both = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']
    const red = { StringEquals: { 'aws:RequestTag/Team': 'red' } }
    const tagged = await role(admin, 'tagged', trusting(arn, red, both), {
      permissions: allow('iam:ListUsers', '*', { StringEquals: { 'aws:PrincipalTag/Team': 'red' } }),
    })
    const answer = await assumeWith(server, tagged, await token(changes))
    assert.ok((answer.PackedPolicySize ?? 0) > 0)
    await server.as(keysOf(answer.Credentials)).iam.send(new ListUsersCommand({}))
    await refused(assumeWith(server, tagged, await token()), notAuthorized())
  })

  test('session tags as flat claims are session tags: sts:TagSession is asked, and a Deny on one applies', async () => {
    const tier = (value: string): TokenChanges => ({ claims: { [`${tagsClaim}/principal_tags/Tier`]: value } })
    await refused(assumeWith(server, reader, await token(tier('free'))), notAuthorized('sts:TagSession'))
    const both = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']
    const statement = { Principal: { Federated: arn }, Action: both }
    const free = { StringEquals: { 'aws:RequestTag/Tier': 'free' } }
    const paying = await role(admin, 'paying', policy(statement, { ...statement, Effect: 'Deny', Condition: free }), {
      permissions: allow('iam:ListUsers', '*', { StringEquals: { 'aws:PrincipalTag/Tier': 'gold' } }),
    })
    await refused(assumeWith(server, paying, await token(tier('free'))), notAuthorized())
    const answer = await assumeWith(server, paying, await token(tier('gold')))
    await server.as(keysOf(answer.Credentials)).iam.send(new ListUsersCommand({}))
  })

  test('a claim of AWS’s own that is not understood refuses the token', async () => {
    for (const name of ['/tags/principal_tag/Tier', '/session_policy', '/Tags']) {
      const changes: TokenChanges = { claims: { [`https://aws.amazon.com${name}`]: 'x' } }
      await assert.rejects(assumeWith(server, reader, await token(changes)), { name: 'InvalidIdentityTokenException' })
    }
  })

  test('a source identity needs sts:SetSourceIdentity, and stays down the chain', async () => {
    const changes: TokenChanges = { claims: { [sourceClaim]: 'ann@corp' } }
    await refused(assumeWith(server, reader, await token(changes)), notAuthorized('sts:SetSourceIdentity'))
    const both = ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity']
    const sourced = await role(admin, 'sourced', trusting(arn, {}, both), { permissions: allow('sts:*') })
    const next = await role(
      admin,
      'next',
      policy({ Principal: { AWS: sourced }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }),
    )
    const answer = await assumeWith(server, sourced, await token(changes))
    assert.equal(answer.SourceIdentity, 'ann@corp')
    const chained = await server
      .as(keysOf(answer.Credentials))
      .sts.send(new AssumeRoleCommand({ RoleArn: next, RoleSessionName: 'chained' }))
    assert.equal(chained.SourceIdentity, 'ann@corp')
  })

  test('tags that cannot be read refuse the token: it means to limit its session', async () => {
    const changes: TokenChanges = { claims: { [tagsClaim]: { principal_tags: { Team: ['red', 'blue'] } } } }
    await assert.rejects(assumeWith(server, reader, await token(changes)), { name: 'InvalidIdentityTokenException' })
  })

  test('a claim that the operator names is a condition key of the trust policy', async () => {
    const team = { 'ForAnyValue:StringEquals': { [`${provider}:team`]: 'red' } }
    const red = await role(admin, 'red', trusting(arn, team))
    await assumeWith(server, red, await token({ claims: { team: ['blue', 'red'] } }))
    await refused(assumeWith(server, red, await token({ claims: { team: 'blue' } })), notAuthorized())
    await refused(assumeWith(server, red, await token({ claims: { Team: 'blue', team: 'red' } })), notAuthorized())
  })

  test('email is a condition key of the trust policy, of every provider', async () => {
    const staff = await role(
      admin,
      'staff',
      trusting(arn, { StringNotLike: { [`${provider}:email`]: '*@contractor.example' } }),
    )
    await assumeWith(server, staff, await token({ claims: { email: 'ann@staff.example' } }))
    await assumeWith(server, staff, await token())
    const contractor = await token({ claims: { email: 'bob@contractor.example' } })
    await refused(assumeWith(server, staff, contractor), notAuthorized())
    // What may be an address and is none that can be compared is no reason to let somebody in.
    for (const claims of [
      { email: ['bob@contractor.example', 7] },
      { email: 'a@staff.example', Email: 'b@x.example' },
    ]) {
      await refused(assumeWith(server, staff, await token({ claims })), notAuthorized())
    }
  })

  test('a claim that is no condition key opens nothing, and a Deny that asks for it applies', async () => {
    const groups = { [`${provider}:groups`]: 'contractors' }
    const negated = await role(admin, 'negated', trusting(arn, { StringNotEquals: groups }))
    await refused(assumeWith(server, negated, await token({ claims: { groups: 'staff' } })), notAuthorized())
    const statement = { Principal: { Federated: arn }, Action: 'sts:AssumeRoleWithWebIdentity' }
    const kept = await role(
      admin,
      'kept',
      policy(statement, { ...statement, Effect: 'Deny', Condition: { StringEquals: groups } }),
    )
    await refused(assumeWith(server, kept, await token({ claims: { groups: 'contractors' } })), notAuthorized())
  })

  test('aud, sub, amr and the provider outlive the proof; other claims do not', async () => {
    const kept = {
      StringEquals: { [`${provider}:sub`]: 'ann', [`${provider}:aud`]: 'client', 'aws:FederatedProvider': arn },
      'ForAnyValue:StringEquals': { [`${provider}:amr`]: 'otp' },
    }
    const lasting = await role(admin, 'lasting', trusting(arn), { permissions: allow('iam:ListUsers', '*', kept) })
    const gone = { StringEquals: { [`${provider}:team`]: 'red' } }
    const passing = await role(admin, 'passing', trusting(arn, gone), {
      permissions: allow('iam:ListUsers', '*', gone),
    })
    const changes: TokenChanges = { claims: { amr: ['pwd', 'otp'], team: 'red' } }
    const list = async (to: string) => {
      const answer = await assumeWith(server, to, await token(changes))
      return server.as(keysOf(answer.Credentials)).iam.send(new ListUsersCommand({}))
    }
    await list(lasting)
    await assert.rejects(list(passing), { name: 'AccessDenied' })
  })

  test('azp is the audience, and aud is oaud', async () => {
    const both = { StringEquals: { [`${provider}:aud`]: 'client', [`${provider}:oaud`]: 'api' } }
    const authorized = await role(admin, 'authorized', trusting(arn, both))
    const answer = await assumeWith(server, authorized, await token({ claims: { aud: 'api', azp: 'client' } }))
    assert.equal(answer.Audience, 'client')
  })

  test('oaud is aud where there is no azp', async () => {
    const original = await role(admin, 'original', trusting(arn, { StringEquals: { [`${provider}:oaud`]: 'client' } }))
    await assumeWith(server, original, await token())
    await assumeWith(server, original, await token({ claims: { aud: ['client'] } }))
    const others = await role(admin, 'others', trusting(arn, { StringNotEquals: { [`${provider}:oaud`]: 'client' } }))
    await refused(assumeWith(server, others, await token()), notAuthorized())
  })
})

describe('built-in providers', () => {
  const name = 'accounts.google.com'
  test('Google needs no record; the trust policy names the client', async () => {
    const ours = { StringEquals: { [`${name}:aud`]: 'app.apps.googleusercontent.com', [`${name}:sub`]: '1234' } }
    const googled = await role(admin, 'googled', trusting(name, ours))
    const signed = (more: object) =>
      signToken(google.issuer, key, server.now(), {
        claims: { sub: '1234', aud: 'api', azp: 'app.apps.googleusercontent.com', ...more },
      })
    const answer = await assumeWith(server, googled, await signed({}))
    assert.deepEqual([answer.Provider, answer.Audience], [name, 'app.apps.googleusercontent.com'])
    await refused(assumeWith(server, googled, await signed({ azp: 'another' })), notAuthorized())
    await refused(
      assumeWith(server, reader, await signed({ sub: 'ann', aud: 'client', azp: undefined })),
      notAuthorized(),
    )
  })

  test('Login with Amazon: an access token, inspected', async () => {
    inspected.answers.set('/auth/o2/tokeninfo', (_request, response) => {
      response.end(JSON.stringify({ user_id: 'amzn1.account.A', app_id: 'amzn1.application.ours', exp: 60 }))
    })
    const app = { StringEquals: { 'www.amazon.com:app_id': 'amzn1.application.ours' } }
    const shopped = await role(admin, 'shopped', trusting('www.amazon.com', app))
    const answer = await assumeWith(server, shopped, 'Atza|opaque\n', { ProviderId: 'www.amazon.com' })
    assert.deepEqual(
      [answer.Provider, answer.Audience, answer.SubjectFromWebIdentityToken],
      ['www.amazon.com', 'amzn1.application.ours', 'amzn1.account.A'],
    )
  })

  test('Facebook: an access token, inspected; one that was revoked is rejected by the provider', async () => {
    let valid = true
    inspected.answers.set('/debug_token', (_request, response) => {
      const data = { app_id: '1234', user_id: '42', is_valid: valid, type: 'USER', expires_at: 0 }
      response.end(JSON.stringify({ data }))
    })
    const friend = await role(
      admin,
      'friend',
      trusting('graph.facebook.com', {
        StringEquals: { 'graph.facebook.com:app_id': '1234', 'graph.facebook.com:id': '42' },
      }),
    )
    const ask = () => assumeWith(server, friend, 'EAABopaque', { ProviderId: 'graph.facebook.com' })
    assert.equal((await ask()).SubjectFromWebIdentityToken, '42')
    valid = false
    await refused(ask(), ['IDPRejectedClaimException', 403, 'The identity provider rejected the claim.'])
  })
})

describe('browsers', () => {
  const origin = 'https://app.example'
  test('may call AssumeRoleWithWebIdentity and read the answer', async () => {
    const may = await fetch(server.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    })
    assert.deepEqual([may.status, may.headers.get('access-control-allow-origin')], [200, '*'])
    const body = new URLSearchParams({
      ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: reader, RoleSessionName: 'page' },
      WebIdentityToken: await token(),
    })
    const answer = await fetch(server.url, { method: 'POST', headers: { origin }, body })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-amzn-RequestId/i)
    const denied = await fetch(server.url, { method: 'POST', headers: { origin }, body: `${body}x` })
    assert.deepEqual([denied.status, denied.headers.get('access-control-allow-origin')], [400, '*'])
  })

  test('may not read the answers of other services', async () => {
    const body = new URLSearchParams({ Action: 'ListUsers', Version: '2010-05-08' })
    const answer = await fetch(server.url, { method: 'POST', headers: { origin }, body })
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  })
})
