// Accounts that are closed, or leave their organization, by AWS's clients: their credentials prove nothing from then on, and
// only the management account can close or remove another.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { GetRoleCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import {
  CloseAccountCommand,
  CreateOrganizationCommand,
  DeleteOrganizationCommand,
  DescribeAccountCommand,
  DescribeOrganizationCommand,
  LeaveOrganizationCommand,
  RemoveAccountFromOrganizationCommand,
} from '@aws-sdk/client-organizations'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { entriesOf } from './journals.ts'
import { allow, assume, keysOf, type Member, manager, member, person, role, trusts } from './people.ts'
import { denied, refused } from './refused.ts'
import { type Clients, testServer } from './server.ts'

const server = await testServer({ file: 'store.sqlite' })
const admin = await manager(server)
const other = await member(server, admin, 'other')
/** A user of the management account who may do everything in it but what concerns accounts of the organization. */
const powerless = await person(
  admin,
  'powerless',
  allow(['iam:*', 'sts:*', 'organizations:Describe*', 'organizations:List*']),
)

const close = (by: Clients, AccountId: string) => by.organizations.send(new CloseAccountCommand({ AccountId }))
const remove = (by: Clients, AccountId: string) =>
  by.organizations.send(new RemoveAccountFromOrganizationCommand({ AccountId }))
/** The account, once it is old enough to leave; its session of before has ended by then. */
async function grown(id: string, by: Clients): Promise<Member> {
  await server.move(4 * 24 * 3600 * 1000)
  return { id, admin: await assume(server, by, `arn:aws:iam::${id}:role/OrganizationAccountAccessRole`) }
}
const whoAmI = (as: Clients) => as.sts.send(new GetCallerIdentityCommand({}))
const gone: readonly [string, number, string] = [
  'InvalidClientTokenId',
  403,
  'The security token included in the request is invalid.',
]

describe('a closed account', () => {
  let closed: Member
  let user: Clients
  let session: Clients
  let requestId: string | undefined

  before(async () => {
    closed = await member(server, admin, 'closed')
    const made = await person(closed.admin, 'user', allow('*'))
    user = server.as(made.keys)
    session = server.as(keysOf((await user.sts.send(new GetSessionTokenCommand({}))).Credentials))
    await role(closed.admin, 'Open', trusts(server.account), { permissions: allow('*') })
    for (const clients of [user, session, closed.admin]) await whoAmI(clients)
    requestId = (await close(admin, closed.id)).$metadata.requestId
  })

  test('is said to be closed', async () => {
    const { Account } = await admin.organizations.send(new DescribeAccountCommand({ AccountId: closed.id }))
    assert.deepEqual([Account?.Status, Account?.State], ['SUSPENDED', 'CLOSED'])
  })

  test('has no access key and no session whose signature is accepted', async () => {
    for (const clients of [user, session, closed.admin]) {
      await refused(whoAmI(clients), gone)
      await refused(clients.iam.send(new ListUsersCommand({})), gone)
    }
  })

  test('refuses to have its roles assumed, as if they did not exist', async () => {
    for (const name of ['Open', 'OrganizationAccountAccessRole', 'Missing']) {
      const RoleArn = `arn:aws:iam::${closed.id}:role/${name}`
      const asked = admin.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' }))
      await refused(asked, denied(`arn:aws:iam::${server.account}:user/manager`, 'sts:AssumeRole', RoleArn))
    }
  })

  test('has a copy of the record of it, which names who asked by no more than the account', async () => {
    const [entry] = await entriesOf(server.engine.store, requestId)
    const [own, copy] = entry?.records ?? []
    assert.deepEqual([own?.recipientAccountId, copy?.recipientAccountId], [server.account, closed.id])
    assert.equal(own?.sharedEventID, copy?.sharedEventID)
    assert.ok(!JSON.stringify(copy).includes('user/manager'))
  })

  test('leaves other accounts unchanged', async () => {
    await whoAmI(admin)
    await whoAmI(other.admin)
  })
})

describe('nobody else closes or removes an account', () => {
  const notYours: readonly [string, number, string] = [
    'AccessDeniedException',
    400,
    "You don't have permissions to access this resource.",
  ]
  const rows: readonly (readonly [title: string, ask: () => Promise<unknown>])[] = [
    ['a member, another', () => close(other.admin, server.account)],
    ['a member, itself', () => close(other.admin, other.id)],
    ['a member, by removing another', () => remove(other.admin, server.account)],
    ['a member, by removing itself', () => remove(other.admin, other.id)],
    [
      'a member, by dissolving the organization',
      () => other.admin.organizations.send(new DeleteOrganizationCommand({})),
    ],
  ]
  for (const [title, ask] of rows)
    test(title, async () => {
      await refused(ask(), notYours)
      await whoAmI(other.admin)
    })

  test('a user of the management account without the right', async () => {
    const them = server.as(powerless.keys)
    for (const ask of [close, remove]) await assert.rejects(ask(them, other.id), { name: 'AccessDeniedException' })
    await whoAmI(other.admin)
  })

  test('the management account, itself', async () => {
    await assert.rejects(close(admin, server.account), {
      name: 'ConstraintViolationException',
      Reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT',
    })
    await assert.rejects(remove(admin, server.account), { name: 'MasterCannotLeaveOrganizationException' })
    await whoAmI(admin)
  })
})

test('an account that leaves the organization loses aws:PrincipalOrgID at once', async () => {
  const { Organization } = await admin.organizations.send(new DescribeOrganizationCommand({}))
  const within = { StringEquals: { 'aws:PrincipalOrgID': Organization?.Id } }
  const shared = await role(admin, 'Shared', trusts('*', 'sts:AssumeRole', within), {
    permissions: allow('iam:GetRole'),
  })
  for (const way of ['removed', 'left'] as const) {
    const { id } = await member(server, admin, way)
    const leaver = await grown(id, admin)
    const session = await assume(server, leaver.admin, shared)
    await session.iam.send(new GetRoleCommand({ RoleName: 'Shared' }))
    if (way === 'removed') await remove(admin, leaver.id)
    else await leaver.admin.organizations.send(new LeaveOrganizationCommand({}))
    await assert.rejects(assume(server, leaver.admin, shared), { name: 'AccessDenied' })
    await whoAmI(leaver.admin)
    await assert.rejects(leaver.admin.organizations.send(new DescribeOrganizationCommand({})), {
      name: 'AWSOrganizationsNotInUseException',
    })
    await assert.rejects(close(admin, leaver.id), { name: 'AccountNotFoundException' })
    // Another organization is another id, also in the same account.
    await leaver.admin.organizations.send(new CreateOrganizationCommand({}))
    await assert.rejects(assume(server, leaver.admin, shared), { name: 'AccessDenied' })
  }
})

test('an organization can be deleted once its members have left, and then no account is in it', async () => {
  const alone = await grown((await member(server, admin, 'founder')).id, admin)
  await remove(admin, alone.id)
  await alone.admin.organizations.send(new CreateOrganizationCommand({}))
  const guest = await member(server, alone.admin, 'guest')
  await assert.rejects(alone.admin.organizations.send(new DeleteOrganizationCommand({})), {
    name: 'OrganizationNotEmptyException',
  })
  await assert.rejects(remove(alone.admin, guest.id), {
    name: 'ConstraintViolationException',
    Reason: 'WAIT_PERIOD_ACTIVE',
  })
  const founder = (await grown(alone.id, admin)).admin
  await remove(founder, guest.id)
  await founder.organizations.send(new DeleteOrganizationCommand({}))
  await assert.rejects(founder.organizations.send(new DescribeOrganizationCommand({})), {
    name: 'AWSOrganizationsNotInUseException',
  })
})
