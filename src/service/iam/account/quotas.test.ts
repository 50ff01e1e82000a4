// Quotas as an operator sets them: each is kept, said in the refusal with the number in force, and shown by
// GetAccountSummary.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unbase32 } from '../../../core/ids.ts'
import { quotasOf } from '../../../core/quotas.ts'
import { codeOf, stepAt } from '../../../core/totp.ts'
import {
  ACCOUNT,
  addRole,
  addUser,
  type Kit,
  NOW,
  OTHER,
  openKit,
  refusalOf,
  rootOf,
  run,
  trusting,
} from '../../testing/operations-kit.ts'
import { iamOperations } from '../operations.ts'

type Ops = ReturnType<typeof iamOperations>
type Made = (b: Kit, ops: Ops, nth: number) => Promise<unknown>

const statement = (characters: number) => {
  const text = (name: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}` }],
    })
  return text('b'.repeat(characters - text('').length))
}
const attached = (nth: number) =>
  `arn:aws:iam::aws:policy/${['IAMReadOnlyAccess', 'AmazonS3FullAccess', 'AdministratorAccess'][nth - 1]}`
const trustOf = (characters: number) => {
  const text = (id: string) => {
    const trust = JSON.parse(trusting({ AWS: ACCOUNT })) as { Statement: object[] }
    return JSON.stringify({ ...trust, Statement: trust.Statement.map((one) => ({ ...one, Sid: id })) })
  }
  return text('b'.repeat(characters - text('').length))
}

async function enable(b: Kit, ops: Ops, nth: number) {
  const { VirtualMFADevice } = await run(b, ops.CreateVirtualMFADevice, { VirtualMFADeviceName: `d${nth}` })
  const key = unbase32(Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString('ascii')) ?? Buffer.alloc(0)
  const [AuthenticationCode1, AuthenticationCode2] = [codeOf(key, stepAt(NOW) - 1), codeOf(key, stepAt(NOW))]
  const SerialNumber = VirtualMFADevice?.SerialNumber ?? ''
  return run(b, ops.EnableMFADevice, { UserName: 'Ada', SerialNumber, AuthenticationCode1, AuthenticationCode2 })
}

/** What is made as often as it is allowed, of a user Ada and a role R, and how the next is refused. */
const counted: Readonly<Record<string, { quota: string; make: Made; refusal?: string; here?: number }>> = {
  users: { quota: 'UsersPerAccount', make: (b, _, nth) => addUser(b, `u${nth}`), here: 1 },
  roles: { quota: 'RolesPerAccount', make: (b, _, nth) => addRole(b, `r${nth}`), here: 1 },
  policies: {
    quota: 'PoliciesPerAccount',
    make: (b, ops, nth) => run(b, ops.CreatePolicy, { PolicyName: `p${nth}`, PolicyDocument: statement(200) }),
  },
  providers: {
    quota: 'OpenIdConnectProvidersPerAccount',
    make: (b, ops, nth) => run(b, ops.CreateOpenIDConnectProvider, { Url: `https://idp${nth}.example` }),
  },
  'virtual MFA devices, as many as users': {
    quota: 'UsersPerAccount',
    make: (b, ops, nth) => run(b, ops.CreateVirtualMFADevice, { VirtualMFADeviceName: `d${nth}` }),
    refusal: 'Cannot exceed quota for VirtualMfaDevicesPerAccount: 2',
  },
  'access keys': { quota: 'AccessKeysPerUser', make: (b, ops) => run(b, ops.CreateAccessKey, { UserName: 'Ada' }) },
  'MFA devices of a user': { quota: 'MFADevicesPerUser', make: enable },
  'policies of a user': {
    quota: 'PoliciesPerUser',
    make: (b, ops, nth) => run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: attached(nth) }),
  },
  'policies of a role': {
    quota: 'PoliciesPerRole',
    make: (b, ops, nth) => run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: attached(nth) }),
  },
  'versions of a policy': {
    quota: 'VersionsPerPolicy',
    make: (b, ops, nth) =>
      nth === 1
        ? run(b, ops.CreatePolicy, { PolicyName: 'p', PolicyDocument: statement(200) })
        : run(b, ops.CreatePolicyVersion, {
            PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/p`,
            PolicyDocument: statement(200),
          }),
    refusal:
      'A managed policy can have up to 2 versions. Before you create a new version, you must delete an existing version.',
  },
}

const world = async (...texts: readonly string[]) => {
  const b = await openKit([], quotasOf(texts))
  await addUser(b, 'Ada')
  await addRole(b, 'R')
  return { b, ops: iamOperations(b.parts) }
}

describe('two, and no more', () => {
  for (const [what, { quota, make, refusal, here = 0 }] of Object.entries(counted)) {
    test(what, async () => {
      const { b, ops } = await world(`${quota}=2`)
      for (let nth = 1; nth <= 2 - here; nth++) await make(b, ops, nth)
      const sentence = refusal ?? `Cannot exceed quota for ${quota}: 2`
      assert.equal(await refusalOf(make(b, ops, 3)), `LimitExceeded: ${sentence}`)
    })
  }

  test('client ids', async () => {
    const { b, ops } = await world('ClientIdsPerOpenIdConnectProvider=2')
    const create = (ClientIDList: string[]) =>
      refusalOf(run(b, ops.CreateOpenIDConnectProvider, { Url: 'https://idp.example', ClientIDList }))
    const sentence = 'LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 2'
    assert.equal(await create(['a', 'b', 'c']), sentence)
    assert.equal(await create(['a', 'b']), 'no refusal')
    const OpenIDConnectProviderArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/idp.example`
    const add = run(b, ops.AddClientIDToOpenIDConnectProvider, { OpenIDConnectProviderArn, ClientID: 'c' })
    assert.equal(await refusalOf(add), sentence)
  })
})

const sized: Readonly<
  Record<string, readonly [quota: string, put: (b: Kit, ops: Ops, size: number) => Promise<unknown>, sentence: string]>
> = {
  'a managed policy': [
    'PolicySize',
    (b, ops, size) => run(b, ops.CreatePolicy, { PolicyName: 'p', PolicyDocument: statement(size) }),
    'Cannot exceed quota for PolicySize: 7000',
  ],
  'inline policies of a user': [
    'UserPolicySize',
    (b, ops, size) => run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'p', PolicyDocument: statement(size) }),
    'Maximum policy size of 7000 bytes exceeded for user Ada',
  ],
  'inline policies of a role': [
    'RolePolicySize',
    (b, ops, size) => run(b, ops.PutRolePolicy, { RoleName: 'R', PolicyName: 'p', PolicyDocument: statement(size) }),
    'Maximum policy size of 7000 bytes exceeded for role R',
  ],
  'a trust policy': [
    'ACLSizePerRole',
    (b, ops, size) => run(b, ops.UpdateAssumeRolePolicy, { RoleName: 'R', PolicyDocument: trustOf(size) }),
    'Cannot exceed quota for ACLSizePerRole: 7000',
  ],
}

describe('7,000 characters, and no more', () => {
  for (const [what, [quota, put, sentence]] of Object.entries(sized)) {
    test(what, async () => {
      const { b, ops } = await world(`${quota}=7000`)
      assert.equal(await refusalOf(put(b, ops, 7001)), `LimitExceeded: ${sentence}`)
      assert.equal(await refusalOf(put(b, ops, 7000)), 'no refusal')
    })
  }
})

test('an account may have its own', async () => {
  const { b, ops } = await world(`${OTHER}:UsersPerAccount=1`)
  assert.equal(await refusalOf(addUser(b, 'Bob')), 'no refusal')
  const create = (UserName: string) => refusalOf(run(b, ops.CreateUser, { UserName }, { as: rootOf(OTHER) }))
  assert.equal(await create('Ann'), 'no refusal')
  assert.equal(await create('Eve'), 'LimitExceeded: Cannot exceed quota for UsersPerAccount: 1')
})

test('what there is already stays, and is listed, under a lower one', async () => {
  const { b, ops } = await world()
  for (let key = 0; key < 2; key++) await run(b, ops.CreateAccessKey, { UserName: 'Ada' })
  const lower = iamOperations({ ...b.parts, quotas: quotasOf(['AccessKeysPerUser=1']) })
  const { AccessKeyMetadata } = await run(b, lower.ListAccessKeys, { UserName: 'Ada' })
  assert.equal(AccessKeyMetadata?.length, 2)
  assert.match(await refusalOf(run(b, lower.CreateAccessKey, { UserName: 'Ada' })), /^LimitExceeded/)
})

describe('GetAccountSummary', () => {
  const summaryOf = async ({ b, ops }: { readonly b: Kit; readonly ops: Ops }, account = ACCOUNT) =>
    (await run(b, ops.GetAccountSummary, {}, { as: rootOf(account) })).SummaryMap ?? {}

  test('answers every key that AWS answers, with AWS’s numbers', async () => {
    // As recorded from the service, in February 2026.
    const aws = {
      AccessKeysPerUserQuota: 2,
      AccountAccessKeysPresent: 0,
      AccountMFAEnabled: 0,
      AccountPasswordPresent: 0,
      AccountSigningCertificatesPresent: 0,
      AssumeRolePolicySizeQuota: 2048,
      AttachedPoliciesPerGroupQuota: 10,
      AttachedPoliciesPerRoleQuota: 10,
      AttachedPoliciesPerUserQuota: 10,
      GroupPolicySizeQuota: 5120,
      Groups: 0,
      GroupsPerUserQuota: 10,
      GroupsQuota: 300,
      InstanceProfiles: 0,
      InstanceProfilesQuota: 1000,
      MFADevices: 0,
      MFADevicesInUse: 0,
      Policies: 0,
      PoliciesQuota: 1500,
      PolicySizeQuota: 6144,
      PolicyVersionsInUse: 0,
      PolicyVersionsInUseQuota: 10_000,
      Providers: 0,
      RolePolicySizeQuota: 10_240,
      Roles: 1,
      RolesQuota: 1000,
      ServerCertificates: 0,
      ServerCertificatesQuota: 20,
      SigningCertificatesPerUserQuota: 2,
      UserPolicySizeQuota: 2048,
      Users: 1,
      UsersQuota: 5000,
      VersionsPerPolicyQuota: 5,
    }
    // Tokens are long ones, valid in every region: AWS's newer kind.
    assert.deepEqual(await summaryOf(await world()), { ...aws, GlobalEndpointTokenVersion: 2 })
  })

  test('shows the quotas in force', async () => {
    const texts = ['RolesPerAccount=5000', 'PolicySize=7000', `${OTHER}:RolesPerAccount=6000`]
    const made = await world(...texts)
    const [mine, other] = [await summaryOf(made), await summaryOf(made, OTHER)]
    assert.deepEqual([mine.RolesQuota, mine.PolicySizeQuota], [5000, 7000])
    assert.deepEqual([other.RolesQuota, other.PolicySizeQuota], [6000, 7000])
  })

  test('counts a policy in use once, however many use it', async () => {
    const made = await world()
    const { b, ops } = made
    await addUser(b, 'Bob')
    for (const UserName of ['Ada', 'Bob']) {
      await run(b, ops.AttachUserPolicy, { UserName, PolicyArn: attached(1) })
      await run(b, ops.PutUserPermissionsBoundary, { UserName, PermissionsBoundary: attached(1) })
    }
    await run(b, ops.AttachRolePolicy, { RoleName: 'R', PolicyArn: attached(2) })
    assert.equal((await summaryOf(made)).PolicyVersionsInUse, 2)
  })
})
