// One timer for all requests to a backend. Each of them has several deadlines, and a timer for each would cost more than to look at
// all of them now and then.
import { clearInterval, setInterval } from 'node:timers'

export interface Sweep {
  /** Milliseconds since the first request, as far as they were swept: what is late is seen one sweep later, never earlier. */
  readonly ms: number
  add(swept: Swept): void
  delete(swept: Swept): void
}

/** What is looked at, and where it stands among all. */
export interface Swept {
  place: number
  look(): void
}

export function createSweep(everyMs: number): Sweep {
  // Not a Set: it moves to a new table every few dozen changes, and each old one, once V8 has kept it for a while, keeps the next with all
  // requests that stood there, until a full collection.
  const all: Swept[] = []
  let timer: NodeJS.Timeout | undefined
  let ms = 0
  const sweep = () => {
    ms += everyMs
    // From the end: when one leaves meanwhile, the last takes its place, which has been looked at.
    for (let at = all.length - 1; at >= 0; at--) all[at]?.look()
    if (all.length > 0) return
    clearInterval(timer)
    timer = undefined
  }
  return {
    get ms() {
      return ms
    },
    add(swept) {
      swept.place = all.push(swept) - 1
      timer ??= setInterval(sweep, everyMs)
    },
    delete(swept) {
      if (all[swept.place] !== swept) return
      const last = all.pop() as Swept
      if (last === swept) return
      all[swept.place] = last
      last.place = swept.place
    },
  }
}
