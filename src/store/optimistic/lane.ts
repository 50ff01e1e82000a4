// A queue in which transactions that keep losing to others run one at a time. Without it, each of n transactions that change
// one record would run up to n times. A transaction that does not end loses its turn after a second: it can delay others,
// not stop them.

const PATIENCE_MS = 1000

export interface Lane {
  /** Resolves when it is the caller's turn, to the function that leaves the lane. */
  enter(): Promise<() => void>
}

export function openLane(): Lane {
  let last: Promise<void> = Promise.resolve()
  return {
    async enter() {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      await before
      const timer = setTimeout(resolve, PATIENCE_MS)
      return () => {
        clearTimeout(timer)
        resolve()
      }
    },
  }
}
