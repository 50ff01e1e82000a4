import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { above, decodeKey, encodeKey } from './key.ts'
import type { Key } from './store.ts'

const part = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\0', '\u0001', '\u0002', 'a', 'ÿ', '\uffff', '😀') }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)
const keys = fc.array(part, { maxLength: 4 })

/** The order of keys that store.ts states, computed directly. */
function order(a: Key, b: Key): number {
  for (const [at, left] of a.entries()) {
    const right = b[at]
    if (right === undefined) return 1
    if (typeof left === 'number' && typeof right === 'number') {
      if (left !== right) return left < right ? -1 : 1
    } else if (typeof left === 'string' && typeof right === 'string') {
      const byBytes = Buffer.compare(Buffer.from(left), Buffer.from(right))
      if (byBytes !== 0) return byBytes
    } else return typeof left === 'number' ? -1 : 1
  }
  return a.length === b.length ? 0 : -1
}

const compareKeys = (a: Key, b: Key) => Buffer.compare(encodeKey(a), encodeKey(b))
const begins = (bytes: Buffer, prefix: Buffer) => bytes.subarray(0, prefix.length).equals(prefix)
const plain = (key: Key) => key.map((each) => (Object.is(each, -0) ? 0 : each))

describe('encoded keys', () => {
  test('decode to what they were', () => {
    fc.assert(fc.property(keys, (key) => assert.deepEqual(decodeKey(encodeKey(key)), plain(key))))
  })

  test('are ordered as the keys are', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => assert.equal(Math.sign(compareKeys(a, b)), order(a, b))),
      {
        numRuns: 5000,
      },
    )
  })

  test('begin with the encoded prefix if, and only if, the key begins with the prefix', () => {
    fc.assert(
      fc.property(keys, keys, fc.nat(4), (a, b, length) => {
        const prefix = a.slice(0, length)
        assert.ok(begins(encodeKey(a), encodeKey(prefix)))
        const whole = compareKeys(b.slice(0, prefix.length), prefix) === 0
        assert.equal(begins(encodeKey(b), encodeKey(prefix)), whole)
      }),
      { numRuns: 5000 },
    )
  })

  test('lie below the bound of a prefix if, and only if, they begin with it or are lower', () => {
    fc.assert(
      fc.property(keys, keys, (prefix, key) => {
        const bytes = encodeKey(key)
        const below = Buffer.compare(bytes, above(encodeKey(prefix))) < 0
        assert.equal(below, begins(bytes, encodeKey(prefix)) || compareKeys(key, prefix) < 0)
      }),
      { numRuns: 5000 },
    )
  })

  const rows: readonly { title: string; keys: readonly Key[] }[] = [
    { title: 'numbers by value', keys: [[-1e300], [-2], [-1.5], [-5e-324], [0], [5e-324], [1], [2], [10], [1e300]] },
    { title: 'a number before a string', keys: [[], [1e300], ['']] },
    { title: 'a prefix before longer keys', keys: [[], ['a'], ['a', 1], ['a', ''], ['a', 'a'], ['a\0'], ['aa']] },
    {
      title: 'an embedded NUL by its bytes',
      keys: [['', '\0'], ['\0'], ['\0', 'a'], ['\0\0'], ['\0\u0001'], ['\0a'], ['\u0001'], ['\u0001\0'], ['\u0002']],
    },
    { title: 'by UTF-8, not by UTF-16', keys: [['z'], ['é'], ['\uffff'], ['😀']] },
  ]
  for (const { title, keys: sorted } of rows)
    test(title, () => {
      assert.deepEqual(sorted.toReversed().sort(compareKeys), sorted)
    })

  test('-0 is 0', () => {
    assert.deepEqual(encodeKey([-0]), encodeKey([0]))
  })

  test('a key longer than any before can be encoded', () => {
    const long = ['x'.repeat(100_000), 'é\0'.repeat(50_000), 1]
    assert.deepEqual(decodeKey(encodeKey(long)), long)
  })

  const refused: readonly { title: string; key: readonly unknown[] }[] = [
    { title: 'NaN', key: [Number.NaN] },
    { title: 'infinity', key: [Number.POSITIVE_INFINITY] },
    { title: 'a lone surrogate', key: ['a\ud800'] },
    { title: 'undefined', key: ['a', undefined] },
    { title: 'a bigint', key: [1n] },
    { title: 'an object', key: [{}] },
  ]
  for (const { title, key } of refused)
    test(`${title} is refused`, () => {
      assert.throws(() => encodeKey(key as Key), TypeError)
    })

  for (const bytes of ['00', '1000', '20', '2061', '2061ff', '30', '206100ff', '20610010', '20610100', '20010300'])
    test(`${bytes} is not a key`, () => {
      assert.throws(() => decodeKey(Buffer.from(bytes, 'hex')), TypeError)
    })
})
