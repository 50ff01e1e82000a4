// What an account can learn of another one: nothing. Each row asks, as an administrator of an outside account, for
// something that is there and for the same thing where it is not, and compares the answers byte by byte.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import { revoke } from '../../src/service/session/revoke.ts'
import { allow, assume, enableMfa, manager, member, person, role, trusts } from './people.ts'
import { type Answer, type Ask, send, signed } from './raw.ts'
import { denied, noIdentityPolicy, noUserList, refusedId } from './refused.ts'
import { type Clients, type Keys, testServer } from './server.ts'
import { toldOf } from './table.ts'

const server = await testServer()
const admin = await manager(server)
const victim = await member(server, admin, 'victim')
const outsider = await member(server, admin, 'outsider')
const mallory = await person(outsider.admin, 'mallory', allow('*'))
const vic = await person(victim.admin, 'vic', allow('sts:*'), '/secret/')
const phone = await enableMfa(server, victim.admin, 'vic')
const onlyWith = { StringEquals: { 'sts:ExternalId': 'a-secret-id' } }
const there = {
  untrusting: await role(victim.admin, 'Untrusting', trusts(victim.id)),
  conditional: await role(victim.admin, 'Conditional', trusts(outsider.id, 'sts:AssumeRole', onlyWith)),
  path: await role(victim.admin, 'Hidden', trusts(victim.id), { path: '/deep/', tags: { team: 'red' } }),
}
const made = await victim.admin.iam.send(
  new CreatePolicyCommand({ PolicyName: 'VictimPolicy', PolicyDocument: allow('s3:*') }),
)
const managed = made.Policy?.Arn ?? ''
const refusedRequest = await refusedId(
  server.as(vic.keys).iam.send(new ListUsersCommand({})),
  noUserList(vic.arn, noIdentityPolicy('iam:ListUsers')),
)
await victim.admin.iam.send(new CreateUserCommand({ UserName: 'second' }))
const marker = (await victim.admin.iam.send(new ListUsersCommand({ MaxItems: 1 }))).Marker ?? ''

const ask = (keys: Keys, service: 'iam' | 'sts', parameters: Ask['parameters'] = {}) =>
  send(server.port, signed(server.port, { keys, now: server.now(), service, parameters }))
const asMallory = (service: 'iam' | 'sts', parameters: Ask['parameters']) => ask(mallory.keys, service, parameters)

/** All of an answer but the request id, which is new each time. */
const whole = ({ status, headers, text, requestId }: Answer, replaced: string, by: string) => {
  const { 'x-amzn-requestid': _, date: __, 'content-length': ___, ...rest } = headers
  return JSON.stringify({ status, rest, text: text.replaceAll(requestId, 'ID').replaceAll(replaced, by) })
}

/** Asserts that the two answers are the same but for what was asked for. */
async function indistinguishable(asked: (what: string) => Promise<Answer>, present: string, absent: string) {
  const [is, isNot] = [await asked(present), await asked(absent)]
  assert.equal(whole(is, present, 'IT'), whole(isNot, absent, 'IT'))
  assert.ok(!is.text.includes('<RequestId></RequestId>'))
  return is
}

describe('roles', () => {
  const assumeRole =
    (more: Record<string, string> = {}) =>
    (RoleArn: string) =>
      asMallory('sts', { Action: 'AssumeRole', RoleArn, RoleSessionName: 'session', ...more })
  const tricks: Readonly<Record<string, Record<string, string>>> = {
    'nothing more': {},
    'an external id': { ExternalId: 'a-guess' },
    'a duration beyond most roles’': { DurationSeconds: '43200' },
    tags: { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'red' },
    'a source identity': { SourceIdentity: 'vic' },
    'a session policy of the victim’s': { 'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
    'a session policy that fills the token': {
      Policy: allow(
        's3:*',
        Array.from({ length: 200 }, (_, n) => `arn:aws:s3:::${n ** 4}`),
      ),
    },
  }
  for (const [with_, parameters] of Object.entries(tricks)) {
    test(`one that is not there and three that do not trust answer alike, with ${with_}`, async () => {
      for (const arn of Object.values(there)) {
        const absent = arn.replace(/[^/]+$/, 'NotThere')
        const answer = await indistinguishable(assumeRole(parameters), arn, absent)
        assert.deepEqual(toldOf(answer), denied(mallory.arn, 'sts:AssumeRole', arn))
      }
    })
  }
  test('an account that is not there answers as one that is', () =>
    indistinguishable(assumeRole(), there.untrusting, there.untrusting.replace(victim.id, '999988887777')).then(
      () => {},
    ))
  test('a device of the victim’s is no device: its serial number and any other answer alike', async () => {
    const withDevice = (SerialNumber: string) =>
      assumeRole({ SerialNumber, TokenCode: phone.code(server.now()) })(there.untrusting)
    await indistinguishable(withDevice, phone.serial, phone.serial.replace('vic-phone', 'no-phone'))
  })
  test('a failed attempt does not count against the victim’s device', async () => {
    const code = { SerialNumber: phone.serial, TokenCode: phone.code(server.now()) }
    await assume(server, server.as(vic.keys), await role(victim.admin, 'Own', trusts(vic.arn)), code)
  })
})

describe('the control plane acts in the caller’s own account', () => {
  const named: Readonly<Record<string, Record<string, string>>> = {
    GetUser: { UserName: 'vic' },
    DeleteUser: { UserName: 'vic' },
    ListAccessKeys: { UserName: 'vic' },
    CreateAccessKey: { UserName: 'vic' },
    ListUserPolicies: { UserName: 'vic' },
    ListAttachedUserPolicies: { UserName: 'vic' },
    ListMFADevices: { UserName: 'vic' },
    PutUserPolicy: { UserName: 'vic', PolicyName: 'own', PolicyDocument: allow('*') },
  }
  for (const [Action, parameters] of Object.entries(named)) {
    test(`${Action} of a user`, async () => {
      const asked = (UserName: string) => asMallory('iam', { Action, ...parameters, UserName })
      const answer = await indistinguishable(asked, 'vic', 'notthere')
      assert.deepEqual(toldOf(answer), ['NoSuchEntity', 404, 'The user with name vic cannot be found.'])
    })
  }
  for (const Action of ['GetRole', 'DeleteRole', 'ListRolePolicies', 'ListAttachedRolePolicies', 'ListRoleTags']) {
    test(`${Action} of a role`, async () => {
      const asked = (RoleName: string) => asMallory('iam', { Action, RoleName })
      const answer = await indistinguishable(asked, 'Untrusting', 'NotThereAtAll')
      assert.deepEqual(toldOf(answer), ['NoSuchEntity', 404, 'The role with name Untrusting cannot be found.'])
    })
  }
  for (const Action of ['GetPolicy', 'ListPolicyVersions', 'DeletePolicy', 'ListEntitiesForPolicy']) {
    test(`${Action} of a managed policy`, async () => {
      const absent = managed.replace('VictimPolicy', 'NoPolicy')
      await indistinguishable((PolicyArn) => asMallory('iam', { Action, PolicyArn }), managed, absent)
    })
  }
  test('attaching another account’s policy', async () => {
    await role(outsider.admin, 'Mine', trusts(outsider.id))
    const asked = (PolicyArn: string) => asMallory('iam', { Action: 'AttachRolePolicy', RoleName: 'Mine', PolicyArn })
    await indistinguishable(asked, managed, managed.replace('VictimPolicy', 'NoPolicy'))
    await assert.rejects(
      outsider.admin.iam.send(new AttachRolePolicyCommand({ RoleName: 'Mine', PolicyArn: managed })),
      { name: 'NoSuchEntityException' },
    )
  })
  test('another account’s policy as a boundary', async () => {
    const asked = (PermissionsBoundary: string) =>
      asMallory('iam', { Action: 'PutUserPermissionsBoundary', UserName: 'mallory', PermissionsBoundary })
    await indistinguishable(asked, managed, managed.replace('VictimPolicy', 'NoPolicy'))
  })
  test('another account’s policy as a session policy', async () => {
    const arn = await role(outsider.admin, 'Own', trusts(mallory.arn))
    const asked = (policy: string) =>
      asMallory('sts', {
        Action: 'AssumeRole',
        RoleArn: arn,
        RoleSessionName: 'session',
        'PolicyArns.member.1.arn': policy,
      })
    await indistinguishable(asked, managed, managed.replace('VictimPolicy', 'NoPolicy'))
  })
  for (const Action of ['GetMFADevice', 'DeleteVirtualMFADevice', 'DeactivateMFADevice']) {
    test(`${Action} of a serial number`, async () => {
      const asked = (SerialNumber: string) =>
        asMallory('iam', { Action, SerialNumber, ...(Action === 'DeactivateMFADevice' ? { UserName: 'mallory' } : {}) })
      await indistinguishable(asked, phone.serial, phone.serial.replace('vic-phone', 'no-phone'))
    })
  }
  for (const Action of ['GetAccessKeyLastUsed', 'UpdateAccessKey', 'DeleteAccessKey']) {
    test(`${Action} of an access key`, async () => {
      const asked = (AccessKeyId: string) => asMallory('iam', { Action, AccessKeyId, Status: 'Inactive' })
      const { accessKeyId } = vic.keys
      const absent = accessKeyId.slice(0, -1) + (accessKeyId.endsWith('A') ? 'B' : 'A')
      await indistinguishable(asked, accessKeyId, absent)
    })
  }
  test('a pagination marker of another account is no marker', async () => {
    const asked = (Marker: string) => asMallory('iam', { Action: 'ListUsers', Marker })
    const answer = await indistinguishable(asked, marker, `${marker.slice(0, -2)}xx`)
    assert.deepEqual(toldOf(answer), ['ValidationError', 400, 'Invalid Marker.'])
  })
  test('a name that is taken there is free here', async () => {
    await outsider.admin.iam.send(new CreateUserCommand({ UserName: 'vic' }))
    await outsider.admin.iam.send(new CreateAccessKeyCommand({ UserName: 'vic' }))
  })
})

describe('requests', () => {
  const decode = (keys: Keys, EncodedMessage: string) =>
    ask(keys, 'sts', { Action: 'DecodeAuthorizationMessage', EncodedMessage })

  test('a request of another account cannot be decoded, as if it did not exist', async () => {
    const absent = `${refusedRequest.slice(0, -4)}0000`
    await indistinguishable((id) => decode(mallory.keys, id), refusedRequest, absent)
    const answer = await server
      .as(vic.keys)
      .sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: refusedRequest }))
    assert.equal(JSON.parse(answer.DecodedMessage ?? '').context.action, 'iam:ListUsers')
  })
  test('the caller’s account does not learn what the other account decided', async () => {
    const decodeAssume = async (arn: string) => {
      const id = (await asMallory('sts', { Action: 'AssumeRole', RoleArn: arn, RoleSessionName: 'session' })).requestId
      const { text, requestId } = await decode(mallory.keys, id)
      return text.replaceAll(arn, 'ARN').replaceAll(requestId, 'ID').replaceAll(id, 'ID')
    }
    const absent = await decodeAssume(there.untrusting.replace('Untrusting', 'NotThere'))
    for (const arn of [there.untrusting, there.conditional]) {
      const told = await decodeAssume(arn)
      assert.equal(told, absent)
      assert.doesNotMatch(told, /ExternalId|a-secret-id|trust/i)
    }
  })
  test('the other account does not learn of the caller’s request', async () => {
    const { requestId } = await asMallory('sts', {
      Action: 'AssumeRole',
      RoleArn: there.untrusting,
      RoleSessionName: 'session',
    })
    assert.equal((await decode(vic.keys, requestId)).code, 'InvalidAuthorizationMessageException')
  })
})

describe('credentials', () => {
  let session: Clients
  test('a session in the victim’s account, held by the outsider, acts there and sees what its role may', async () => {
    const arn = await role(victim.admin, 'Shared', trusts(outsider.id), { permissions: allow('iam:ListUsers') })
    session = await assume(server, server.as(mallory.keys), arn)
    const { Users = [] } = await session.iam.send(new ListUsersCommand({}))
    assert.deepEqual(
      Users.map(({ UserName }) => UserName),
      ['second', 'vic'],
    )
  })
  test('key ids of the victim, with any secret or token, are told apart from none', async () => {
    const wrong = async (keys: Keys) => toldOf(await ask(keys, 'sts'))
    const absent = `${session.keys.accessKeyId.slice(0, -1)}${session.keys.accessKeyId.endsWith('A') ? 'B' : 'A'}`
    const known = await wrong({ ...session.keys, sessionToken: 'guess' })
    assert.deepEqual(known, await wrong({ ...session.keys, accessKeyId: absent, sessionToken: 'guess' }))
  })
  test('when the outsider’s own user is taken back, the sessions it holds elsewhere end too', async () => {
    const { store, revocations } = server.engine
    const means = { kind: 'principal', id: mallory.id } as const
    revocations.learn(await store.transact((tx) => revoke(tx, outsider.id, means, server.now())))
    await assert.rejects(session.iam.send(new ListUsersCommand({})), { name: 'InvalidClientTokenId' })
  })
})

test('the server reported no failure', () => {
  assert.deepEqual(server.reported, [])
})
