// Operations whose requests are passed on, over a whole server: a backend in this process answers, and the caller gets what it
// answered, recorded before the first byte, in one piece or not at all.
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { beforeEach, describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { Relayed } from '../../src/service/contracts/relayed.ts'
import { type Call, operation, unsupported } from '../../src/service/operation.ts'
import { onces } from '../../src/service/records.ts'
import { relayed } from '../../src/service/relayed.ts'
import { type Store, type Transaction, Unavailable } from '../../src/store/store.ts'
import { contractOf } from '../../src/wire/contract.ts'
import { modelled } from '../../src/wire/errors.ts'
import { textsOf } from './journals.ts'
import { type Misfortune, misfortune } from './misfortune.ts'
import { allow, assume, manager, person, policy, role, trusts } from './people.ts'
import { type Answer, type Ask, type Sent, send, signed } from './raw.ts'
import { testServer } from './server.ts'

const item = JSON.stringify({ Item: { id: { S: 'a' }, n: { N: '1' } } })
/** What the backend answers next, and what it was asked. */
let next: (call: Call) => Relayed | Promise<Relayed>
let asked: object[] = []
/** What the operation writes with the record of its answer, if anything. */
let commits: ((tx: Transaction) => Promise<void>) | undefined

const table = (account: string, name: string) => `arn:aws:dynamodb:us-east-1:${account}:table/${name}`

const getItem = operation<{ TableName: string }, object, { table: string }>({
  signature: 'required',
  load: ({ TableName }) => ({ table: TableName }),
  checks: ({ TableName }, _target, { identity }) => {
    const owner = identity.kind === 'session' ? identity.pass.account : 'account' in identity ? identity.account : ''
    const keys = TableName === 'known' ? { keys: new Map([['dynamodb:leadingkeys', ['a']]]) } : {}
    return [
      {
        action: 'dynamodb:GetItem',
        resource: table(owner, TableName),
        owner,
        unfilled: ['dynamodb:leadingkeys'],
        ...keys,
      },
    ]
  },
  handle(input, _target, call) {
    asked.push(input)
    return next(call)
  },
  commit: () => commits,
  audit: { readOnly: true, request: ({ TableName }) => ({ TableName }), additional: (_input, target) => target },
})

const none = Object.fromEntries(contractOf('dynamodb').operationNames.map((name) => [name, unsupported('not here')]))
let store: Misfortune
const server = await testServer({
  backends: { find: () => undefined, serves: (service) => service === 'dynamodb' },
  operations: { dynamodb: { ...none, GetItem: getItem } },
  over(made: Store) {
    store = misfortune(made)
    return store
  },
})
const admin = await manager(server)
const ann = await person(admin, 'ann', allow(['dynamodb:*', 'sts:*']))

beforeEach(() => {
  asked = []
  commits = undefined
  next = () =>
    relayed({ status: 200, body: Readable.from([Buffer.from(item)]), length: item.length, crc32: String(crc32(item)) })
})

const input = { TableName: 'table', Key: { id: { S: 'a' } } }
const request = (more: Partial<Ask> = {}, body: object = input): Sent =>
  signed(server.port, {
    ...{ keys: ann.keys, now: server.now(), body: JSON.stringify(body), signer: { service: 'dynamodb' } },
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      ...more.headers,
    },
    ...more,
  })
const ask = (more?: Partial<Ask>, body?: object): Promise<Answer> => send(server.port, request(more, body))
const recordsOf = async (id: unknown) =>
  (await textsOf(store, 'audit'))
    .filter((text) => text.includes(`"id":"${id}"`))
    .map((text) => JSON.parse(text).records[0])

describe('what a backend answered', () => {
  test('reaches the caller as it is, with a request id of ours', async () => {
    const { status, headers, text } = await ask()
    deepEqual([status, text], [200, item])
    equal(headers['content-type'], 'application/x-amz-json-1.0')
    equal(headers['content-length'], String(item.length))
    equal(headers['x-amz-crc32'], String(crc32(item)))
    match(String(headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/)
  })
  test("and AWS's client reads it", async () => {
    const { Item } = await server.as(ann.keys).dynamodb.send(new GetItemCommand(input))
    deepEqual(Item, { id: { S: 'a' }, n: { N: '1' } })
  })
  test('without a checksum, or with one that is no number, has none', async () => {
    next = () => relayed({ status: 200, body: Readable.from([Buffer.from(item)]), crc32: '1\r\nX: y' })
    const { headers, text } = await ask()
    deepEqual([headers['x-amz-crc32'], headers.x, text], [undefined, undefined, item])
  })
  test('written anew has a checksum of ours, a refusal too: the SDK for Go takes a missing one for a wrong one', async () => {
    for (const body of [item, Buffer.from(item)]) {
      next = () => relayed({ status: 200, body })
      const { headers, text } = await ask()
      deepEqual([headers['x-amz-crc32'], text], [String(crc32(item)), item])
    }
    const error = { code: 'ConditionalCheckFailedException', message: 'Größe' }
    next = () => relayed({ status: 400, body: JSON.stringify({ __type: error.code, message: error.message }), error })
    const strangers = { ...ann.keys, secretAccessKey: 'another' }
    for (const answer of [ask(), ask({}, { TableName: 3 }), ask({ keys: strangers })]) {
      const { status, headers, text } = await answer
      equal(status, 400)
      equal(headers['x-amz-crc32'], String(crc32(text)), text)
    }
  })
  test('of unknown length is sent in chunks', async () => {
    next = () =>
      relayed({ status: 200, body: Readable.from([Buffer.from(item.slice(0, 9)), Buffer.from(item.slice(9))]) })
    const { headers, text } = await ask()
    deepEqual([headers['transfer-encoding'], text], ['chunked', item])
  })
  test('is told to pages of every origin', async () => {
    const { headers } = await ask({ headers: { ...json, origin: 'https://app.example' } })
    equal(headers['access-control-allow-origin'], '*')
    match(String(headers['access-control-expose-headers']), /x-amzn-RequestId.*x-amz-crc32/)
  })
  test('with an error has its code, which the record says too', async () => {
    const error = { code: 'ConditionalCheckFailedException', message: 'The conditional request failed' }
    next = () => relayed({ status: 400, body: JSON.stringify({ __type: error.code, message: error.message }), error })
    const { status, code, message, headers } = await ask()
    deepEqual([status, code, message], [400, error.code, error.message])
    equal(headers['x-amzn-errortype'], `${error.code}:`)
    const [record] = await recordsOf(headers['x-amzn-requestid'])
    deepEqual([record.errorCode, record.errorMessage, record.responseElements], [error.code, error.message, null])
  })
})

const json = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' }

describe('the record', () => {
  test('is on disk before the first byte', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const appended: string[] = []
    store.through((inner) => ({
      ...inner,
      async append(journal, until, entries) {
        appended.push(journal)
        await held
        return inner.append(journal, until, entries)
      },
    }))
    const seen: string[] = []
    next = () => {
      const body = new Readable({
        read() {
          seen.push('read')
          this.push(item)
          this.push(null)
        },
      })
      return relayed({ status: 200, body, length: item.length })
    }
    const answer = ask()
    while (appended.length === 0) await new Promise(setImmediate)
    deepEqual(seen, [])
    release()
    equal((await answer).text, item)
    store.through()
  })
  test('that cannot be written leaves nothing of the answer', async () => {
    store.through((inner) => ({ ...inner, append: () => Promise.reject(new Unavailable('the disk is full')) }))
    const body = new Readable({ read() {} })
    next = () => relayed({ status: 200, body })
    const { status, code, text } = await ask()
    store.through()
    deepEqual([status, code], [503, 'ServiceUnavailableException'])
    ok(!text.includes('Item'))
    ok(body.destroyed)
  })
  test('is written in one transaction with what the operation writes with its answer', async () => {
    const note = { account: 'test', scope: 'relayed', key: 'once', until: Number.MAX_SAFE_INTEGER }
    commits = (tx) => tx.create(onces, note)
    const { headers, text } = await ask()
    equal(text, item)
    equal((await recordsOf(headers['x-amzn-requestid'])).length, 1)
    deepEqual(await store.get(onces, onces.key(note)), note)
    const other = { ...note, key: 'twice' }
    commits = async (tx) => {
      await tx.create(onces, other)
      throw new Unavailable('the disk is full')
    }
    const body = Readable.from([Buffer.from(item)])
    next = () => relayed({ status: 200, body, length: item.length })
    const second = await ask()
    equal(second.status, 503)
    ok(!second.text.includes('Item'))
    equal(body.destroyed, true)
    const [record] = await recordsOf(second.headers['x-amzn-requestid'])
    equal(record?.errorCode, 'ServiceUnavailableException')
    equal(await store.get(onces, onces.key(other)), undefined)
  })
  test('says who asked, with source identity and tags of the session, and what the operation adds', async () => {
    const arn = await role(
      admin,
      'Reader',
      trusts(ann.arn, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']),
      {
        permissions: allow('dynamodb:*'),
      },
    )
    const session = await assume(server, server.as(ann.keys), arn, {
      SourceIdentity: 'ann@example.com',
      Tags: [{ Key: 'Team', Value: 'blue' }],
    })
    const { status, headers } = await ask({ keys: session.keys })
    equal(status, 200)
    const [record] = await recordsOf(headers['x-amzn-requestid'])
    equal(record.userIdentity.sessionContext.sourceIdentity, 'ann@example.com')
    equal(record.userIdentity.sessionContext.sessionIssuer.arn, arn)
    deepEqual(record.additionalEventData, { table: 'table', principalTags: { Team: 'blue' } })
    deepEqual(record.requestParameters, { tableName: 'table' })
    deepEqual(
      [record.eventSource, record.eventCategory, record.managementEvent],
      ['dynamodb.amazonaws.com', 'Data', false],
    )
  })
  test('of a refusal says the same, and nothing was passed on', async () => {
    const bob = await person(admin, 'bob', allow('dynamodb:Query'))
    const { code, message, headers } = await ask({ keys: bob.keys })
    equal(code, 'AccessDeniedException')
    match(
      message,
      /^User: arn:aws:iam::\d+:user\/bob is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:/,
    )
    deepEqual(asked, [])
    const [record] = await recordsOf(headers['x-amzn-requestid'])
    deepEqual(record.additionalEventData, { table: 'table' })
  })
})

describe('a key that an operation does not fill', () => {
  const onlyA = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['a'] } }
  const onlyB = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['b'] } }
  const all = { Action: 'dynamodb:*', Resource: '*' }
  const deny = (Condition: object) => policy(all, { Effect: 'Deny', ...all, Condition })
  const rows: readonly (readonly [title: string, policy: string, table: string, allowed: boolean])[] = [
    ['an Allow on it allows nothing', policy({ ...all, Condition: onlyA }), 'table', false],
    ['an Allow on it that it meets allows', policy({ ...all, Condition: onlyA }), 'known', true],
    ['an Allow on it that it does not meet does not', policy({ ...all, Condition: onlyB }), 'known', false],
    ['a Deny on it denies', deny(onlyB), 'table', false],
    ['a Deny on it that it meets denies', deny(onlyA), 'known', false],
    ['a Deny on it that it does not meet does not', deny(onlyB), 'known', true],
    [
      'Null says nothing of it',
      policy({ ...all, Condition: { Null: { 'dynamodb:LeadingKeys': 'true' } } }),
      'table',
      false,
    ],
    ['a Deny by Null denies', deny({ Null: { 'dynamodb:LeadingKeys': 'false' } }), 'table', false],
    [
      'IfExists says nothing of it',
      policy({ ...all, Condition: { StringEqualsIfExists: { 'dynamodb:LeadingKeys': 'a' } } }),
      'table',
      false,
    ],
  ]
  for (const [at, [title, text, name, allowed]] of rows.entries()) {
    test(title, async () => {
      const who = await person(admin, `key-${at}`, text)
      const { status, code } = await ask({ keys: who.keys }, { ...input, TableName: name })
      deepEqual([status, code], allowed ? [200, ''] : [400, 'AccessDeniedException'])
    })
  }
})

describe('an answer that fails', () => {
  const whole = (bytes: string) => bytes.slice(bytes.indexOf('\r\n\r\n') + 4)
  /** The bytes of an answer until the connection ends. */
  async function bytesOf(sent: Sent): Promise<string> {
    const socket = connect(server.port, '127.0.0.1')
    const lines = Array.from(
      { length: sent.headers.length / 2 },
      (_, i) => `${sent.headers[2 * i]}: ${sent.headers[2 * i + 1]}`,
    )
    socket.write(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: ${sent.body.length}\r\n\r\n${sent.body}`)
    let text = ''
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part
    })
    socket.on('error', () => {})
    await once(socket, 'close')
    return text
  }
  for (const length of [item.length, undefined]) {
    test(`midway breaks the connection off, ${length === undefined ? 'in chunks' : 'of known length'}`, async () => {
      next = () => {
        const body = Readable.from(
          (function* () {
            yield Buffer.from(item.slice(0, 9))
            throw new Error('the backend died')
          })(),
        )
        return relayed({ status: 200, body, ...(length === undefined ? {} : { length }) })
      }
      const before = server.reported.length
      const text = await bytesOf(request())
      ok(!text.includes('\r\n0\r\n\r\n') && whole(text).length < item.length)
      match(server.reported.slice(before).join(), /the backend died/)
      ;(server.reported as string[]).splice(before)
      await rejects(server.as(ann.keys).dynamodb.send(new GetItemCommand(input)))
      ;(server.reported as string[]).splice(before)
    })
  }
  test('because the client goes away: the backend is told, before its answer and while it is read', async () => {
    const body = new Readable({ read() {} })
    body.push('{')
    let aborted: Promise<unknown> | undefined
    for (const when of ['before', 'during'] as const) {
      const arrived = new Promise<Call>((resolve) => {
        next = (call) => {
          aborted = once(call.signal, 'abort')
          resolve(call)
          if (when === 'during') return relayed({ status: 200, body, length: 10 })
          return new Promise((_, reject) =>
            call.signal.addEventListener('abort', () =>
              reject(modelled('dynamodb', 'ResourceNotFoundException', 'gone')),
            ),
          )
        }
      })
      const sent = request()
      const socket = connect(server.port, '127.0.0.1')
      const lines = Array.from(
        { length: sent.headers.length / 2 },
        (_, i) => `${sent.headers[2 * i]}: ${sent.headers[2 * i + 1]}`,
      )
      socket.write(
        `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: ${sent.body.length}\r\n\r\n${sent.body}`,
      )
      await arrived
      if (when === 'during') await once(socket, 'data')
      socket.destroy()
      await aborted
    }
    await (body.destroyed ? undefined : once(body, 'close'))
  })
})

describe('what is not passed on', () => {
  const unknown = (body: object) => ask({}, body)
  test('a member that is not known', async () => {
    const { status, code, message } = await unknown({ ...input, Hidden: 1 })
    deepEqual(
      [status, code, message],
      [400, 'AccessDeniedException', 'Hallpass does not know the member Hidden of GetItem'],
    )
    deepEqual(asked, [])
  })
  test('an operation that is not offered yet, or is none', async () => {
    for (const name of ['Scan', 'Fly']) {
      const headers = { ...json, 'x-amz-target': `DynamoDB_20120810.${name}` }
      const answer = await ask({ headers })
      deepEqual([answer.status, answer.code], [400, 'UnknownOperationException'])
      equal(answer.headers['content-type'], 'application/x-amz-json-1.0')
    }
  })
})

test('no answer was a failure of the server', () =>
  deepEqual(
    server.reported.filter((line) => !line.includes('the disk is full')),
    [],
  ))
