// What is S3's alone: the stated payload, the headers that must all be signed, the bounds of presigned requests.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Message } from '../http.ts'
import { Secret } from '../secret.ts'
import { readAuthorization } from './credential.ts'
import { isRejection, type Rejection } from './rejection.ts'
import { presign, type Signer, signRequest } from './sign.ts'
import { type Against, type Verdict, verify } from './verify.ts'

const now = new Date('2026-03-01T12:00:00Z')
const secret = new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')
const sha = (text: string) => hash('sha256', text, 'hex')
const signer: Signer = { accessKeyId: 'AKIDEXAMPLE', secret, region: 'us-east-1', service: 's3', now }

const object = (target = '/bucket/key', more: Record<string, string> = {}): Message => ({
  method: 'PUT',
  target,
  headers: new Map(Object.entries({ host: 's3.local', ...more })),
})

const withHeader = (message: Message, name: string, value: string): Message => ({
  ...message,
  headers: new Map(message.headers).set(name, value),
})

function check(message: Message, changes: Partial<Against> = {}): Verdict | undefined {
  const presented = readAuthorization(message)
  if (presented === undefined || isRejection(presented)) return presented
  return verify(message, presented, { secret, now, services: ['s3'], ...changes })
}

function refused(message: Message, expected: Partial<Rejection>, changes: Partial<Against> = {}) {
  const verdict = check(message, changes)
  assert.ok(isRejection(verdict), 'the request is refused')
  assert.partialDeepStrictEqual(verdict, expected as object)
}

const accepted = (message: Message, expected: object = {}, changes: Partial<Against> = {}) =>
  assert.partialDeepStrictEqual(check(message, changes), { ok: true, ...expected })

describe('the stated payload', () => {
  const payloads = [
    sha('body'),
    'UNSIGNED-PAYLOAD',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  ]
  for (const payload of payloads) {
    test(`${payload.slice(0, 40)} is taken from the header and handed on`, () => {
      accepted(signRequest(object(), signer, payload), { payload })
    })
  }
  test('is compared with the body where the body is given', () => {
    const sent = signRequest(object(), signer, sha('body'))
    accepted(sent, {}, { payloadHash: sha('body') })
    const facts = { rejected: 'payload-mismatch', claimed: sha('body'), computed: sha('other') } as const
    refused(sent, facts, { payloadHash: sha('other') })
  })
  test('cannot be altered', () => {
    const sent = signRequest(object(), signer, sha('body'))
    refused(withHeader(sent, 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'), { rejected: 'signature' })
  })
  test('cannot be left out', () => {
    const sent = signRequest(object(), signer, sha('body'))
    const headers = new Map(sent.headers)
    headers.delete('x-amz-content-sha256')
    refused({ ...sent, headers }, { rejected: 'payload-header', why: 'missing' })
  })
  for (const value of ['', 'unsigned-payload', sha('body').toUpperCase(), 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD']) {
    test(`${JSON.stringify(value.slice(0, 42))} is none`, () => {
      refused(signRequest(object(), signer, value), { rejected: 'payload-header', why: 'invalid', value })
    })
  }
})

describe('x-amz-* headers', () => {
  test('must all be signed', () => {
    const sent = withHeader(signRequest(object(), signer), 'x-amz-acl', 'public-read')
    refused(withHeader(sent, 'x-amz-meta-a', 'b'), {
      rejected: 'headers-not-signed',
      names: ['x-amz-acl', 'x-amz-meta-a'],
    })
  })
  test('must all be signed in presigned requests, the payload among them', () => {
    const sent = presign(object(), signer, 60)
    refused(withHeader(sent, 'x-amz-acl', 'public-read'), { rejected: 'headers-not-signed', names: ['x-amz-acl'] })
    refused(withHeader(sent, 'x-amz-content-sha256', sha('x')), { rejected: 'headers-not-signed' })
  })
  test('are accepted when they are', () => accepted(signRequest(object('/b/k', { 'x-amz-acl': 'private' }), signer)))
})

describe('presigned requests', () => {
  test('leave the payload unsigned unless they state it', () => {
    accepted(presign(object(), signer, 60), { payload: 'UNSIGNED-PAYLOAD' })
    accepted(presign(object(), signer, 60, sha('x')), { payload: sha('x') })
    accepted(presign(object('/b/k', { 'x-amz-content-sha256': sha('x') }), signer, 60), { payload: sha('x') })
  })
  test('that state a payload are held to it', () => {
    refused(presign(object(), signer, 60, sha('x')), { rejected: 'payload-mismatch' }, { payloadHash: sha('y') })
  })
  test('cannot state two payloads, or a streamed one', () => {
    const two = object(`/b/k?x-amz-content-sha256=${sha('y')}`)
    refused(presign(two, signer, 60, sha('x')), { rejected: 'payload-header', why: 'invalid' })
    const streamed = presign(object(), signer, 60, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    refused(streamed, { rejected: 'payload-header', why: 'invalid' })
  })
  for (const [title, expires, expected] of [
    ['for no time are expired a moment later', 0, { rejected: 'url-expired', expires: 0 }],
    ['for longer than a week are refused', 604_801, { rejected: 'expires', why: 'too-long' }],
  ] as const) {
    test(title, () => refused(presign(object(), signer, expires), expected, { now: new Date(now.getTime() + 1) }))
  }
})

describe('paths', () => {
  test('are taken as sent: empty names and dots are names', () => {
    const sent = signRequest(object('/b/a//c/../d/./e'), signer)
    accepted(sent)
    refused({ ...sent, target: '/b/a/d/e' }, { rejected: 'signature' })
    refused({ ...sent, target: '/b/a/c/../d/./e' }, { rejected: 'signature' })
  })
  test('are the same in every spelling of the same bytes', () => {
    const sent = signRequest(object('/b/a%20%2b%c3%a9'), signer)
    accepted({ ...sent, target: '/b/%61%20+\u00c3\u00a9' })
    refused({ ...sent, target: '/b/a%20%20%c3%a9' }, { rejected: 'signature' })
    refused({ ...sent, target: '/b/a%2520%2b%c3%a9' }, { rejected: 'signature' })
  })
})
