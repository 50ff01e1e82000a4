import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AttributeValue, type KeyType, keyText } from './attribute-value.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)
const both = { S: 'x', N: '1' } as AttributeValue

/** [what, value, the key's type, what a policy compares]. */
const rows: readonly (readonly [string, AttributeValue | undefined, KeyType, string | undefined])[] = [
  ['text as it is', { S: ' A\u0301 1.0 ' }, 'S', ' A\u0301 1.0 '],
  ['text that is a number', { S: '1.0' }, 'S', '1.0'],
  ['text beyond the first plane', { S: '🙂' }, 'S', '🙂'],
  ['half of a surrogate pair', { S: 'a\ud83d' }, 'S', undefined],
  ['no text', { S: '' }, 'S', undefined],
  ['a number', { N: '+01.0' }, 'N', '1'],
  ['no number', { N: 'x' }, 'N', undefined],
  ['bytes', { B: bytes(0, 255, 254) }, 'B', 'AP/+'],
  ['no bytes', { B: bytes() }, 'B', undefined],
  ['bytes of a part of a buffer', { B: new Uint8Array([1, 2, 3]).subarray(1, 2) }, 'B', 'Ag=='],
  ['a number where text is wanted', { N: '1' }, 'S', undefined],
  ['text where a number is wanted', { S: '1' }, 'N', undefined],
  ['text where bytes are wanted', { S: 'AQ==' }, 'B', undefined],
  ['a list where text is wanted', { L: [{ S: 'x' }] }, 'S', undefined],
  ['a set where text is wanted', { SS: ['x'] }, 'S', undefined],
  ['of two types', both, 'S', undefined],
  ['of two types, the other', both, 'N', undefined],
  ['nothing', undefined, 'S', undefined],
]
for (const [what, value, type, text] of rows) {
  test(`key, ${what}`, () => assert.equal(keyText(value, type), text))
}
