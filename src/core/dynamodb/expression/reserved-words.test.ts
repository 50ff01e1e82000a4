import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReserved, reservedWords } from './reserved-words.ts'

test('573 words, once each', () => {
  assert.equal(reservedWords.length, 573)
  assert.equal(new Set(reservedWords).size, 573)
  for (const word of reservedWords) assert.match(word, /^[A-Z]+$/)
})

test('words of any case', () => {
  for (const word of ['ABORT', 'name', 'Status', 'zone', 'TTL', 'size', 'Views'])
    assert.equal(isReserved(word), true, word)
})

test('what is not reserved', () => {
  for (const word of ['remove', 'contains', 'begins_with', 'id', 'Title', 'Price', 'nam', 'names_', '\u017fize', '']) {
    assert.equal(isReserved(word), false, word)
  }
})
