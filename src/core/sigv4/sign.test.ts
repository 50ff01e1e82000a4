// What signing sends and what it refuses to sign; that its signatures are right is the conformance tests' business.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Message } from '../http.ts'
import { Secret } from '../secret.ts'
import { createSigningKeys } from './keys.ts'
import { presign, type Signer, signRequest } from './sign.ts'

const signer: Signer = {
  accessKeyId: 'AKIDEXAMPLE',
  secret: new Secret('secret'),
  region: 'us-east-1',
  service: 'sts',
  now: new Date('2026-03-01T12:00:00.999Z'),
}

const message = (more: Record<string, string> = {}, target = '/'): Message => ({
  method: 'GET',
  target,
  headers: new Map(Object.entries({ host: 'h', ...more })),
})

describe('signRequest', () => {
  test('adds the time, the token and the credentials, and leaves the given message alone', () => {
    const given = message({ 'user-agent': 'u', 'x-a': 'b' })
    const { headers } = signRequest(given, { ...signer, token: 't' })
    assert.equal(given.headers.size, 3)
    assert.equal(headers.get('x-amz-date'), '20260301T120000Z')
    assert.equal(headers.get('x-amz-security-token'), 't')
    const credential = 'Credential=AKIDEXAMPLE/20260301/us-east-1/sts/aws4_request'
    const list = 'SignedHeaders=host;x-a;x-amz-date;x-amz-security-token'
    assert.ok(headers.get('authorization')?.startsWith(`AWS4-HMAC-SHA256 ${credential}, ${list}, Signature=`))
  })
  test('states the payload for S3 alone', () => {
    assert.equal(signRequest(message(), signer).headers.has('x-amz-content-sha256'), false)
    const { headers } = signRequest(message(), { ...signer, service: 's3' }, 'UNSIGNED-PAYLOAD')
    assert.equal(headers.get('x-amz-content-sha256'), 'UNSIGNED-PAYLOAD')
  })
  test('signs the same with a kept key as with a derived one', () => {
    const keys = { cache: createSigningKeys(4), identity: 'k/1' }
    const derived = signRequest(message(), signer).headers.get('authorization')
    for (let n = 0; n < 2; n++) {
      assert.equal(signRequest(message(), { ...signer, keys }).headers.get('authorization'), derived)
    }
    assert.equal(keys.cache.size, 1)
  })
})

describe('presign', () => {
  for (const [title, target, begins] of [
    ['begins a query', '/a', '/a?X-Amz-Algorithm='],
    ['goes on with a query', '/a?b=c', '/a?b=c&X-Amz-Algorithm='],
    ['fills an empty query', '/a?', '/a?X-Amz-Algorithm='],
  ] as const) {
    test(title, () => assert.ok(presign(message({}, target), signer, 60).target.startsWith(begins)))
  }
})

describe('what cannot be signed is misuse:', () => {
  const rows: readonly (readonly [string, Message, Partial<Signer>?])[] = [
    ['no host', { method: 'GET', target: '/', headers: new Map() }],
    ['a line end in a header', message({ 'x-a': 'b\nc' })],
    ['a character that is no byte', message({ 'x-a': '\u0169' })],
    ['a broken escape', message({}, '/%zz')],
    ['a target without path', message({}, 'http://h/')],
    ['an invalid time', message(), { now: new Date(Number.NaN) }],
  ]
  for (const [title, request, changes] of rows) {
    test(title, () => {
      assert.throws(() => signRequest(request, { ...signer, ...changes }), TypeError)
      assert.throws(() => presign(request, { ...signer, ...changes }, 60), TypeError)
    })
  }
})
