// What ends sessions before they expire: a managed session policy that was deleted, a chain that is too long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreatePolicyCommand, DeletePolicyCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, keysOf, person, policy, role, trusts } from './people.ts'
import { refused } from './refused.ts'
import { type Clients, testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:*'))

test('a managed session policy that is gone denies, and what is inline beside it does not stand in', async () => {
  const reader = await role(root, 'Reader', trusts(ann.arn), { permissions: allow('iam:*') })
  const { Policy } = await root.iam.send(
    new CreatePolicyCommand({ PolicyName: 'window', PolicyDocument: allow('iam:ListUsers') }),
  )
  const { Credentials } = await server.as(ann.keys).sts.send(
    new AssumeRoleCommand({
      RoleArn: reader,
      RoleSessionName: 'session',
      Policy: allow('iam:ListUsers'),
      PolicyArns: [{ arn: Policy?.Arn }],
    }),
  )
  const session = server.as(keysOf(Credentials))
  await session.iam.send(new ListUsersCommand({}))
  await root.iam.send(new DeletePolicyCommand({ PolicyArn: Policy?.Arn }))
  await refused(session.iam.send(new ListUsersCommand({})), [
    'AccessDenied',
    403,
    `User: arn:aws:sts::${server.account}:assumed-role/Reader/session is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::${server.account}:user/ with an explicit deny in a session policy`,
  ])
  const { Arn } = await session.sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${server.account}:assumed-role/Reader/session`)
})

test('a chain of roles ends after ten', async () => {
  const trust = policy({ Principal: { AWS: `arn:aws:iam::${server.account}:root` }, Action: 'sts:AssumeRole' })
  const link = await role(root, 'Link', trust, { permissions: allow('sts:AssumeRole') })
  const next = (clients: Clients) => clients.sts.send(new AssumeRoleCommand({ RoleArn: link, RoleSessionName: 'link' }))
  let clients = server.as(ann.keys)
  for (let hop = 1; hop <= 10; hop++) clients = server.as(keysOf((await next(clients)).Credentials))
  await refused(next(clients), ['ValidationError', 400, 'Roles can be chained at most 10 times.'])
})
