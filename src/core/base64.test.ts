import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64Bytes, base64urlBytes } from './base64.ts'

const rows: readonly (readonly [what: string, text: string, url: boolean, plain: boolean])[] = [
  ['nothing', '', true, true],
  ['three bytes', '_-8A', true, false],
  ['three bytes in the other alphabet', '/+8A', false, true],
  ['both alphabets', '_+8A', false, false],
  ['one byte', 'Zg', true, false],
  ['one byte, padded', 'Zg==', false, true],
  ['one byte, half padded', 'Zg=', false, false],
  ['one byte, padded too much', 'Zg===', false, false],
  ['one byte with unused bits', 'Zh', false, false],
  ['one byte, padded, with unused bits', 'Zh==', false, false],
  ['two bytes', 'Zm8', true, false],
  ['two bytes, padded', 'Zm8=', false, true],
  ['two bytes with unused bits', 'Zm9', false, false],
  ['a character too many', 'Zm9vA', false, false],
  ['one character', 'Z', false, false],
  ['nothing but padding', '=', false, false],
  ['white space before', ' Zm9v', false, false],
  ['white space within', 'Zm 9v', false, false],
  ['a line end behind', 'Zm9v\n', false, false],
  ['a foreign character', 'Zm9v!', false, false],
  ['a null byte', 'Zm9v\0', false, false],
  ['padding within', 'Zg==Zg==', false, false],
  ['a character that is like one', 'Ꮓm9v', false, false],
]
for (const [what, text, url, plain] of rows) {
  test(`${what} is ${url ? '' : 'no '}base64url and ${plain ? '' : 'no '}base64`, () => {
    assert.equal(base64urlBytes(text) !== undefined, url)
    assert.equal(base64Bytes(text) !== undefined, plain)
  })
}

test('every length has one spelling', () => {
  for (let length = 0; length < 100; length++) {
    const bytes = Buffer.alloc(length, 0xa5)
    assert.deepEqual(base64urlBytes(bytes.toString('base64url')), bytes)
    assert.deepEqual(base64Bytes(bytes.toString('base64')), bytes)
  }
})
