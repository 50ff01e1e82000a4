// Whoever asks for items, by whatever credential: what bounds a credential elsewhere bounds it here, and a condition on leading keys holds
// in every kind of policy. The backend has done whatever it is asked.
import { deepEqual, equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  BatchGetItemCommand,
  DynamoDBServiceException,
  ExecuteStatementCommand,
  GetItemCommand,
  PutResourcePolicyCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import {
  CreatePolicyCommand,
  DeleteAccessKeyCommand,
  PutUserPermissionsBoundaryCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { CloseAccountCommand } from '@aws-sdk/client-organizations'
import { GetFederationTokenCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { revokeSessions } from '../../src/app/operator/sessions.ts'
import { described, dynamodbServer, notes } from './dynamodb-kit.ts'
import {
  allow,
  assume,
  enableMfa,
  keysOf,
  manager,
  member,
  person,
  policy,
  role,
  type Statement,
  trusts,
} from './people.ts'
import { type Clients, firstAccount } from './server.ts'

const server = await dynamodbServer()
server.backend.answer = ({ target }) => (target.endsWith('.DescribeTable') ? described(notes) : { body: '{}' })
const admin = await manager(server)

const table = (account: string) => `arn:aws:dynamodb:us-east-1:${account}:table/notes`
const TableName = table(firstAccount)
const key = (writer: string) => ({ writer: { S: writer }, id: { S: '1' } })
const get = (as: Clients, writer = 'ann', of = TableName) =>
  as.dynamodb.send(new GetItemCommand({ TableName: of, Key: key(writer) }))

/** `ok`, or the code of the refusal; a refused request never reaches the backend. */
async function ends(work: Promise<unknown>): Promise<string> {
  const before = server.backend.seen.length
  const sent = () => server.backend.seen.slice(before).filter(({ target }) => !target.endsWith('.DescribeTable')).length
  try {
    await work
    equal(sent(), 1)
    return 'ok'
  } catch (error) {
    if (!(error instanceof DynamoDBServiceException)) throw error
    equal(sent(), 0)
    return error.name
  }
}
const denied = 'AccessDeniedException'
const everything = allow(['dynamodb:*', 'sts:*'])
const own: Statement = {
  ...{ Action: 'dynamodb:*', Resource: '*' },
  Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['ann'] } },
}
const ownToo = policy(own, { Action: 'sts:*', Resource: '*' })
const sessionOf = async (as: Clients, input: object = {}) =>
  server.as(keysOf((await as.sts.send(new GetSessionTokenCommand(input))).Credentials))
const federated = async (as: Clients, Policy?: string) =>
  server.as(keysOf((await as.sts.send(new GetFederationTokenCommand({ Name: 'fred', Policy }))).Credentials))

let made = 0
const user = async (text?: string) => person(admin, `user${++made}`, text)
const clients = async (text?: string) => server.as((await user(text)).keys)

const asUser = await user(everything)
const reader = await role(admin, 'Reader', trusts(asUser.arn), { permissions: everything })

describe('leading keys bound a caller, whichever kind of policy says so', () => {
  const kinds: Readonly<Record<string, () => Promise<Clients>>> = {
    'an identity policy': () => clients(ownToo),
    'an identity policy’s Deny': () =>
      clients(
        policy(
          { Action: '*', Resource: '*' },
          {
            ...{ Effect: 'Deny', Action: 'dynamodb:*', Resource: '*' },
            Condition: { 'ForAnyValue:StringNotEquals': { 'dynamodb:LeadingKeys': ['ann'] } },
          },
        ),
      ),
    async 'a boundary'() {
      const bounded = await user(everything)
      const { Policy } = await admin.iam.send(new CreatePolicyCommand({ PolicyName: 'bound', PolicyDocument: ownToo }))
      await admin.iam.send(
        new PutUserPermissionsBoundaryCommand({ UserName: bounded.name, PermissionsBoundary: Policy?.Arn }),
      )
      return server.as(bounded.keys)
    },
    'a session policy': () => assume(server, server.as(asUser.keys), reader, { Policy: policy(own) }),
    'the policy of a federated user': async () => federated(await clients(everything), policy(own)),
    'the user’s behind a federated user': async () => federated(await clients(ownToo), allow('dynamodb:*')),
    'the user’s behind a session': async () => sessionOf(await clients(ownToo)),
    async 'the table’s own'() {
      const { keys, arn } = await user()
      const Statement = { ...own, Effect: 'Allow', Principal: { AWS: arn } }
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      await admin.dynamodb.send(new PutResourcePolicyCommand({ ResourceArn: TableName, Policy }))
      return server.as(keys)
    },
  }
  for (const [what, make] of Object.entries(kinds)) {
    test(what, async () => {
      const as = await make()
      const { dynamodb } = as
      const query = (writer: string, more: object = {}) => {
        const pinned = { KeyConditionExpression: 'writer = :w', ExpressionAttributeValues: { ':w': { S: writer } } }
        return dynamodb.send(new QueryCommand({ TableName: 'notes', ...pinned, ...more }))
      }
      const batch = (...writers: readonly string[]) =>
        dynamodb.send(new BatchGetItemCommand({ RequestItems: { notes: { Keys: writers.map(key) } } }))
      const transact = (...writers: readonly string[]) => {
        const TransactItems = writers.map((writer) => ({ Delete: { TableName: 'notes', Key: key(writer) } }))
        return dynamodb.send(new TransactWriteItemsCommand({ TransactItems }))
      }
      const statement = (where: string) =>
        dynamodb.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM notes ${where}` }))
      const rows: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['ok', () => get(as)],
        ['ok', () => query('ann')],
        ['ok', () => batch('ann')],
        ['ok', () => transact('ann')],
        ['ok', () => statement(`WHERE writer = 'ann'`)],
        [denied, () => get(as, 'ben')],
        [denied, () => query('ben')],
        [denied, () => query('ann', { IndexName: 'unknown' })],
        [denied, () => batch('ann', 'ben')],
        [denied, () => transact('ann', 'ben')],
        [denied, () => statement(`WHERE writer IN ['ann', 'ben']`)],
        [denied, () => statement('')],
        [denied, () => dynamodb.send(new ScanCommand({ TableName: 'notes' }))],
      ]
      for (const [expected, work] of rows) equal(await ends(work()), expected, String(work))
    })
  }
})

describe('a credential', () => {
  test('of root needs no policy, and its session none either', async () => {
    const root = server.as(server.root)
    deepEqual([await ends(get(root)), await ends(get(await sessionOf(root)))], ['ok', 'ok'])
  })
  test('of a federated user without a policy opens nothing', async () => {
    equal(await ends(get(await federated(await clients(everything)))), denied)
  })
  test('that was had without a code is not one with a code', async () => {
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
    const { name, keys } = await user(policy({ Action: 'dynamodb:*', Resource: '*', Condition }))
    const phone = await enableMfa(server, admin, name)
    await server.move(30_000)
    const TokenCode = phone.code(server.now())
    const with_ = await sessionOf(server.as(keys), { SerialNumber: phone.serial, TokenCode })
    const without = await sessionOf(server.as(keys))
    deepEqual(await Promise.all([with_, without, server.as(keys)].map((as) => ends(get(as)))), ['ok', denied, denied])
  })
  const gone = 'UnrecognizedClientException'
  test('that is made inactive or deleted, or whose session was ended, is none', async () => {
    const { name: UserName, keys, arn } = await user(everything)
    const as = server.as(keys)
    const session = await sessionOf(as)
    deepEqual([await ends(get(as)), await ends(get(session))], ['ok', 'ok'])
    const AccessKeyId = keys.accessKeyId
    await admin.iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }))
    deepEqual([await ends(get(as)), await ends(get(session))], [gone, 'ok'])
    await admin.iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
    await revokeSessions(server.engine, { user: arn })
    deepEqual([await ends(get(as)), await ends(get(session))], [gone, gone])
  })
  test('that has expired is none', async () => {
    const session = await sessionOf(await clients(everything), { DurationSeconds: 900 })
    equal(await ends(get(session)), 'ok')
    await server.move(901_000)
    equal(await ends(get(session)), 'ExpiredTokenException')
  })
  test('of an account that is closed is none, whatever a table’s policy says', async () => {
    const other = await member(server, admin, 'other')
    const { arn, keys } = await person(other.admin, 'eve', everything)
    const eve = server.as(keys)
    const session = await sessionOf(eve)
    const Statement = { Effect: 'Allow', Principal: { AWS: arn }, Action: 'dynamodb:GetItem', Resource: '*' }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await admin.dynamodb.send(new PutResourcePolicyCommand({ ResourceArn: TableName, Policy }))
    deepEqual([await ends(get(eve)), await ends(get(session))], ['ok', 'ok'])
    await admin.organizations.send(new CloseAccountCommand({ AccountId: other.id }))
    deepEqual([await ends(get(eve)), await ends(get(session))], [gone, gone])
  })
})

test('none of it was a failure of the server', () => deepEqual([...server.reported], []))
