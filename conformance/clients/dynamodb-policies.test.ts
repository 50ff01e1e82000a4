// Policies of tables through whole servers, with AWS's own client, before dynalite, which knows nothing of them: two nodes of one store,
// and two accounts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteResourcePolicyCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  GetResourcePolicyCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { DeleteAccessKeyCommand, DeleteUserCommand, DeleteUserPolicyCommand } from '@aws-sdk/client-iam'
import { tablePolicies } from '../../src/service/dynamodb/policy-records.ts'
import { createSchemas } from '../../src/service/dynamodb/schemas.ts'
import { settlePolicies } from '../../src/service/dynamodb/settle-policies.ts'
import type { Change } from '../../src/store/store.ts'
import { dynamodbServer, startDynalite } from './dynamodb-kit.ts'
import { entriesOf, textsOf } from './journals.ts'
import { allow, manager, member, person, policy } from './people.ts'
import { type Clients, firstAccount, type Keys, secondNode, type TestServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const one = await dynamodbServer(await startDynalite(), { file: 'shared.sqlite', clock, node: 'one' })
const two = await secondNode(one, { clock, backends: one.gateway })
const admin = await manager(one)
const outside = await member(one, admin, 'outside')
const eve = await person(outside.admin, 'eve', allow('dynamodb:*'))
const ann = await person(admin, 'ann', allow('dynamodb:*'))
const bob = await person(admin, 'bob')

const arnOf = (name: string) => `arn:aws:dynamodb:us-east-1:${firstAccount}:table/${name}`
const tableOf = (TableName: string, more: Partial<CreateTableCommandInput> = {}): CreateTableCommandInput => ({
  TableName,
  AttributeDefinitions: [
    { AttributeName: 'writer', AttributeType: 'S' },
    { AttributeName: 'day', AttributeType: 'S' },
  ],
  KeySchema: [{ AttributeName: 'writer', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      ...{ IndexName: 'by-day', KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }] },
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  ...more,
})
const notes = arnOf('notes')
const Item = { writer: { S: 'ann' }, day: { S: 'monday' } }
const Key = { writer: Item.writer }
await one.table(tableOf('notes'))
await admin.dynamodb.send(new PutItemCommand({ TableName: 'notes', Item }))

const put = (Policy: string, ResourceArn = notes, as: Clients = admin) =>
  as.dynamodb.send(new PutResourcePolicyCommand({ ResourceArn, Policy }))
const remove = (ResourceArn = notes, as: Clients = admin) =>
  as.dynamodb.send(new DeleteResourcePolicyCommand({ ResourceArn }))
const read = (keys: Keys, server: TestServer = one, TableName = notes) =>
  server.as(keys).dynamodb.send(new GetItemCommand({ TableName, Key }))
const denied = (asked: Promise<unknown>, why: RegExp | string = '') =>
  assert.rejects(asked, (error: Error) => {
    assert.equal(error.name, 'AccessDeniedException')
    assert.match(error.message, new RegExp(why))
    return true
  })
const statement = (AWS: string | readonly string[], Action: string | readonly string[], more: object = {}) => ({
  ...{ Principal: { AWS }, Action, Resource: '*' },
  ...more,
})

describe('a policy of a table', () => {
  test('is written, read and removed by its owner; the backend never sees it', async () => {
    const before = one.backend.seen.length
    const { RevisionId } = await put(policy(statement(bob.arn, 'dynamodb:GetItem')))
    const got = await admin.dynamodb.send(new GetResourcePolicyCommand({ ResourceArn: notes }))
    assert.equal(got.RevisionId, RevisionId)
    assert.equal(JSON.parse(got.Policy ?? '').Statement[0].Principal.AWS, bob.arn)
    assert.equal((await remove()).RevisionId, RevisionId)
    await assert.rejects(admin.dynamodb.send(new GetResourcePolicyCommand({ ResourceArn: notes })), {
      ...{ name: 'PolicyNotFoundException' },
      message: `Resource-based policy not found for the provided ResourceArn: ${notes}`,
    })
    const targets = one.backend.seen.slice(before).map(({ target }) => target)
    assert.deepEqual(
      [...new Set(targets)].filter((target) => !target.endsWith('.DescribeTable')),
      [],
    )
  })
  test('grants to a user of the account who has no other policy', async () => {
    await denied(read(bob.keys, one, 'notes'), 'no identity-based policy')
    await put(policy(statement(bob.arn, 'dynamodb:GetItem')))
    assert.deepEqual((await read(bob.keys, one, 'notes')).Item, Item)
    await denied(one.as(bob.keys).dynamodb.send(new ScanCommand({ TableName: 'notes' })))
    await remove()
  })
  test('opens it to another account, if that one allows it as well', async () => {
    await denied(read(eve.keys), 'no resource-based policy')
    await put(policy(statement(eve.arn, ['dynamodb:GetItem', 'dynamodb:Query'])))
    const answered = await read(eve.keys)
    assert.deepEqual(answered.Item, Item)
    const [entry] = await entriesOf(one.engine.store, answered.$metadata.requestId)
    const records = entry?.records ?? []
    assert.deepEqual(
      records.map(({ eventName, recipientAccountId }) => [eventName, recipientAccountId]),
      [outside.id, firstAccount].map((account) => ['GetItem', account]),
    )
    assert.ok(records[0]?.sharedEventID !== undefined && records[0].sharedEventID === records[1]?.sharedEventID)
    // By its name it would be a table of her own account, which has no backend.
    await assert.rejects(read(eve.keys, one, 'notes'), { name: 'ResourceNotFoundException' })
    await outside.admin.iam.send(new DeleteUserPolicyCommand({ UserName: 'eve', PolicyName: 'own' }))
    const fay = await person(outside.admin, 'fay', allow('dynamodb:*'))
    await denied(read(fay.keys))
    await denied(read(eve.keys), 'no identity-based policy')
    await remove()
  })
  test('speaks of its indexes', async () => {
    const query = {
      ...{ TableName: 'notes', IndexName: 'by-day', KeyConditionExpression: '#d = :d' },
      ...{ ExpressionAttributeNames: { '#d': 'day' }, ExpressionAttributeValues: { ':d': { S: 'monday' } } },
    }
    const asked = () => one.as(bob.keys).dynamodb.send(new QueryCommand(query))
    await put(policy(statement(bob.arn, 'dynamodb:Query', { Resource: notes })))
    await denied(asked())
    await put(policy(statement(bob.arn, 'dynamodb:Query', { Resource: `${notes}/index/*` })))
    assert.equal((await asked()).Count, 1)
    await remove()
  })
  test('keeps out whom it denies, whatever else allows it, and says so', async () => {
    assert.deepEqual((await read(ann.keys)).Item, Item)
    await put(policy({ ...statement(ann.arn, 'dynamodb:GetItem'), Effect: 'Deny' }))
    await denied(read(ann.keys), 'with an explicit deny in a resource-based policy')
    await remove()
    assert.deepEqual((await read(ann.keys)).Item, Item)
  })
  test('a Deny of others’ rows leaves no way around it', async () => {
    const Condition = { 'ForAllValues:StringNotEquals': { 'dynamodb:LeadingKeys': ['ann'] } }
    await put(policy({ ...statement(ann.arn, 'dynamodb:*', { Condition }), Effect: 'Deny' }))
    assert.deepEqual((await read(ann.keys)).Item, Item)
    const { dynamodb } = one.as(ann.keys)
    await denied(dynamodb.send(new GetItemCommand({ TableName: 'notes', Key: { writer: { S: 'ben' } } })))
    await denied(dynamodb.send(new ScanCommand({ TableName: 'notes' })))
    await remove()
  })
  test('a user who is made anew under the name is not the one whom it lets in', async () => {
    const cai = await person(admin, 'cai')
    await put(policy(statement(cai.arn, 'dynamodb:GetItem')))
    assert.deepEqual((await read(cai.keys, one, 'notes')).Item, Item)
    const AccessKeyId = cai.keys.accessKeyId
    await admin.iam.send(new DeleteAccessKeyCommand({ UserName: 'cai', AccessKeyId }))
    await admin.iam.send(new DeleteUserCommand({ UserName: 'cai' }))
    const again = await person(admin, 'cai')
    await denied(read(again.keys, one, 'notes'))
    const { Policy } = await admin.dynamodb.send(new GetResourcePolicyCommand({ ResourceArn: notes }))
    assert.equal(JSON.parse(Policy ?? '').Statement[0].Principal.AWS, cai.id)
    await assert.rejects(put(Policy ?? ''), { name: 'ValidationException', message: /Invalid principal/ })
    await remove()
  })
  test('a change is a management event, with the policy; it commits with its record', async () => {
    const { RevisionId } = await put(policy(statement(bob.arn, 'dynamodb:GetItem')))
    const records = (await textsOf(one.engine.store, 'audit'))
      .flatMap((text) => JSON.parse(text).records as Record<string, unknown>[])
      .filter(({ eventName }) => eventName === 'PutResourcePolicy')
    const last = records.at(-1) as Record<string, Record<string, unknown>>
    assert.deepEqual(
      [last.eventSource, last.eventCategory, last.readOnly, last.requestParameters?.resourceArn],
      ['dynamodb.amazonaws.com', 'Management', false, notes],
    )
    assert.deepEqual(last.responseElements, { revisionId: RevisionId })
    assert.equal(JSON.parse(String(last.requestParameters?.policy)).Statement[0].Action, 'dynamodb:GetItem')
    await remove()
  })
  test('so is a look at it', async () => {
    const looked = admin.dynamodb.send(new GetResourcePolicyCommand({ ResourceArn: notes }))
    await assert.rejects(looked, { name: 'PolicyNotFoundException' })
    await put(policy(statement(bob.arn, 'dynamodb:GetItem')))
    await admin.dynamodb.send(new GetResourcePolicyCommand({ ResourceArn: notes }))
    await remove()
    const records = (await textsOf(one.engine.store, 'audit'))
      .flatMap((text) => JSON.parse(text).records as Record<string, unknown>[])
      .filter(({ eventName }) => eventName === 'GetResourcePolicy')
    const told = new Set(records.map(({ eventCategory, readOnly }) => `${eventCategory} ${readOnly}`))
    assert.deepEqual([...told], ['Management true'])
  })
})

describe('a table that is made with a policy', () => {
  const gone = async (TableName: string) => {
    for (let turn = 0; turn < 1_000; turn++) {
      const described = admin.dynamodb.send(new DescribeTableCommand({ TableName }))
      if (
        await described.then(
          () => false,
          (error: Error) => error.name === 'ResourceNotFoundException',
        )
      )
        return
    }
    throw new Error('the table never went')
  }
  test('has it, and the backend was not told', async () => {
    const ResourcePolicy = policy({ ...statement(ann.arn, 'dynamodb:GetItem'), Effect: 'Deny' })
    await one.table(tableOf('guarded', { ResourcePolicy }))
    await denied(read(ann.keys, one, 'guarded'), 'explicit deny in a resource-based policy')
    const created = one.backend.seen.filter(({ target }) => target.endsWith('.CreateTable')).at(-1)
    assert.equal(JSON.parse(created?.body ?? '').TableName, 'guarded')
    assert.equal('ResourcePolicy' in JSON.parse(created?.body ?? ''), false)
  })
  test('is not made again: its policy stays', async () => {
    const ResourcePolicy = policy(statement(bob.arn, 'dynamodb:GetItem'))
    const again = admin.dynamodb.send(new CreateTableCommand(tableOf('guarded', { ResourcePolicy })))
    await assert.rejects(again, { name: 'ResourceInUseException', message: 'Table already exists: guarded' })
    await denied(read(ann.keys, one, 'guarded'))
    await denied(read(bob.keys, one, 'guarded'))
  })
  test('one that the backend refuses to make leaves no policy', async () => {
    const ResourcePolicy = policy(statement(bob.arn, 'dynamodb:GetItem'))
    const wrong = tableOf('wrong', { ResourcePolicy, AttributeDefinitions: [] })
    await assert.rejects(admin.dynamodb.send(new CreateTableCommand(wrong)), { name: 'ValidationException' })
    assert.equal(await one.engine.store.get(tablePolicies, [firstAccount, 'us-east-1', 'wrong', '']), undefined)
  })
  test('is removed with it', async () => {
    await admin.dynamodb.send(new DeleteTableCommand({ TableName: 'guarded' }))
    await gone('guarded')
    // A chore of the server's looks for tables that went slowly.
    await settlePolicies({ ...one.engine.parts, schemas: createSchemas() }, clock.now)
    assert.equal(await one.engine.store.get(tablePolicies, [firstAccount, 'us-east-1', 'guarded', '']), undefined)
    await one.table(tableOf('guarded'))
    assert.deepEqual((await read(ann.keys, one, 'guarded')).Item, undefined)
  })
})

test('a policy that is written on one node is in force on the other when its feed has told it', async () => {
  const heard = () =>
    new Promise<void>((resolve) => {
      const stop = two.engine.store.watch((change: Change) => {
        if (change !== 'resync' && change.collection !== tablePolicies.name) return
        stop()
        resolve()
      })
    })
  assert.deepEqual((await read(ann.keys, two)).Item, Item)
  for (const [change, isDenied] of [
    [() => put(policy({ ...statement(ann.arn, 'dynamodb:GetItem'), Effect: 'Deny' })), true],
    [() => remove(), false],
    [() => put(policy({ ...statement(ann.arn, 'dynamodb:GetItem'), Effect: 'Deny' })), true],
    [() => put(policy(statement(bob.arn, 'dynamodb:GetItem'))), false],
  ] as const) {
    const told = heard()
    await change()
    await told
    for (const server of [one, two]) {
      if (isDenied) await denied(read(ann.keys, server))
      else assert.deepEqual((await read(ann.keys, server)).Item, Item)
    }
  }
  assert.deepEqual((await read(bob.keys, two, 'notes')).Item, Item)
})
