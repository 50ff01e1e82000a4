import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { withEvenFailures } from './even-failures.ts'

/** How long an attempt is made to wait whose work takes so many ms. */
async function waited(workMs: number, fails: boolean): Promise<readonly number[]> {
  let now = 5_000_123
  const waits: number[] = []
  const waiting = { clock: () => new Date(now), wait: async (ms: number) => void waits.push(ms) }
  const work = async () => {
    now += workMs
    return fails
  }
  await withEvenFailures(waiting, work, (outcome) => outcome)
  return waits
}

test('a failure is answered a whole number of seconds after it came, whatever was found out how soon', async () => {
  for (const [took, waits] of [
    [0, 1000],
    [3, 997],
    [420, 580],
    [999, 1],
    [1000, 1000],
    [1300, 700],
  ] as const)
    deepEqual(await waited(took, true), [waits], String(took))
})

test('who is let in waits for nothing', async () => {
  deepEqual(await waited(420, false), [])
})

test('a clock that goes back makes nobody wait longer than a second', async () => {
  deepEqual(await waited(-60_000, true), [1000])
})
