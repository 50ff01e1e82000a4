// The acceptance flow, second part, with the AWS SDK for JavaScript: session and federation tokens, who a key belongs to,
// why a request was refused, presigned identities, and every way in which a session ends early.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetRoleCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  DecodeAuthorizationMessageCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  type GetFederationTokenCommandInput,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { type RevocationScope, revoke } from '../../src/service/session/revoke.ts'
import { textsOf } from './journals.ts'
import { accessKey, allow, assume, enableMfa, keysOf, manager, member, person, policy, role, trusts } from './people.ts'
import { presigned, send, withHeader } from './raw.ts'
import {
  denied,
  expiredToken,
  invalidToken,
  noIdentityPolicy,
  noUserList,
  refused,
  refusedId,
  tokenWithoutMfa,
} from './refused.ts'
import { type Clients, testServer } from './server.ts'

const whoIs = async (clients: Clients) => (await clients.sts.send(new GetCallerIdentityCommand({}))).Arn
const listUsers = (clients: Clients) => clients.iam.send(new ListUsersCommand({}))
const sessionOf = (account: string, role: string) => `arn:aws:sts::${account}:assumed-role/${role}/session`
const noStsSession = (operation: string) =>
  ['AccessDenied', 403, `Cannot call ${operation} with session credentials`] as const

const server = await testServer()
const admin = await manager(server)
const partner = await member(server, admin, 'partner')
const ann = await person(admin, 'ann', allow(['iam:List*', 'sts:*']))

describe('GetSessionToken', () => {
  test('without MFA: acts as the user, but may not call IAM', async () => {
    const { Credentials } = await server.as(ann.keys).sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    const session = server.as(keysOf(Credentials))
    assert.equal(Credentials?.Expiration?.getTime(), Math.floor(server.now().getTime() / 1000) * 1000 + 900_000)
    assert.equal(await whoIs(session), ann.arn)
    await refused(listUsers(session), tokenWithoutMfa)
    await refused(session.sts.send(new GetSessionTokenCommand({})), noStsSession('GetSessionToken'))
    await refused(
      session.sts.send(new GetFederationTokenCommand({ Name: 'guest' })),
      noStsSession('GetFederationToken'),
    )
  })
  test('with MFA: may call IAM too, and aws:MultiFactorAuthAge says how long ago', async () => {
    const phone = await enableMfa(server, admin, 'ann')
    const code = { SerialNumber: phone.serial, TokenCode: phone.code(server.now()) }
    const { Credentials } = await server.as(ann.keys).sts.send(new GetSessionTokenCommand(code))
    const session = server.as(keysOf(Credentials))
    await listUsers(session)
    const recently = {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': '600' },
    }
    const arn = await role(admin, 'Guarded', trusts(ann.arn, 'sts:AssumeRole', recently))
    await assume(server, session, arn)
    await server.move(601_000)
    await refused(assume(server, session, arn), denied(ann.arn, 'sts:AssumeRole', arn))
  })
  test('lasts 36 hours at most; root’s lasts an hour, whatever the request says', async () => {
    const lifetime = async (clients: Clients, DurationSeconds?: number) => {
      const { Credentials } = await clients.sts.send(new GetSessionTokenCommand({ DurationSeconds }))
      return Math.round(((Credentials?.Expiration?.getTime() ?? 0) - server.now().getTime()) / 1000)
    }
    assert.equal(await lifetime(server.as(ann.keys), 129_600), 129_600)
    assert.equal(await lifetime(server.as(ann.keys)), 43_200)
    assert.equal(await lifetime(server.as(server.root), 43_200), 3600)
    await refused(lifetime(server.as(ann.keys), 129_601), [
      'ValidationError',
      400,
      "1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
    ])
  })
})

describe('GetFederationToken', () => {
  const guest = (wanted: Partial<GetFederationTokenCommandInput> = {}) =>
    server.as(ann.keys).sts.send(new GetFederationTokenCommand({ Name: 'guest', ...wanted }))
  let arn: string

  test('without a policy: has an identity and no permissions', async () => {
    arn = `arn:aws:sts::${server.account}:federated-user/guest`
    const { Credentials, FederatedUser, PackedPolicySize } = await guest()
    assert.deepEqual([FederatedUser, PackedPolicySize], [{ FederatedUserId: `${server.account}:guest`, Arn: arn }, 0])
    const session = server.as(keysOf(Credentials))
    assert.equal(await whoIs(session), arn)
    await refused(listUsers(session), invalidToken)
    await refused(
      session.sts.send(new GetAccessKeyInfoCommand({ AccessKeyId: ann.keys.accessKeyId })),
      denied(arn, 'sts:GetAccessKeyInfo', '*'),
    )
  })
  test('with a policy: the answer has its packed size, and the session may call neither IAM nor STS', async () => {
    const { Credentials, PackedPolicySize } = await guest({ Policy: allow('*') })
    assert.ok((PackedPolicySize ?? 0) > 0)
    const session = server.as(keysOf(Credentials))
    await refused(listUsers(session), invalidToken)
    const RoleArn = `arn:aws:iam::${server.account}:role/Guarded`
    const assuming = session.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' }))
    await refused(assuming, denied(arn, 'sts:AssumeRole', RoleArn))
    const endless = { RoleArn: `${RoleArn}${'x'.repeat(900_000)}`, RoleSessionName: 'session' }
    await refused(session.sts.send(new AssumeRoleCommand(endless)), denied(arn, 'sts:AssumeRole', '*'))
    const last = (await textsOf(server.engine.store, 'audit')).at(-1) ?? ''
    assert.ok(last.includes('AccessDenied') && last.length < 10_000, `${last.length} characters`)
  })
  test('a user needs permission to call it for that name', async () => {
    const cai = await person(
      admin,
      'cai',
      allow('sts:GetFederationToken', `arn:aws:sts::${server.account}:federated-user/kiosk`),
    )
    const as = (Name: string) => server.as(cai.keys).sts.send(new GetFederationTokenCommand({ Name }))
    await as('kiosk')
    await refused(
      as('guest'),
      denied(cai.arn, 'sts:GetFederationToken', arn, noIdentityPolicy('sts:GetFederationToken')),
    )
  })
})

describe('what STS reveals', () => {
  test('which account a key belongs to, from its id alone', async () => {
    const { sts } = server.as(ann.keys)
    const accountOf = async (AccessKeyId: string) =>
      (await sts.send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account
    assert.equal(await accountOf(partner.admin.keys.accessKeyId), partner.id)
    assert.equal(await accountOf(ann.keys.accessKeyId), server.account)
    assert.equal(await accountOf('ASIAQNZGKIQY56JQ7WML'), '029608264753')
    await refused(accountOf('ABCDABCDABCDABCDABCD'), ['ValidationError', 400, 'Access key ID is invalid'])
  })
  test('DecodeAuthorizationMessage explains a refused request by its id', async () => {
    const session = await assume(server, server.as(ann.keys), await role(admin, 'Weak', trusts(ann.arn)), {
      Policy: allow('s3:*'),
    })
    const arn = sessionOf(server.account, 'Weak')
    const EncodedMessage = await refusedId(listUsers(session), noUserList(arn, noIdentityPolicy('iam:ListUsers')))
    const answer = await server.as(ann.keys).sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
    const decoded = JSON.parse(answer.DecodedMessage ?? '')
    assert.deepEqual([decoded.allowed, decoded.explicitDeny], [false, false])
    assert.deepEqual([decoded.context.principal.arn, decoded.context.action], [arn, 'iam:ListUsers'])
  })
  test('DecodeAuthorizationMessage refuses any other id', () =>
    refused(
      server
        .as(ann.keys)
        .sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: '019f0000-0000-7000-8000-000000000000' })),
      [
        'InvalidAuthorizationMessageException',
        400,
        'The message cannot be decoded: it is no request id of a refused call of your account.',
      ],
    ))
})

describe('presigned GetCallerIdentity', () => {
  const cluster = { 'x-k8s-aws-id': 'cluster-1' }
  const url = () => presigned(server.port, { keys: ann.keys, now: server.now(), headers: cluster })

  test('identifies its signer, in XML and, when asked, in JSON', async () => {
    const xml = await send(server.port, url())
    assert.equal(xml.status, 200)
    assert.ok(xml.text.includes(`<Arn>${ann.arn}</Arn>`))
    const json = await send(
      server.port,
      withHeader(url(), 'accept', () => 'application/json'),
    )
    assert.equal(json.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(json.text).GetCallerIdentityResponse.GetCallerIdentityResult, {
      Account: server.account,
      Arn: ann.arn,
      UserId: ann.id,
    })
  })
  test('is valid only for the cluster in its signed header', async () => {
    const { status, code } = await send(
      server.port,
      withHeader(url(), 'x-k8s-aws-id', () => 'cluster-2'),
    )
    assert.deepEqual([status, code], [403, 'SignatureDoesNotMatch'])
  })
  test('is valid for fifteen minutes, whatever X-Amz-Expires says', async () => {
    const made = url()
    await server.move(14 * 60_000)
    assert.equal((await send(server.port, made)).status, 200)
    await server.move(61_000)
    assert.equal((await send(server.port, made)).code, 'SignatureDoesNotMatch')
  })
})

describe('the end of a session', () => {
  const arnOf = (name: string) => `arn:aws:iam::${server.account}:role/${name}`
  const trusting = () => trusts(server.account, ['sts:AssumeRole', 'sts:SetSourceIdentity'])
  const session = (name: string, SourceIdentity?: string) =>
    assume(server, server.as(ann.keys), arnOf(name), { SourceIdentity })

  async function take(means: RevocationScope) {
    const { store, revocations } = server.engine
    revocations.learn(await store.transact((tx) => revoke(tx, server.account, means, server.now())))
  }

  test('it expires to the second', async () => {
    await role(admin, 'Brief', trusting())
    const brief = await assume(server, server.as(ann.keys), arnOf('Brief'), { DurationSeconds: 900 })
    await server.move(899_000)
    await whoIs(brief)
    await server.move(1000)
    await refused(whoIs(brief), expiredToken)
  })
  test('its role is deleted, and made again under the same name: the session stays ended', async () => {
    await role(admin, 'Phoenix', trusting())
    const old = await session('Phoenix')
    assert.equal(await whoIs(old), sessionOf(server.account, 'Phoenix'))
    await admin.iam.send(new DeleteRoleCommand({ RoleName: 'Phoenix' }))
    await refused(whoIs(old), invalidToken)
    await role(admin, 'Phoenix', trusting())
    await refused(whoIs(old), invalidToken)
    await whoIs(await session('Phoenix'))
  })
  test('trust in a role or user that was deleted is not trust in its namesake', async () => {
    const dan = await person(admin, 'dan', allow('sts:AssumeRole'))
    const arn = await role(admin, 'OldFriend', trusts(dan.arn))
    await assume(server, server.as(dan.keys), arn)
    await admin.iam.send(new DeleteAccessKeyCommand({ UserName: 'dan', AccessKeyId: dan.keys.accessKeyId }))
    await admin.iam.send(new DeleteUserPolicyCommand({ UserName: 'dan', PolicyName: 'own' }))
    await admin.iam.send(new DeleteUserCommand({ UserName: 'dan' }))
    const again = await person(admin, 'dan', allow('sts:AssumeRole'))
    await refused(assume(server, server.as(again.keys), arn), denied(again.arn, 'sts:AssumeRole', arn))
    const shown = await admin.iam.send(new GetRoleCommand({ RoleName: 'OldFriend' }))
    assert.deepEqual(
      JSON.parse(decodeURIComponent(shown.Role?.AssumeRolePolicyDocument ?? '')).Statement[0].Principal,
      {
        AWS: dan.id,
      },
    )
  })
  test('the console’s AWSRevokeOlderSessions denies what was issued before', async () => {
    await role(admin, 'Console', trusting(), { permissions: allow('iam:*') })
    const old = await session('Console')
    await listUsers(old)
    await server.move(2000)
    const at = server.now().toISOString()
    const PolicyDocument = policy({
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateLessThan: { 'aws:TokenIssueTime': at } },
    })
    await admin.iam.send(
      new PutRolePolicyCommand({ RoleName: 'Console', PolicyName: 'AWSRevokeOlderSessions', PolicyDocument }),
    )
    const because = ' with an explicit deny in an identity-based policy'
    await refused(listUsers(old), noUserList(sessionOf(server.account, 'Console'), because))
    await server.move(2000)
    await listUsers(await session('Console'))
    await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Console', PolicyName: 'AWSRevokeOlderSessions' }))
    await listUsers(old)
  })
  test('the user is deleted', async () => {
    const eve = await person(admin, 'eve')
    const { Credentials } = await server.as(eve.keys).sts.send(new GetSessionTokenCommand({}))
    await admin.iam.send(new DeleteAccessKeyCommand({ UserName: 'eve', AccessKeyId: eve.keys.accessKeyId }))
    await refused(whoIs(server.as(eve.keys)), invalidToken)
    await admin.iam.send(new DeleteUserCommand({ UserName: 'eve' }))
    await refused(whoIs(server.as(keysOf(Credentials))), invalidToken)
  })
  test('a key that is made inactive stops at once, and works again when it is active', async () => {
    const keys = await accessKey(admin, 'ann')
    const turn = (Status: 'Active' | 'Inactive') =>
      admin.iam.send(new UpdateAccessKeyCommand({ UserName: 'ann', AccessKeyId: keys.accessKeyId, Status }))
    await whoIs(server.as(keys))
    await turn('Inactive')
    await refused(whoIs(server.as(keys)), invalidToken)
    await turn('Active')
    await whoIs(server.as(keys))
  })

  const takings: readonly (readonly [name: string, means: (one: Clients) => Promise<RevocationScope>])[] = [
    ['the session itself', async (one) => ({ kind: 'session', id: await idOf(one) })],
    ['its role', async () => ({ kind: 'principal', id: await roleId('Taken') })],
    ['who began it', async () => ({ kind: 'subject', by: ann.id })],
    ['its source identity', async () => ({ kind: 'source-identity', value: 'ann' })],
  ]
  for (const [name, means] of takings) {
    test(`taken back by ${name}: it dies at the next request, with what descends from it; a later one lives`, async () => {
      await role(admin, 'Taken', trusting(), { permissions: allow('sts:*') })
      await role(admin, 'Below', trusting())
      const one = await session('Taken', 'ann')
      const below = await assume(server, one, arnOf('Below'))
      await whoIs(below)
      await take(await means(one))
      await refused(whoIs(one), invalidToken)
      await refused(whoIs(below), invalidToken)
      // Revocation by time reaches some seconds beyond this node's clock.
      await server.move(30_000)
      await whoIs(await session('Taken', 'ann'))
      await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Taken', PolicyName: 'own' }))
      for (const RoleName of ['Taken', 'Below']) await admin.iam.send(new DeleteRoleCommand({ RoleName }))
    })
  }

  const roleId = async (RoleName: string) => (await admin.iam.send(new GetRoleCommand({ RoleName }))).Role?.RoleId ?? ''

  /** The session's id, which is in no answer: the operator's index of sessions has it. */
  async function idOf({ keys }: Clients): Promise<string> {
    for await (const { text } of server.engine.store.scan('audit', new Date(0))) {
      const { issued } = JSON.parse(text) as { issued?: { sessionId: string; accessKeyId: string } }
      if (issued?.accessKeyId === keys.accessKeyId) return issued.sessionId
    }
    assert.fail('the session is in no journal')
  }

  test('the server reported no failure', () => {
    assert.deepEqual(server.reported, [])
  })
})
