// What a running server does on a timer, besides answering requests.
import { setInterval } from 'node:timers'

/** Its name in reports, its interval in ms, and the work. */
export type Chore = readonly [name: string, everyMs: number, work: () => Promise<unknown>]

/** A chore that keeps failing is reported at most once in this time, in ms. */
const reportEveryMs = 60_000

/** Starts the chores; returns a function that stops them. */
export function startChores(chores: readonly Chore[], clock: () => Date, report: (line: string) => void): () => void {
  const timers = chores.map((chore) => setInterval(createTurn(chore, clock, report), chore[1]).unref())
  return () => timers.forEach(clearInterval)
}

/**
 * A function that runs the chore once, and does nothing while an earlier run is under way. It reports failures under the
 * chore's name, at most once a minute: the next turn tries again, and a cause such as a full disk mostly lasts for a while.
 */
export function createTurn(
  [name, , work]: Chore,
  clock: () => Date,
  report: (line: string) => void,
): () => Promise<void> {
  let busy = false
  let reportedAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (busy) return
    busy = true
    try {
      await work()
    } catch (error) {
      const now = clock().getTime()
      if (Math.abs(now - reportedAt) >= reportEveryMs) {
        reportedAt = now
        report(`${name} failed and will be tried again: ${error}`)
      }
    } finally {
      busy = false
    }
  }
}
