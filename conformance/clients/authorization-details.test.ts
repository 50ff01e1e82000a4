// GetAccountAuthorizationDetails by AWS's client and its paginator, as auditing tools read an account.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  GetAccountAuthorizationDetailsCommand,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam'
import { allow, person, role, trusts } from './people.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)

test('all pages together hold the whole account', async () => {
  const text = allow('s3:GetObject', 'arn:aws:s3:::a b/*')
  for (const name of ['ann', 'bob']) await person(root, name, text)
  await role(root, 'web', trusts(server.account), { permissions: text })
  await root.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'web' }))
  await root.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'web', RoleName: 'web' }))
  const found: string[] = []
  const pages = paginateGetAccountAuthorizationDetails({ client: root.iam, pageSize: 2 }, {})
  for await (const { UserDetailList = [], RoleDetailList = [], Policies = [], GroupDetailList } of pages) {
    assert.deepEqual(GroupDetailList, [])
    assert.ok(UserDetailList.length + RoleDetailList.length + Policies.length <= 2)
    for (const { UserName = '', UserPolicyList } of UserDetailList) {
      assert.equal(decodeURIComponent(UserPolicyList?.[0]?.PolicyDocument ?? ''), text)
      found.push(`user ${UserName}`)
    }
    for (const { RoleName = '', InstanceProfileList, RolePolicyList } of RoleDetailList) {
      assert.equal(decodeURIComponent(RolePolicyList?.[0]?.PolicyDocument ?? ''), text)
      assert.deepEqual(
        InstanceProfileList?.map(({ InstanceProfileName, Roles }) => [InstanceProfileName, Roles?.[0]?.RoleName]),
        [['web', 'web']],
      )
      found.push(`role ${RoleName}`)
    }
    for (const { PolicyName, PolicyVersionList } of Policies) {
      assert.ok(JSON.parse(decodeURIComponent(PolicyVersionList?.[0]?.Document ?? '')), PolicyName)
    }
  }
  assert.deepEqual(found, ['user ann', 'user bob', 'role web'])
})

test('who may read every user and role one by one may not read all at once', async () => {
  const { keys } = await person(
    root,
    'reader',
    allow(
      ['iam:Get*', 'iam:List*'],
      ['user', 'role', 'policy'].map((kind) => `arn:aws:iam::*:${kind}/*`),
    ),
  )
  await assert.rejects(server.as(keys).iam.send(new GetAccountAuthorizationDetailsCommand({})), {
    name: 'AccessDenied',
  })
})
