// One timer for all requests to a backend. Each of them has several deadlines, and a timer for each would cost more than to look at
// all of them now and then.
import { clearInterval, setInterval } from 'node:timers'

export interface Sweep {
  /** Milliseconds since the first request, as far as they were swept: what is late is seen one sweep later, never earlier. */
  readonly ms: number
  add(look: () => void): void
  delete(look: () => void): void
}

export function createSweep(everyMs: number): Sweep {
  const looks = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let ms = 0
  const sweep = () => {
    ms += everyMs
    for (const look of looks) look()
    if (looks.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  return {
    get ms() {
      return ms
    },
    add(look) {
      looks.add(look)
      timer ??= setInterval(sweep, everyMs)
    },
    delete: (look) => void looks.delete(look),
  }
}
