import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Json, readJson } from './json-text.ts'

const plain = (json: Json): unknown =>
  json instanceof Map
    ? Object.fromEntries([...json].map(([name, value]) => [name, plain(value)]))
    : Array.isArray(json)
      ? json.map(plain)
      : json

describe('JSON is read as JSON.parse reads it', () => {
  for (const text of [
    '{}',
    ' {"a" : [1, -2.5e3, true,false , null,"\\u00e9\\n\\"/\\/"] , "b":{"c":{}}} ',
    '"😀\\ud83d\\ude00"',
    '[[],[[]]]',
    '0',
    '-0.0e-0',
  ]) {
    it(text, () => {
      const read = readJson(Buffer.from(text))
      assert.ok('value' in read)
      assert.deepEqual(plain(read.value), JSON.parse(text))
    })
  }
})

describe('JSON is refused', () => {
  const rows: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['a name twice', '{"a":1,"a":1}', 'a name stands twice'],
    ['a name twice under two spellings', '{"a":1,"\\u0061":2}', 'a name stands twice'],
    ['a name twice further in', '[{"x":{"a":1,"b":2,"a":3}}]', 'a name stands twice'],
    ['nesting beyond the limit', '['.repeat(70) + ']'.repeat(70), 'nested too deeply'],
    ['two megabytes of nesting', '{"a":'.repeat(400_000), 'nested too deeply'],
    ['two megabytes of small values', `[${'1,'.repeat(1_000_000)}1]`, 'too many values'],
    ['a lone surrogate', '"\\ud800"', 'a lone surrogate'],
    ['a lone surrogate in a name', '{"\\udc00":1}', 'a lone surrogate'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'not UTF-8'],
    ['a byte order mark', '\ufeff{}', 'not a value'],
    ['text after the value', '{} {}', 'text after the value'],
    ['nothing', '', 'not a value'],
    ['a raw control character in a string', '"\u0001"', 'not a string'],
    ['an unclosed string', '"abc', 'not a string'],
    ['an unclosed escape', '"abc\\', 'not a string'],
    ['an unknown escape', '"\\x41"', 'not a string'],
    ['half a unicode escape', '"\\u12"', 'not a string'],
    ['an unclosed object', '{"a":1', 'an object is not closed'],
    ['an unclosed array', '[1', 'an array is not closed'],
    ['a trailing comma', '[1,]', 'not a value'],
    ['a trailing comma in an object', '{"a":1,}', 'not a name'],
    ['a name without quotes', '{a:1}', 'not a name'],
    ['no colon', '{"a" 1}', 'no colon after a name'],
    ['a leading zero', '[01]', 'an array is not closed'],
    ['NaN', 'NaN', 'not a value'],
    ['a leading plus', '+1', 'not a value'],
    ['a comment', '/* */{}', 'not a value'],
    ['single quotes', "'a'", 'not a value'],
    ['a no-break space', '\u00a0{}', 'not a value'],
  ]
  for (const [title, text, wrong] of rows) {
    it(title, () => assert.deepEqual(readJson(Buffer.from(text)), { wrong }))
  }
})
