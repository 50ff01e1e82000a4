// What somebody would try who has a pass, and wants what it does not open: before a backend that answers by a script.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DescribeExportCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import type { Scripted } from '../../src/server/gateway/testing/verifying-backend.ts'
import { dynamodbServer } from './dynamodb-kit.ts'
import { entriesOf } from './journals.ts'
import { allow, person } from './people.ts'
import { firstAccount } from './server.ts'

const server = await dynamodbServer(undefined, { bounds: { accounts: { wholePerDay: 0, shortPerDay: 0 } } })
const { backend } = server
const description = {
  ...{ TableName: 'notes', TableArn: 'arn:aws:dynamodb:ddblocal:000000000000:table/notes' },
  KeySchema: [{ AttributeName: 'writer', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'writer', AttributeType: 'S' }],
}
/** What the backend answers to all but DescribeTable. */
let answer: Scripted | Promise<Scripted> = { body: '{}' }
let table: object = description
backend.answer = ({ target }) =>
  target.endsWith('.DescribeTable') ? { body: JSON.stringify({ Table: table }) } : answer

const TableName = 'notes'
const Key = { writer: { S: 'ann' } }
const Item = { ...Key, body: { S: 'Hello.' } }
const { dynamodb } = server.admin
const ann = server.as((await person(server.admin, 'ann', allow('dynamodb:*'))).keys).dynamodb
const sentSince = (at: number) => backend.seen.slice(at).map(({ target }) => target.replace(/^.*\./, ''))

const refusal = (type: string, more: object = {}): Scripted => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...more }),
})

interface Told extends Error {
  readonly Item?: object
  readonly CancellationReasons?: readonly object[]
}

/** What the caller is told who is refused. */
async function refused(work: Promise<object>): Promise<Told> {
  let caught: Error | undefined
  await rejects(work, (error: Error) => {
    caught = error
    return true
  })
  return caught as Told
}

describe('tables of others', () => {
  test('an ARN does not lead to a region that the request was not signed for', async () => {
    const before = backend.seen.length
    const there = `arn:aws:dynamodb:eu-west-1:${firstAccount}:table/notes`
    const { name, message } = await refused(dynamodb.send(new GetItemCommand({ TableName: there, Key })))
    equal(name, 'ValidationException')
    match(message, /of a resource in eu-west-1, and the request was signed for us-east-1/)
    deepEqual(sentSince(before), [])
  })
  test('whoever may not query learns nothing of a table’s key from where a query would go on', async () => {
    const eve = server.as((await person(server.admin, 'eve', allow('dynamodb:ListTables'))).keys).dynamodb
    const query = (name: string, start: string) =>
      new QueryCommand({
        ...{ TableName, KeyConditionExpression: '#k = :v', ExpressionAttributeNames: { '#k': name } },
        ...{ ExpressionAttributeValues: { ':v': { S: 'ann' } }, ExclusiveStartKey: { [name]: { S: start } } },
      })
    const told = async (name: string, start: string) => {
      const { name: code, message } = await refused(eve.send(query(name, start)))
      return `${code} ${message}`
    }
    const all = await Promise.all([told('writer', 'ann'), told('writer', 'ben'), told('x', 'ann'), told('x', 'ben')])
    match(all[0] ?? '', /^AccessDenied/)
    equal(new Set(all).size, 1)
    const before = backend.seen.length
    equal((await refused(ann.send(query('writer', 'ben')))).name, 'ValidationException')
    deepEqual(sentSince(before), [])
  })
  test('tables of the backend’s own system have no name', async () => {
    const before = backend.seen.length
    for (const hidden of [
      '.scylla.alternator.system.roles',
      `arn:aws:dynamodb:us-east-1:${firstAccount}:table/.scylla.alternator.system.roles`,
    ]) {
      const { name } = await refused(dynamodb.send(new ScanCommand({ TableName: hidden })))
      equal(name, 'ValidationException')
      const Statement = `SELECT * FROM "${hidden}"`
      equal((await refused(dynamodb.send(new ExecuteStatementCommand({ Statement })))).name, 'ValidationException')
    }
    deepEqual(sentSince(before), [])
  })
})

describe('what the backend says of itself', () => {
  test('keys, roles and streams of its own account are left out, and its account is not told', async () => {
    table = {
      ...description,
      SSEDescription: { Status: 'ENABLED', KMSMasterKeyArn: 'arn:aws:kms:eu-west-3:999988887777:key/1' },
      LatestStreamArn: 'arn:aws:dynamodb:ddblocal:000000000000:table/notes/stream/2026-11-29T10:00:00.000',
      ArchivalSummary: { ArchivalBackupArn: 'arn:aws:dynamodb:eu-west-3:999988887777:table/notes/backup/1' },
      Replicas: [{ RegionName: 'eu-west-3', KMSMasterKeyId: 'arn:aws:kms:eu-west-3:999988887777:key/1' }],
    }
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }))
    table = description
    const text = JSON.stringify(Table)
    ok(!/999988887777|000000000000|kms:/.test(text), text)
    deepEqual(Table?.SSEDescription, { Status: 'ENABLED' })
    equal(Table?.ArchivalSummary?.ArchivalBackupArn, `arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes/backup/1`)
  })
  test('nor in what it says of a failed export', async () => {
    const FailureMessage =
      'arn:aws:iam::999988887777:role/backend may not write for arn:aws:dynamodb:x:999988887777:table/notes.'
    answer = { body: JSON.stringify({ ExportDescription: { FailureCode: 'AccessDenied', FailureMessage } }) }
    const ExportArn = `arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes/export/1`
    const { ExportDescription } = await dynamodb.send(new DescribeExportCommand({ ExportArn }))
    const known = `arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes`
    equal(ExportDescription?.FailureMessage, `a resource of the backend may not write for ${known}.`)
  })
  test('nor in its refusals, whichever form its ARNs have', async () => {
    const message =
      'no table: arn:scylla:alternator:alternator_notes:scylla:table/notes (arn:aws:kms:us-east-1:999988887777:key/1)'
    answer = refusal('ResourceNotFoundException', { message })
    const { name, message: told } = await refused(dynamodb.send(new PutItemCommand({ TableName, Item })))
    equal(name, 'ResourceNotFoundException')
    equal(told, `no table: arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes (a resource of the backend)`)
  })
  test('of its failures the caller learns that they are failures', async () => {
    answer = { ...refusal('InternalServerError', { message: 'connect ECONNREFUSED 10.1.2.3:8000' }), status: 500 }
    const { name, message } = await refused(dynamodb.send(new PutItemCommand({ TableName, Item })))
    equal(name, 'InternalServerError')
    ok(!message.includes('10.1.2.3'), message)
  })
  test('a code that is none is not told to the operator either, at whatever length', async () => {
    const before = server.reported.length
    answer = refusal(`secret${'x'.repeat(100_000)}`)
    equal((await refused(dynamodb.send(new PutItemCommand({ TableName, Item })))).name, 'InternalServerError')
    ok(!server.reported.slice(before).join().includes('secret'))
  })
})

describe('items that nobody asked for', () => {
  const item = { Item: { body: { S: 'hidden' } } }
  const put = (own: object) => ({
    Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(writer)', ...own },
  })
  test('a member of a transaction that asks for its item gets no other member’s', async () => {
    const CancellationReasons = [
      { Code: 'ConditionalCheckFailed', ...item },
      { Code: 'ConditionalCheckFailed', ...item },
    ]
    answer = refusal('TransactionCanceledException', { CancellationReasons })
    const TransactItems = [put({}), put({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })]
    const { CancellationReasons: told } = await refused(ann.send(new TransactWriteItemsCommand({ TransactItems })))
    deepEqual(told, [{ Code: 'ConditionalCheckFailed' }, { Code: 'ConditionalCheckFailed', ...item }])
  })
  test('a statement that asks for its item gets it, and one that does not, does not', async () => {
    answer = refusal('ConditionalCheckFailedException', { message: 'failed', ...item })
    const Statement = `UPDATE "notes" SET body = 'x' WHERE writer = 'ann'`
    const asked = { Statement, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
    deepEqual((await refused(ann.send(new ExecuteStatementCommand(asked)))).Item, item.Item)
    equal((await refused(ann.send(new ExecuteStatementCommand({ Statement })))).Item, undefined)
  })
})

describe('the audit', () => {
  test('whoever breaks off before the answer has a record of what was passed on, whatever is kept of refusals', async () => {
    const held = Promise.withResolvers<Scripted>()
    answer = held.promise
    const before = backend.seen.length
    const abort = new AbortController()
    const broken = ann.send(new PutItemCommand({ TableName, Item }), { abortSignal: abort.signal })
    while (!sentSince(before).includes('PutItem')) await new Promise(setImmediate)
    abort.abort()
    await rejects(broken)
    const records = async () =>
      (await entriesOf(server.engine.store)).flatMap((entry) => entry.records as readonly Record<string, unknown>[])
    const ofPut = async () =>
      (await records()).filter((one) => one.eventName === 'PutItem' && JSON.stringify(one.userIdentity).includes('ann'))
    for (let turn = 0; turn < 2_000 && (await ofPut()).length === 0; turn++) await new Promise(setImmediate)
    held.resolve({ body: '{}' })
    const [record] = await ofPut()
    deepEqual(record?.additionalEventData, { forwarded: true, backend: 'backend' })
    equal(record?.errorCode, 'ServiceUnavailable')
    deepEqual(record?.requestParameters, { tableName: 'notes', partitionKeyValues: ['ann'] })
    ok(!JSON.stringify(record).includes('Hello.'))
  })
  test('a table stands once in a record, however often a transaction names it', async () => {
    answer = { body: '{}' }
    const TransactItems = Array.from({ length: 100 }, (_, n) => ({
      Put: { TableName, Item: { ...Item, writer: { S: `${n}` } } },
    }))
    await ann.send(new TransactWriteItemsCommand({ TransactItems }))
    const entry = (await entriesOf(server.engine.store)).at(-1)
    const [record] = (entry?.records ?? []) as readonly { readonly resources?: readonly object[] }[]
    equal(record?.resources?.length, 1)
    ok(JSON.stringify(entry).length < 8_192, `${JSON.stringify(entry).length} characters`)
  })
})
