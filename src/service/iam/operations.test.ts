// The table of IAM's operations as a whole, and the operations that answer truthfully with nothing.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import type { Check, Operation } from '../operation.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  asUser,
  openKit,
  questionsOf,
  refusalOf,
  root,
  run,
} from '../testing/operations-kit.ts'
import { iamOperations } from './operations.ts'

describe('the table', () => {
  test('has every operation of AWS’s SDK and no other', async () => {
    const names = Object.keys(sdk).flatMap((name) => /^([A-Z]\w+)Command$/.exec(name)?.[1] ?? [])
    assert.deepEqual(Object.keys(iamOperations((await openKit()).parts)).sort(), names.sort())
  })

  test('every operation that is offered is signed, states its checks and says whether it reads', async () => {
    for (const [name, operation] of Object.entries(iamOperations((await openKit()).parts))) {
      if ('unsupported' in operation) {
        assert.ok(operation.unsupported.length > 20, name)
        continue
      }
      assert.equal(operation.signature, 'required', name)
      assert.notEqual(operation.checks, 'always', name)
      assert.equal(operation.audit.readOnly, 'handle' in operation, name)
    }
  })
})

describe('a list asks for what it lists, so that a policy can name it', () => {
  const arn = (listed: string) => `arn:aws:iam::${ACCOUNT}:${listed}`
  const PathPrefix = '/team/'
  const lists = async () => {
    const ops = iamOperations((await openKit()).parts)
    return [
      ['ListUsers', ops.ListUsers, 'user'],
      ['ListRoles', ops.ListRoles, 'role'],
      ['ListGroups', ops.ListGroups, 'group'],
      ['ListInstanceProfiles', ops.ListInstanceProfiles, 'instance-profile'],
      ['ListServerCertificates', ops.ListServerCertificates, 'server-certificate'],
    ] as const
  }

  test('under the prefix it is asked for', async () => {
    for (const [name, operation, kind] of await lists()) {
      const questionsAbout = async (input: { PathPrefix?: string }) =>
        (await questionsOf(operation as Operation<object, unknown>, input)).map(({ action, resource }) => [
          action,
          resource,
        ])
      assert.deepEqual(await questionsAbout({}), [[`iam:${name}`, arn(`${kind}/`)]])
      assert.deepEqual(await questionsAbout({ PathPrefix }), [[`iam:${name}`, arn(`${kind}/team/`)]])
    }
  })

  test('those without a prefix too', async () => {
    const ops = iamOperations((await openKit()).parts)
    const [devices] = await questionsOf(ops.ListVirtualMFADevices, {})
    assert.equal(devices?.resource, arn('mfa/'))
    const [providers] = await questionsOf(ops.ListOpenIDConnectProviders, {})
    assert.equal(providers?.resource, arn('oidc-provider/*'))
  })

  test('ListPolicies and what is about the account alone ask for everything', async () => {
    const ops = iamOperations((await openKit()).parts)
    for (const operation of [ops.ListPolicies, ops.ListAccountAliases, ops.GetAccountSummary]) {
      const [question] = await questionsOf(operation as Operation<object, unknown>, {})
      assert.equal(question?.resource, '*')
    }
  })
})

describe('what a refusal calls the thing that was asked for', () => {
  const shownBy = async (name: keyof ReturnType<typeof iamOperations>, input: object, as = root) => {
    const b = await openKit()
    await addUser(b, 'Ada', '/x/')
    await addRole(b, 'R', '/x/')
    const shown: (string | undefined)[] = []
    const onCheck = (check: Check) => void shown.push(check.resourceName)
    const operation = iamOperations(b.parts)[name] as Operation<object, unknown>
    await refusalOf(run(b, operation, input, { as, onCheck }))
    return shown
  }
  const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/x/P`
  const PolicyDocument = '{}'
  const rows: readonly (readonly [Parameters<typeof shownBy>[0], object, ...(string | undefined)[]])[] = [
    ['GetRole', { RoleName: 'R' }, 'role R'],
    ['GetRole', { RoleName: 'None' }, 'role None'],
    ['PutRolePolicy', { RoleName: 'R', PolicyName: 'p', PolicyDocument }, 'role R'],
    ['AttachRolePolicy', { RoleName: 'R', PolicyArn }, 'role R'],
    ['ListRoleTags', { RoleName: 'R' }, 'role R'],
    ['GetUser', { UserName: 'Ada' }, 'user Ada'],
    ['ListAccessKeys', { UserName: 'None' }, 'user None'],
    ['ListAccessKeys', {}, undefined],
    ['CreatePolicy', { PolicyName: 'P', Path: '/x/', PolicyDocument }, 'policy P'],
    ['GetPolicy', { PolicyArn }, `policy ${PolicyArn}`],
    ['CreatePolicyVersion', { PolicyArn, PolicyDocument }, `policy ${PolicyArn}`],
    ['ListPolicies', {}, 'policy path /'],
    ['ListPolicies', { PathPrefix: '/x/' }, 'policy path /x/'],
    ['CreateUser', { UserName: 'B', Tags: [{ Key: 'a', Value: 'b' }] }, undefined, undefined],
    ['CreateRole', { RoleName: 'B', AssumeRolePolicyDocument: '{}' }, undefined],
    ['PutRolePermissionsBoundary', { RoleName: 'R', PermissionsBoundary: PolicyArn }, undefined],
    ['CreateVirtualMFADevice', { VirtualMFADeviceName: 'phone' }, undefined],
    ['ListUsers', {}, undefined],
  ]
  for (const [name, input, ...shown] of rows)
    test(`${name} ${JSON.stringify(input)}: ${shown}`, async () => assert.deepEqual(await shownBy(name, input), shown))
})

describe('a document that is malformed', () => {
  const bad = '{'
  const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/None`
  const putUser = { UserName: 'None', PolicyName: 'p', PolicyDocument: bad }
  const putRole = { RoleName: 'None', PolicyName: 'p', PolicyDocument: bad }
  const noRole = 'NoSuchEntity: The role with name None cannot be found.'
  type Ops = ReturnType<typeof iamOperations>
  const writes: readonly (readonly [name: keyof Ops, input: object, missing: string | undefined])[] = [
    ['PutUserPolicy', putUser, 'NoSuchEntity: The user with name None cannot be found.'],
    ['PutRolePolicy', putRole, noRole],
    ['UpdateAssumeRolePolicy', { RoleName: 'None', PolicyDocument: bad }, noRole],
    ['CreatePolicyVersion', { PolicyArn, PolicyDocument: bad }, `NoSuchEntity: Policy ${PolicyArn} was not found.`],
    ['CreateRole', { RoleName: 'R', AssumeRolePolicyDocument: bad }, undefined],
    ['CreatePolicy', { PolicyName: 'P', PolicyDocument: bad }, undefined],
  ]
  for (const [name, input, missing] of writes) {
    test(`${name}: is nothing to a caller without permission, nor to what is not there`, async () => {
      const b = await openKit()
      const operation = iamOperations(b.parts)[name] as Operation<object, unknown>
      const denied = refusalOf(run(b, operation, input, { allow: () => false }))
      assert.equal(await denied, `AccessDenied: denied iam:${name}`)
      if (missing !== undefined) assert.equal(await refusalOf(run(b, operation, input)), missing)
      else assert.match(await refusalOf(run(b, operation, input)), /^MalformedPolicyDocument: /)
    })
  }

  test('is refused of what is there', async () => {
    const b = await openKit()
    const ops = iamOperations(b.parts)
    await addUser(b, 'None')
    await addRole(b, 'None')
    const malformed = /^MalformedPolicyDocument: /
    assert.match(await refusalOf(run(b, ops.PutUserPolicy, putUser)), malformed)
    assert.match(await refusalOf(run(b, ops.PutRolePolicy, putRole)), malformed)
    const trust = { RoleName: 'None', PolicyDocument: bad }
    assert.match(await refusalOf(run(b, ops.UpdateAssumeRolePolicy, trust)), malformed)
    const PolicyDocument = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
    await run(b, ops.CreatePolicy, { PolicyName: 'None', PolicyDocument })
    assert.match(await refusalOf(run(b, ops.CreatePolicyVersion, { PolicyArn, PolicyDocument: bad })), malformed)
  })
})

describe('what nobody has here', () => {
  test('is listed as nothing', async () => {
    const b = await openKit()
    const ops = iamOperations(b.parts)
    const as = asUser(await addUser(b, 'Ada'))
    const UserName = 'Ada'
    assert.deepEqual((await run(b, ops.ListGroupsForUser, { UserName })).Groups, [])
    assert.deepEqual((await run(b, ops.ListSigningCertificates, {}, { as })).Certificates, [])
    assert.deepEqual((await run(b, ops.ListSSHPublicKeys, { UserName })).SSHPublicKeys, [])
    assert.deepEqual((await run(b, ops.ListServiceSpecificCredentials, {}, { as })).ServiceSpecificCredentials, [])
    const of = (ServiceName: string) => run(b, ops.ListServiceSpecificCredentials, { UserName, ServiceName })
    assert.deepEqual((await of('codecommit.amazonaws.com')).ServiceSpecificCredentials, [])
    assert.equal(
      await refusalOf(of('none.amazonaws.com')),
      'NoSuchEntity: No such service none.amazonaws.com is supported for Service Specific Credentials',
    )
    const profile = 'NoSuchEntity: Login Profile for User Ada cannot be found.'
    assert.equal(await refusalOf(run(b, ops.GetLoginProfile, { UserName })), profile)
    assert.equal(await refusalOf(run(b, ops.DeleteLoginProfile, { UserName })), profile)
  })

  test('and is not found by whatever name', async () => {
    const b = await openKit()
    const ops = iamOperations(b.parts)
    const group = 'NoSuchEntity: The group with name G cannot be found.'
    assert.equal(await refusalOf(run(b, ops.GetGroup, { GroupName: 'G' })), group)
    assert.equal(await refusalOf(run(b, ops.ListAttachedGroupPolicies, { GroupName: 'G' })), group)
    assert.equal(await refusalOf(run(b, ops.ListGroupPolicies, { GroupName: 'G' })), group)
    const passwords = `NoSuchEntity: The Password Policy with domain name ${ACCOUNT} cannot be found.`
    assert.equal(await refusalOf(run(b, ops.GetAccountPasswordPolicy, {})), passwords)
    assert.match(await refusalOf(run(b, ops.GetCredentialReport, {})), /^ReportNotPresent: /)
    const allow = () => false
    assert.match(await refusalOf(run(b, ops.GetGroup, { GroupName: 'G' }, { allow })), /^AccessDenied: /)
  })

  test('is not listed for a user or role that is not there', async () => {
    const b = await openKit()
    const ops = iamOperations(b.parts)
    const user = 'NoSuchEntity: The user with name None cannot be found.'
    assert.equal(await refusalOf(run(b, ops.ListGroupsForUser, { UserName: 'None' })), user)
    assert.equal(await refusalOf(run(b, ops.ListSSHPublicKeys, { UserName: 'None' })), user)
    const role = 'NoSuchEntity: The role with name None cannot be found.'
    assert.equal(await refusalOf(run(b, ops.ListInstanceProfilesForRole, { RoleName: 'None' })), role)
  })
})

describe('what is not there is missed in AWS’s words', () => {
  const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/None`
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/none`
  const OpenIDConnectProviderArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/none.example`
  const [user, role] = [{ UserName: 'U' }, { RoleName: 'R' }]
  const version = { PolicyArn, VersionId: 'v1' }
  const AccessKeyId = 'AKIANONE000000000000'
  const code = { AuthenticationCode1: '123456', AuthenticationCode2: '654321' }
  const noPolicy = `Policy ${PolicyArn} was not found.`
  const noVersion = `Policy ${PolicyArn} version v1 does not exist or is not attachable.`
  const noKey = `The Access Key with id ${AccessKeyId} cannot be found`
  const noDevice = `MFA Device with serial number ${SerialNumber} does not exist.`
  const rows: readonly (readonly [name: keyof ReturnType<typeof iamOperations>, input: object, says: string])[] = [
    ['DeleteUser', { UserName: 'None' }, 'The user with name None cannot be found.'],
    ['DeleteRole', { RoleName: 'None' }, 'The role with name None cannot be found.'],
    ['DeleteInstanceProfile', { InstanceProfileName: 'None' }, 'Instance Profile None cannot be found.'],
    ['DeleteLoginProfile', user, 'Login Profile for User U cannot be found.'],
    ['DeleteAccessKey', { ...user, AccessKeyId }, noKey],
    ['UpdateAccessKey', { ...user, AccessKeyId, Status: 'Active' }, noKey],
    ['DeleteUserPolicy', { ...user, PolicyName: 'none' }, 'The user policy with name none cannot be found.'],
    ['GetRolePolicy', { ...role, PolicyName: 'none' }, 'The role policy with name none cannot be found.'],
    ['DeleteRolePolicy', { ...role, PolicyName: 'none' }, 'The role policy with name none cannot be found.'],
    ['DetachUserPolicy', { ...user, PolicyArn }, noPolicy],
    ['DetachRolePolicy', { ...role, PolicyArn }, noPolicy],
    ['GetPolicy', { PolicyArn }, noPolicy],
    ['DeletePolicy', { PolicyArn }, noPolicy],
    ['ListPolicyVersions', { PolicyArn }, noPolicy],
    ['GetPolicyVersion', version, noVersion],
    ['DeletePolicyVersion', version, noVersion],
    ['DeleteVirtualMFADevice', { SerialNumber }, `VirtualMFADevice with serial number ${SerialNumber} doesn't exist.`],
    ['EnableMFADevice', { ...user, SerialNumber, ...code }, noDevice],
    ['DeactivateMFADevice', { ...user, SerialNumber }, noDevice],
    ['ResyncMFADevice', { ...user, SerialNumber, ...code }, noDevice],
    [
      'GetOpenIDConnectProvider',
      { OpenIDConnectProviderArn },
      `OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`,
    ],
    [
      'DeleteOpenIDConnectProvider',
      { OpenIDConnectProviderArn },
      `OpenId connect Provider ${OpenIDConnectProviderArn} cannot be found.`,
    ],
  ]
  for (const [name, input, says] of rows) {
    test(name, async () => {
      const b = await openKit()
      await addUser(b, 'U')
      await addRole(b, 'R')
      const operation = iamOperations(b.parts)[name] as Operation<object, unknown>
      assert.equal(await refusalOf(run(b, operation, input)), `NoSuchEntity: ${says}`)
    })
  }
})

test('GetAccountSummary counts what there is', async () => {
  const b = await openKit()
  const ops = iamOperations(b.parts)
  await addUser(b, 'Ada')
  await addRole(b, 'R')
  await run(b, ops.CreateVirtualMFADevice, { VirtualMFADeviceName: 'phone' })
  await run(b, ops.CreateAccessKey, {})
  const { SummaryMap = {} } = await run(b, ops.GetAccountSummary, {})
  const { Users, Roles, MFADevices, MFADevicesInUse, AccountAccessKeysPresent, AccountMFAEnabled } = SummaryMap
  assert.deepEqual(
    { Users, Roles, MFADevices, MFADevicesInUse, AccountAccessKeysPresent, AccountMFAEnabled },
    { Users: 1, Roles: 1, MFADevices: 1, MFADevicesInUse: 0, AccountAccessKeysPresent: 1, AccountMFAEnabled: 0 },
  )
  assert.equal(SummaryMap.UsersQuota, 5000)
})
