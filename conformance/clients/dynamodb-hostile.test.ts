// Backends that do what none should, seen from the caller's side: a refusal of DynamoDB's own that tells nothing of the backend, or an
// answer that is visibly cut short; and a record that says what came back.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, describe, test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { createBackend, type GatewayBackend } from '../../src/server/gateway/create-backend.ts'
import {
  answerText,
  brokenBodies,
  garbledHeads,
  json,
  type RawBackend,
  type RawScript,
  rawBackend,
} from '../../src/server/gateway/testing/hostile-backend.ts'
import { askDynamodb, dynamodbRequest } from './dynamodb-requests.ts'
import { textsOf } from './journals.ts'
import { testServer } from './server.ts'

const secret = 'only-the-gateway-knows-this'
let backend: GatewayBackend | undefined
const server = await testServer({ backends: { find: () => backend, serves: () => true } })

const input = { TableName: 'notes', Key: { id: { S: 'a' } } }
const asked = () => ({ keys: server.root, now: server.now(), operation: 'GetItem', input })

/** Stands this backend behind the server until the test ends. */
async function behind(script: RawScript, headMs = 5_000): Promise<RawBackend> {
  const raw = await rawBackend(script)
  const made = createBackend(
    {
      ...{
        name: 'alternator',
        service: 'dynamodb',
        endpoint: new URL(raw.url),
        accounts: [server.account],
        regions: ['us-east-1'],
      },
      ...{ region: 'us-east-1', connections: 4, deadlineMs: 5_000 },
      access: { credentials: { accessKeyId: 'AKIABACKEND', secret: new Secret(secret) } },
    },
    { clock: server.now, events: () => undefined, deadlines: { headMs, idleMs: 100, bodyMs: 200, sweepMs: 5 } },
  )
  backend = made
  after(async () => {
    made.close()
    await raw.close()
  })
  return raw
}

async function lastRecord() {
  const [text = '{}'] = (await textsOf(server.engine.store, 'audit')).slice(-1)
  return JSON.parse(text).records[0]
}

/** What a caller must not learn: where the backend is, how it is spoken to, what it said of itself. */
const telltale =
  /127\.0\.0\.1|AKIABACKEND|only-the-gateway|SSH|Found|Redirect|gzip|chunk|Location|secret word|socket|ECONN|parse/i

const forgetReports = () => (server.reported as string[]).splice(0)

describe('an answer whose head must not be believed', () => {
  for (const [what, script] of Object.entries(garbledHeads)) {
    test(what, async () => {
      await behind(script)
      const answer = await askDynamodb(server.port, asked())
      deepEqual([answer.status, answer.code, answer.message], [500, 'InternalServerError', 'Internal server error'])
      equal(answer.headers['content-type'], 'application/x-amz-json-1.0')
      ok(!telltale.test(answer.text + JSON.stringify({ ...answer.headers, date: '' })), answer.text)
      const { errorCode, additionalEventData, requestParameters, responseElements } = await lastRecord()
      deepEqual([errorCode, responseElements, requestParameters], ['InternalServerError', null, { tableName: 'notes' }])
      equal(additionalEventData.forwarded, true)
      equal(additionalEventData.backend, 'alternator')
      match(forgetReports().join(), /InternalServerError: backend garbled, the request was sent: /)
    })
  }
})

describe('an answer that breaks is cut short for the caller too, or refused', () => {
  for (const [what, script] of Object.entries(brokenBodies)) {
    test(what, async () => {
      await behind(script)
      const answer = await askDynamodb(server.port, asked()).catch((error: Error) => error)
      // One that broke before its head was passed on is a refusal; else the connection has ended before the body.
      if (!(answer instanceof Error)) {
        deepEqual([answer.status, answer.code], [500, 'InternalServerError'])
        ok(!telltale.test(answer.text))
      }
      const { additionalEventData } = await lastRecord()
      deepEqual([additionalEventData.forwarded, additionalEventData.backend], [true, 'alternator'])
      forgetReports()
    })
  }
})

describe('a backend that is slow or away', () => {
  const unavailable = [503, 'ServiceUnavailable', 'The service is temporarily unavailable. Please retry the request.']
  test('never answers', async () => {
    await behind(() => {}, 30)
    const answer = await askDynamodb(server.port, asked())
    deepEqual([answer.status, answer.code, answer.message], unavailable)
    deepEqual((await lastRecord()).additionalEventData, { forwarded: true, backend: 'alternator' })
    match(forgetReports().join(), /ServiceUnavailable: backend slow, the request was sent: /)
  })
  test('says a head, and then nothing', async () => {
    await behind((socket) => void socket.write(answerText('200 OK', [json, 'Content-Length: 99'], '{')))
    await rejects(askDynamodb(server.port, asked()))
    const { additionalEventData, errorCode } = await lastRecord()
    deepEqual(
      [additionalEventData, errorCode],
      [{ forwarded: true, status: 200, bytes: 99, backend: 'alternator' }, undefined],
    )
    forgetReports()
  })
  test('breaks every connection', async () => {
    await behind((socket) => void socket.resetAndDestroy())
    const answer = await askDynamodb(server.port, asked())
    deepEqual([answer.status, answer.code, answer.message], unavailable)
    forgetReports()
  })
  test('does not listen: nothing was forwarded', async () => {
    const raw = await rawBackend(() => {})
    await behind(() => {})
    await raw.close()
    backend = createBackend(
      {
        ...{ name: 'alternator', service: 'dynamodb', endpoint: new URL(raw.url), accounts: [], regions: [] },
        ...{ region: 'us-east-1', connections: 4, deadlineMs: 5_000, access: { credentials: undefined } },
      },
      { clock: server.now, events: () => undefined },
    )
    const answer = await askDynamodb(server.port, asked())
    deepEqual([answer.status, answer.code, answer.message], unavailable)
    ok(!telltale.test(answer.text))
    deepEqual((await lastRecord()).additionalEventData, { forwarded: false, backend: 'alternator' })
    backend.close()
    forgetReports()
  })
})

const says =
  (status: string, body: string, ...headers: string[]): RawScript =>
  (socket) =>
    void socket.write(answerText(status, [...headers, `Content-Length: ${Buffer.byteLength(body)}`], body))
const error = (type: string, more: object = {}) =>
  JSON.stringify({ __type: type, message: 'secret word of 127.0.0.1', ...more })

describe('what a backend refuses', () => {
  /** [what, status, body, content type, [status, code, what the text has]]. */
  const html = 'text/html'
  const rows: readonly (readonly [string, string, string, string, readonly [number, string, boolean]])[] = [
    ['HTML as a success', '200 OK', '<html>secret word</html>', html, [500, 'InternalServerError', false]],
    ['HTML as a refusal', '403 Forbidden', '<html>secret word</html>', html, [500, 'InternalServerError', false]],
    ['no type at all', '200 OK', '{}', 'X-None', [500, 'InternalServerError', false]],
    [
      'our own credentials',
      '400 Bad Request',
      error('UnrecognizedClientException'),
      '',
      [500, 'InternalServerError', false],
    ],
    [
      'our own signature',
      '400 Bad Request',
      error('com.amazon.coral.service#InvalidSignatureException'),
      '',
      [500, 'InternalServerError', false],
    ],
    ['our own token', '400 Bad Request', error('ExpiredTokenException'), '', [500, 'InternalServerError', false]],
    [
      'our own rights',
      '400 Bad Request',
      error('com.amazon.coral.service#AccessDeniedException'),
      '',
      [500, 'InternalServerError', false],
    ],
    [
      'with a code that nobody knows',
      '400 Bad Request',
      error('SecretWordException'),
      '',
      [500, 'InternalServerError', false],
    ],
    [
      'with a code of another operation',
      '400 Bad Request',
      error('TransactionCanceledException'),
      '',
      [500, 'InternalServerError', false],
    ],
    [
      'with a code from the prototype',
      '400 Bad Request',
      error('constructor'),
      '',
      [500, 'InternalServerError', false],
    ],
    ['without a code', '400 Bad Request', '{}', '', [500, 'InternalServerError', false]],
    ['in no JSON', '400 Bad Request', 'secret word', '', [500, 'InternalServerError', false]],
    ['in JSON that is a list', '400 Bad Request', '["secret word"]', '', [500, 'InternalServerError', false]],
    ['a success of 500', '500 Oops', '{"Item":{"secret word":{"S":"x"}}}', '', [500, 'InternalServerError', false]],
    [
      'validation',
      '400 Bad Request',
      error('com.amazon.coral.validate#ValidationException'),
      '',
      [400, 'ValidationException', true],
    ],
    [
      'a table',
      '400 Bad Request',
      error('com.amazonaws.dynamodb.v20120810#ResourceNotFoundException'),
      '',
      [400, 'ResourceNotFoundException', true],
    ],
    ['too many', '400 Bad Request', error('ThrottlingException'), '', [400, 'ThrottlingException', true]],
    ['its own failure', '500 Internal', error('InternalServerError'), '', [500, 'InternalServerError', true]],
    [
      'with an item that nobody asked for',
      '400 Bad Request',
      error('ValidationException', { Item: { hidden: { S: 'x' } } }),
      '',
      [400, 'ValidationException', true],
    ],
  ]
  for (const [what, status, body, type, [expected, code, told]] of rows) {
    test(what, async () => {
      const header = type === '' ? json : type === 'X-None' ? 'X-None: none' : `Content-Type: ${type}`
      await behind(
        says(status, body, header, 'X-Backend: secret word', 'Set-Cookie: secret=word', 'WWW-Authenticate: Basic'),
      )
      const answer = await askDynamodb(server.port, asked())
      deepEqual([answer.status, answer.code], [expected, code])
      equal(answer.text.includes('secret word'), told, answer.text)
      ok(!answer.text.includes('hidden'))
      for (const name of ['x-backend', 'set-cookie', 'www-authenticate']) equal(answer.headers[name], undefined)
      const { errorCode, additionalEventData } = await lastRecord()
      deepEqual([errorCode, additionalEventData.forwarded], [code, true])
      if (additionalEventData.status !== undefined) equal(additionalEventData.status, Number(status.slice(0, 3)))
      forgetReports()
    })
  }
  test('in 9 MB, of which nothing is kept', async () => {
    await behind(says('400 Bad Request', error('ValidationException', { Padding: 'x'.repeat(9_000_000) }), json))
    const answer = await askDynamodb(server.port, asked())
    deepEqual([answer.status, answer.code], [500, 'InternalServerError'])
    forgetReports()
  })
  test('with a message of 1 MB, which is cut', async () => {
    await behind(
      says('400 Bad Request', JSON.stringify({ __type: 'ValidationException', message: 'x'.repeat(1_000_000) }), json),
    )
    const answer = await askDynamodb(server.port, asked())
    deepEqual([answer.status, answer.message.length], [400, 2_048])
  })
})

test('of a success, no header but the checksum is passed on', async () => {
  await behind(
    says(
      '200 OK',
      '{"Item":{}}',
      json,
      'X-Amz-Crc32: 2745614147',
      'X-Amzn-RequestId: theirs',
      'Set-Cookie: a=b',
      'Access-Control-Allow-Origin: https://evil.example',
      'Server: alternator',
    ),
  )
  const { status, headers, text } = await askDynamodb(server.port, asked())
  deepEqual([status, text, headers['x-amz-crc32']], [200, '{"Item":{}}', '2745614147'])
  for (const name of ['set-cookie', 'server', 'access-control-allow-origin']) equal(headers[name], undefined, name)
  ok(headers['x-amzn-requestid'] !== 'theirs')
})

test('a caller that goes away while the backend thinks leaves no connection', async () => {
  let arrived = () => {}
  const here = new Promise<void>((resolve) => {
    arrived = resolve
  })
  let left = () => {}
  const gone = new Promise<void>((resolve) => {
    left = resolve
  })
  const { requests } = await behind((socket) => {
    // The server asks for the table's key first, unless it remembers that it could not be had.
    if (requests.at(-1)?.includes('.DescribeTable')) {
      return void socket.write(answerText('400 Bad Request', [json, 'Content-Length: 2'], '{}'))
    }
    socket.once('close', left)
    arrived()
  })
  const { headers, body } = dynamodbRequest(server.port, asked())
  const lines = Array.from({ length: headers.length / 2 }, (_, at) => `${headers[2 * at]}: ${headers[2 * at + 1]}\r\n`)
  const socket = connect(server.port, '127.0.0.1')
  socket.write(`POST / HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n${body}`)
  await here
  socket.destroy()
  await Promise.all([once(socket, 'close'), gone])
  // Nor is it a failure of the server.
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  deepEqual(forgetReports(), [])
})
