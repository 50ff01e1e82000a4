// How long to wait before trying again: twice as long each time up to a bound, less a random part, so that processes that
// failed together do not all return together.

/** Milliseconds to wait after the nth failure in a row, n from 1. `random` is in [0, 1). */
export function delayAfter(failures: number, firstMs: number, longestMs: number, random: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return whole / 2 + (whole / 2) * random
}

export interface Pause {
  isOn(): boolean
  begin(): void
  end(): void
}

const FIRST_MS = 50
const LONGEST_MS = 2_000

/** Between two searches for a server. While it lasts, callers are refused at once instead of all searching. */
export function openPause(random: () => number = Math.random): Pause {
  let failures = 0
  let on = false
  let timer: NodeJS.Timeout | undefined
  const end = () => {
    clearTimeout(timer)
    on = false
  }
  return {
    isOn: () => on,
    begin() {
      end()
      on = true
      timer = setTimeout(end, delayAfter(++failures, FIRST_MS, LONGEST_MS, random())).unref()
    },
    end() {
      failures = 0
      end()
    },
  }
}
