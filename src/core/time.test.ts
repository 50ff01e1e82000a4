import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoSeconds } from './time.ts'

const rows: [rule: string, ms: number, text: string][] = [
  ['milliseconds are cut, not rounded', Date.UTC(2024, 0, 2, 3, 4, 5, 999), '2024-01-02T03:04:05Z'],
  ['before 1970 too', -1, '1969-12-31T23:59:59Z'],
  ['years beyond four digits', Date.UTC(12024, 0, 1), '+012024-01-01T00:00:00Z'],
  ['the epoch', 0, '1970-01-01T00:00:00Z'],
]
for (const [rule, ms, text] of rows) test(rule, () => assert.equal(isoSeconds(new Date(ms)), text))

test('seconds that share a slot do not share a text', () => {
  for (const second of [1, 62, 1, 63, 62, 3]) {
    assert.equal(isoSeconds(new Date(second * 1000)), `1970-01-01T00:0${Math.floor(second / 60)}:0${second % 60}Z`)
  }
})

test('an invalid date is refused', () => {
  assert.throws(() => isoSeconds(new Date(Number.NaN)), RangeError)
})
