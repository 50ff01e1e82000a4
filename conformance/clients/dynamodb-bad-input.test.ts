// Requests for DynamoDB that are not what they seem, over the wire, before dynalite: nothing of them reaches the backend but what was
// decided.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DeleteRoleCommand, DeleteRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { samples } from '../../src/service/dynamodb/testing/samples.ts'
import { type DynamoDbServer, dynamodbServer, forwardedBy, startDynalite } from './dynamodb-kit.ts'
import { askDynamodb, asksOf } from './dynamodb-requests.ts'
import { allow, assume, person, policy, role, trusts } from './people.ts'
import { send, withHeader } from './raw.ts'
import type { Keys } from './server.ts'

const dynalite = await startDynalite()
const server = await dynamodbServer(dynalite)
const scripted = await dynamodbServer()
const { admin } = server

const TableName = 'notes'
const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' }) as const
const schema = (partition: string) => ({
  TableName,
  AttributeDefinitions: [attribute(partition)],
  KeySchema: [{ AttributeName: partition, KeyType: 'HASH' as const }],
  BillingMode: 'PAY_PER_REQUEST' as const,
})
await server.table(schema('owner'))
const S = (text: string) => ({ S: text })
const put = { TableName, Item: { owner: S('ann'), body: S('Hello.') } }

// biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
const own = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['${aws:username}'] } }
const ann = await person(admin, 'ann', policy({ Action: 'dynamodb:*', Resource: '*', Condition: own }))
const zoe = await person(admin, 'zoe', allow('sts:AssumeRole'))

const { ask, signed } = asksOf(server)
const forwarded = (work: () => Promise<unknown>, by: Pick<DynamoDbServer, 'backend'> = server) => forwardedBy(by, work)

describe('what was signed is what is read', () => {
  test('another body under a valid signature', async () => {
    const seen = await forwarded(async () => {
      const answer = await send(server.port, {
        ...signed('PutItem', put),
        body: JSON.stringify({ ...put, Item: { owner: S('ben') } }),
      })
      deepEqual([answer.status, answer.code], [400, 'InvalidSignatureException'])
    })
    deepEqual(seen, [])
  })
  test('another operation under a valid signature', async () => {
    const seen = await forwarded(async () => {
      const sent = withHeader(
        signed('GetItem', { TableName, Key: { owner: S('ann') } }),
        'x-amz-target',
        () => 'DynamoDB_20120810.DeleteItem',
      )
      equal((await send(server.port, sent)).code, 'InvalidSignatureException')
    })
    deepEqual(seen, [])
  })
  test('an operation that is signed beside the target’s header, or in none', async () => {
    const seen = await forwarded(async () => {
      const twice = signed('GetItem', { TableName, Key: { owner: S('ann') } })
      const answer = await send(server.port, {
        ...twice,
        headers: [...twice.headers, 'X-Amz-Target', 'DynamoDB_20120810.DeleteItem'],
      })
      ok(answer.status >= 400, String(answer.status))
    })
    deepEqual(seen, [])
  })
  test('one operation with the body of another is that operation, or refused', async () => {
    const names = Object.keys(samples.dynamodb)
    let passed = 0
    for (const operation of names) {
      for (const other of names) {
        if (operation === other) continue
        const body = JSON.stringify(samples.dynamodb[other]?.[0])
        const seen = await forwarded(
          () => askDynamodb(scripted.port, { keys: scripted.root, now: scripted.now(), operation, input: body }),
          scripted,
        )
        passed += seen.length
        ok(
          seen.every((one) => one === operation),
          `${operation} with the body of ${other}: ${seen}`,
        )
      }
    }
    // GetItem's body is DeleteItem's as well.
    ok(passed > 20, String(passed))
  })
})

describe('names that stand twice', () => {
  for (const [what, operation, body] of [
    ['in the input', 'GetItem', '{"TableName":"notes","TableName":"other","Key":{"owner":{"S":"ann"}}}'],
    ['with an escape', 'GetItem', '{"TableName":"notes","\\u0054ableName":"other","Key":{"owner":{"S":"ann"}}}'],
    ['in a key', 'GetItem', '{"TableName":"notes","Key":{"owner":{"S":"ann"},"owner":{"S":"ben"}}}'],
    [
      'in a key, with an escape',
      'GetItem',
      '{"TableName":"notes","Key":{"owner":{"S":"ann"},"\\u006fwner":{"S":"ben"}}}',
    ],
    ['in a value', 'GetItem', '{"TableName":"notes","Key":{"owner":{"S":"ann","S":"ben"}}}'],
    [
      'in an item',
      'PutItem',
      '{"TableName":"notes","Item":{"owner":{"S":"ann"},"m":{"M":{"a":{"S":"x"},"a":{"S":"y"}}}}}',
    ],
    [
      'among the tables of a batch',
      'BatchGetItem',
      '{"RequestItems":{"notes":{"Keys":[{"owner":{"S":"ann"}}]},"notes":{"Keys":[{"owner":{"S":"ben"}}]}}}',
    ],
    [
      'among placeholders',
      'GetItem',
      '{"TableName":"notes","Key":{"owner":{"S":"ann"}},"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"body","#a":"secret"}}',
    ],
  ] as const) {
    test(what, async () => {
      const seen = await forwarded(async () => {
        const answer = await ask(operation, body)
        deepEqual([answer.status, answer.code], [400, 'SerializationException'])
      })
      deepEqual(seen, [])
    })
  }
})

describe('values of two types, and bodies that are none', () => {
  for (const [what, body, code] of [
    ['a key of two types', '{"TableName":"notes","Key":{"owner":{"S":"ann","N":"1"}}}', 'ValidationException'],
    ['a key of no type', '{"TableName":"notes","Key":{"owner":{}}}', 'ValidationException'],
    ['a key of an unknown type', '{"TableName":"notes","Key":{"owner":{"T":"ann"}}}', 'AccessDeniedException'],
    ['a key in another case', '{"TableName":"notes","Key":{"owner":{"s":"ann"}}}', 'AccessDeniedException'],
    ['a key that is a number of JSON', '{"TableName":"notes","Key":{"owner":{"S":1}}}', 'SerializationException'],
    ['bytes that are no base64', '{"TableName":"notes","Key":{"owner":{"B":"$$"}}}', 'SerializationException'],
    ['half of a surrogate pair', '{"TableName":"notes","Key":{"owner":{"S":"ann\\ud800"}}}', 'SerializationException'],
    [
      'text after the object',
      '{"TableName":"notes","Key":{"owner":{"S":"ann"}}} {"TableName":"other"}',
      'SerializationException',
    ],
    ['a comment', '{"TableName":"notes",/* */"Key":{"owner":{"S":"ann"}}}', 'SerializationException'],
    ['a byte order mark', '\ufeff{"TableName":"notes","Key":{"owner":{"S":"ann"}}}', 'SerializationException'],
    ['a list', '[]', 'SerializationException'],
    ['nesting without end', `{"TableName":"notes","Key":{"owner":${'{"L":['.repeat(5_000)}`, 'SerializationException'],
    ['nothing', '', 'ValidationException'],
  ] as const) {
    test(what, async () => {
      const seen = await forwarded(async () => {
        const answer = await ask('GetItem', body, ann.keys)
        deepEqual([answer.status, answer.code], [400, code], answer.text)
      })
      deepEqual(seen, [])
    })
  }
})

describe('long expressions', () => {
  const get = (ProjectionExpression: string) =>
    ask('GetItem', { TableName, Key: { owner: S('ann') }, ProjectionExpression })
  test('of 4 KB are passed on, and longer ones not', async () => {
    const paths = Array.from({ length: 455 }, (_, n) => `a${String(n).padStart(7, '0')}`).join(',')
    equal((await get(`${paths},`.padEnd(4096, 'z'))).code, '')
    const answer = await get(`${paths},`.padEnd(4097, 'z'))
    deepEqual([answer.code, /Expression size has exceeded/.test(answer.message)], ['ValidationException', true])
  })
  test('of 300 operators are passed on, and more not', async () => {
    const scan = (operators: number) =>
      ask('Scan', {
        ...{ TableName, ExpressionAttributeValues: { ':v': S('x') } },
        FilterExpression: `a<:v${' OR a<:v'.repeat((operators - 1) / 2)}`,
      })
    equal((await scan(299)).code, '')
    match((await scan(301)).message, /too many operators/)
  })
  test('of nothing but parentheses are refused', async () => {
    for (const text of [
      '('.repeat(4_000),
      `${'('.repeat(1_000)}a = b${')'.repeat(1_000)}`,
      `${'NOT '.repeat(1_000)} a = b`,
    ]) {
      equal((await ask('Scan', { TableName, FilterExpression: text })).code, 'ValidationException')
    }
  })
})

test('a table that is made anew behind the gateway with another key is decided by the old one for ten seconds at most', async () => {
  const behind = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: dynalite,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const both = { TableName, Item: { owner: S('ann'), tenant: S('ben') } }
  const write = () => ask('PutItem', both, ann.keys)
  equal((await write()).code, '')
  await behind.send(new DeleteTableCommand({ TableName }))
  await behind.send(new CreateTableCommand(schema('tenant')))
  // Believed still: the item's `owner` is ann's.
  equal((await write()).code, '')
  await server.move(10_000)
  deepEqual([(await write()).code, await forwarded(write)], ['AccessDeniedException', []])
  // The other way round, a backend that speaks of keys is asked at once.
  await behind.send(new DeleteTableCommand({ TableName }))
  await behind.send(new CreateTableCommand(schema('owner')))
  equal((await write()).code, 'AccessDeniedException')
  const get = () => ask('GetItem', { TableName, Key: { tenant: S('ann') } }, ann.keys)
  equal((await get()).code, 'ValidationException')
  equal((await write()).code, '')
  behind.destroy()
})

describe('a long scan', () => {
  const rows = Array.from({ length: 6 }, (_, n) => ({ owner: S(`o${n}`), body: S('x') }))
  const page = (keys: Keys, from?: object) =>
    ask('Scan', { TableName, Limit: 2, ...(from === undefined ? {} : { ExclusiveStartKey: from }) }, keys)

  for (const [what, end] of [
    [
      'whose session is ended',
      () =>
        admin.iam.send(
          new PutRolePolicyCommand({
            RoleName: 'scanner',
            PolicyName: 'AWSRevokeOlderSessions',
            PolicyDocument: policy({
              Effect: 'Deny',
              Action: '*',
              Resource: '*',
              Condition: {
                DateLessThan: { 'aws:TokenIssueTime': new Date(server.now().getTime() + 1_000).toISOString() },
              },
            }),
          }),
        ),
    ],
    [
      'whose policy is taken away',
      () => admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'scanner', PolicyName: 'own' })),
    ],
    ['whose role is deleted', () => admin.iam.send(new DeleteRoleCommand({ RoleName: 'scanner' }))],
  ] as const) {
    test(`${what} gets no further page`, async () => {
      const RoleName = 'scanner'
      const arn = await role(admin, RoleName, trusts(zoe.arn), { permissions: allow('dynamodb:*') })
      for (const Item of rows) await admin.dynamodb.send(new PutItemCommand({ TableName, Item }))
      const session = await assume(server, server.as(zoe.keys), arn)
      const first = await page(session.keys)
      const { LastEvaluatedKey } = JSON.parse(first.text)
      ok(LastEvaluatedKey !== undefined)
      equal((await page(session.keys, LastEvaluatedKey)).status, 200)
      if (what === 'whose role is deleted')
        await admin.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'own' }))
      await end()
      const seen = await forwarded(async () => {
        for (let time = 0; time < 3; time++) {
          const { status, code } = await page(session.keys, LastEvaluatedKey)
          deepEqual(
            [status, ['AccessDeniedException', 'UnrecognizedClientException', 'ExpiredTokenException'].includes(code)],
            [400, true],
            code,
          )
        }
      })
      deepEqual(seen, [])
      for (const PolicyName of ['own', 'AWSRevokeOlderSessions']) {
        await admin.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })).catch(() => {})
      }
      await admin.iam.send(new DeleteRoleCommand({ RoleName })).catch(() => {})
    })
  }
})

test('none of it was a failure of the server', () => deepEqual([...server.reported], []))
