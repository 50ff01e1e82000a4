// Two servers on one store: what one makes exists on the other at once, what one ends has ended on the other once its feed is
// read, and what may happen once happens once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetUserCommand,
  ListUsersCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { nodes } from '../../src/keys/records.ts'
import { revoke } from '../../src/service/session/revoke.ts'
import { heardBy } from './feed.ts'
import { allow, assume, enableMfa, person, role, trusts } from './people.ts'
import { invalidToken, noIdentityPolicy, noUserList, refused, wrongCode } from './refused.ts'
import { type Clients, type Keys, secondNode, type TestServer, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }

const one = await testServer({ file: 'shared.sqlite', clock, node: 'one' })
const two = await secondNode(one, { clock })
const root = one.as(one.root)
const ann = await person(root, 'ann', allow(['sts:*', 'iam:*']))

const whoIs = async (clients: Clients) => (await clients.sts.send(new GetCallerIdentityCommand({}))).Arn
const onTwo = (keys: Keys) => two.as(keys)

const heard = (collection: string) => heardBy(two, collection)

test('a key made on one works at once on the other, the first time it is seen', async () => {
  const bob = await person(root, 'bob')
  assert.equal(await whoIs(onTwo(bob.keys)), bob.arn)
})

test('a session made on one works at once on the other', async () => {
  const session = await assume(one, one.as(ann.keys), await role(root, 'Target', trusts(ann.arn)))
  assert.equal(await whoIs(onTwo(session.keys)), `arn:aws:sts::${one.account}:assumed-role/Target/session`)
})

test('beside a server of the release before, sessions are sealed as that one opens them; when it has ended, anew', async () => {
  const old = { id: 'before', seenAt: clock.now.getTime(), keys: [] }
  const beats = async () => {
    for (const { engine } of [one, two]) await engine.ring.beat(clock.now)
  }
  const arn = await role(root, 'Upgraded', trusts(ann.arn))
  const begun = async (head: string) => {
    const session = await assume(one, one.as(ann.keys), arn)
    assert.equal(session.keys.sessionToken?.slice(0, 4), head)
    return session
  }
  const first = await begun('HPS2')
  await one.engine.store.transact((tx) => tx.create(nodes, old))
  await beats()
  const during = await begun('HPS1')
  await one.engine.store.transact((tx) => tx.delete(nodes, nodes.key(old)))
  await beats()
  for (const { keys } of [first, during, await begun('HPS2')])
    for (const server of [one, two])
      assert.equal(await whoIs(server.as(keys)), `arn:aws:sts::${one.account}:assumed-role/Upgraded/session`)
})

test('a key that the other has used stops there when its feed has told it', async () => {
  const cai = await person(root, 'cai')
  await whoIs(onTwo(cai.keys))
  const told = heard('access_key')
  await root.iam.send(
    new UpdateAccessKeyCommand({ UserName: 'cai', AccessKeyId: cai.keys.accessKeyId, Status: 'Inactive' }),
  )
  await told
  await refused(whoIs(onTwo(cai.keys)), invalidToken)
})

test('a policy that the other has used changes there when its feed has told it', async () => {
  const dan = await person(root, 'dan', allow('iam:ListUsers'))
  await onTwo(dan.keys).iam.send(new ListUsersCommand({}))
  const told = heard('user')
  const PolicyDocument = allow('iam:GetUser')
  await root.iam.send(new PutUserPolicyCommand({ UserName: 'dan', PolicyName: 'own', PolicyDocument }))
  await told
  await onTwo(dan.keys).iam.send(new GetUserCommand({}))
  const because = noIdentityPolicy('iam:ListUsers')
  await refused(onTwo(dan.keys).iam.send(new ListUsersCommand({})), noUserList(dan.arn, because))
})

test('deleting a role on one ends its sessions on the other', async () => {
  const arn = await role(root, 'Short', trusts(ann.arn), { permissions: allow('*') })
  const session = await assume(one, one.as(ann.keys), arn)
  await whoIs(onTwo(session.keys))
  await root.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Short', PolicyName: 'own' }))
  const told = heard('role')
  await root.iam.send(new DeleteRoleCommand({ RoleName: 'Short' }))
  await told
  // The two changes may be told one by one.
  await two.move(0)
  await refused(whoIs(onTwo(session.keys)), invalidToken)
})

test('a session revoked on one has ended on the other', async () => {
  const session = await assume(one, one.as(ann.keys), await role(root, 'Taken', trusts(ann.arn)))
  await whoIs(onTwo(session.keys))
  const told = heard('revocation')
  await one.engine.store.transact((tx) => revoke(tx, one.account, { kind: 'subject', by: ann.id }, clock.now))
  await told
  await two.engine.revocations.settled()
  await refused(whoIs(onTwo(session.keys)), invalidToken)
})

test('a code used on one is used up on the other', async () => {
  const phone = await enableMfa(one, root, 'ann')
  await two.move(0)
  const code = () => ({ SerialNumber: phone.serial, TokenCode: phone.code(clock.now) })
  const get = (server: TestServer) => server.as(ann.keys).sts.send(new GetSessionTokenCommand(code()))
  await get(one)
  await refused(get(two), wrongCode)
  await one.move(30_000)
  await two.move(0)
  const both = await Promise.allSettled([get(one), get(two)])
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('guesses on one and on the other count together', async () => {
  await one.move(30_000)
  const eve = await person(root, 'eve')
  const phone = await enableMfa(one, root, 'eve')
  await two.move(0)
  const guess = (server: TestServer, TokenCode: string) =>
    server.as(eve.keys).sts.send(new GetSessionTokenCommand({ SerialNumber: phone.serial, TokenCode }))
  const near = [-30_000, 0, 30_000].map((ms) => phone.code(new Date(clock.now.getTime() + ms)))
  const wrong = ['000000', '111111', '222222', '333333'].find((code) => !near.includes(code)) ?? ''
  for (const server of [one, two, one, two, one]) await refused(guess(server, wrong), wrongCode)
  await refused(guess(two, near[1] ?? ''), wrongCode)
})

test('the servers reported no failure', () => {
  assert.deepEqual(one.reported, [])
  assert.deepEqual(two.reported, [])
})
