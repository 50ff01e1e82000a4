// The broker at a target: a second server of another company is "AWS". It trusts the first one's issuer as AWS would, by an OpenID Connect
// provider and a role; no key of it is anywhere at the first.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  EnableOutboundWebIdentityFederationCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetWebIdentityTokenCommand,
} from '@aws-sdk/client-sts'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { invoke } from '../../src/cli/testing/world.ts'
import { startIdp } from '../../src/federation/testing/idp.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import type { AllowedRole } from '../../src/service/contracts/people-table.ts'
import type { SignIn } from '../../src/service/contracts/sign-ins.ts'
import { brokerIssuer, brokerIssuerUrl } from '../../src/service/outbound/broker-issuer.ts'
import { nameOf } from '../../src/service/people/broker/names.ts'
import { targetNamed } from '../../src/service/people/table/named.ts'
import { brokering, pageExchange } from './broker-kit.ts'
import { company, groupDn } from './company.ts'
import { toServer } from './console-tools.ts'
import { folder } from './folder.ts'
import { textsOf } from './journals.ts'
import { accessKey, allow, keysOf, person, policy, role } from './people.ts'
import { firstAccount, nobody, testServer } from './server.ts'
import { tlsFront } from './tls-front.ts'

/** The account at the target: another than any here. */
const there = '999900001111'
const audience = 'sts.theirs.example'
const clock = { now: new Date('2026-09-01T12:00:05.500Z') }

const ours = await tlsFront()
const corp = await company()
const server = await testServer({ clock, file: 'ours.sqlite', settings: { 'public-url': ours.url } })
ours.to = server
const { engine } = server
const root = server.as(server.root)
const iss = brokerIssuerUrl(engine.parts, await brokerIssuer(engine.store, engine.parts.random, clock.now)) ?? ''

/** A server that names our issuer in its providers file, as one with a port must be. */
const trusting = (account: string, settings: Readonly<Record<string, string>> = {}) =>
  testServer({
    ...{ clock, account, settings },
    providers: { providers: [{ issuer: iss, account, ca: 'ca.pem', allow: ['127.0.0.0/8'] }] },
  })
const [theirApi, theirPages] = [await tlsFront('127.0.0.1'), await tlsFront()]
// Below a path: what is right below the host would be an issuer of its own.
const theirUrl = `${theirPages.url}/theirs`
const theirs = await trusting(there, { 'public-url': theirUrl })
theirApi.to = theirs
theirPages.to = theirs

const actions = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']
const named = iss.slice('https://'.length)
async function trustUs(at: typeof theirs, account: string, conditions: Readonly<Record<string, string>>) {
  const admin = at.as(at.root)
  await admin.iam.send(new CreateOpenIDConnectProviderCommand({ Url: iss, ClientIDList: [audience] }))
  const trust = policy({
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${named}` },
    Action: actions,
    Condition: { StringEquals: { [`${named}:aud`]: audience, ...conditions } },
  })
  return role(admin, 'Admin', trust, { permissions: allow('iam:ListRoles'), maxSessionDuration: 3600 })
}

const roleArn = `arn:aws:iam::${there}:role/Admin`
const target = {
  ...{ name: 'theirs', accounts: [there], sts: `${theirApi.url}/`, region: 'us-east-1' },
  ...{ federation: `${theirUrl}/federation`, console: `${theirUrl}/console`, audience },
  ...{ 'ca-file': 'ca.pem', allow: ['127.0.0.0/8'] },
}
const apply = (targets: readonly object[] = [target], row: object = {}) =>
  corp.apply(server, {
    roles: [['admins', roleArn, { tags: { Team: 'platform' }, 'session-duration': 3600, ...row }]],
    more: { targets },
  })
await apply()

const signIn = await corp.signIn(server, 'ann')
const sessionName = nameOf({ connector: 'corp', id: signIn.personId, login: 'ann' }, 64)
await trustUs(theirs, there, { [`${named}:sub`]: sessionName, 'aws:RequestTag/Team': 'platform' })

const { broker } = brokering(server)
const theirRole = async (of: SignIn = signIn): Promise<AllowedRole | undefined> => {
  const { connector, personId: id, login, groups, attributes } = of
  return engine.people
    .allowed(await engine.people.table(), { connector, id, login, groups, attributes })
    .roles.find(({ arn }) => arn === roleArn)
}
async function ask(as: SignIn = signIn) {
  const allowed = (await theirRole(as)) ?? (await theirRole())
  assert(allowed !== undefined)
  return broker.assumeRole(pageExchange(server), as, allowed, undefined, server.now())
}
async function given() {
  const answer = await ask()
  assert('credentials' in answer, JSON.stringify(answer))
  return answer
}
/** The token that the target was shown last. */
const lastToken = () => {
  const sent = theirApi.seen.findLast((text) => text.includes('WebIdentityToken=')) ?? ''
  return new URLSearchParams(sent.slice(sent.lastIndexOf(' ') + 1)).get('WebIdentityToken') ?? ''
}
const present = (at: typeof theirs, token: string, RoleArn = roleArn) =>
  at
    .as(nobody)
    .sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: sessionName, WebIdentityToken: token }))

describe('at a target', () => {
  test('the broker assumes the role without any key, in the person’s name and with their tags', async () => {
    const { credentials, arn } = await given()
    assert.equal(arn, `arn:aws:sts::${there}:assumed-role/Admin/${sessionName}`)
    const { Arn } = await theirs.as(keysOf(credentials)).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, arn)
    const record = (await textsOf(theirs.engine.store, 'audit')).findLast((text) => text.includes('WithWebIdentity'))
    assert.match(record ?? '', new RegExp(`"sourceIdentity":"${sessionName}"`))
  })

  test('the token lasts five minutes, for one audience, with AWS’s claims of tags and source identity', async () => {
    await given()
    const claims = decodeJwt(lastToken())
    assert.equal(claims.iss, iss)
    assert.equal(claims.sub, sessionName)
    assert.equal(claims.aud, audience)
    assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 300)
    assert.deepEqual(claims['https://aws.amazon.com/tags'], {
      principal_tags: { Department: ['planted-department'], Team: ['platform'] },
    })
    assert.equal(claims['https://aws.amazon.com/source_identity'], sessionName)
    assert.equal(decodeProtectedHeader(lastToken()).alg, 'RS256')
  })

  test('what is asked for stands in the audit before, with the sign-in and the token’s id', async () => {
    await given()
    const { jti } = decodeJwt(lastToken())
    const record = (await textsOf(engine.store, 'audit')).find((text) => text.includes(jti ?? 'none')) ?? ''
    assert.match(record, /"eventName":"AskTarget"/)
    assert.match(record, new RegExp(`"signIn":"${signIn.id}"`))
    assert.match(record, new RegExp(`"roleArn":"${roleArn}"`))
    assert(!record.includes(lastToken()))
  })

  test('a console of eight hours is opened by a link, though the role’s own maximum is one', async () => {
    const before = theirPages.seen.length
    const target = targetNamed(await engine.people.table(), 'theirs')
    assert(target !== undefined)
    const link = (await broker.consoleLink(target, await given(), 8 * 3600)) ?? ''
    assert(link.startsWith(`${theirUrl}/federation?`), link)

    // Credentials travel in a body alone.
    assert.match(
      theirPages.seen[before] ?? '',
      /^POST \/theirs\/federation Action=getSigninToken&SessionDuration=28800/,
    )
    const visitor = browser(toServer(theirs))
    assert.match((await visitor.open(link)).text, new RegExp(sessionName))
    for (const wrong of ['https://evil.example/', 'javascript:alert(1)', '//evil.example', 'https://u:p@localhost/'])
      assert.equal(await broker.consoleLink(target, await given(), 3600, wrong), undefined)
  })

  test('GetFederationToken is refused without a key, and AssumeRole offered; with one it is asked for', async () => {
    const entitled = { entitlements: [{ account: there, policy: JSON.parse(allow('iam:ListRoles')) }] }
    const federated = async () => {
      const { connector, personId: id, login, groups, attributes } = signIn
      const table = await engine.people.table()
      const [entitlement] = engine.people.allowed(table, { connector, id, login, groups, attributes }).entitlements
      assert(entitlement !== undefined)
      return broker.federationToken(pageExchange(server), signIn, entitlement, undefined, server.now())
    }
    await apply([target], entitled)
    const refused = await federated()
    assert('refused' in refused)
    assert.match(refused.refused.message, /AssumeRole/)
    const admin = theirs.as(theirs.root)
    await person(admin, 'broker', allow(['sts:GetFederationToken', 'sts:TagSession', 'iam:ListRoles']))
    const { accessKeyId, secretAccessKey } = await accessKey(admin, 'broker')
    await corp.apply(server, {
      roles: [['admins', roleArn, entitled]],
      more: { targets: [{ ...target, 'access-key-id': accessKeyId, 'secret-access-key-file': 'target.secret' }] },
      files: { 'target.secret': secretAccessKey },
    })
    const answer = await federated()
    assert('credentials' in answer, JSON.stringify(answer))
    assert.match(answer.arn, /:federated-user\/ann-/)
    const { Arn } = await theirs.as(keysOf(answer.credentials)).sts.send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, answer.arn)
    await admin.iam.send(
      new PutUserPolicyCommand({ UserName: 'broker', PolicyName: 'own', PolicyDocument: allow('s3:*') }),
    )
    const denied = await federated()
    assert('refused' in denied && denied.refused.code === 'AccessDenied')
    await apply()
  })
})

describe('the token proves nothing', () => {
  beforeEach(() => apply())

  const refusedFor = (asked: Promise<unknown>, name: RegExp) => assert.rejects(asked, { name })

  test('at the server that made it: neither as a provider nor as a token', async () => {
    await given()
    await refusedFor(
      root.iam.send(new CreateOpenIDConnectProviderCommand({ Url: iss, ClientIDList: [audience] })),
      /InvalidInput/,
    )
    await refusedFor(present(server, lastToken(), `arn:aws:iam::${firstAccount}:role/Admin`), /InvalidIdentityToken/)
  })

  test('at a third that trusts the issuer under an audience of its own', async () => {
    const third = await trusting('888800001111')
    const admin = third.as(third.root)
    await admin.iam.send(new CreateOpenIDConnectProviderCommand({ Url: iss, ClientIDList: ['sts.third.example'] }))
    const arn = await role(
      admin,
      'Admin',
      policy({ Principal: { Federated: `arn:aws:iam::888800001111:oidc-provider/${named}` }, Action: actions }),
    )
    await given()
    await refusedFor(present(third, lastToken(), arn), /InvalidIdentityToken/)
  })

  test('with another audience in it: the target refuses, and the person reads its code', async () => {
    await apply([{ ...target, audience: 'sts.other.example' }])
    const answer = await ask()
    assert('refused' in answer)
    assert.equal(answer.refused.code, 'InvalidIdentityToken')
    await apply()
  })

  test('after five minutes, and the target’s leeway; until then it is good again, as at AWS', async () => {
    await given()
    const token = lastToken()
    await present(theirs, token)
    await server.move(11 * 60_000)
    await refusedFor(present(theirs, token), /ExpiredToken/)
  })

  test('nothing that GetWebIdentityToken signs is of the broker’s keys or issuer', async () => {
    const dev = await person(root, 'dev', allow(['sts:GetWebIdentityToken', 'iam:*']))
    await root.iam.send(new EnableOutboundWebIdentityFederationCommand({}))
    await given()
    const { sts } = server.as(dev.keys)
    const { WebIdentityToken = '' } = await sts.send(
      new GetWebIdentityTokenCommand({ Audience: [audience], SigningAlgorithm: 'RS256' }),
    )
    assert.notEqual(decodeProtectedHeader(WebIdentityToken).kid, decodeProtectedHeader(lastToken()).kid)
    assert.notEqual(decodeJwt(WebIdentityToken).iss, iss)
    await refusedFor(present(theirs, WebIdentityToken), /InvalidIdentityToken/)
  })
})

describe('the table decides first', () => {
  test('a row that is removed refuses, though the role still trusts; nothing is sent', async () => {
    const kept = await theirRole()
    assert(kept !== undefined)
    await corp.apply(server, { roles: [], more: { targets: [target] } })
    const before = theirApi.seen.length
    const answer = await broker.assumeRole(pageExchange(server), signIn, kept, undefined, server.now())
    assert('refused' in answer && answer.refused.code === 'AccessDenied')
    assert.equal(theirApi.seen.length, before)
    await apply()
  })

  test('somebody else’s role is refused, whoever hands it in; nothing is sent', async () => {
    const ben = await corp.signIn(server, 'ben')
    const before = theirApi.seen.length
    const answer = await ask(ben)
    assert('refused' in answer && answer.refused.code === 'AccessDenied')
    const inflated = await ask({ ...ben, groups: [{ name: 'admins', dn: groupDn('admins') }] })
    assert('refused' in inflated)
    assert.equal(theirApi.seen.length, before)
  })
})

describe('a target that does not answer as an STS', () => {
  for (const [what, sts, says] of [
    ['is not there', 'https://localhost:1/', /did not give credentials/],
    ['answers a page', `${ours.url}/`, /did not give credentials/],
  ] as const) {
    test(`${what}: the person is told no more than that, and the operator why`, async () => {
      await apply([{ ...target, sts }])
      const before = server.reported.length
      const answer = await ask()
      assert('refused' in answer)
      assert.equal(answer.refused.code, 'ServiceUnavailable')
      assert.match(answer.refused.message, says)
      assert(server.reported.length > before)
      await apply()
    })
  }

  test('its name may not lead to an address that is not allowed', async () => {
    await apply([{ ...target, allow: [] }])
    const allowed = await theirRole()
    assert(allowed !== undefined)
    const strict = brokering(server, []).broker
    const answer = await strict.assumeRole(pageExchange(server), signIn, allowed, undefined, server.now())
    assert('refused' in answer && answer.refused.code === 'ServiceUnavailable')
    await apply()
  })
})

test('neither the store nor the configuration holds anything like a key of the broker', async () => {
  await given()
  const token = lastToken()
  const { credentials } = await given()
  const files = readdirSync(server.data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
  const texts = [...files, ...(await textsOf(engine.store, 'audit')), ...server.reported]
  const secrets = [token, token.split('.')[2] ?? '', credentials.SecretAccessKey, credentials.SessionToken]
  for (const secret of [...secrets, 'BEGIN PRIVATE KEY', 'BEGIN RSA', '"d":"'])
    for (const text of texts) assert(!text.includes(secret), secret.slice(0, 20))
})

describe('an installation that the target cannot reach', () => {
  test('publishes its documents elsewhere: hallpass issuer export, and the issuer is none here', async () => {
    const idp = await startIdp({ path: '/hallpass' })
    const issuer = idp.issuer
    const data = folder()
    const settings = { 'issuer-url': issuer }
    const alone = await testServer({ clock, data, file: 'store.sqlite', settings })
    await corp.apply(alone, { roles: [['admins', roleArn]], more: { targets: [target] } })
    const out = folder()
    const exported = await invoke(['issuer', 'export', out, '--data', data, '--issuer-url', issuer])
    assert.equal(exported.code, 0, exported.err)
    assert.equal(exported.out, `aws iam create-open-id-connect-provider --url ${issuer} --client-id-list ${audience}`)
    const paths = ['.well-known/openid-configuration', '.well-known/jwks.json']
    for (const path of paths) {
      const text = readFileSync(join(out, path), 'utf8')
      assert.doesNotMatch(text, /"(?:d|p|q|dp|dq|qi)":/)
      idp.answers.set(`/hallpass/${path}`, (_request, response) => void response.end(text))
    }
    assert.deepEqual(
      readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort(),
      ['jwks.json', 'openid-configuration'],
    )
    const other = await testServer({
      ...{ clock, account: there },
      providers: { providers: [{ issuer, account: there, ca: 'ca.pem', allow: ['127.0.0.0/8'] }] },
    })
    const admin = other.as(other.root)
    await admin.iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: [audience] }))
    const provider = `arn:aws:iam::${there}:oidc-provider/${issuer.slice('https://'.length)}`
    await role(admin, 'Admin', policy({ Principal: { Federated: provider }, Action: actions }))
    theirApi.to = other
    const person = await corp.signIn(alone, 'ann')
    const { connector, personId: id, login, groups, attributes } = person
    const { people } = alone.engine
    const [wanted] = people.allowed(await people.table(), { connector, id, login, groups, attributes }).roles
    assert(wanted !== undefined)
    const answer = await brokering(alone).broker.assumeRole(pageExchange(alone), person, wanted, 3600, alone.now())
    theirApi.to = theirs
    await idp.close()
    assert('credentials' in answer, JSON.stringify(answer))
    await assert.rejects(
      alone.as(alone.root).iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: [audience] })),
      { name: /InvalidInput/ },
    )
    await assert.rejects(present(alone, lastToken(), `arn:aws:iam::${firstAccount}:role/Admin`), {
      name: /InvalidIdentityToken/,
    })
  })
})
