// Chores tell of their failures by name and not without end.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { turnsOf } from './chores.ts'

test('a chore that fails is named, at most once a minute, and tried again at each turn', async () => {
  let now = 0
  let tries = 0
  const said: string[] = []
  const work = async () => {
    tries += 1
    if (tries !== 3) throw new Error(`no room (${tries})`)
  }
  const turn = turnsOf(
    ['the export', 1, work],
    () => new Date(now),
    (line) => said.push(line),
  )
  for (const at of [0, 2_000, 4_000, 59_999, 60_000, 62_000]) {
    now = at
    await turn()
  }
  equal(tries, 6)
  deepEqual(said, [
    'the export failed and will be tried again: Error: no room (1)',
    'the export failed and will be tried again: Error: no room (5)',
  ])
})

test('a chore that is under way is not begun again', async () => {
  let begun = 0
  let finish = () => {}
  const work = () => {
    begun += 1
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  }
  const turn = turnsOf(
    ['long', 1, work],
    () => new Date(),
    () => {},
  )
  const first = turn()
  await turn()
  equal(begun, 1)
  finish()
  await first
  const second = turn()
  equal(begun, 2)
  finish()
  await second
})
