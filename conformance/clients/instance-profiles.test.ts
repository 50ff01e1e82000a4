// Instance profiles by AWS's client: what provisioning tools do when they make a role (Ansible's iam_role makes a profile
// of the role's name by default), and who may put a role into a profile.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  GetInstanceProfileCommand,
  ListInstanceProfilesForRoleCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam'
import { person, policy, role, type Statement } from './people.ts'
import { denied, noIdentityPolicy, refused } from './refused.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)

const ec2 = policy({ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' })

test('a role with its instance profile is made and taken away as tools do', async () => {
  const [RoleName, InstanceProfileName] = ['web', 'web']
  await root.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: ec2 }))
  const before = await root.iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))
  assert.deepEqual(before.InstanceProfiles, [])
  await root.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path: '/' }))
  await root.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }))
  const { InstanceProfiles } = await root.iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))
  const { InstanceProfile } = await root.iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))
  assert.deepEqual(InstanceProfiles, [InstanceProfile])
  assert.deepEqual(
    InstanceProfile?.Roles?.map(({ Arn, AssumeRolePolicyDocument: text = '' }) => [Arn, decodeURIComponent(text)]),
    [[`arn:aws:iam::${server.account}:role/web`, ec2]],
  )
  await assert.rejects(root.iam.send(new DeleteRoleCommand({ RoleName })), { name: 'DeleteConflictException' })
  await root.iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }))
  await root.iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }))
  await root.iam.send(new DeleteRoleCommand({ RoleName }))
  await assert.rejects(root.iam.send(new GetInstanceProfileCommand({ InstanceProfileName })), {
    name: 'NoSuchEntityException',
    message: 'Instance Profile web cannot be found.',
  })
})

describe('who may put a role into a profile', () => {
  const add = { Action: 'iam:AddRoleToInstanceProfile', Resource: '*' }
  const pass = (Condition?: object, Resource = '*') => ({
    Action: 'iam:PassRole',
    Resource,
    ...(Condition && { Condition }),
  })
  const rows: readonly (readonly [title: string, own: readonly Statement[], may: boolean])[] = [
    ['not who may pass it but may not change the profile', [pass()], false],
    ['not who may change the profile but may not pass the role', [add], false],
    ['who may do both', [add, pass()], true],
    ['who may pass that role', [add, pass(undefined, 'arn:aws:iam::*:role/app/*')], true],
    ['not who may pass another role', [add, pass(undefined, 'arn:aws:iam::*:role/admin')], false],
    ['who may pass it to EC2', [add, pass({ StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } })], true],
    [
      'not who may pass it to another service',
      [add, pass({ StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } })],
      false,
    ],
    ['not who is denied to pass it', [add, pass(), { ...pass(), Effect: 'Deny' }], false],
    [
      'not who may pass it to some instances only: none is named',
      [add, pass({ ArnLike: { 'iam:AssociatedResourceArn': 'arn:aws:ec2:*:*:instance/*' } })],
      false,
    ],
    ['who may pass roles of that tag', [add, pass({ StringEquals: { 'iam:ResourceTag/tier': 'app' } })], true],
    ['not who may pass roles of another tag', [add, pass({ StringEquals: { 'iam:ResourceTag/tier': 'db' } })], false],
  ]
  for (const [at, [title, own, may]] of rows.entries())
    test(title, async () => {
      const [RoleName, InstanceProfileName] = [`R${at}`, `P${at}`]
      await role(root, RoleName, ec2, { path: '/app/' })
      await root.iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'tier', Value: 'app' }] }))
      await root.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
      const { keys } = await person(root, `u${at}`, policy(...own))
      const asked = server.as(keys).iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }))
      if (may) await asked
      else await assert.rejects(asked, { name: 'AccessDenied' })
      const { InstanceProfile } = await root.iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))
      assert.equal(InstanceProfile?.Roles?.length, may ? 1 : 0)
    })

  test('the refusal names the profile, or the role by its ARN', async () => {
    const [RoleName, InstanceProfileName] = ['known', 'known']
    const arn = await role(root, RoleName, ec2)
    await root.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))
    const rows: readonly (readonly [name: string, own: Statement, action: string, shown: string])[] = [
      ['stranger', pass(), 'iam:AddRoleToInstanceProfile', 'instance profile known'],
      ['half', add, 'iam:PassRole', arn],
    ]
    for (const [name, own, action, shown] of rows) {
      const who = await person(root, name, policy(own))
      const asked = server.as(who.keys).iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }))
      await refused(asked, denied(who.arn, action, shown, noIdentityPolicy(action)))
    }
  })
})
