// What a running server does by the clock, beside requests.
import { setInterval } from 'node:timers'

/** What it is called, how often, in ms, and what is done. */
export type Chore = readonly [name: string, everyMs: number, work: () => Promise<unknown>]

/** A chore that goes on failing is told of so often, in ms. */
const toldEveryMs = 60_000

/** Begins the chores; answers how to begin no more. */
export function startChores(chores: readonly Chore[], clock: () => Date, report: (line: string) => void): () => void {
  const timers = chores.map((chore) => setInterval(turnsOf(chore, clock, report), chore[1]).unref())
  return () => timers.forEach(clearInterval)
}

/**
 * One turn of a chore; one that comes while another is under way does nothing. Its failures are reported by its name, at
 * most once a minute: the next turn tries again, and what is wrong (a full disk) mostly stays so for a while.
 */
export function turnsOf([name, , work]: Chore, clock: () => Date, report: (line: string) => void): () => Promise<void> {
  let busy = false
  let toldAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (busy) return
    busy = true
    try {
      await work()
    } catch (error) {
      const now = clock().getTime()
      if (Math.abs(now - toldAt) >= toldEveryMs) {
        toldAt = now
        report(`${name} failed and will be tried again: ${error}`)
      }
    } finally {
      busy = false
    }
  }
}
