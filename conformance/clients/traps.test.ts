// Where implementations of IAM and STS are known to differ from AWS, one test each, with the AWS SDK for JavaScript. Not
// repeated here is what other files of this folder test as part of a scenario (durations, roles deleted and made again,
// session tokens without MFA, transitive tags, source identity).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreatePolicyCommand,
  CreateUserCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { users } from '../../src/service/records.ts'
import { allow, assume, enableMfa, keysOf, manager, member, person, policy, role, trusts } from './people.ts'
import { presigned, send, signed } from './raw.ts'
import { denied, noIdentityPolicy, noUserList, refused } from './refused.ts'
import { type Clients, testServer } from './server.ts'
import { toldOf } from './table.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow(['sts:*', 'iam:List*']))

const listUsers = (clients: Clients) => clients.iam.send(new ListUsersCommand({}))
const getUser = (clients: Clients, UserName: string) => clients.iam.send(new GetUserCommand({ UserName }))

test('trust in a role with a path is trust in its sessions, whose ARNs have none', async () => {
  const inner = await role(root, 'Inner', trusts(ann.arn), {
    path: '/team/blue/',
    permissions: allow('sts:AssumeRole'),
  })
  assert.equal(inner, `arn:aws:iam::${server.account}:role/team/blue/Inner`)
  const outer = await role(root, 'Outer', trusts(inner))
  const session = await assume(server, server.as(ann.keys), inner)
  const { Arn } = await session.sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${server.account}:assumed-role/Inner/session`)
  await assume(server, session, outer)
})

test('a role with a path is not assumed by an ARN without it', async () => {
  const whole = await role(root, 'Pathed', trusts(ann.arn), { path: '/team/blue/' })
  await assume(server, server.as(ann.keys), whole)
  const pathless = `arn:aws:iam::${server.account}:role/Pathed`
  await refused(assume(server, server.as(ann.keys), pathless), denied(ann.arn, 'sts:AssumeRole', pathless))
})

test('a role does not trust itself unless it says so', async () => {
  const arn = await role(root, 'Selfless', trusts(ann.arn), { permissions: allow('sts:AssumeRole') })
  const session = await assume(server, server.as(ann.keys), arn)
  await refused(
    assume(server, session, arn),
    denied(`arn:aws:sts::${server.account}:assumed-role/Selfless/session`, 'sts:AssumeRole', arn),
  )
})

test('a role that trusts its account is assumed by its own sessions where its own policy allows it', async () => {
  const open = trusts(server.account)
  const arn = await role(root, 'Selfsame', open, { permissions: allow('sts:AssumeRole') })
  await assume(server, await assume(server, server.as(ann.keys), arn), arn)
  const bare = await role(root, 'SelfsameBare', open)
  await refused(
    assume(server, await assume(server, server.as(ann.keys), bare), bare),
    denied(`arn:aws:sts::${server.account}:assumed-role/SelfsameBare/session`, 'sts:AssumeRole', bare),
  )
})

test('trust in the account delegates to it: the caller’s own policy must allow too; trust in the caller suffices', async () => {
  const bare = await person(root, 'bare')
  const delegated = await role(root, 'Delegated', trusts(server.account))
  await refused(assume(server, server.as(bare.keys), delegated), denied(bare.arn, 'sts:AssumeRole', delegated))
  await assume(server, server.as(bare.keys), await role(root, 'Named', trusts(bare.arn)))
})

// IAM User Guide, "Update a role trust policy".
test('a boundary without sts:AssumeRole denies even a user the trust policy names', async () => {
  const bounded = await person(root, 'bounded')
  const arn = await role(root, 'TrustsBounded', trusts(bounded.arn))
  const bound = async (name: string, PolicyDocument: string) => {
    const { Policy } = await root.iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument }))
    const PermissionsBoundary = Policy?.Arn ?? ''
    await root.iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'bounded', PermissionsBoundary }))
  }
  await bound('ReadOnly', allow('s3:Get*'))
  await refused(assume(server, server.as(bounded.keys), arn), denied(bounded.arn, 'sts:AssumeRole', arn))
  await bound('ReadAndAssume', allow(['s3:Get*', 'sts:AssumeRole']))
  await assume(server, server.as(bounded.keys), arn)
})

test('a caller’s explicit Deny wins over any trust', async () => {
  const named = await person(root, 'forbidden', policy({ Effect: 'Deny', Action: 'sts:AssumeRole', Resource: '*' }))
  const arn = await role(root, 'TrustsForbidden', trusts(named.arn))
  await refused(assume(server, server.as(named.keys), arn), denied(named.arn, 'sts:AssumeRole', arn))
})

describe('aws:MultiFactorAuthPresent is absent for access keys, false or true for temporary credentials', () => {
  const without = (operator: string) =>
    policy(
      { Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'iam:*',
        Resource: '*',
        Condition: { [operator]: { 'aws:MultiFactorAuthPresent': 'false' } },
      },
    )

  test('a Deny with Bool false does not stop an access key', async () => {
    const { keys } = await person(root, 'mia', without('Bool'))
    await listUsers(server.as(keys))
  })
  test('a Deny with BoolIfExists false stops an access key, and no session with MFA', async () => {
    const mia = await person(root, 'mia-if-exists', without('BoolIfExists'))
    const because = ' with an explicit deny in an identity-based policy'
    await refused(listUsers(server.as(mia.keys)), noUserList(mia.arn, because))
    const phone = await enableMfa(server, root, 'mia-if-exists')
    const code = { SerialNumber: phone.serial, TokenCode: phone.code(server.now()) }
    const { Credentials } = await server.as(mia.keys).sts.send(new GetSessionTokenCommand(code))
    await listUsers(server.as(keysOf(Credentials)))
  })
  test('a Deny with Bool false stops a role session without MFA', async () => {
    const arn = await role(root, 'NoMfa', trusts(ann.arn), { permissions: without('Bool') })
    const because = ' with an explicit deny in an identity-based policy'
    const session = `arn:aws:sts::${server.account}:assumed-role/NoMfa/session`
    await refused(listUsers(await assume(server, server.as(ann.keys), arn)), noUserList(session, because))
  })
})

test('iam:ListUsers is authorized on user ARNs: an Allow or a Deny on `user/*` applies', async () => {
  const every = 'arn:aws:iam::*:user/*'
  const lister = await person(root, 'lister', allow('iam:ListUsers', every))
  await listUsers(server.as(lister.keys))
  const PolicyDocument = policy(
    { Action: 'iam:*', Resource: '*' },
    { Effect: 'Deny', Action: 'iam:List*', Resource: every },
  )
  await root.iam.send(new PutUserPolicyCommand({ UserName: 'lister', PolicyName: 'own', PolicyDocument }))
  const because = ' with an explicit deny in an identity-based policy'
  await refused(listUsers(server.as(lister.keys)), noUserList(lister.arn, because))
})

test('a Deny on aws:Referer applies only to requests with that header', async () => {
  const referer = 'https://console.example/'
  const no = { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:Referer': referer } } }
  const { keys } = await person(root, 'referred', policy({ Action: 'iam:ListUsers', Resource: '*' }, no))
  const list = async (headers: Readonly<Record<string, string>>) => {
    const parameters = { Action: 'ListUsers', Version: '2010-05-08' }
    return (
      await send(server.port, signed(server.port, { keys, now: server.now(), service: 'iam', parameters, headers }))
    ).code
  }
  assert.deepEqual(
    [await list({}), await list({ referer: `${referer}x` }), await list({ referer })],
    ['', '', 'AccessDenied'],
  )
})

test('ForAllValues matches when the key is absent; Null false beside it requires the key', async () => {
  const onlyTeam = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }
  const actions = ['sts:AssumeRole', 'sts:TagSession']
  const loose = await role(root, 'Loose', trusts(ann.arn, actions, onlyTeam))
  await assume(server, server.as(ann.keys), loose)
  const strict = await role(root, 'Strict', trusts(ann.arn, actions, { ...onlyTeam, Null: { 'aws:TagKeys': 'false' } }))
  await refused(assume(server, server.as(ann.keys), strict), denied(ann.arn, 'sts:AssumeRole', strict))
  await assume(server, server.as(ann.keys), strict, { Tags: [{ Key: 'team', Value: 'red' }] })
})

describe('variables in policies', () => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of the policy language
  test('are plain text in a policy without a Version', async () => {
    const statement = [{ Effect: 'Allow', Action: 'iam:GetUser', Resource: 'arn:aws:iam::*:user/${aws:username}' }]
    const vera = await person(root, 'vera', JSON.stringify({ Version: '2012-10-17', Statement: statement }))
    await getUser(server.as(vera.keys), 'vera')
    const PolicyDocument = JSON.stringify({ Statement: statement })
    await root.iam.send(new PutUserPolicyCommand({ UserName: 'vera', PolicyName: 'own', PolicyDocument }))
    await refused(
      getUser(server.as(vera.keys), 'vera'),
      denied(vera.arn, 'iam:GetUser', 'user vera', noIdentityPolicy('iam:GetUser')),
    )
  })
  test('substituted values are literal: `*` and `?` match nothing else', async () => {
    const star = await person(root, 'star', allow('iam:GetUser', 'arn:aws:iam::*:user/${aws:PrincipalTag/who}'))
    await root.iam.send(new TagUserCommand({ UserName: 'star', Tags: [{ Key: 'who', Value: 'ann' }] }))
    await getUser(server.as(star.keys), 'ann')
    await root.iam.send(new TagUserCommand({ UserName: 'star', Tags: [{ Key: 'who', Value: '=' }] }))
    const refusedNow = () =>
      refused(
        getUser(server.as(star.keys), 'ann'),
        denied(star.arn, 'iam:GetUser', 'user ann', noIdentityPolicy('iam:GetUser')),
      )
    await refusedNow()
    // No tag may hold a star; a session name may not either, so the record is written as an old store might have it.
    await withTag('*')
    await refusedNow()
    await withTag('a??')
    await refusedNow()
  })
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of the policy language

  async function withTag(Value: string) {
    const { store } = server.engine
    const user = await store.get(users, [server.account, 'star'])
    assert.ok(user !== undefined)
    await store.transact((tx) => tx.replace(users, { ...user, tags: [{ Key: 'who', Value }] }))
  }
})

test('a policy is read back as it was written, percent signs and blanks included', async () => {
  const text = `{\n  "Version": "2012-10-17",\t"Statement": [ {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/100%/a+b c&d/%2F*é"} ]\r\n}`
  await role(root, 'Written', trusts(ann.arn))
  await root.iam.send(new PutRolePolicyCommand({ RoleName: 'Written', PolicyName: 'own', PolicyDocument: text }))
  const { PolicyDocument = '' } = await root.iam.send(
    new GetRolePolicyCommand({ RoleName: 'Written', PolicyName: 'own' }),
  )
  assert.equal(decodeURIComponent(PolicyDocument), text)
  assert.doesNotMatch(PolicyDocument, /[^A-Za-z0-9\-._~%]/)
  const { Role } = await root.iam.send(new GetRoleCommand({ RoleName: 'Written' }))
  assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), trusts(ann.arn))
})

test('a session that expires under a presigned URL is ExpiredToken 403', async () => {
  const { Credentials } = await server.as(ann.keys).sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
  await server.move(600_000)
  const url = presigned(server.port, { keys: keysOf(Credentials), now: server.now() }, 900)
  assert.equal((await send(server.port, url)).status, 200)
  await server.move(300_000)
  assert.deepEqual(toldOf(await send(server.port, url)), [
    'ExpiredToken',
    403,
    'The security token included in the request is expired',
  ])
})

test('every access key id contains its account', async () => {
  const admin = await manager(server)
  const partner = await member(server, admin, 'partner')
  const bob = await person(partner.admin, 'bob', allow('sts:*'))
  const { Credentials } = await server.as(bob.keys).sts.send(new GetSessionTokenCommand({}))
  const guest = await server.as(bob.keys).sts.send(new GetFederationTokenCommand({ Name: 'guest' }))
  const own = await server.as(bob.keys).sts.send(new GetCallerIdentityCommand({}))
  assert.equal(own.Account, partner.id)
  for (const id of [partner.admin.keys, bob.keys, keysOf(Credentials), keysOf(guest.Credentials)]) {
    assert.equal(accountOf(id.accessKeyId), partner.id)
  }
  assert.equal(accountOf(server.root.accessKeyId), server.account)
})

/** The account in a key id: five bits a character after the prefix, the first 48 bits less the highest and the last seven. */
function accountOf(keyId: string): string {
  const bits = [...keyId.slice(4)].map((c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  )
  const first = BigInt(`0b${bits.join('').slice(0, 48)}`)
  return String((first & 0x7fffffffff80n) >> 7n).padStart(12, '0')
}

test('an operation is called by GET with its parameters in the query', async () => {
  const sent = signed(server.port, { keys: ann.keys, now: server.now(), method: 'GET' })
  const { status, text } = await send(server.port, sent)
  assert.equal(status, 200)
  assert.ok(text.includes(`<Arn>${ann.arn}</Arn>`))
})

test('a client that accepts JSON gets JSON, for an answer and for a refusal', async () => {
  const headers = { accept: 'application/json' }
  const ask = (parameters: Record<string, string>) =>
    send(server.port, signed(server.port, { keys: ann.keys, now: server.now(), headers, parameters }))
  const answer = JSON.parse((await ask({})).text)
  assert.equal(answer.GetCallerIdentityResponse.GetCallerIdentityResult.Arn, ann.arn)
  const no = await ask({ Action: 'AssumeRole', RoleArn: 'nothing-valid-in-here', RoleSessionName: 'session' })
  assert.deepEqual(JSON.parse(no.text).Error, {
    Code: 'ValidationError',
    Message: 'nothing-valid-in-here is invalid',
    Type: 'Sender',
  })
})

test('a signature for any region is accepted', async () => {
  const sent = signed(server.port, { keys: ann.keys, now: server.now(), signer: { region: 'eu-central-1' } })
  assert.equal((await send(server.port, sent)).status, 200)
})

test('user names that differ in case alone are one', async () => {
  await refused(root.iam.send(new CreateUserCommand({ UserName: 'ANN' })), [
    'EntityAlreadyExistsException',
    409,
    'User with name ANN already exists.',
  ])
})

test('PackedPolicySize is absent without a session policy, and grows with its text', async () => {
  const arn = await role(root, 'Sized', trusts(ann.arn))
  const ask = (Policy?: string) =>
    server.as(ann.keys).sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'session', Policy }))
  assert.equal((await ask()).PackedPolicySize, undefined)
  const small = (await ask(allow('s3:*'))).PackedPolicySize ?? 0
  const larger = (await ask(allow(['s3:GetObject', 'sqs:SendMessage', 'iam:PassRole']))).PackedPolicySize ?? 0
  assert.ok(small > 0 && larger > small && larger <= 100, `${small} ${larger}`)
})

test('the server reported no internal error', () => assert.deepEqual(server.reported, []))
