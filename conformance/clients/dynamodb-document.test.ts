// DynamoDB through the gateway with AWS's document client, its pages and its waiters, before dynalite.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  ListTagsOfResourceCommand,
  paginateListTables,
  ResourceInUseException,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  paginateScan,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { dynamodbServer, notes, startDynalite } from './dynamodb-kit.ts'
import { assume, person, policy, role, trusts } from './people.ts'
import { firstAccount } from './server.ts'

const server = await dynamodbServer(await startDynalite())
await server.table(notes)
const { dynamodb } = server.admin
const documents = DynamoDBDocumentClient.from(dynamodb)
const { TableName } = notes
const arn = `arn:aws:dynamodb:us-east-1:${firstAccount}:table/${TableName}`
const waiting = { maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.01 }

describe('the document client', () => {
  const Key = { writer: 'ann', id: 'types' }
  const Item = {
    ...Key,
    text: 'Grüße, 世界 \u{1f600} "quoted" \\ \u0007',
    count: 42.5,
    large: 12345678901234567890n,
    yes: true,
    nothing: null,
    list: [1, 'two', [3], {}],
    map: { inner: { deep: [false] } },
    tags: new Set(['a', 'b']),
    numbers: new Set([1, 2]),
    bytes: new Uint8Array([0, 255, 128]),
    '': 'a name of no letters',
  }

  test('has every kind of value back as it was written', async () => {
    await documents.send(new PutCommand({ TableName, Item }))
    const { Item: read } = await documents.send(new GetCommand({ TableName, Key }))
    deepEqual(read, Item)
  })

  test('changes parts of an item, and gets what it asks back', async () => {
    const { Attributes } = await documents.send(
      new UpdateCommand({
        ...{ TableName, Key, ReturnValues: 'UPDATED_NEW' },
        UpdateExpression: 'SET #count = #count + :one, #map.#inner.#added = :text REMOVE #list[0] DELETE #tags :gone',
        ExpressionAttributeNames: {
          '#count': 'count',
          '#map': 'map',
          '#inner': 'inner',
          '#added': 'added',
          '#list': 'list',
          '#tags': 'tags',
        },
        ExpressionAttributeValues: { ':one': 1, ':text': 'new', ':gone': new Set(['a']) },
      }),
    )
    equal(Attributes?.count, 43.5)
    deepEqual(Attributes?.tags, new Set(['b']))
  })

  test('a condition that fails is the SDK’s own exception', async () => {
    const put = { TableName, Item: Key, ConditionExpression: 'attribute_not_exists(writer)' }
    await rejects(documents.send(new PutCommand(put)), (error) => {
      ok(error instanceof ConditionalCheckFailedException)
      equal(error.message, 'The conditional request failed')
      equal(error.$metadata.httpStatusCode, 400)
      return true
    })
  })

  test('reads query and scan page by page', async () => {
    const requests = Array.from({ length: 25 }, (_, n) => ({
      PutRequest: { Item: { writer: 'pages', id: String(n).padStart(2, '0') } },
    }))
    const written = await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }))
    deepEqual(written.UnprocessedItems, {})
    const query = {
      ...{ TableName, KeyConditionExpression: 'writer = :w' },
      ExpressionAttributeValues: { ':w': 'pages' },
    }
    const pages: number[] = []
    for await (const { Count = 0 } of paginateQuery({ client: documents, pageSize: 10 }, query)) pages.push(Count)
    deepEqual(pages, [10, 10, 5])
    let found = 0
    for await (const { Items = [] } of paginateScan({ client: documents, pageSize: 7 }, { TableName }))
      found += Items.length
    equal(found, 26)
  })

  test('a batch reads and deletes', async () => {
    const Keys = ['00', '01'].map((id) => ({ writer: 'pages', id }))
    const got = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }))
    equal(got.Responses?.[TableName]?.length, 2)
    const RequestItems = { [TableName]: Keys.map((one) => ({ DeleteRequest: { Key: one } })) }
    await documents.send(new BatchWriteCommand({ RequestItems }))
    const [first] = Keys
    equal((await documents.send(new GetCommand({ TableName, Key: first }))).Item, undefined)
  })
})

describe('tables', () => {
  const other = { ...notes, TableName: 'passing' }

  test('waiters see them come and go', async () => {
    const made = await dynamodb.send(new CreateTableCommand(other))
    equal(made.TableDescription?.TableArn, arn.replace(TableName, 'passing'))
    await waitUntilTableExists({ client: dynamodb, ...waiting }, { TableName: 'passing' })
    await rejects(dynamodb.send(new CreateTableCommand(other)), ResourceInUseException)
    await dynamodb.send(new DeleteTableCommand({ TableName: 'passing' }))
    await waitUntilTableNotExists({ client: dynamodb, ...waiting }, { TableName: 'passing' })
    await rejects(documents.send(new GetCommand({ TableName: 'passing', Key: { writer: 'a', id: 'b' } })), (error) => {
      ok(error instanceof ResourceNotFoundException)
      return true
    })
  })

  test('are listed page by page', async () => {
    await server.table(other)
    const names: (readonly string[])[] = []
    for await (const { TableNames = [] } of paginateListTables({ client: dynamodb, pageSize: 1 }, {}))
      names.push(TableNames)
    deepEqual(names.flat(), [TableName, 'passing'])
  })

  test('have tags under the ARN that callers know', async () => {
    const tagged = { ResourceArn: arn, Tags: [{ Key: 'team', Value: 'red' }] }
    await dynamodb.send(new TagResourceCommand(tagged))
    const listed = async () => (await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn: arn }))).Tags
    deepEqual(await listed(), tagged.Tags)
    await dynamodb.send(new UntagResourceCommand({ ResourceArn: arn, TagKeys: ['team'] }))
    deepEqual(await listed(), [])
  })
})

describe('a session that may touch rows of its own', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
  const own = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['${aws:PrincipalTag/writer}'] } }
  const permissions = policy({ Action: 'dynamodb:*', Resource: arn, Condition: own })
  const RoleArn = await role(server.admin, 'writers', trusts(firstAccount, ['sts:AssumeRole', 'sts:TagSession']), {
    permissions,
  })
  const caller = await person(server.admin, 'caller', policy({ Action: 'sts:*', Resource: '*' }))
  const session = await assume(server, server.as(caller.keys), RoleArn, { Tags: [{ Key: 'writer', Value: 'ben' }] })
  const mine = DynamoDBDocumentClient.from(session.dynamodb)

  test('writes and reads them', async () => {
    const Item = { writer: 'ben', id: '1', text: 'mine' }
    await mine.send(new PutCommand({ TableName, Item }))
    const query = { KeyConditionExpression: 'writer = :w', ExpressionAttributeValues: { ':w': 'ben' } }
    for await (const { Items } of paginateQuery({ client: mine }, { TableName, ...query })) deepEqual(Items, [Item])
  })

  test('is told whose rows it may not touch, in AWS’s words', async () => {
    const theirs = { TableName, Key: { writer: 'ann', id: 'types' } }
    const batch = new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [theirs.Key] } } })
    const sentence = (action: string) =>
      `User: arn:aws:sts::${firstAccount}:assumed-role/writers/session is not authorized to perform: dynamodb:${action} on resource: ${arn} because no identity-based policy allows the dynamodb:${action} action`
    const refusedAs = (action: string) => ({ name: 'AccessDeniedException', message: sentence(action) })
    await rejects(mine.send(new GetCommand(theirs)), refusedAs('GetItem'))
    await rejects(mine.send(new DeleteCommand(theirs)), refusedAs('DeleteItem'))
    await rejects(mine.send(batch), refusedAs('BatchGetItem'))
    const scan = async () => {
      for await (const page of paginateScan({ client: mine }, { TableName })) ok(page === undefined)
    }
    await rejects(scan(), { name: 'AccessDeniedException', message: /dynamodb:Scan/ })
  })

  test('and the backend never sees its token', () => {
    deepEqual(server.backend.refused, [])
    for (const { headers } of server.backend.seen) {
      equal(headers.has('x-amz-security-token'), false)
      match(headers.get('authorization') ?? '', /Credential=AKIABACKEND\//)
    }
  })
})
