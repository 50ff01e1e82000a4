// What is refused before any operation runs, through the whole server: signatures, credentials, tokens, and
// clocks. Each row is one request on a socket with the code, status and message it gets.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UpdateAccessKeyCommand } from '@aws-sdk/client-iam'
import { accessKey, allow, assume, person, role, trusts } from './people.ts'
import { type Ask, form, presigned, send, sha256, signed, withHeader, withoutHeader } from './raw.ts'
import { expiredToken, invalidToken, type Refused } from './refused.ts'
import { type Keys, testServer } from './server.ts'
import { table, toldOf } from './table.ts'

const server = await testServer()
const root = server.as(server.root)
const ann = await person(root, 'ann', allow('sts:AssumeRole'))
const user = ann.keys
const inactive = await accessKey(root, 'ann')
await root.iam.send(
  new UpdateAccessKeyCommand({ UserName: 'ann', AccessKeyId: inactive.accessKeyId, Status: 'Inactive' }),
)
const arn = await role(root, 'Target', trusts(ann.arn))
const session = (await assume(server, server.as(user), arn)).keys
const other = (await assume(server, server.as(user), arn)).keys
const foreign = await sessionOfAnotherServer()

/** A token sealed by another installation's ring, for the same account, role name and user name. */
async function sessionOfAnotherServer(): Promise<Keys> {
  const elsewhere = await testServer()
  const root = elsewhere.as(elsewhere.root)
  const ann = await person(root, 'ann', allow('sts:AssumeRole'))
  const { keys } = await assume(elsewhere, elsewhere.as(ann.keys), await role(root, 'Target', trusts(ann.arn)))
  return keys
}

const minuteMs = 60_000
const at = (ms: number) => new Date(server.now().getTime() + ms)
const call = (ask: Partial<Ask> = {}) => signed(server.port, { keys: user, now: server.now(), ...ask })
const url = (ask: Partial<Ask> = {}) => presigned(server.port, { keys: user, now: server.now(), ...ask })
const header = (change: (value: string) => string, sent = call()) => withHeader(sent, 'authorization', change)
const withToken = (change: (token: string) => string) =>
  call({ keys: { ...session, sessionToken: change(session.sessionToken ?? '') } })
const stamp = (time: Date) => `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

/** Another character of base64url in its place. */
const flipped = (text: string, index: number) =>
  `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`

const mismatch: Refused = [
  'SignatureDoesNotMatch',
  403,
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
]
const missing: Refused = ['MissingAuthenticationToken', 403, 'Request is missing Authentication Token']
const mismatched = (message: string): Refused => ['SignatureDoesNotMatch', 403, message]
const incomplete = (message: string): Refused => ['IncompleteSignature', 400, message]
const hashed = (text: string) => Buffer.from(sha256(text), 'hex').toString('base64')

const port = () => server.port

test('the requests of these tables are answered when nothing is changed', async () => {
  for (const sent of [call(), url(), call({ keys: session }), url({ keys: session }), call({ method: 'GET' })]) {
    assert.equal((await send(server.port, sent)).status, 200)
  }
})

table('keys and secrets', port, [
  ['a wrong secret', () => call({ keys: { ...user, secretAccessKey: `${user.secretAccessKey.slice(1)}x` } }), mismatch],
  ['an empty secret', () => call({ keys: { ...user, secretAccessKey: '' } }), mismatch],
  [
    'a key id of this account that is nobody’s',
    () => call({ keys: { ...user, accessKeyId: flipped(user.accessKeyId, 19) } }),
    invalidToken,
  ],
  ['a key id of no account', () => call({ keys: { ...user, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } }), invalidToken],
  ['a key id that is none', () => call({ keys: { ...user, accessKeyId: 'admin' } }), invalidToken],
  ['an inactive key', () => call({ keys: inactive }), invalidToken],
  ['no signature', () => withoutHeader(call(), 'authorization'), missing],
  ['a bearer token for a signature', () => header(() => 'Bearer eyJhbGciOiJub25lIn0.e30.'), missing],
  [
    'Signature Version 2',
    () => header(() => `AWS ${user.accessKeyId}:AAAA`),
    incomplete('AWS Signature Version 2 is not supported.'),
  ],
])

table('session tokens', port, [
  ['none, for a temporary key', () => call({ keys: { ...session, sessionToken: undefined } as never }), invalidToken],
  [
    'one beside a long-term key',
    () => call({ keys: { ...user, sessionToken: session.sessionToken } as never }),
    invalidToken,
  ],
  ['garbage', () => withToken(() => 'garbage'), invalidToken],
  ['truncated by a character', () => withToken((token) => token.slice(0, -1)), invalidToken],
  ['truncated to half', () => withToken((token) => token.slice(0, token.length / 2)), invalidToken],
  ['lengthened', () => withToken((token) => `${token}AAAA`), invalidToken],
  ['twice itself', () => withToken((token) => token + token), invalidToken],
  ['longer than any', () => withToken((token) => token.padEnd(5000, 'A')), invalidToken],
  ['of another session of the same role', () => withToken(() => other.sessionToken ?? ''), invalidToken],
  [
    'with the key id of another session',
    () => call({ keys: { ...session, accessKeyId: other.accessKeyId } }),
    invalidToken,
  ],
  ['sealed by another installation', () => call({ keys: foreign }), invalidToken],
  [
    'with the secret of another session',
    () => call({ keys: { ...session, secretAccessKey: other.secretAccessKey } }),
    mismatch,
  ],
  [
    'added after signing',
    () =>
      withHeader(
        call({ keys: { ...session, sessionToken: undefined } as never }),
        'x-amz-security-token',
        () => session.sessionToken ?? '',
      ),
    mismatch,
  ],
  [
    'in a presigned URL, flipped',
    () => url({ keys: { ...session, sessionToken: flipped(session.sessionToken ?? '', 40) } }),
    invalidToken,
  ],
])

test('a token with any one character changed is refused', async () => {
  const token = session.sessionToken ?? ''
  for (let index = 0; index < token.length; index += 7) {
    const answer = await send(server.port, call({ keys: { ...session, sessionToken: flipped(token, index) } }))
    assert.deepEqual(toldOf(answer), invalidToken, `at ${index} of ${token.length}`)
  }
})

table('what was signed', port, [
  ['another body', () => ({ ...call(), body: form({ Action: 'GetSessionToken', Version: '2011-06-15' }) }), mismatch],
  ['a parameter more', () => ({ ...call(), body: `${call().body}&DurationSeconds=900` }), mismatch],
  ['another method', () => ({ ...url(), method: 'POST' }), mismatch],
  ['a query added', () => ({ ...call(), target: '/?DurationSeconds=900' }), mismatch],
  ['another host', () => withHeader(call(), 'host', () => 'sts.example.com'), mismatch],
  [
    'a signed header left out',
    () => withoutHeader(call({ headers: { 'x-k8s-aws-id': 'a' } }), 'x-k8s-aws-id'),
    mismatch,
  ],
  [
    'a signed header changed',
    () => withHeader(call({ headers: { 'x-k8s-aws-id': 'a' } }), 'x-k8s-aws-id', () => 'b'),
    mismatch,
  ],
  [
    'a signature in capitals',
    () => header((value) => value.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())),
    mismatch,
  ],
  ['a signature of one digit', () => header((value) => value.replace(/[0-9a-f]{64}$/, '0')), mismatch],
  [
    'the host not among the signed',
    () => header((value) => value.replace('host;', '')),
    mismatched("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
  ],
  [
    'UNSIGNED-PAYLOAD, which is S3’s alone',
    () => ({
      ...call({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      body: form({ Action: 'GetSessionToken', Version: '2011-06-15' }),
    }),
    mismatch,
  ],
])

table('when and for what it was signed', port, [
  [
    'fifteen minutes and a second ago',
    () => call({ now: at(-15 * minuteMs - 1000) }),
    () =>
      mismatched(
        `Signature expired: ${stamp(at(-15 * minuteMs - 1000))} is now earlier than ${stamp(at(-15 * minuteMs))} (${stamp(server.now())} - 15 min.)`,
      ),
  ],
  [
    'fifteen minutes and a second from now',
    () => call({ now: at(15 * minuteMs + 1000) }),
    () =>
      mismatched(
        `Signature not yet current: ${stamp(at(15 * minuteMs + 1000))} is still later than ${stamp(at(15 * minuteMs))} (${stamp(server.now())} + 15 min.)`,
      ),
  ],
  [
    'another service',
    () => call({ signer: { service: 'iam' } }),
    mismatched("Credential should be scoped to correct service: 'sts'. "),
  ],
  [
    'another terminator',
    () => header((value) => value.replace('aws4_request', 'aws5_request')),
    mismatched("Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."),
  ],
  [
    'another day than the request’s',
    () => header((value) => value.replace('/20260901/', '/20260831/')),
    () =>
      mismatched(
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260831' != '20260901', from '${stamp(server.now())}'.`,
      ),
  ],
  [
    'a date that is none',
    () => withHeader(call(), 'x-amz-date', () => '2026-09-01'),
    incomplete("Date must be in ISO-8601 'basic format'. Got '2026-09-01'. See http://en.wikipedia.org/wiki/ISO_8601"),
  ],
  [
    'a credential of four parts',
    () => header((value) => value.replace('/aws4_request', '')),
    () =>
      incomplete(
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${user.accessKeyId}/20260901/us-east-1/sts'`,
      ),
  ],
  [
    'a part without an equal sign',
    () => header((value) => value.replace(/Signature=.*/, 'Signature')),
    incomplete(
      `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hashed('Signature')}'.`,
    ),
  ],
  [
    'nothing but the algorithm',
    () =>
      withoutHeader(
        header(() => 'AWS4-HMAC-SHA256'),
        'x-amz-date',
      ),
    incomplete(
      `Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=${hashed('AWS4-HMAC-SHA256')}`,
    ),
  ],
  [
    'a presigned URL of an unknown algorithm',
    () => ({ ...url(), target: url().target.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-MD5') }),
    ['MissingAuthenticationToken', 403, 'Missing Authentication Token'],
  ],
  [
    'a presigned URL without its date',
    () => ({ ...url(), target: url().target.replace(/&X-Amz-Date=[^&]*/, '') }),
    incomplete("AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."),
  ],
])

describe('the end of a session', () => {
  test('a second after its expiration: expired, whoever sealed it', async () => {
    await server.move(3_600_000)
    assert.deepEqual(toldOf(await send(server.port, call({ keys: session }))), expiredToken)
    assert.deepEqual(toldOf(await send(server.port, call({ keys: foreign }))), invalidToken)
  })
  test('expired is told only to who has the token, before the signature is looked at', async () => {
    const wrong = { ...session, secretAccessKey: 'x' }
    assert.deepEqual(toldOf(await send(server.port, call({ keys: wrong }))), expiredToken)
  })
})

test('no refusal was a failure of the server', () => assert.deepEqual(server.reported, []))
