// What is refused because of the request itself, through the whole server: things that stand twice, bodies too large,
// parameters that cannot be read, operations that do not exist.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allow, assume, person, role, trusts } from './people.ts'
import { type Ask, presigned, type Sent, sendBytes, signed, withHeader } from './raw.ts'
import type { Refused } from './refused.ts'
import { testServer } from './server.ts'
import { table } from './table.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:AssumeRole'))
const user = ann.keys
const arn = await role(root, 'Target', trusts(ann.arn))
const session = (await assume(server, server.as(user), arn)).keys
const other = (await assume(server, server.as(user), arn)).keys

const port = () => server.port
const call = (ask: Partial<Ask> = {}) => signed(server.port, { keys: user, now: server.now(), ...ask })
const url = (ask: Partial<Ask> = {}) => presigned(server.port, { keys: user, now: server.now(), ...ask })

const ambiguous: Refused = [
  'IncompleteSignature',
  400,
  'The request carries more than one signature, token or value of a signed header.',
]
const malformed: Refused = ['MalformedQueryString', 400, 'The query string contains a syntax error.']

const action = 'Action=GetCallerIdentity&Version=2011-06-15'
const twice = (name: string, sent = call({ keys: session })): Sent => {
  const value = sent.headers[sent.headers.indexOf(name) + 1] ?? ''
  return { ...sent, headers: [...sent.headers, name, value] }
}

table('what stands twice', port, [
  ['a parameter of the body', () => call({ body: `${action}&DurationSeconds=900&DurationSeconds=3600` }), malformed],
  ['Action in the body', () => call({ body: `${action}&Action=GetSessionToken` }), malformed],
  ['Action in query and body', () => call({ target: '/?Action=GetSessionToken', body: action }), malformed],
  ['a parameter spelled two ways', () => call({ body: `${action}&%56ersion=2011-06-15` }), malformed],
  ['the Authorization header', () => twice('authorization'), ambiguous],
  ['the date', () => twice('x-amz-date'), ambiguous],
  ['the token', () => twice('x-amz-security-token'), ambiguous],
  ['the content type', () => twice('content-type'), ambiguous],
  [
    'any other x-amz- header',
    () => ({ ...call(), headers: [...call().headers, 'x-amz-meta', 'a', 'X-Amz-Meta', 'b'] }),
    ambiguous,
  ],
  [
    'a token in header and query',
    () => withHeader(url({ keys: session }), 'x-amz-security-token', () => other.sessionToken ?? ''),
    ambiguous,
  ],
  ['a signature in header and query', () => ({ ...call(), target: url().target, method: 'GET', body: '' }), ambiguous],
  [
    'a parameter of the signature',
    () => ({ ...url(), target: `${url().target}&X-Amz-Date=20260901T120005Z` }),
    malformed,
  ],
])

test('two Hosts are no HTTP that is answered by an operation', async () => {
  const { headers, body } = call()
  const lines = []
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`)
  const rest = `Host: evil.example\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  const answer = await sendBytes(server.port, `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n${rest}`)
  assert.match(answer, /^HTTP\/1\.1 400 /)
  assert.ok(!answer.includes('GetCallerIdentityResult'))
})

const large = 2 * 1024 * 1024
table('bodies and parameters', port, [
  [
    'a body of two mebibytes',
    () => ({ ...call(), body: Buffer.alloc(large, 'a') }),
    ['RequestEntityTooLarge', 413, 'Request size exceeded the limit.'],
  ],
  [
    'no action',
    () => call({ body: 'Version=2011-06-15' }),
    ['MissingAction', 400, 'The request is missing an action or a required parameter.'],
  ],
  [
    'no body at all',
    () => call({ body: '' }),
    ['MissingAction', 400, 'The request is missing an action or a required parameter.'],
  ],
  [
    'an unknown action',
    () => call({ parameters: { Action: 'AssumeGod' } }),
    ['InvalidAction', 400, 'Could not find operation AssumeGod for version 2011-06-15'],
  ],
  [
    'an unknown version',
    () => call({ parameters: { Version: '2012-01-01' } }),
    ['InvalidAction', 400, 'Could not find operation GetCallerIdentity for version 2012-01-01'],
  ],
  [
    'no version',
    () => call({ body: 'Action=GetCallerIdentity' }),
    ['InvalidAction', 400, 'Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED'],
  ],
  [
    'an action in the wrong case',
    () => call({ parameters: { Action: 'getcalleridentity' } }),
    ['InvalidAction', 400, 'Could not find operation getcalleridentity for version 2011-06-15'],
  ],
  [
    'an action of another service for the version',
    () => call({ parameters: { Action: 'ListUsers' } }),
    ['InvalidAction', 400, 'Could not find operation ListUsers for version 2011-06-15'],
  ],
  [
    'another path',
    () => call({ target: '/sts' }),
    [
      'InvalidAction',
      400,
      'This endpoint answers at its root. Name it without a path: http://host:port, not http://host:port/path.',
    ],
  ],
  ['broken percent-encoding', () => call({ body: `${action}&Name=%zz` }), malformed],
  ['bytes that are no UTF-8', () => call({ body: `${action}&Name=%ff%fe` }), malformed],
  [
    'a list of a list of a list',
    () =>
      call({
        body: `${action.replace('GetCallerIdentity', 'GetFederationToken')}&Name=guest&Tags.member.1${'.member.1'.repeat(500)}=a`,
      }),
    ['MalformedInput', 400, 'Start of structure or map found where not expected'],
  ],
  [
    'ten thousand and one parameters',
    () => call({ body: `${action}${Array.from({ length: 10_001 }, (_, n) => `&p${n}=`).join('')}` }),
    malformed,
  ],
  [
    'a number that is none',
    () => call({ parameters: { Action: 'GetSessionToken', DurationSeconds: '9e2' } }),
    ['MalformedInput', 400, ''],
  ],
])

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
