// The acceptance flow with the AWS SDK for JavaScript: two accounts, external id, MFA, session policies, tags, source
// identity, chaining, durations, federation tokens, decoding of refusals, credential providers, revocation. One story: a
// step starts from where the one before it ended.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreatePolicyCommand,
  DeleteRoleCommand,
  GetUserCommand,
  ListRolesCommand,
  ListUsersCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import {
  type Authenticator,
  allow,
  assume,
  enableMfa,
  keysOf,
  type Member,
  manager,
  member,
  type Person,
  person,
  policy,
  role,
  trusts,
} from './people.ts'
import { denied, noIdentityPolicy, noSessionPolicy, noUserList, refused, wrongCode, wrongSerial } from './refused.ts'
import { type Clients, testServer } from './server.ts'

const hourMs = 3_600_000
let admin: Clients
let partner: Member
let ann: Person
let annsPhone: Authenticator
let bobsPhone: Authenticator

const whoIs = async (clients: Clients) => (await clients.sts.send(new GetCallerIdentityCommand({}))).Arn
const listUsers = (clients: Clients) => clients.iam.send(new ListUsersCommand({}))
const sessionOf = (account: string, role: string) => `arn:aws:sts::${account}:assumed-role/${role}/session`

const server = await testServer()

describe('two accounts', () => {
  test('the first account has an organization, and its root may not assume roles', async () => {
    admin = await manager(server)
    const root = server.as(server.root)
    await refused(
      root.sts.send(
        new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${server.account}:role/any`, RoleSessionName: 'session' }),
      ),
      ['AccessDenied', 403, 'Roles may not be assumed by root accounts.'],
    )
  })

  test('a second account is made by CreateAccount and entered through its OrganizationAccountAccessRole', async () => {
    partner = await member(server, admin, 'partner')
    const identity = await partner.admin.sts.send(new GetCallerIdentityCommand({}))
    assert.equal(identity.Account, partner.id)
    assert.equal(identity.Arn, sessionOf(partner.id, 'OrganizationAccountAccessRole'))
    assert.match(identity.UserId ?? '', /^AROA[A-Z2-7]{17}:session$/)
  })

  test('users with keys know who they are', async () => {
    const mayAssume = policy(
      {
        Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
        Resource: `arn:aws:iam::${partner.id}:role/*`,
      },
      { Action: 'sts:DecodeAuthorizationMessage', Resource: '*' },
    )
    ann = await person(admin, 'ann', mayAssume, '/staff/')
    await person(admin, 'bob', mayAssume)
    assert.deepEqual(
      { ...(await server.as(ann.keys).sts.send(new GetCallerIdentityCommand({}))), $metadata: undefined },
      {
        UserId: ann.id,
        Account: server.account,
        Arn: `arn:aws:iam::${server.account}:user/staff/ann`,
        $metadata: undefined,
      },
    )
  })
})

describe('external id', () => {
  let arn: string
  const assumeWith = (ExternalId?: string) => assume(server, server.as(ann.keys), arn, { ExternalId })

  test('a role of the second account asks for one', async () => {
    const trust = trusts(server.account, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': 'contract-17' } })
    arn = await role(partner.admin, 'Auditor', trust, { permissions: allow('iam:List*') })
  })
  test('without it: refused', () => refused(assumeWith(), denied(ann.arn, 'sts:AssumeRole', arn)))
  test('with another external id: refused', () =>
    refused(assumeWith('contract-71'), denied(ann.arn, 'sts:AssumeRole', arn)))
  test('with the right external id: a session with the role’s permissions', async () => {
    const session = await assumeWith('contract-17')
    assert.equal(await whoIs(session), sessionOf(partner.id, 'Auditor'))
    assert.deepEqual((await listUsers(session)).Users, [])
    await refused(
      session.iam.send(new GetUserCommand({ UserName: 'x' })),
      denied(sessionOf(partner.id, 'Auditor'), 'iam:GetUser', 'user x', noIdentityPolicy('iam:GetUser')),
    )
  })
  test('a credential provider of the SDK gets and uses it', async () => {
    const provider = fromTemporaryCredentials({
      params: { RoleArn: arn, RoleSessionName: 'session', ExternalId: 'contract-17' },
      masterCredentials: ann.keys,
      clientConfig: {
        region: 'us-east-1',
        endpoint: server.url,
        systemClockOffset: server.now().getTime() - Date.now(),
      },
    })
    const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = await provider()
    assert.equal(expiration?.getTime(), Math.floor(server.now().getTime() / 1000) * 1000 + hourMs)
    assert.equal(
      await whoIs(server.as({ accessKeyId, secretAccessKey, sessionToken })),
      sessionOf(partner.id, 'Auditor'),
    )
  })
})

describe('multi-factor authentication', () => {
  let arn: string
  const withCode = (who: Person, app: Authenticator, code = app.code(server.now())) =>
    assume(server, server.as(who.keys), arn, { SerialNumber: app.serial, TokenCode: code })

  test('devices are paired by two consecutive codes', async () => {
    annsPhone = await enableMfa(server, admin, 'ann')
    bobsPhone = await enableMfa(server, admin, 'bob')
    assert.equal(annsPhone.serial, `arn:aws:iam::${server.account}:mfa/ann-phone`)
    const trust = trusts(server.account, 'sts:AssumeRole', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })
    arn = await role(partner.admin, 'Operator', trust, { permissions: allow('iam:List*') })
  })
  test('without a code: refused', () =>
    refused(assume(server, server.as(ann.keys), arn), denied(ann.arn, 'sts:AssumeRole', arn)))
  test('a code without its device: refused', () =>
    refused(assume(server, server.as(ann.keys), arn, { TokenCode: '123456' }), [
      'AccessDenied',
      403,
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    ]))
  test('a wrong code: refused', async () => {
    const right = annsPhone.code(server.now())
    const wrong = right === '000000' ? '000001' : '000000'
    await refused(withCode(ann, annsPhone, wrong), wrongCode)
  })
  test('another user’s device and code: refused', () => refused(withCode(ann, bobsPhone), wrongSerial))
  test('the right code: assumed, once', async () => {
    const code = annsPhone.code(server.now())
    const session = await withCode(ann, annsPhone, code)
    assert.equal(await whoIs(session), sessionOf(partner.id, 'Operator'))
    await refused(withCode(ann, annsPhone, code), wrongCode)
  })
  test('the next code: assumed again', async () => {
    await server.move(30_000)
    await withCode(ann, annsPhone)
  })
})

describe('session policies', () => {
  let arn: string
  let managed: string
  const as = (wanted: Parameters<typeof assume>[3]) => assume(server, server.as(ann.keys), arn, wanted)

  test('a role that lists users and roles', async () => {
    arn = await role(partner.admin, 'Reader', trusts(server.account), { permissions: allow('iam:List*') })
    const made = await partner.admin.iam.send(
      new CreatePolicyCommand({ PolicyName: 'RolesOnly', PolicyDocument: allow(['iam:ListRoles', 'iam:DeleteRole']) }),
    )
    managed = made.Policy?.Arn ?? ''
  })
  test('an inline policy limits and grants nothing, and the answer has its packed size', async () => {
    const wanted = { RoleArn: arn, RoleSessionName: 'session', Policy: allow(['iam:ListRoles', 'iam:DeleteRole']) }
    const answer = await server.as(ann.keys).sts.send(new AssumeRoleCommand(wanted))
    assert.ok((answer.PackedPolicySize ?? 0) >= 1 && (answer.PackedPolicySize ?? 0) <= 100)
    await onlyRoles(server.as(keysOf(answer.Credentials)))
  })
  test('a managed policy, by ARN, limits too', async () => onlyRoles(await as({ PolicyArns: [{ arn: managed }] })))
  test('an inline and a managed policy together allow what either allows', async () => {
    const session = await as({ PolicyArns: [{ arn: managed }], Policy: allow('iam:ListUsers') })
    await session.iam.send(new ListRolesCommand({}))
    await listUsers(session)
  })
  test('a managed one of another account is refused', () =>
    refused(as({ PolicyArns: [{ arn: managed.replace(partner.id, server.account) }] }), [
      'MalformedPolicyDocumentException',
      400,
      `Policy ${managed.replace(partner.id, server.account)} does not exist or is not attachable.`,
    ]))
  test('without a policy the answer has no packed size', async () => {
    const wanted = { RoleArn: arn, RoleSessionName: 'session' }
    const { PackedPolicySize } = await server.as(ann.keys).sts.send(new AssumeRoleCommand(wanted))
    assert.equal(PackedPolicySize, undefined)
  })

  async function onlyRoles(session: Clients) {
    const arn = sessionOf(partner.id, 'Reader')
    await session.iam.send(new ListRolesCommand({}))
    await refused(listUsers(session), noUserList(arn, noSessionPolicy('iam:ListUsers')))
    await refused(
      session.iam.send(new DeleteRoleCommand({ RoleName: 'Reader' })),
      denied(arn, 'iam:DeleteRole', 'role Reader', noIdentityPolicy('iam:DeleteRole')),
    )
  }
})

describe('tags, source identity and chaining', () => {
  const hop = (name: string) => `arn:aws:iam::${partner.id}:role/${name}`
  const tagging = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
  let first: Clients
  let second: Clients

  test('three roles, each trusting the one before', async () => {
    const onward = (name: string) => allow(tagging, hop(name))
    await role(
      partner.admin,
      'First',
      trusts(server.account, tagging, { StringEqualsIfExists: { 'aws:RequestTag/team': 'red' } }),
      {
        permissions: onward('Second'),
        maxSessionDuration: 43_200,
      },
    )
    await role(partner.admin, 'Second', trusts(hop('First'), tagging), {
      permissions: onward('Third'),
      maxSessionDuration: 43_200,
    })
    await role(
      partner.admin,
      'Third',
      trusts(hop('Second'), tagging, { StringEquals: { 'aws:PrincipalTag/team': 'red' } }),
      {
        permissions: allow('iam:ListUsers', '*', {
          StringEquals: { 'aws:PrincipalTag/Team': 'red', 'aws:SourceIdentity': 'ann' },
        }),
      },
    )
  })
  test('a tag that the trust does not allow is refused', () =>
    refused(
      assume(server, server.as(ann.keys), hop('First'), { Tags: [{ Key: 'team', Value: 'blue' }] }),
      denied(ann.arn, 'sts:AssumeRole', hop('First')),
    ))
  test('hop one passes a transitive tag and sets the source identity', async () => {
    const { Credentials, SourceIdentity, PackedPolicySize } = await server.as(ann.keys).sts.send(
      new AssumeRoleCommand({
        RoleArn: hop('First'),
        RoleSessionName: 'session',
        Tags: [{ Key: 'team', Value: 'red' }],
        TransitiveTagKeys: ['team'],
        SourceIdentity: 'ann',
      }),
    )
    assert.equal(SourceIdentity, 'ann')
    assert.ok((PackedPolicySize ?? 0) > 0)
    first = server.as(keysOf(Credentials))
  })
  test('hop two cannot pass that tag again, in whatever case', () =>
    refused(assume(server, first, hop('Second'), { Tags: [{ Key: 'TEAM', Value: 'blue' }] }), [
      'InvalidParameterValue',
      400,
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    ]))
  test('hop two cannot change the source identity', () =>
    refused(
      assume(server, first, hop('Second'), { SourceIdentity: 'bob' }),
      denied(sessionOf(partner.id, 'First'), 'sts:SetSourceIdentity', hop('Second')),
    ))
  test('hop two inherits tag and source identity, and lasts an hour at most', async () => {
    await refused(assume(server, first, hop('Second'), { DurationSeconds: 3601 }), [
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    ])
    second = await assume(server, first, hop('Second'), { DurationSeconds: 3600 })
  })
  test('hop three is trusted for the tag of hop one, and has ann as source identity', async () => {
    const { Credentials, SourceIdentity } = await second.sts.send(
      new AssumeRoleCommand({ RoleArn: hop('Third'), RoleSessionName: 'session' }),
    )
    assert.equal(SourceIdentity, 'ann')
    await listUsers(server.as(keysOf(Credentials)))
  })
  test('the first hop lasts as long as the role allows, an hour by default', async () => {
    const expiry = async (DurationSeconds?: number) => {
      const wanted = { RoleArn: hop('First'), RoleSessionName: 'session', DurationSeconds }
      const { Credentials } = await server.as(ann.keys).sts.send(new AssumeRoleCommand(wanted))
      return Math.round(((Credentials?.Expiration?.getTime() ?? 0) - server.now().getTime()) / 1000)
    }
    assert.equal(await expiry(43_200), 43_200)
    assert.equal(await expiry(), 3600)
  })
})
