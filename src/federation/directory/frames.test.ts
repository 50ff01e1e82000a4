import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFrames } from './frames.ts'

const message = (content: readonly number[]) => Buffer.from([0x30, content.length, ...content])
const one = message([2, 1, 7])
const two = message([2, 1, 8, 0x61, 3, 0x0a, 1, 0])

describe('Messages in a stream', () => {
  test('several in one piece, one in several', () => {
    const frames = createFrames(1000)
    assert.deepEqual(frames.push(Buffer.concat([one, two, one.subarray(0, 2)])), [one, two])
    assert.equal(frames.hasPart, true)
    assert.deepEqual(frames.push(one.subarray(2)), [one])
    assert.equal(frames.hasPart, false)
  })

  test('byte by byte', () => {
    const frames = createFrames(1000)
    const found = [...Buffer.concat([one, two])].flatMap((byte) => frames.push(Buffer.from([byte])))
    assert.deepEqual(found, [one, two])
  })

  for (const [title, bytes] of [
    ['another tag', [0x31, 0]],
    ['a length without an end', [0x30, 0x80, 0, 0]],
    ['a length of five bytes', [0x30, 0x85, 0, 0, 0, 0, 1]],
    ['more than allowed', [0x30, 0x82, 0x03, 0xe9]],
    ['more than there can be', [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]],
    ['a value longer than its message', [0x30, 3, 4, 2, 0x78]],
    ['a value longer than its parent', [0x30, 6, 0x30, 2, 4, 3, 0x78, 0x78]],
    ['half a length', [0x30, 2, 4, 0x82]],
    ['a tag without a length', [0x30, 3, 4, 0, 4]],
    ['a tag of several bytes', [0x30, 3, 0x1f, 1, 0]],
    ['values within values without an end', Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? 0x30 : 38 - at))],
  ] as const) {
    test(`no message: ${title}`, () => assert.throws(() => createFrames(1000).push(Buffer.from(bytes))))
  }
})
