// Requests for DynamoDB that are not what they seem, over the wire, before dynalite: nothing of them reaches the backend but what was
// decided.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DeleteRoleCommand, DeleteRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { samples } from '../../src/service/dynamodb/testing/samples.ts'
import { dynamodbServer, startDynalite } from './dynamodb-kit.ts'
import { askDynamodb, dynamodbRequest } from './dynamodb-requests.ts'
import { allow, assume, person, policy, role, trusts } from './people.ts'
import { type Sent, send, sendBytes, withHeader } from './raw.ts'
import { firstAccount, type Keys } from './server.ts'

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

const ask = (operation: string, input: string | object, keys: Keys = server.root, headers?: Record<string, string>) =>
  askDynamodb(server.port, {
    ...{ keys, now: server.now(), operation, input },
    ...(headers === undefined ? {} : { headers }),
  })
const signed = (operation: string, input: string | object, keys = server.root) =>
  dynamodbRequest(server.port, { keys, now: server.now(), operation, input })

/** The operations, but for descriptions of tables, that the backend is asked for meanwhile. */
async function forwarded(work: () => Promise<unknown>, { backend } = server): Promise<readonly string[]> {
  const before = backend.seen.length
  await work()
  return backend.seen
    .slice(before)
    .flatMap(({ target }) => (target.endsWith('.DescribeTable') ? [] : [target.replace(/^.*\./, '')]))
}

/** All bytes of a request with its head, as they go on the wire. */
function bytesOf({ headers, body }: Sent, more: readonly string[] = [`content-length: ${body.length}`]): string {
  const lines = Array.from({ length: headers.length / 2 }, (_, at) => `${headers[2 * at]}: ${headers[2 * at + 1]}`)
  return `POST / HTTP/1.1\r\n${[...lines, ...more].join('\r\n')}\r\n\r\n`
}

/** Bytes on a socket that stays open until the server has closed it: one that half closes is a caller that goes away. */
async function sendOpen(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
  })
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

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

describe('headers of the caller', () => {
  test('X-Forwarded-For and its kind are not believed, and no header is passed on', async () => {
    const inside = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }
    const eve = await person(admin, 'eve', policy({ Action: 'dynamodb:*', Resource: '*', Condition: inside }))
    const headers = {
      'x-forwarded-for': '10.0.0.1',
      'x-real-ip': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      'x-amz-source-ip': '10.0.0.1',
      'true-client-ip': '10.0.0.1',
    }
    const seen = await forwarded(async () => {
      equal((await ask('Scan', { TableName }, eve.keys, headers)).code, 'AccessDeniedException')
    })
    deepEqual(seen, [])
    equal(
      (
        await ask('Scan', { TableName }, server.root, {
          ...headers,
          te: 'trailers',
          'x-amz-date-skew': '1',
          cookie: 'a=b',
        })
      ).status,
      200,
    )
    // The backend refuses any header that it does not know.
    deepEqual(server.backend.refused, [])
  })
  test('hop-by-hop fields do not reach the backend, nor take away a signed one', async () => {
    const sent = signed('Scan', { TableName })
    const seen = await forwarded(async () => {
      const text = await sendOpen(
        server.port,
        bytesOf(sent, [
          `content-length: ${sent.body.length}`,
          'Connection: close, x-amz-target, authorization',
          'Proxy-Connection: keep-alive',
          'Keep-Alive: timeout=1',
          'Upgrade: h2c',
        ]) + sent.body,
      )
      match(text, /^HTTP\/1\.1 200 /)
    })
    deepEqual([seen, server.backend.refused], [['Scan'], []])
  })
})

describe('request smuggling', () => {
  const inner = bytesOf(signed('DeleteItem', { TableName, Key: { owner: S('o1') } }))
  const sent = signed('Scan', { TableName })
  const size = sent.body.length.toString(16)
  const rows: readonly (readonly [string, string])[] = [
    [
      'a length and chunks',
      bytesOf(sent, [`content-length: ${sent.body.length}`, 'transfer-encoding: chunked']) +
        `${size}\r\n${sent.body}\r\n0\r\n\r\n${inner}`,
    ],
    ['two lengths', bytesOf(sent, [`content-length: ${sent.body.length}`, 'content-length: 0']) + sent.body],
    ['a coding with a blank', `${bytesOf(sent, ['transfer-encoding : chunked'])}${size}\r\n${sent.body}\r\n0\r\n\r\n`],
    ['an unknown coding', bytesOf(sent, ['transfer-encoding: xchunked']) + sent.body],
    [
      'a folded field',
      bytesOf(sent, [`content-length: ${sent.body.length}`, 'x-a: b\r\n x-amz-target: DynamoDB_20120810.DeleteItem']) +
        sent.body,
    ],
    [
      'a chunk’s length that overflows',
      `${bytesOf(sent, ['transfer-encoding: chunked'])}1${'0'.repeat(16)}${size}\r\n${sent.body}\r\n0\r\n\r\n`,
    ],
  ]
  for (const [what, bytes] of rows) {
    test(`${what}: refused, and nothing is forwarded`, async () => {
      const seen = await forwarded(async () => {
        const text = await sendOpen(server.port, bytes)
        ok(!/^HTTP\/1\.1 200/m.test(text), text.slice(0, 200))
      })
      deepEqual(seen, [])
    })
  }
  test('signs of HTTP in names and values stay in the body', async () => {
    const line = 'x\r\n\r\nPOST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.DeleteTable\r\n\r\n'
    for (const TableName of [line, `notes\r\n${line}`, 'notes\n', 'notes\0', 'no tes', 'notes/index/x', '../notes']) {
      const seen = await forwarded(async () =>
        equal((await ask('DescribeTable', { TableName })).code, 'ValidationException'),
      )
      deepEqual(seen, [])
    }
    const seen = await forwarded(async () => {
      equal((await ask('PutItem', { TableName, Item: { owner: S(line), [line]: S(line) } })).status, 200)
    })
    deepEqual([seen, server.backend.refused], [['PutItem'], []])
    const body = JSON.parse(server.backend.seen.at(-1)?.body ?? '{}')
    deepEqual(body.Item, { owner: S(line), [line]: S(line) })
  })
})

describe('answers of 16 MB', () => {
  const items = (bytes: number) => JSON.stringify({ Items: [{ body: S('é'.repeat(bytes / 2)) }] })
  const scan = () =>
    askDynamodb(scripted.port, { keys: scripted.root, now: scripted.now(), operation: 'Scan', input: { TableName } })
  const batch = {
    RequestItems: { [`arn:aws:dynamodb:us-east-1:${firstAccount}:table/notes`]: { Keys: [{ owner: S('ann') }] } },
  }
  test('are streamed as they are', async () => {
    const text = items(16 * 1024 * 1024)
    scripted.backend.answer = () => ({ body: text })
    const answer = await scan()
    ok(answer.text === text)
  })
  test('are changed as they pass, where a batch named its tables by ARN', async () => {
    const answered = async (bytes: number) => {
      const body = JSON.stringify({ Responses: { notes: [{ body: S('x'.repeat(bytes)) }] } })
      scripted.backend.answer = () => ({ body })
      return askDynamodb(scripted.port, {
        keys: scripted.root,
        now: scripted.now(),
        operation: 'BatchGetItem',
        input: batch,
      })
    }
    const { text } = await answered(16 * 1024 * 1024)
    deepEqual(Object.keys(JSON.parse(text).Responses), Object.keys(batch.RequestItems))
  })
  test('that a caller does not read to the end end with it', async () => {
    scripted.backend.answer = () => ({ body: items(16 * 1024 * 1024) })
    const sent = dynamodbRequest(scripted.port, {
      keys: scripted.root,
      now: scripted.now(),
      operation: 'Scan',
      input: { TableName },
    })
    for (let time = 0; time < 20; time++) {
      const socket = connect(scripted.port, '127.0.0.1')
      socket.write(bytesOf(sent) + sent.body)
      await once(socket, 'data')
      socket.destroy()
      await once(socket, 'close')
    }
    // There is room for eight at once: none is left taken.
    ok((await scan()).text.length > 8_000_000)
    ;(scripted.reported as string[]).splice(0)
  })
  test('a caller that sends half a request keeps nothing', async () => {
    const sent = signed('Scan', { TableName })
    const seen = await forwarded(async () => {
      const bytes = bytesOf(sent) + sent.body.slice(0, 3)
      ok(!/ 200 /.test(await sendBytes(server.port, bytes)))
    })
    deepEqual(seen, [])
  })
})

test('none of it was a failure of the server', () => deepEqual([...server.reported, ...scripted.reported], []))
