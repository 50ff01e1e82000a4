import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { frontDoor } from './front-door.ts'

const signedAt = new Date('2022-01-27T00:14:27Z')
const now = new Date('2022-01-27T01:59:28Z')
// SHA-256 of `abc`, FIPS 180-2 B.1
const abc = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='

const rows = [
  [
    'missing-token',
    frontDoor('missing-token', 'aws-query'),
    frontDoor('missing-token', 'aws-json'),
    403,
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'Request is missing Authentication Token',
  ],
  [
    'unsupported-algorithm',
    frontDoor('unsupported-algorithm', 'aws-query'),
    frontDoor('unsupported-algorithm', 'aws-json'),
    403,
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'Missing Authentication Token',
  ],
  [
    'invalid-token',
    frontDoor('invalid-token', 'aws-query'),
    frontDoor('invalid-token', 'aws-json'),
    403,
    'InvalidClientTokenId',
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  ],
  [
    'token-without-mfa, without a period',
    frontDoor('token-without-mfa', 'aws-query'),
    frontDoor('token-without-mfa', 'aws-json'),
    403,
    'InvalidClientTokenId',
    'UnrecognizedClientException',
    'The security token included in the request is invalid',
  ],
  [
    'expired-token',
    frontDoor('expired-token', 'aws-query'),
    frontDoor('expired-token', 'aws-json'),
    403,
    'ExpiredToken',
    'ExpiredTokenException',
    'The security token included in the request is expired',
  ],
  [
    'held-token',
    frontDoor('held-token', 'aws-query'),
    frontDoor('held-token', 'aws-json'),
    403,
    'AccessDenied',
    'AccessDeniedException',
    'The directory or provider that vouches for you cannot be asked now, so nothing that you were given is accepted. It goes on once the directory answers.',
  ],
  [
    'signature-mismatch',
    frontDoor('signature-mismatch', 'aws-query'),
    frontDoor('signature-mismatch', 'aws-json'),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  ],
  [
    'signature-expired (recorded)',
    frontDoor('signature-expired', 'aws-query', { signedAt, now, windowMinutes: 15 }),
    frontDoor('signature-expired', 'aws-json', { signedAt, now, windowMinutes: 15 }),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)',
  ],
  [
    'signature-not-yet-current',
    frontDoor('signature-not-yet-current', 'aws-query', { signedAt: now, now: signedAt, windowMinutes: 15 }),
    frontDoor('signature-not-yet-current', 'aws-json', { signedAt: now, now: signedAt, windowMinutes: 15 }),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'Signature not yet current: 20220127T015928Z is still later than 20220127T002927Z (20220127T001427Z + 15 min.)',
  ],
  [
    'scope-region, with a trailing space',
    frontDoor('scope-region', 'aws-query', {}),
    frontDoor('scope-region', 'aws-json', {}),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'Credential should be scoped to a valid region. ',
  ],
  [
    'scope-region, the old form',
    frontDoor('scope-region', 'aws-query', { got: 'us-west-2' }),
    frontDoor('scope-region', 'aws-json', { got: 'us-west-2' }),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    "Credential should be scoped to a valid region, not 'us-west-2'. ",
  ],
  [
    'scope-service',
    frontDoor('scope-service', 'aws-query', { expected: 'iam' }),
    frontDoor('scope-service', 'aws-json', { expected: 'iam' }),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    "Credential should be scoped to correct service: 'iam'. ",
  ],
  [
    'scope-terminator',
    frontDoor('scope-terminator', 'aws-query', { got: 'x' }),
    frontDoor('scope-terminator', 'aws-json', { got: 'x' }),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'x'.",
  ],
  [
    'scope-date',
    frontDoor('scope-date', 'aws-query', { got: 'A', day: 'B', date: 'C' }),
    frontDoor('scope-date', 'aws-json', { got: 'A', day: 'B', date: 'C' }),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'A' != 'B', from 'C'.",
  ],
  [
    'host-not-signed',
    frontDoor('host-not-signed', 'aws-query'),
    frontDoor('host-not-signed', 'aws-json'),
    403,
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
  ],
  [
    'credential-form',
    frontDoor('credential-form', 'aws-query', { credential: 'X' }),
    frontDoor('credential-form', 'aws-json', { credential: 'X' }),
    400,
    'IncompleteSignature',
    'IncompleteSignatureException',
    "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'X'",
  ],
  [
    'header-not-key-value',
    frontDoor('header-not-key-value', 'aws-query', { part: 'abc' }),
    frontDoor('header-not-key-value', 'aws-json', { part: 'abc' }),
    400,
    'IncompleteSignature',
    'IncompleteSignatureException',
    `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${abc}'.`,
  ],
  [
    'header-parts-missing, all, in order',
    frontDoor('header-parts-missing', 'aws-query', {
      missing: ['Date', 'SignedHeaders', 'Signature', 'Credential'],
      authorization: 'abc',
    }),
    frontDoor('header-parts-missing', 'aws-json', {
      missing: ['Date', 'SignedHeaders', 'Signature', 'Credential'],
      authorization: 'abc',
    }),
    400,
    'IncompleteSignature',
    'IncompleteSignatureException',
    `Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=${abc}`,
  ],
  [
    'bad-date',
    frontDoor('bad-date', 'aws-query', { date: 'X' }),
    frontDoor('bad-date', 'aws-json', { date: 'X' }),
    400,
    'IncompleteSignature',
    'IncompleteSignatureException',
    "Date must be in ISO-8601 'basic format'. Got 'X'. See http://en.wikipedia.org/wiki/ISO_8601",
  ],
  [
    'query-parts-missing',
    frontDoor('query-parts-missing', 'aws-query', { missing: ['X-Amz-Date'] }),
    frontDoor('query-parts-missing', 'aws-json', { missing: ['X-Amz-Date'] }),
    400,
    'IncompleteSignature',
    'IncompleteSignatureException',
    "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
  ],
  [
    'signature-version-2',
    frontDoor('signature-version-2', 'aws-query'),
    frontDoor('signature-version-2', 'aws-json'),
    400,
    'IncompleteSignature',
    'IncompleteSignatureException',
    'AWS Signature Version 2 is not supported.',
  ],
  [
    'throttled',
    frontDoor('throttled', 'aws-query'),
    frontDoor('throttled', 'aws-json'),
    400,
    'Throttling',
    'ThrottlingException',
    'Rate exceeded',
  ],
] as const

describe('what a front door refuses, for Query services', () => {
  for (const [title, query, , status, code, , message] of rows) {
    it(title, () => assert.deepEqual([query.status, query.code, query.message], [status, code, message]))
  }
  it('a version that was not sent', () => {
    const { message } = frontDoor('unknown-action', 'aws-query', { action: 'Fly' })
    assert.equal(message, 'Could not find operation Fly for version NO_VERSION_SPECIFIED')
    const long = '"'.repeat(1_000_000)
    const said = `${'"'.repeat(256)}...`
    const both = frontDoor('unknown-action', 'aws-query', { action: long, version: long })
    assert.equal(both.message, `Could not find operation ${said} for version ${said}`)
  })
  it('an operation that a JSON service does not have', () => {
    const { code, message } = frontDoor('unknown-action', 'aws-json', { action: 'X.Fly' })
    assert.equal(code, 'UnknownOperationException')
    assert.equal(message, 'The requested operation is not recognized by the service.')
  })
  it('a failure of the server is a Receiver fault', () => {
    const { status, code, fault, message } = frontDoor('internal', 'aws-query')
    assert.deepEqual([status, code, fault], [500, 'InternalFailure', 'Receiver'])
    assert.equal(message, 'The request processing has failed because of an unknown error, exception or failure.')
  })
  it('why a signature is ambiguous is for the log alone', () => {
    const { message, detail } = frontDoor('ambiguous-signature', 'aws-query', { detail: 'two tokens' })
    assert.equal(detail, 'two tokens')
    assert.ok(!message.includes('two tokens'))
  })
})

describe('for REST services: the codes of JSON, the statuses of HTTP', () => {
  for (const [made, code, status] of [
    [frontDoor('missing-token', 'rest-json'), 'MissingAuthenticationTokenException', 403],
    [frontDoor('signature-mismatch', 'rest-json'), 'InvalidSignatureException', 403],
    [frontDoor('expired-token', 'rest-json'), 'ExpiredTokenException', 403],
    [frontDoor('unknown-action', 'rest-json', { action: '' }), 'UnknownOperationException', 404],
    [frontDoor('throttled', 'rest-json'), 'ThrottlingException', 429],
    [frontDoor('internal', 'rest-json'), 'InternalFailure', 500],
  ] as const) {
    it(`${code} ${status}`, () => assert.deepEqual([made.code, made.status], [code, status]))
  }
})

describe('the same causes, for JSON services: 400 and their own codes', () => {
  for (const [title, , json, , , code, message] of rows) {
    it(title, () => assert.deepEqual([json.status, json.code, json.message], [400, code, message]))
  }
})
