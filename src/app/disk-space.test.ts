// When a disk counts as nearly full.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScarcity } from './disk-space.ts'

const mebi = 1 << 20
const disk = (total: number, free: number) => () => ({
  bsize: 4096,
  blocks: (total * mebi) / 4096,
  bavail: (free * mebi) / 4096,
})
const now = new Date('2026-03-01T12:00:00Z')

const rows: readonly (readonly [string, ReturnType<typeof disk>, boolean])[] = [
  ['a large disk with 256 MiB left', disk(100_000, 256), false],
  ['a large disk with less than 256 MiB left', disk(100_000, 255), true],
  ['a small disk with a tenth left', disk(1_000, 100), false],
  ['a small disk with less than a tenth left', disk(1_000, 99), true],
  ['a full disk', disk(100_000, 0), true],
  ['a file system that does not report its size', disk(0, 0), false],
  [
    'a disk that cannot be read',
    () => {
      throw new Error('ENOSYS')
    },
    false,
  ],
]
for (const [name, readDisk, scarce] of rows)
  test(`${name} ${scarce ? 'has little room' : 'has room'}`, () =>
    assert.equal(createScarcity('/data', () => now, readDisk)(), scarce))

test('the free space is read once a second, not at every request', () => {
  let [reads, time] = [0, now.getTime()]
  const isScarce = createScarcity(
    '/data',
    () => new Date(time),
    () => {
      reads++
      return disk(1_000, reads === 1 ? 0 : 900)()
    },
  )
  for (let i = 0; i < 1_000; i++) assert.equal(isScarce(), true)
  assert.equal(reads, 1)
  time += 1_000
  assert.equal(isScarce(), false)
  assert.equal(reads, 2)
})
