// Bodies of requests that are passed on may be as long as DynamoDB's: those of callers whose credentials are known, and not a byte
// more of anybody else than other services read. What a body says is looked at only once its signature was verified.
import { deepEqual, equal, match } from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { operation, unsupported } from '../../src/service/operation.ts'
import { relayed } from '../../src/service/relayed.ts'
import { contractOf } from '../../src/wire/contract.ts'
import { allow, assume, manager, person, role, trusts } from './people.ts'
import { type Ask, type Sent, send, signed, withHeader } from './raw.ts'
import { testServer } from './server.ts'

let passedOn = 0
const putItem = operation<object, object, true>({
  signature: 'required',
  load: () => true,
  checks: 'always',
  handle(input) {
    passedOn = JSON.stringify(input).length
    return relayed({ status: 200, body: '{}' })
  },
  audit: { readOnly: false, request: () => null },
})
const none = Object.fromEntries(contractOf('dynamodb').operationNames.map((name) => [name, unsupported('not here')]))
const server = await testServer({
  backends: { find: () => undefined, serves: () => true },
  operations: { dynamodb: { ...none, PutItem: putItem } },
})
const admin = await manager(server)
const ann = await person(admin, 'ann', allow(['dynamodb:*', 'sts:*', 'organizations:*']))
const arn = await role(admin, 'Writer', trusts(ann.arn), { permissions: allow('dynamodb:*') })
const session = (await assume(server, server.as(ann.keys), arn)).keys

const mebi = 1 << 20
const bodyOf = (length: number) => {
  const [before, after] = ['{"TableName":"table","Item":{"a":{"S":"', '"}}}']
  return before + 'x'.repeat(length - before.length - after.length) + after
}
const target = 'DynamoDB_20120810.PutItem'
const request = (body: string, more: Partial<Ask> = {}): Sent =>
  signed(server.port, {
    ...{ keys: session, now: server.now(), body, signer: { service: 'dynamodb' } },
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target, ...more.headers },
    ...more,
  })

async function outcome(sent: Sent) {
  passedOn = 0
  const { status, code } = await send(server.port, sent)
  return [status, code, passedOn]
}

/** The answer to a head whose body never comes. */
function answerToHead(sent: Sent, announced: string): Promise<string> {
  const lines = Array.from(
    { length: sent.headers.length / 2 },
    (_, i) => `${sent.headers[2 * i]}: ${sent.headers[2 * i + 1]}`,
  )
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () =>
      socket.write(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n${announced}\r\n\r\n`),
    )
    let text = ''
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

describe('of known credentials', () => {
  for (const [what, keys] of [
    ['a session', session],
    ['a long-term key', ann.keys],
  ] as const) {
    test(`${what}: 16 MB are read and passed on`, async () => {
      const body = bodyOf(16 * 1000 * 1000)
      deepEqual(await outcome(request(body, { keys })), [200, '', body.length])
    })
  }
  test('more than that is refused before it is read', async () => {
    const answer = await answerToHead(request('{}'), `content-length: ${18 * mebi}`)
    match(answer, /^HTTP\/1\.1 413 [\s\S]*RequestEntityTooLargeException/)
  })
  test('another service reads no more of them than before', async () => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSOrganizationsV20161128.DescribeOrganization',
    }
    const sent = request('{}', { keys: ann.keys, headers, signer: { service: 'organizations' } })
    match(await answerToHead(sent, `content-length: ${2 * mebi}`), /^HTTP\/1\.1 413 /)
  })
  test('whose signature is of another body: what it says is not looked at', async () => {
    for (const length of [40, 2 * mebi]) {
      const sent = { ...request(bodyOf(100)), body: `{"no JSON${'x'.repeat(length)}` }
      deepEqual(await outcome(sent), [400, 'InvalidSignatureException', 0])
    }
  })
})

describe('of anybody else a long body is not waited for', () => {
  const long = `content-length: ${16 * mebi}`
  const forged = request('{}', { keys: { ...session, sessionToken: `${session.sessionToken?.slice(0, -4)}AAAA` } })
  const rows: readonly (readonly [what: string, sent: Sent, code: string])[] = [
    [
      'nobody',
      { ...request('{}'), headers: ['host', `127.0.0.1:${server.port}`, 'x-amz-target', target] },
      'MissingAuthenticationTokenException',
    ],
    [
      'an unknown key',
      request('{}', { keys: { accessKeyId: 'AKIAABCDEFGHIJKLMNOP', secretAccessKey: 'x' } }),
      'UnrecognizedClientException',
    ],
    ['a forged token', forged, 'UnrecognizedClientException'],
    [
      'a key of a session without its token',
      request('{}', { keys: { ...session, sessionToken: '' } }),
      'UnrecognizedClientException',
    ],
    [
      'a signature that cannot be read',
      withHeader(request('{}'), 'authorization', () => 'AWS4-HMAC-SHA256 x'),
      'IncompleteSignatureException',
    ],
  ]
  for (const [what, sent, code] of rows) {
    for (const announced of [long, 'transfer-encoding: chunked']) {
      test(`${what}, ${announced.split(':')[0]}`, async () => {
        const answer = await answerToHead(sent, announced)
        match(answer, new RegExp(`^HTTP/1\\.1 400 [\\s\\S]*"__type":"com\\.amazon\\.coral\\.service#${code}"`))
        match(answer, /application\/x-amz-json-1\.0/)
      })
    }
  }
  test('a session that has ended', async () => {
    const sent = request('{}')
    await server.move(13 * 3_600_000)
    match(await answerToHead(sent, long), /ExpiredTokenException/)
  })
})

test('whoever sends one that was not signed pays for it, and whoever signed theirs does not', async () => {
  const { port, root, now } = await testServer({
    backends: { find: () => undefined, serves: () => true },
    operations: { dynamodb: { ...none, PutItem: putItem } },
    settings: { 'rate-per-address': '10' },
  })
  const sent = (body: string) =>
    signed(port, {
      ...{ keys: root, now: now(), body, signer: { service: 'dynamodb' } },
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    })
  const code = async (one: Sent) => (await send(port, one)).code
  deepEqual([await code(sent(bodyOf(2 * mebi))), await code(sent(bodyOf(100)))], ['', ''])
  equal(await code({ ...sent('{}'), body: bodyOf(2 * mebi) }), 'InvalidSignatureException')
  equal(await code(sent(bodyOf(100))), 'ThrottlingException')
})

test('no refusal was a failure of the server', () => equal(server.reported.join(), ''))
