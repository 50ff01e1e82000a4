// A chore's failures are reported under its name, and at most once a minute.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { createTurn } from './chores.ts'

test('a failing chore is reported by name, at most once a minute, and runs again at each turn', async () => {
  let now = 0
  let tries = 0
  const lines: string[] = []
  const work = async () => {
    tries += 1
    if (tries !== 3) throw new Error(`no room (${tries})`)
  }
  const turn = createTurn(
    ['the export', 1, work],
    () => new Date(now),
    (line) => lines.push(line),
  )
  for (const at of [0, 2_000, 4_000, 59_999, 60_000, 62_000]) {
    now = at
    await turn()
  }
  equal(tries, 6)
  deepEqual(lines, [
    'the export failed and will be tried again: Error: no room (1)',
    'the export failed and will be tried again: Error: no room (5)',
  ])
})

test('a chore that is still running is not started again', async () => {
  let runs = 0
  let finish = () => {}
  const work = () => {
    runs += 1
    return new Promise<void>((resolve) => {
      finish = resolve
    })
  }
  const turn = createTurn(
    ['long', 1, work],
    () => new Date(),
    () => {},
  )
  const first = turn()
  await turn()
  equal(runs, 1)
  finish()
  await first
  const second = turn()
  equal(runs, 2)
  finish()
  await second
})
