// When a disk counts as one with little room.
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
  ['a large disk with less', disk(100_000, 255), true],
  ['a small disk with a tenth left', disk(1_000, 100), false],
  ['a small disk with less', disk(1_000, 99), true],
  ['a full disk', disk(100_000, 0), true],
  ['a file system that does not say its size', disk(0, 0), false],
  [
    'one that cannot be asked',
    () => {
      throw new Error('ENOSYS')
    },
    false,
  ],
]
for (const [name, ask, scarce] of rows)
  test(`${name}: ${scarce}`, () => assert.equal(createScarcity('/data', () => now, ask)(), scarce))

test('the disk is asked once a second, not at every request', () => {
  let [asked, time] = [0, now.getTime()]
  const isScarce = createScarcity(
    '/data',
    () => new Date(time),
    () => {
      asked++
      return disk(1_000, asked === 1 ? 0 : 900)()
    },
  )
  for (let i = 0; i < 1_000; i++) assert.equal(isScarce(), true)
  assert.equal(asked, 1)
  time += 1_000
  assert.equal(isScarce(), false)
  assert.equal(asked, 2)
})
