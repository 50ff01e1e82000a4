// The pipeline before it knows what is asked: bodies that do not come, and what is counted against an address. Everything
// after that is tested with real clients over a whole server.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Message } from '../core/http.ts'
import { offerOf } from '../wire/services.ts'
import { type AwsParts, createAws } from './aws.ts'
import { type BodyRefusal, BodyRefused, type Exchange, type Repeated } from './exchange.ts'
import { limits, rateOf, ratesOf } from './limits.ts'

const now = new Date('2026-03-01T12:00:00Z')
const post: Message = { method: 'POST', target: '/', headers: new Map([['host', 'sts.test']]) }

function served() {
  const failures: unknown[] = []
  const parts = {
    limits: limits({
      ...ratesOf({ 'rate-per-address': 1, 'rate-per-key': 500, 'rate-per-pool': 500, 'rate-per-provider': 500 }),
      address: { ...rateOf('address', 1), burst: 2 },
    }),
    clock: () => now,
    bodyLimit: 1000,
    offer: offerOf(() => false),
    metrics: { answered: () => {}, limited: () => {} },
    fail: (error: unknown) => failures.push(error),
  }
  const handler = createAws(parts as unknown as AwsParts)
  const ask = (message: Message | Repeated, why?: BodyRefusal) => {
    const bytes = () => (why === undefined ? Promise.resolve(Buffer.alloc(0)) : Promise.reject(new BodyRefused(why)))
    const from = { address: '192.0.2.1', tls: false, userAgent: '', host: 'sts.test' }
    return handler({ requestId: 'id', message, from, body: { bytes } } as unknown as Exchange)
  }
  return { ask, failures }
}

describe('a body that does not come whole', () => {
  for (const why of ['aborted', 'too-slow'] as const) {
    test(`${why}: is the client's affair; the listener refuses it, and the operator is not called`, async () => {
      const { ask, failures } = served()
      await assert.rejects(async () => ask(post, why), { why })
      assert.deepEqual(failures, [])
    })
  }
  test('too large: is answered in the words of the protocol', async () => {
    const { ask, failures } = served()
    const { status, body } = await ask(post, 'too-large')
    assert.equal(status, 413)
    assert.match(String(body), /<Code>RequestEntityTooLarge</)
    assert.deepEqual(failures, [])
  })
})

test('an address that asks too often, or sends too much, is told so in the words of the REST API that it asked', async () => {
  const { ask } = served()
  const authorization = 'AWS4-HMAC-SHA256 Credential=A/20260301/us-east-1/eks/aws4_request'
  const list: Message = { method: 'POST', target: '/clusters', headers: new Map([['authorization', authorization]]) }
  const told: (readonly [number, string | undefined])[] = []
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await ask(list, 'too-large')
    told.push([status, headers[headers.indexOf('x-amzn-errortype') + 1]])
  }
  const tooLarge = [413, 'RequestEntityTooLargeException']
  assert.deepEqual(told, [tooLarge, tooLarge, [429, 'ThrottlingException']])
})

test('a request with a repeated header counts against its address as any other', async () => {
  const { ask } = served()
  const codes: (string | undefined)[] = []
  for (let i = 0; i < 3; i++) {
    const { body } = await ask({ method: 'POST', target: '/', repeated: 'x-amz-date', contentType: '' })
    codes.push(/<Code>(\w+)/.exec(String(body))?.[1])
  }
  assert.deepEqual(codes, ['IncompleteSignature', 'IncompleteSignature', 'Throttling'])
})
