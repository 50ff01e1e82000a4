// The policies of the guide's chapter on DynamoDB, as they stand there, decide what it says: with AWS's client, before dynalite.
import { deepEqual, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { GetItemCommand, PutItemCommand, QueryCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { chapterOf, snippetsOf } from '../../src/cli/testing/snippets.ts'
import { notes } from '../../src/dev/dynamodb/notes.ts'
import { dynamodbServer, startDynalite } from './dynamodb-kit.ts'
import { keysOf, person } from './people.ts'
import { makePool } from './pools.ts'
import { nobody } from './server.ts'

const [rows = '', attributes = ''] = snippetsOf({ guide: chapterOf('A pass opens DynamoDB') })
  .filter(({ kind }) => kind === 'json')
  .map(({ content }) => content)
const server = await dynamodbServer(await startDynalite())
const { TableName } = notes
await server.table({ ...notes, BillingMode: 'PAY_PER_REQUEST' } as Parameters<typeof server.table>[0])
const refused = { name: 'AccessDeniedException', message: /because no identity-based policy allows/ }
const keyOf = (writer: string) => ({ TableName, Key: { writer: { S: writer }, id: { S: '1' } } })

test('rows of one’s own, by an identity pool', async () => {
  const { IdentityPoolId, guests } = await makePool(server.admin)
  await server.admin.iam.send(new PutRolePolicyCommand({ RoleName: guests, PolicyName: 'notes', PolicyDocument: rows }))
  const { cognito } = server.as(nobody)
  const { IdentityId = '' } = await cognito.send(new GetIdCommand({ IdentityPoolId }))
  const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId }))
  const { SecretKey: SecretAccessKey, AccessKeyId, SessionToken, Expiration } = Credentials ?? {}
  const { dynamodb } = server.as(keysOf({ AccessKeyId, SecretAccessKey, SessionToken, Expiration }))
  const Item = { ...keyOf(IdentityId).Key, text: { S: 'Mine.' } }
  await dynamodb.send(new PutItemCommand({ TableName, Item }))
  deepEqual((await dynamodb.send(new GetItemCommand(keyOf(IdentityId)))).Item, Item)
  await rejects(dynamodb.send(new GetItemCommand(keyOf('alice'))), refused)
  await rejects(dynamodb.send(new PutItemCommand({ TableName, Item: keyOf('alice').Key })), refused)
  await rejects(dynamodb.send(new ScanCommand({ TableName })), refused)
})

test('attributes: what may be seen is named, and nothing else is', async () => {
  const alice = await person(server.admin, 'alice', attributes)
  const { dynamodb } = server.as(alice.keys)
  const Item = { ...keyOf('alice').Key, text: { S: 'Mine.' }, draft: { S: 'Hidden.' } }
  await server.admin.dynamodb.send(new PutItemCommand({ TableName, Item }))
  const seen = { ProjectionExpression: 'id, #t', ExpressionAttributeNames: { '#t': 'text' } }
  const got = await dynamodb.send(new GetItemCommand({ ...keyOf('alice'), ...seen }))
  deepEqual(got.Item, { id: { S: '1' }, text: { S: 'Mine.' } })
  const change = {
    ...{ UpdateExpression: 'SET #t = :t', ExpressionAttributeNames: { '#t': 'text' } },
    ...{ ExpressionAttributeValues: { ':t': { S: 'New.' } }, ...keyOf('alice') },
  }
  await dynamodb.send(new UpdateItemCommand({ ...change, ReturnValues: 'UPDATED_NEW' }))
  await rejects(dynamodb.send(new UpdateItemCommand({ ...change, ReturnValues: 'ALL_NEW' })), refused)
  await rejects(
    dynamodb.send(new UpdateItemCommand({ ...change, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
    refused,
  )
  await rejects(dynamodb.send(new GetItemCommand(keyOf('alice'))), refused)
  const query = {
    ...{ TableName, ProjectionExpression: 'id', KeyConditionExpression: 'writer = :w' },
    ExpressionAttributeValues: { ':w': { S: 'alice' }, ':d': { S: 'Hidden.' } },
  }
  await rejects(dynamodb.send(new QueryCommand({ ...query, FilterExpression: 'draft = :d' })), refused)
})
