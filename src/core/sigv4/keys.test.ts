import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { HmacKey } from '../hmac.ts'
import { Secret } from '../secret.ts'
import { createSigningKeys, deriveSigningKey } from './keys.ts'

const scope = { date: '20150830', region: 'us-east-1', service: 'iam' }
const key = (n: number) => new HmacKey(Buffer.from([n]))

test('mac is HMAC-SHA256 for keys and texts of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 3000 }), (secret, bytes) => {
      const expected = createHmac('sha256', secret).update(bytes).digest('hex')
      assert.equal(new HmacKey(secret).mac(Buffer.from(bytes).toString('latin1')), expected)
    }),
  )
})

test('a key is revealed as it was given, and one longer than a block as its hash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (secret) => {
      const expected = secret.length > 64 ? createHash('sha256').update(secret).digest() : Buffer.from(secret)
      assert.deepEqual(new HmacKey(secret).reveal(), expected)
    }),
  )
})

test('a long text leaves nothing behind for a short one', () => {
  const one = key(1)
  const before = one.mac('short')
  one.mac('x'.repeat(5000))
  one.mac('y'.repeat(1000))
  assert.equal(one.mac('short'), before)
})

test('derivation gives the key of the AWS documentation', () => {
  const chained = ['20150830', 'us-east-1', 'iam', 'aws4_request'].reduce(
    (secret: Buffer, text) => createHmac('sha256', secret).update(text).digest(),
    Buffer.from('AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
  )
  assert.equal(chained.toString('hex'), 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9')
  const derived = deriveSigningKey(new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), scope)
  assert.equal(derived.mac('text'), createHmac('sha256', chained).update('text').digest('hex'))
})

test('a key does not print itself', () => {
  assert.equal(`${key(1)}${inspect({ k: key(1) })}${JSON.stringify(key(1))}`, '[redacted]{ k: [redacted] }"[redacted]"')
})

test('a kept key is found under its credential and scope alone', () => {
  const keys = createSigningKeys(10)
  keys.keep('a/1', scope, key(1))
  assert.ok(keys.find('a/1', { ...scope }))
  for (const [identity, changed] of [
    ['a/2', scope],
    ['a', scope],
    ['a/1', { ...scope, date: '20150831' }],
    ['a/1', { ...scope, region: 'us-west-2' }],
    ['a/1', { ...scope, service: 'sts' }],
  ] as const) {
    assert.equal(keys.find(identity, changed), undefined)
  }
})

test('the cache never holds more than its limit, and keeps what is used', () => {
  const keys = createSigningKeys(10)
  keys.keep('used', scope, key(0))
  for (let n = 1; n <= 100; n++) {
    keys.keep(`k${n}`, scope, key(1))
    assert.ok(keys.find('used', scope), `after ${n}`)
    assert.ok(keys.size <= 10, `${keys.size} after ${n}`)
  }
  assert.equal(keys.find('k1', scope), undefined)
})

test('a cache of fewer than two keys is misuse', () => {
  for (const limit of [0, 1, Number.NaN]) assert.throws(() => createSigningKeys(limit), TypeError)
})
