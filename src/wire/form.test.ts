import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Refusal } from './errors.ts'
import { readForm } from './form.ts'

const entries = (query: string, body?: string | Uint8Array) => {
  const form = readForm(query, typeof body === 'string' ? Buffer.from(body) : body)
  return form instanceof Refusal ? form.code : [...form]
}

describe('parameters are read from query and body', () => {
  const rows: readonly (readonly [string, string, string | undefined, readonly (readonly [string, string])[]])[] = [
    ['nothing is no parameter', '', undefined, []],
    [
      'a query alone, as GET has',
      'Action=A&Version=1',
      undefined,
      [
        ['Action', 'A'],
        ['Version', '1'],
      ],
    ],
    [
      'query first, then body',
      'X-Amz-Date=d',
      'Action=A',
      [
        ['X-Amz-Date', 'd'],
        ['Action', 'A'],
      ],
    ],
    ['+ and %20 are spaces, %2B is a plus', '', 'a=1+2%203%2B4', [['a', '1 2 3+4']]],
    ['a value may hold =', '', 'a=b=c%3D', [['a', 'b=c=']]],
    [
      'a key without = has an empty value',
      '',
      'a&b=',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    [
      'the first = of a parameter divides it, wherever the next parameter has one',
      '',
      'a&b=1=2&c&d',
      [
        ['a', ''],
        ['b', '1=2'],
        ['c', ''],
        ['d', ''],
      ],
    ],
    ['empty parts are nothing', '', '&&a=1&', [['a', '1']]],
    ['keys are decoded', '', 'Tags.member.1.%4Bey=x', [['Tags.member.1.Key', 'x']]],
    [
      'raw UTF-8 and percent-encoded UTF-8 are the same',
      '',
      'a=é&b=%C3%A9',
      [
        ['a', 'é'],
        ['b', 'é'],
      ],
    ],
    [
      '__proto__ is a key like any other',
      '',
      '__proto__=1&constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
    ['control characters pass: patterns decide', '', 'a=%00%1F', [['a', '\u0000\u001f']]],
  ]
  for (const [title, query, body, expected] of rows) it(title, () => assert.deepEqual(entries(query, body), expected))
})

describe('MalformedQueryString refuses', () => {
  const rows: readonly (readonly [string, string, string | Uint8Array])[] = [
    ['Action in query and body', 'Action=A', 'Action=A'],
    ['a key twice in the body', '', 'a=1&b=2&a=1'],
    ['a key twice in the query', 'a=1&a=2', ''],
    ['a key twice under two spellings', '', 'RoleArn=x&Role%41rn=y'],
    ['a lone percent sign', '', 'a=100%'],
    ['a percent sign before no digits', '', 'a=%zz'],
    ['half an escape', '', 'a=%C'],
    ['percent-encoded bytes that are not UTF-8', '', 'a=%FF'],
    ['an overlong form', '', 'a=%C0%AF'],
    ['a percent-encoded surrogate', '', 'a=%ED%A0%80'],
    ['raw bytes that are not UTF-8', '', Uint8Array.of(0x61, 0x3d, 0xff)],
    ['a broken key', '', '%=1'],
    ['more parameters than any request has', '', Array.from({ length: 10_001 }, (_, i) => `p${i}=`).join('&')],
  ]
  for (const [title, query, body] of rows) {
    it(title, () => assert.equal(entries(query, body), 'MalformedQueryString'))
  }
})
