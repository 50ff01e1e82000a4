// A node that no longer hears of changes: what it may still do, and what not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GetIdCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import { CreateUserCommand, ListUsersCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { publicUrl, sessionText, toServer } from './console-tools.ts'
import { allow, keysOf, person, policy, role, trusts } from './people.ts'
import { makePool } from './pools.ts'
import { type Refused, refused } from './refused.ts'
import { testServer } from './server.ts'

let deaf = false

const heardLongAgo = new Date(0)
const server = await testServer({
  settings: { 'public-url': publicUrl },
  over: (store) => ({ ...store, heardAt: () => (deaf ? heardLongAgo : store.heardAt()) }),
})
const root = server.as(server.root)
const ann = await person(root, 'ann', allow(['sts:*', 'iam:*']))
const reader = await role(root, 'Reader', trusts(ann.arn))

const unavailable: Refused = [
  'ServiceUnavailable',
  503,
  'The request has failed due to a temporary failure of the server.',
]

test('a node that does not hear of changes makes none, issues nothing, and says so', async () => {
  deaf = true
  const { sts, iam } = server.as(ann.keys)
  await refused(iam.send(new CreateUserCommand({ UserName: 'new' })), unavailable)
  await refused(sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: 'session' })), unavailable)
  await refused(sts.send(new GetSessionTokenCommand({})), unavailable)
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, ann.arn)
  deaf = false
  const { Users } = await iam.send(new ListUsersCommand({}))
  assert.deepEqual(
    Users?.map(({ UserName }) => UserName),
    ['ann'],
  )
})

test('nor does it issue tokens of identity pools, for guests or for a developer', async () => {
  const { IdentityPoolId } = await makePool(root, { DeveloperProviderName: 'login.my.app', AllowClassicFlow: true })
  const { IdentityId } = await root.cognito.send(new GetIdCommand({ IdentityPoolId }))
  const developer = { IdentityPoolId, Logins: { 'login.my.app': 'someone' }, TokenDuration: 86_400 }
  // Known from now on: nothing is to be written for the next one.
  await root.cognito.send(new GetOpenIdTokenForDeveloperIdentityCommand(developer))
  deaf = true
  const behind = (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 503
  await assert.rejects(root.cognito.send(new GetOpenIdTokenCommand({ IdentityId })), behind)
  await assert.rejects(root.cognito.send(new GetOpenIdTokenForDeveloperIdentityCommand(developer)), behind)
  deaf = false
})

test('a Deny on a key that AWS fills and Hallpass does not, applies', async () => {
  const bob = await person(
    root,
    'bob',
    policy(
      { Action: 'iam:ListUsers', Resource: '*' },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { Bool: { 'sts:RoleAuthorizedByIdp': 'true' } },
      },
    ),
  )
  await refused(server.as(bob.keys).iam.send(new ListUsersCommand({})), [
    'AccessDenied',
    403,
    `User: ${bob.arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::${server.account}:user/ with an explicit deny in an identity-based policy`,
  ])
  await root.iam.send(
    new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'own', PolicyDocument: allow('iam:ListUsers') }),
  )
  await server.as(bob.keys).iam.send(new ListUsersCommand({}))
})

test('nor sign-in tokens, and a page that waits for the store says so', async () => {
  const { Credentials } = await server
    .as(ann.keys)
    .sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: 'session' }))
  const query = new URLSearchParams({ Action: 'getSigninToken', Session: sessionText(keysOf(Credentials)) })
  const url = new URL(`${publicUrl}/federation?${query}`)
  const ask = () => toServer(server)({ method: 'GET', url, headers: {} })
  assert.equal((await ask()).status, 200)
  deaf = true
  const { status, headers } = await ask()
  deaf = false
  assert.deepEqual([status, headers.get('retry-after')], [503, '5'])
})
