// What a backend says, as AWS's client understands it: what was left undone, cancelled transactions, conditions that failed, refusals that
// are tried again. The backend is a script.
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ExecuteTransactionCommand,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { dynamodbServer, notes, refusedWith, script } from './dynamodb-kit.ts'
import { firstAccount, machineClock } from './server.ts'

const server = await dynamodbServer(undefined, { clock: machineClock() })
const { TableName } = notes
const arn = `arn:aws:dynamodb:us-east-1:${firstAccount}:table/${TableName}`
const { dynamodb } = server.admin
const Item = { writer: { S: 'ann' }, id: { S: '1' }, secret: { S: 'hers' } }
const Key = { writer: Item.writer, id: Item.id }

describe('what was left undone', () => {
  const requests = [{ PutRequest: { Item } }]

  test('of a batch by name comes back by name', async () => {
    script(server.backend, { BatchWriteItem: [{ UnprocessedItems: { [TableName]: requests } }] })
    const { UnprocessedItems } = await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }),
    )
    deepEqual(UnprocessedItems, { [TableName]: requests })
  })

  test('of a batch by ARN comes back by ARN, and can be sent as it came', async () => {
    const asked = script(server.backend, { BatchWriteItem: [{ UnprocessedItems: { [TableName]: requests } }, {}] })
    let left: object | undefined = { [arn]: requests }
    let turns = 0
    for (; left !== undefined && Object.keys(left).length > 0 && turns < 5; turns++) {
      left = (await dynamodb.send(new BatchWriteItemCommand({ RequestItems: left as never }))).UnprocessedItems
    }
    equal(turns, 2)
    for (const { RequestItems } of asked.BatchWriteItem ?? []) deepEqual(RequestItems, { [TableName]: requests })
  })

  test('of reads as well', async () => {
    const UnprocessedKeys = { [TableName]: { Keys: [Key] } }
    script(server.backend, { BatchGetItem: [{ Responses: { [TableName]: [] }, UnprocessedKeys }] })
    const answer = await dynamodb.send(new BatchGetItemCommand({ RequestItems: { [arn]: { Keys: [Key] } } }))
    deepEqual(answer.UnprocessedKeys, { [arn]: { Keys: [Key] } })
    deepEqual(answer.Responses, { [arn]: [] })
  })
})

describe('transactions', () => {
  const put = { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(writer)' } }

  test('write by the names of tables, with the client’s token', async () => {
    const asked = script(server.backend, { TransactWriteItems: [{}] })
    await dynamodb.send(
      new TransactWriteItemsCommand({ TransactItems: [{ ...put, Put: { ...put.Put, TableName: arn } }] }),
    )
    const [sent] = asked.TransactWriteItems ?? []
    equal(sent.TransactItems[0].Put.TableName, TableName)
    ok(sent.ClientRequestToken.length > 0)
  })

  test('read', async () => {
    script(server.backend, { TransactGetItems: [{ Responses: [{ Item }, {}] }] })
    const Get = { TableName, Key }
    const { Responses } = await dynamodb.send(new TransactGetItemsCommand({ TransactItems: [{ Get }, { Get }] }))
    deepEqual(Responses, [{ Item }, {}])
  })

  const reasons = [
    { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item },
    { Code: 'None' },
  ]
  const cancelled = refusedWith(400, 'TransactionCanceledException', { CancellationReasons: reasons })
  const asking = { ...put.Put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

  test('that are cancelled say why, with the item where that was asked for', async () => {
    script(server.backend, { TransactWriteItems: [cancelled] })
    const TransactItems = [{ Put: asking }, { Put: { TableName, Item: { ...Item, id: { S: '2' } } } }]
    await rejects(dynamodb.send(new TransactWriteItemsCommand({ TransactItems })), (error) => {
      ok(error instanceof TransactionCanceledException)
      deepEqual(error.CancellationReasons, reasons)
      return true
    })
  })

  test('member by member, whatever the backend shows', async () => {
    const both = reasons.map(({ Code }) => ({ Code, Item }))
    script(server.backend, {
      TransactWriteItems: [refusedWith(400, 'TransactionCanceledException', { CancellationReasons: both })],
    })
    const TransactItems = [put, { Put: { ...asking, Item: { ...Item, id: { S: '2' } } } }]
    await rejects(dynamodb.send(new TransactWriteItemsCommand({ TransactItems })), (error) => {
      ok(error instanceof TransactionCanceledException)
      deepEqual(error.CancellationReasons, [{ Code: 'ConditionalCheckFailed' }, { Code: 'None', Item }])
      return true
    })
  })

  test('and without it where it was not', async () => {
    script(server.backend, { TransactWriteItems: [cancelled], ExecuteTransaction: [cancelled] })
    const [first, second] = reasons
    const without = [{ Code: first?.Code, Message: first?.Message }, second]
    const sayWhy = (error: unknown) => {
      ok(error instanceof TransactionCanceledException)
      deepEqual(error.CancellationReasons, without)
      return true
    }
    await rejects(dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [put] })), sayWhy)
    const Statement = `DELETE FROM "${TableName}" WHERE writer = 'ann' AND id = '1'`
    await rejects(dynamodb.send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement }] })), sayWhy)
  })
})

describe('a condition that failed', () => {
  const failed = refusedWith(400, 'ConditionalCheckFailedException', { Item }, 'The conditional request failed')
  const put = { TableName, Item, ConditionExpression: 'attribute_not_exists(writer)' }

  test('shows the item that made it fail to who asked for it', async () => {
    script(server.backend, { PutItem: [failed] })
    const asking = { ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
    await rejects(dynamodb.send(new PutItemCommand(asking)), (error) => {
      ok(error instanceof ConditionalCheckFailedException)
      deepEqual(error.Item, Item)
      return true
    })
  })

  test('and to nobody else, whatever the backend shows', async () => {
    script(server.backend, { PutItem: [failed] })
    await rejects(dynamodb.send(new PutItemCommand(put)), (error) => {
      ok(error instanceof ConditionalCheckFailedException)
      equal(error.Item, undefined)
      return true
    })
  })
})

describe('what is tried again, by the client as it comes', () => {
  const get = new GetItemCommand({ TableName, Key })
  const patient = (config: DynamoDBClientConfig = {}) =>
    new DynamoDBClient({ region: 'us-east-1', endpoint: server.url, credentials: server.root, ...config })

  async function triedAgain(first: Parameters<typeof script>[1][string][number]) {
    const asked = script(server.backend, { GetItem: [first, { Item }] })
    const client = patient()
    const { Item: got, $metadata } = await client.send(get)
    client.destroy()
    deepEqual(got, Item)
    equal($metadata.attempts, 2)
    equal(asked.GetItem?.length, 2)
  }

  for (const [status, code] of [
    [400, 'ThrottlingException'],
    [400, 'ProvisionedThroughputExceededException'],
    [400, 'RequestLimitExceeded'],
    [500, 'InternalServerError'],
    [503, 'ServiceUnavailable'],
  ] as const)
    test(`${code} of the backend’s`, () => triedAgain(refusedWith(status, code)))

  test('an answer that is no answer of DynamoDB’s', () =>
    triedAgain({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' }))

  test('a refusal of the credentials that are ours alone, as a failure of ours', () =>
    triedAgain(
      refusedWith(400, 'UnrecognizedClientException', {}, 'The security token included in the request is invalid.'),
    ))

  test('a write to a backend that goes away', async () => {
    const asked = script(server.backend, { UpdateItem: [{}] })
    const scripted = server.backend.answer
    let cut = 0
    server.backend.answer = (seen) => {
      if (cut++ === 0 && seen.target.endsWith('UpdateItem')) server.backend.cut()
      return scripted(seen)
    }
    await dynamodb.send(get)
    cut = 0
    const client = patient()
    const { $metadata } = await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'REMOVE a' }))
    client.destroy()
    equal($metadata.attempts, 2)
    equal(asked.UpdateItem?.length, 2)
  })

  test('and at the last attempt the client has DynamoDB’s exception', async () => {
    script(server.backend, { GetItem: [refusedWith(400, 'ProvisionedThroughputExceededException')] })
    const client = patient({ maxAttempts: 2 })
    await rejects(client.send(get), (error) => {
      ok(error instanceof ProvisionedThroughputExceededException)
      equal(error.$metadata.attempts, 2)
      return true
    })
    client.destroy()
  })

  test('a conflict of transactions is the caller’s to see', async () => {
    const asked = script(server.backend, { PutItem: [refusedWith(400, 'TransactionConflictException')] })
    const client = patient()
    await rejects(client.send(new PutItemCommand({ TableName, Item })), TransactionConflictException)
    client.destroy()
    equal(asked.PutItem?.length, 1)
  })
})

test('the backend verified every request', () => deepEqual(server.backend.refused, []))
