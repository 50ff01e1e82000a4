// The acceptance flow with the AWS CLI, unmodified: only AWS_ENDPOINT_URL is set. One scenario: each step starts where the one
// before it ended.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folder } from '../clients/folder.ts'
import { type Authenticator, allow, authenticator, policy, trusts } from '../clients/people.ts'
import type { Keys } from '../clients/server.ts'
import { real, run, writeConfig } from './real.ts'

const home = folder()
let manager: Keys
let ann: Keys
let bob: Keys
let partner: string
let phone: Authenticator

const here = await real(home)

interface Who {
  readonly keys?: Keys
  readonly profile?: string
  readonly input?: string
}

/** Runs `aws` and returns its JSON. */
// biome-ignore lint/suspicious/noExplicitAny: what the CLI prints is looked at member by member
async function aws(who: Who, ...args: string[]): Promise<any> {
  const { code, out, err } = await spawnAws(who, args)
  assert.equal(code, 0, `aws ${args.join(' ')}: ${err}`)
  return out === '' ? undefined : JSON.parse(out)
}

/** Runs `aws`, which must be refused with this code and message. */
async function awsRefused(who: Who, operation: string, code: string, message: string, ...args: string[]) {
  const ended = await spawnAws(who, args)
  const told = `An error occurred (${code}) when calling the ${operation} operation: ${message}`
  assert.ok(ended.err.includes(told), `${ended.err}${ended.out}`)
  assert.notEqual(ended.code, 0)
}

const spawnAws = ({ keys, profile, input }: Who, args: readonly string[]) =>
  run(
    'aws',
    [...args, '--output', 'json', ...(profile === undefined ? [] : ['--profile', profile])],
    here.environment(keys),
    input,
  )

// biome-ignore lint/suspicious/noExplicitAny: as above
const keysOf = ({ Credentials, AccessKey }: any): Keys => {
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? AccessKey
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken && { sessionToken: SessionToken }),
  }
}

const denied = (arn: string, action: string, resource: string, because = '') =>
  `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}${because}`
const userArn = (name: string) => `arn:aws:iam::${here.server.account}:user/${name}`
const users = () => `arn:aws:iam::${partner}:user/`
const roleArn = (name: string) => `arn:aws:iam::${partner}:role/${name}`
const sessionArn = (name: string) => `arn:aws:sts::${partner}:assumed-role/${name}/session`
const assumeRole = (name: string, ...more: string[]) => [
  'sts',
  'assume-role',
  '--role-arn',
  roleArn(name),
  '--role-session-name',
  'session',
  ...more,
]
const whoAmI = ['sts', 'get-caller-identity']

/** The session of that role is refused the list of users. */
const seesNoUsers = (session: Who, name: string, because: string) =>
  awsRefused(
    session,
    'ListUsers',
    'AccessDenied',
    denied(sessionArn(name), 'iam:ListUsers', users(), because),
    'iam',
    'list-users',
  )

async function user(name: string, text: string): Promise<Keys> {
  const root = { keys: here.server.root }
  await aws(root, 'iam', 'create-user', '--user-name', name)
  await aws(root, 'iam', 'put-user-policy', '--user-name', name, '--policy-name', 'own', '--policy-document', text)
  return keysOf(await aws(root, 'iam', 'create-access-key', '--user-name', name))
}

async function role(name: string, trust: string, permissions?: string) {
  await aws({ profile: 'partner' }, 'iam', 'create-role', '--role-name', name, '--assume-role-policy-document', trust)
  if (permissions === undefined) return
  await aws(
    { profile: 'partner' },
    'iam',
    'put-role-policy',
    '--role-name',
    name,
    '--policy-name',
    'own',
    '--policy-document',
    permissions,
  )
}

describe('two accounts', () => {
  test('GetCallerIdentity names the root', async () => {
    const { account } = here.server
    assert.deepEqual(await aws({ keys: here.server.root }, ...whoAmI), {
      UserId: account,
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
    })
  })
  test('an organization, a user who manages it, a second account', async () => {
    const root = { keys: here.server.root }
    manager = await user('manager', allow('*'))
    await aws(root, 'organizations', 'create-organization', '--feature-set', 'ALL')
    const made = await aws(
      { keys: manager },
      'organizations',
      'create-account',
      '--account-name',
      'partner',
      '--email',
      'partner@example.com',
    )
    const { Id } = made.CreateAccountStatus
    const status = await aws(
      { keys: manager },
      'organizations',
      'describe-create-account-status',
      '--create-account-request-id',
      Id,
    )
    partner = status.CreateAccountStatus.AccountId
  })
  test('a profile enters it through its OrganizationAccountAccessRole', async () => {
    const source = { aws_access_key_id: manager.accessKeyId, aws_secret_access_key: manager.secretAccessKey }
    writeConfig(here.home, {
      manager: source,
      partner: {
        role_arn: roleArn('OrganizationAccountAccessRole'),
        source_profile: 'manager',
        role_session_name: 'session',
      },
    })
    assert.equal((await aws({ profile: 'partner' }, ...whoAmI)).Arn, sessionArn('OrganizationAccountAccessRole'))
  })
  test('two users', async () => {
    ann = await user('ann', allow(['sts:*', 'iam:GetUser']))
    bob = await user('bob', allow('sts:*'))
    assert.equal((await aws({ keys: ann }, 'iam', 'get-user')).User.UserName, 'ann')
  })
})

describe('external id', () => {
  test('a role asks for one: without it, and with another, refused', async () => {
    const condition = { StringEquals: { 'sts:ExternalId': 'contract-17' } }
    await role('Auditor', trusts(here.server.account, 'sts:AssumeRole', condition), allow('iam:List*'))
    const told = denied(userArn('ann'), 'sts:AssumeRole', roleArn('Auditor'))
    await awsRefused({ keys: ann }, 'AssumeRole', 'AccessDenied', told, ...assumeRole('Auditor'))
    const other = assumeRole('Auditor', '--external-id', 'contract-71')
    await awsRefused({ keys: ann }, 'AssumeRole', 'AccessDenied', told, ...other)
  })
  test('with it: a session with the role’s permissions', async () => {
    const session = keysOf(await aws({ keys: ann }, ...assumeRole('Auditor', '--external-id', 'contract-17')))
    assert.equal((await aws({ keys: session }, ...whoAmI)).Arn, sessionArn('Auditor'))
    assert.deepEqual(await aws({ keys: session }, 'iam', 'list-users'), { Users: [] })
    const because = ' because no identity-based policy allows the iam:GetRole action'
    const told = denied(sessionArn('Auditor'), 'iam:GetRole', 'role Auditor', because)
    await awsRefused({ keys: session }, 'GetRole', 'AccessDenied', told, 'iam', 'get-role', '--role-name', 'Auditor')
  })
})

describe('multi-factor authentication', () => {
  const wrong = 'MultiFactorAuthentication failed with invalid MFA one time pass code. '
  const factor = (code: string) => ['--serial-number', phone.serial, '--token-code', code]

  test('a virtual device is paired by two consecutive codes', async () => {
    const root = { keys: here.server.root }
    const seed = join(here.home, 'seed')
    const made = await aws(
      root,
      'iam',
      'create-virtual-mfa-device',
      '--virtual-mfa-device-name',
      'ann-phone',
      '--bootstrap-method',
      'Base32StringSeed',
      '--outfile',
      seed,
    )
    phone = authenticator(made.VirtualMFADevice.SerialNumber, readFileSync(seed, 'utf8'))
    const codes = [0, 30_000].map((ms) => phone.code(new Date(here.server.now().getTime() + ms)))
    const pair = ['--authentication-code1', codes[0] ?? '', '--authentication-code2', codes[1] ?? '']
    await aws(root, 'iam', 'enable-mfa-device', '--user-name', 'ann', '--serial-number', phone.serial, ...pair)
    await here.server.move(60_000)
    await role(
      'Operator',
      trusts(here.server.account, 'sts:AssumeRole', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
    )
  })
  test('without a code: refused', () =>
    awsRefused(
      { keys: ann },
      'AssumeRole',
      'AccessDenied',
      denied(userArn('ann'), 'sts:AssumeRole', roleArn('Operator')),
      ...assumeRole('Operator'),
    ))
  test('with the right one: assumed, once', async () => {
    const code = phone.code(here.server.now())
    const session = keysOf(await aws({ keys: ann }, ...assumeRole('Operator', ...factor(code))))
    assert.equal((await aws({ keys: session }, ...whoAmI)).Arn, sessionArn('Operator'))
    await awsRefused({ keys: ann }, 'AssumeRole', 'AccessDenied', wrong, ...assumeRole('Operator', ...factor(code)))
  })
  test('another user’s device: refused', async () => {
    const told =
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.'
    const code = phone.code(here.server.now())
    await awsRefused({ keys: bob }, 'AssumeRole', 'AccessDenied', told, ...assumeRole('Operator', ...factor(code)))
  })
  test('a profile with mfa_serial asks for the code on its standard input', async () => {
    await here.server.move(60_000)
    writeConfig(here.home, {
      manager: { aws_access_key_id: manager.accessKeyId, aws_secret_access_key: manager.secretAccessKey },
      ann: { aws_access_key_id: ann.accessKeyId, aws_secret_access_key: ann.secretAccessKey },
      partner: {
        role_arn: roleArn('OrganizationAccountAccessRole'),
        source_profile: 'manager',
        role_session_name: 'session',
      },
      operator: {
        role_arn: roleArn('Operator'),
        source_profile: 'ann',
        mfa_serial: phone.serial,
        role_session_name: 'session',
      },
    })
    const identity = await aws({ profile: 'operator', input: `${phone.code(here.server.now())}\n` }, ...whoAmI)
    assert.equal(identity.Arn, sessionArn('Operator'))
  })
})

describe('session policies, tags, source identity and chaining', () => {
  test('an inline session policy limits, and the answer has its packed size', async () => {
    await role('Reader', trusts(here.server.account), allow('iam:List*'))
    const made = await aws({ keys: ann }, ...assumeRole('Reader', '--policy', allow('iam:ListRoles')))
    assert.ok(made.PackedPolicySize >= 1 && made.PackedPolicySize <= 100)
    const session = { keys: keysOf(made) }
    await aws(session, 'iam', 'list-roles')
    const because = ' because no session policy allows the iam:ListUsers action'
    await seesNoUsers(session, 'Reader', because)
  })
  test('a managed one too', async () => {
    const made = await aws(
      { profile: 'partner' },
      'iam',
      'create-policy',
      '--policy-name',
      'RolesOnly',
      '--policy-document',
      allow('iam:ListRoles'),
    )
    const { Arn } = made.Policy
    const session = { keys: keysOf(await aws({ keys: ann }, ...assumeRole('Reader', '--policy-arns', `arn=${Arn}`))) }
    const because = ' because no session policy allows the iam:ListUsers action'
    await seesNoUsers(session, 'Reader', because)
  })
  test('a transitive tag and the source identity go down the chain, which is an hour long', async () => {
    const actions = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
    await role('First', trusts(here.server.account, actions), allow(actions))
    await role('Second', trusts(roleArn('First'), actions, { StringEquals: { 'aws:PrincipalTag/team': 'red' } }))
    const tagged = ['--tags', 'Key=team,Value=red', '--transitive-tag-keys', 'team', '--source-identity', 'ann']
    const first = { keys: keysOf(await aws({ keys: ann }, ...assumeRole('First', ...tagged))) }
    assert.equal((await aws(first, ...assumeRole('Second'))).SourceIdentity, 'ann')
    await awsRefused(
      first,
      'AssumeRole',
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
      ...assumeRole('Second', '--tags', 'Key=Team,Value=blue'),
    )
    await awsRefused(
      first,
      'AssumeRole',
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      ...assumeRole('Second', '--duration-seconds', '3601'),
    )
  })
})

describe('other credentials', () => {
  test('a session token without MFA may not call IAM', async () => {
    const session = { keys: keysOf(await aws({ keys: ann }, 'sts', 'get-session-token')) }
    assert.equal((await aws(session, ...whoAmI)).Arn, userArn('ann'))
    await awsRefused(
      session,
      'GetUser',
      'InvalidClientTokenId',
      'The security token included in the request is invalid',
      'iam',
      'get-user',
    )
  })
  test('a federated user without a policy has an identity and no permissions', async () => {
    const made = await aws({ keys: ann }, 'sts', 'get-federation-token', '--name', 'guest')
    const arn = `arn:aws:sts::${here.server.account}:federated-user/guest`
    assert.equal(made.FederatedUser.Arn, arn)
    assert.equal((await aws({ keys: keysOf(made) }, ...whoAmI)).Arn, arn)
  })
  test('get-access-key-info names the account, decode-authorization-message the reason of a refusal', async () => {
    const info = await aws({ keys: ann }, 'sts', 'get-access-key-info', '--access-key-id', manager.accessKeyId)
    assert.equal(info.Account, here.server.account)
    const refused = await spawnAws({ keys: ann }, ['iam', 'list-users', '--debug'])
    const id = /'x-amzn-RequestId': '([0-9a-f-]{36})'/i.exec(refused.err)?.[1] ?? ''
    const answer = await aws({ keys: ann }, 'sts', 'decode-authorization-message', '--encoded-message', id)
    assert.equal(JSON.parse(answer.DecodedMessage).context.action, 'iam:ListUsers')
  })
})

describe('revocation', () => {
  test('AWSRevokeOlderSessions denies older sessions; deleting the role ends them', async () => {
    await role('Short', trusts(here.server.account), allow('iam:List*'))
    const session = { keys: keysOf(await aws({ keys: ann }, ...assumeRole('Short'))) }
    await aws(session, 'iam', 'list-users')
    const later = new Date(here.server.now().getTime() + 1000).toISOString()
    const deny = policy({
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateLessThan: { 'aws:TokenIssueTime': later } },
    })
    const admin = { profile: 'partner' }
    await aws(
      admin,
      'iam',
      'put-role-policy',
      '--role-name',
      'Short',
      '--policy-name',
      'AWSRevokeOlderSessions',
      '--policy-document',
      deny,
    )
    const because = ' with an explicit deny in an identity-based policy'
    await seesNoUsers(session, 'Short', because)
    for (const name of ['AWSRevokeOlderSessions', 'own'])
      await aws(admin, 'iam', 'delete-role-policy', '--role-name', 'Short', '--policy-name', name)
    await aws(admin, 'iam', 'delete-role', '--role-name', 'Short')
    await awsRefused(
      session,
      'GetCallerIdentity',
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      ...whoAmI,
    )
  })
  test('the server reported no failure', () => assert.deepEqual(here.server.reported, []))
})
