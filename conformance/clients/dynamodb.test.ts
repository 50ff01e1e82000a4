// DynamoDB through the gateway with AWS's own client, before dynalite.
import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { dynamodbServer, notes, startDynalite } from './dynamodb-kit.ts'
import { person, policy } from './people.ts'
import { firstAccount } from './server.ts'

const server = await dynamodbServer(await startDynalite())
await server.table(notes)
const { TableName } = notes
const { dynamodb } = server.admin
const Item = { writer: { S: 'ann' }, id: { S: '1' }, body: { S: 'Hello.' } }
const Key = { writer: Item.writer, id: Item.id }

describe('DynamoDB before a backend', () => {
  test('writes and reads items, and the backend sees the gateway’s signature alone', async () => {
    await dynamodb.send(new PutItemCommand({ TableName, Item }))
    deepEqual((await dynamodb.send(new GetItemCommand({ TableName, Key }))).Item, Item)
    await dynamodb.send(
      new UpdateItemCommand({
        ...{ TableName, Key, UpdateExpression: 'SET #b = :b' },
        ...{ ExpressionAttributeNames: { '#b': 'body' }, ExpressionAttributeValues: { ':b': { S: 'Bye.' } } },
      }),
    )
    const query = {
      TableName,
      KeyConditionExpression: 'writer = :w',
      ExpressionAttributeValues: { ':w': { S: 'ann' } },
    }
    equal((await dynamodb.send(new QueryCommand(query))).Items?.[0]?.body?.S, 'Bye.')
    equal((await dynamodb.send(new ScanCommand({ TableName }))).Count, 1)
    deepEqual(server.backend.refused, [])
    for (const { headers } of server.backend.seen) equal(headers.has('x-amz-security-token'), false)
  })
  test('ARNs in answers are those that callers know', async () => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }))
    equal(Table?.TableArn, `arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes`)
  })
  test('a batch by ARN is answered by ARN', async () => {
    const arn = `arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes`
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [arn]: [{ PutRequest: { Item } }] } }))
    const { Responses } = await dynamodb.send(new BatchGetItemCommand({ RequestItems: { [arn]: { Keys: [Key] } } }))
    deepEqual(Responses, { [arn]: [Item] })
  })
  test('a condition that fails is DynamoDB’s own refusal, with the item where that was asked for', async () => {
    const put = { TableName, Item, ConditionExpression: 'attribute_not_exists(writer)' }
    await rejects(dynamodb.send(new PutItemCommand(put)), { name: 'ConditionalCheckFailedException', Item: undefined })
  })
  test('an operation that the backend lacks is refused as an unknown one, which clients do not try again', async () => {
    const Put = { TableName, Item }
    await rejects(dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] })), {
      name: 'UnknownOperationException',
      $fault: 'client',
    })
  })
  test('somebody reads rows of their own, and no one else’s', async () => {
    const arn = `arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes`
    const statement = {
      ...{ Effect: 'Allow', Action: 'dynamodb:*', Resource: arn },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['${aws:username}'] } },
    }
    const ann = await person(server.admin, 'ann', policy(statement))
    const mine = server.as(ann.keys).dynamodb
    deepEqual((await mine.send(new GetItemCommand({ TableName, Key }))).Item, Item)
    const theirs = { TableName, Key: { writer: { S: 'ben' }, id: { S: '1' } } }
    await rejects(mine.send(new GetItemCommand(theirs)), (error: Error) => {
      equal(error.name, 'AccessDeniedException')
      match(
        error.message,
        /user\/ann is not authorized to perform: dynamodb:GetItem on resource: .*table\/notes because no identity-based policy allows/,
      )
      return true
    })
    await rejects(mine.send(new ScanCommand({ TableName })), { name: 'AccessDeniedException' })
    await rejects(mine.send(new DeleteItemCommand(theirs)), { name: 'AccessDeniedException' })
  })
})
