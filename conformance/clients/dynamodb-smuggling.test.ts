// Requests for DynamoDB whose head says more than it should, before dynalite: what is forwarded is one request, and nothing of its head.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { dynamodbServer, forwardedBy, startDynalite } from './dynamodb-kit.ts'
import { askDynamodb, asksOf, dynamodbRequest } from './dynamodb-requests.ts'
import { person, policy } from './people.ts'
import { bytesOf, sendBytes, sendOpen } from './raw.ts'
import { firstAccount } from './server.ts'

const server = await dynamodbServer(await startDynalite())
const scripted = await dynamodbServer()
const { admin } = server

const TableName = 'notes'
await server.table({
  TableName,
  AttributeDefinitions: [{ AttributeName: 'owner', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
})
const S = (text: string) => ({ S: text })

const { ask, signed } = asksOf(server)
const forwarded = (work: () => Promise<unknown>) => forwardedBy(server, work)

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
  const chunks = `${size}\r\n${sent.body}\r\n0\r\n`
  const length = `content-length: ${sent.body.length}`
  const zipped = signed('Scan', gzipSync(sent.body).toString('latin1'))
  const others: readonly (readonly [what: string, bytes: string, forwarded: readonly string[]])[] = [
    [
      'chunks with extensions',
      `${bytesOf(sent, ['transfer-encoding: chunked'])}${chunks.replace('\r\n', ';a=b\r\n')}\r\n`,
      ['Scan'],
    ],
    [
      'trailers that would be a target, a token and a signature',
      `${bytesOf(sent, ['transfer-encoding: chunked', 'trailer: x-amz-target'])}${chunks}X-Amz-Target: DynamoDB_20120810.DeleteTable\r\nX-Amz-Security-Token: x\r\nAuthorization: x\r\n\r\n`,
      ['Scan'],
    ],
    ['a body that is said to be compressed', bytesOf(sent, [length, 'content-encoding: gzip']) + sent.body, ['Scan']],
    [
      'a body that is compressed',
      bytesOf(zipped, [`content-length: ${zipped.body.length}`, 'content-encoding: gzip']) + zipped.body,
      [],
    ],
    ['an expectation of ours', bytesOf(sent, [length, 'expect: 100-continue']) + sent.body, ['Scan']],
    ['another method in a header', bytesOf(sent, [length, 'x-http-method-override: DELETE']) + sent.body, ['Scan']],
    ['a body after GET', bytesOf(sent).replace('POST', 'GET') + sent.body, []],
    ['a body after HEAD', bytesOf(sent).replace('POST', 'HEAD') + sent.body, []],
    [
      'the target in the query as well',
      bytesOf(sent).replace('POST /', 'POST /?X-Amz-Target=DynamoDB_20120810.DeleteTable') + sent.body,
      [],
    ],
    ['another path', bytesOf(sent).replace('POST /', 'POST //') + sent.body, []],
  ]
  for (const [what, bytes, expected] of others) {
    test(`${what}: ${expected.length === 0 ? 'refused, and nothing is forwarded' : 'what was signed is done, once'}`, async () => {
      const seen = await forwarded(async () => {
        await sendOpen(server.port, `${bytes}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      })
      deepEqual([seen, server.backend.refused], [expected, []])
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
