// Machines get the credentials of the role in their instance profile, as EC2 gives them, and their tasks those of task roles, as ECS
// does. Attacks on which role that is.
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  ListRolesCommand,
  RemoveRoleFromInstanceProfileCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { CloseAccountCommand } from '@aws-sdk/client-organizations'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { setMachineTask } from '../../src/app/operator/machines.ts'
import { assertionOf, machineSource } from '../../src/client/workload.ts'
import { entriesOf, textsOf } from './journals.ts'
import { allow, manager, member, person, policy } from './people.ts'
import { denied as deniedTo, noIdentityPolicy, refused } from './refused.ts'
import {
  added,
  asked,
  callerOf,
  fetchFrom,
  joined,
  profileWithRole,
  serviceRole,
  told,
  trustsService,
  workloadWorld,
} from './workload-kit.ts'

const world = await workloadWorld()
const { server } = world
const { engine, account } = server
const root = server.as(server.root)
const owner = await manager(server)
const clock = server.now
const roleArn = await profileWithRole(world, 'web')
const web = await joined(world, 'web-1', { tags: [{ Key: 'Tier', Value: 'front' }] })
const from = (of = web, wish = {}) => fetchFrom(machineSource(of, wish, { clock }))
const denied = (message: RegExp) => ({ code: 'AccessDenied', message })
const lasts = (expiration: Date) => Math.round((expiration.getTime() - clock().getTime()) / 1000)

describe('a machine that has joined', () => {
  test('is the role of its instance profile, in a session of its id', async () => {
    const keys = await from()
    assert.match(web.machine, /^i-[0-9a-f]{17}$/)
    assert.equal(await callerOf(world, keys), `arn:aws:sts::${account}:assumed-role/web/${web.machine}`)
    assert.deepEqual([keys.roleArn, keys.accountId], [roleArn, account])
    const { Roles } = await server.as(keys).iam.send(new ListRolesCommand({}))
    assert(Roles?.some(({ Arn }) => Arn === roleArn))
  })

  test('has credentials for six hours, or for as long as the role allows', async () => {
    assert.equal(lasts((await from()).expiration), 3600)
    await root.iam.send(new UpdateRoleCommand({ RoleName: 'web', MaxSessionDuration: 43_200 }))
    assert.equal(lasts((await from()).expiration), 21_600)
    assert.equal(lasts((await from(web, { durationSeconds: 900 })).expiration), 900)
  })

  test('is on record as AWS has it: EC2 assumed the role, in a session of the machine', async () => {
    await from()
    const entry = (await entriesOf(engine.store)).at(-1)
    const [record] = (entry?.records ?? []) as readonly Record<string, unknown>[]
    assert(record !== undefined)
    assert.deepEqual(record.userIdentity, { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' })
    const parameters = record.requestParameters as Record<string, unknown>
    assert.deepEqual([parameters.roleArn, parameters.roleSessionName], [roleArn, web.machine])
    assert.deepEqual(record.additionalEventData, { workload: web.machine })
    assert.deepEqual([record.recipientAccountId, record.awsRegion], [account, 'eu-central-1'])
    assert(!JSON.stringify(record).includes('sessionToken":"F'))
  })

  test('has the instance’s ARN in its keys, for policies to tell it by', async () => {
    const only = (arn: string) =>
      serviceRole(
        world,
        `Of-${arn.slice(arn.lastIndexOf('/') + 1)}`,
        policy({
          ...{ Principal: { AWS: roleArn }, Action: 'sts:AssumeRole' },
          Condition: { ArnEquals: { 'ec2:SourceInstanceARN': arn }, NumericEquals: { 'ec2:RoleDelivery': '2.0' } },
        }),
      )
    const mine = `arn:aws:ec2:eu-central-1:${account}:instance/${web.machine}`
    const chain = async (RoleArn: string, keys = from()) =>
      server.as(await keys).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'chained' }))
    const role = await only(mine)
    await chain(role)
    await assert.rejects(chain(role, from(web, { roleDelivery: '1.0' })), { name: 'AccessDenied' })
    await assert.rejects(chain(await only(`arn:aws:ec2:eu-central-1:${account}:instance/i-00000000000000000`)), {
      name: 'AccessDenied',
    })
  })

  test('waits for no other: each has a rate of its own', async () => {
    const slow = await workloadWorld({ settings: { 'rate-per-key': '1' } })
    await profileWithRole(slow, 'web')
    const [one, two] = [await joined(slow, 'one'), await joined(slow, 'two')]
    const ask = (of: typeof one) => fetchFrom(machineSource(of, {}, { clock: slow.server.now }))
    for (let n = 0; n < 4; n++) await ask(one)
    await assert.rejects(ask(one), /Throttling/)
    await ask(two)
    const by = { who: one.machine, audience: one.audience, key: createPrivateKey(one.privateKey) }
    const assertion = assertionOf(by, slow.server.now())
    assert.deepEqual((await told(asked(slow, 'credentials', { assertion })))[1], 'Throttling')
    await slow.server.move(1000)
    assert.equal((await asked(slow, 'credentials', { assertion })).status, 200, 'it was not used up')
  })
})

describe('a machine gets nothing', () => {
  test('when its role does not trust EC2', async () => {
    await profileWithRole(world, 'lambda', trustsService('lambda.amazonaws.com'))
    const machine = await joined(world, 'wrong', { profile: 'lambda' })
    await assert.rejects(
      from(machine),
      denied(/is not authorized to perform: sts:AssumeRole on resource: .*role\/lambda/),
    )
    await root.iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'lambda',
        PolicyDocument: policy({ Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }),
      }),
    )
    await assert.rejects(from(machine), denied(/sts:AssumeRole/), '`*` names no service')
  })

  test('once the role is out of the profile, and the next role once there is one', async () => {
    await profileWithRole(world, 'moved')
    const machine = await joined(world, 'mover', { profile: 'moved' })
    await from(machine)
    const [InstanceProfileName, RoleName] = ['moved', 'moved']
    await root.iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }))
    await assert.rejects(from(machine), denied(/Instance profile moved has no role: add one/))
    await serviceRole(world, 'after', trustsService('ec2.amazonaws.com'))
    await root.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: 'after' }))
    assert.match((await callerOf(world, await from(machine))) ?? '', /assumed-role\/after\//)
  })

  test('by a profile, or a role, that was made again under its name', async () => {
    await profileWithRole(world, 'again')
    const machine = await joined(world, 'againer', { profile: 'again', tasks: { work: 'again' } })
    const [InstanceProfileName, RoleName] = ['again', 'again']
    await root.iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }))
    await root.iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }))
    await root.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'own' }))
    await root.iam.send(new DeleteRoleCommand({ RoleName }))
    await profileWithRole(world, 'again')
    await assert.rejects(from(machine), denied(/does not exist any more/))
    await assert.rejects(from(machine, { task: 'work' }), denied(/does not exist any more/))
  })

  test('of another account: neither by its profile nor for its tasks', async () => {
    const { id, admin: abroad } = await member(server, owner, 'theirs')
    const trust = trustsService('ec2.amazonaws.com')
    await abroad.iam.send(new CreateRoleCommand({ RoleName: 'abroad', AssumeRolePolicyDocument: trust }))
    await abroad.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'abroad' }))
    await assert.rejects(added(world, 'spy', { profile: 'abroad' }), /there is no instance profile abroad in account/)
    const arn = `arn:aws:iam::${id}:role/abroad`
    await assert.rejects(added(world, 'spy', { tasks: { work: arn } }), /is of another account than the machine/)
    await assert.rejects(setMachineTask(engine, { machine: 'web-1', task: 'work', role: arn }), /another account/)
  })

  test('when its account is closed', async () => {
    const { id, admin: abroad } = await member(server, owner, 'closing')
    const trust = trustsService('ec2.amazonaws.com')
    await abroad.iam.send(new CreateRoleCommand({ RoleName: 'own', AssumeRolePolicyDocument: trust }))
    await abroad.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'own' }))
    await abroad.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'own', RoleName: 'own' }))
    const machine = await joined(world, 'closing', { account: id, profile: 'own' })
    await from(machine)
    await owner.organizations.send(new CloseAccountCommand({ AccountId: id }))
    await assert.rejects(from(machine), { code: 'UnauthorizedException' })
  })
})

describe('who may put a role into a machine’s profile', () => {
  test('is asked for iam:PassRole', async () => {
    await root.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'passed' }))
    const adder = await person(root, 'adder', allow('iam:AddRoleToInstanceProfile'))
    const call = new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'passed', RoleName: 'web' })
    await refused(
      server.as(adder.keys).iam.send(call),
      deniedTo(adder.arn, 'iam:PassRole', roleArn, noIdentityPolicy('iam:PassRole')),
    )
  })
})

describe('a task of a machine', () => {
  const ecs = trustsService('ecs-tasks.amazonaws.com', {
    ArnLike: { 'aws:SourceArn': `arn:aws:ecs:eu-central-1:${account}:task/*` },
    StringEquals: { 'aws:SourceAccount': account },
  })

  test('is its own role, in a session of its name', async () => {
    await serviceRole(world, 'Biller', ecs)
    const machine = await joined(world, 'tasks', { tasks: { billing: 'Biller' } })
    const keys = await from(machine, { task: 'billing' })
    assert.equal(await callerOf(world, keys), `arn:aws:sts::${account}:assumed-role/Biller/billing`)
    const text = (await textsOf(engine.store, 'audit')).find(
      (one) => one.includes('Biller') && one.includes('"issued"'),
    )
    assert.match(text ?? '', new RegExp(`"workload":"${machine.machine}/billing"`))
    assert.match(text ?? '', /"invokedBy":"ecs-tasks.amazonaws.com"/)
  })

  test('gets nothing that its machine was not given, nor the role of the profile', async () => {
    await assert.rejects(from(web, { task: 'billing' }), denied(/has no task billing/))
    const machine = await joined(world, 'ec2-only', { tasks: { work: 'web' } })
    await assert.rejects(from(machine, { task: 'work' }), denied(/sts:AssumeRole on resource: .*role\/web/))
    await setMachineTask(engine, { machine: 'ec2-only', task: 'work' })
    await assert.rejects(from(machine, { task: 'work' }), denied(/has no task work/))
  })

  test('has a name that can be a session’s', async () => {
    for (const task of ['../x', 'a b', 'x', 'i'.repeat(65)])
      assert.equal((await asked(world, 'credentials', { assertion: 'x', task })).status, 400)
    await assert.rejects(setMachineTask(engine, { machine: 'web-1', task: 'a/b', role: 'web' }), /is no name of a task/)
  })
})
