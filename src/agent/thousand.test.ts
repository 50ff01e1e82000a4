// A thousand agents that were started in the same second, as when a rack has power again: what they ask Hallpass for, by the second.
import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { renewed } from '../client/renewing.ts'
import { setOf, start } from './testing/agent.ts'

const agents = 1000
const hourMs = 3_600_000

for (const [hours, most] of [
  [1, 20],
  [6, 5],
] as const) {
  test(`with sessions of ${hours} hours a thousand agents renew at most ${most} in any second`, async () => {
    // The same numbers in each run: a test is no lottery.
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const bySecond = new Map<number, number>()
    const timers: number[] = []
    const source = { name: 'Hallpass', fetch: async () => setOf('A', new Date(start + hours * hourMs)) }
    for (let at = 0; at < agents; at++) {
      const after = (ms: number) => {
        timers.push(ms)
        return () => {}
      }
      timers.length = 0
      await renewed(source, { clock: () => new Date(start), random, after }).current()
      // The last timer is that of the renewal; the others bound the request.
      const second = Math.floor((timers.at(-1) ?? 0) / 1000)
      bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
    }
    ok(Math.max(...bySecond.values()) <= most, String(Math.max(...bySecond.values())))
  })
}
