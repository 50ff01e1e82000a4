// How many requests a backend has at once: one for each connection, and a bounded number that wait for one, in their order.
import { setTimeout } from 'node:timers'
import { BackendFailure } from '../../service/backend-failure.ts'

export interface Slots {
  /**
   * Takes one; undefined when one was free, otherwise a promise of it. Rejects BackendFailure: too many wait already, none came free
   * in time, or the caller went away.
   */
  take(signal: AbortSignal): Promise<void> | undefined
  /** Gives one back: to whoever has waited longest. */
  leave(): void
  /** Taken now. */
  readonly taken: number
  readonly waiting: number
}

export interface SlotBounds {
  readonly most: number
  readonly mostWaiting: number
  readonly patienceMs: number
}

export function createSlots({ most, mostWaiting, patienceMs }: SlotBounds): Slots {
  let taken = 0
  // In the order of their coming.
  const waiting = new Set<() => void>()
  const wait = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const end = () => {
        waiting.delete(go)
        clearTimeout(timer)
        signal.removeEventListener('abort', gone)
      }
      const go = () => {
        end()
        resolve()
      }
      const gone = () => {
        end()
        reject(new BackendFailure('aborted', false, 'the caller went away'))
      }
      const timer = setTimeout(() => {
        end()
        reject(new BackendFailure('full', false, `none of ${most} connections came free in ${patienceMs / 1000} s`))
      }, patienceMs)
      signal.addEventListener('abort', gone)
      waiting.add(go)
    })
  return {
    take(signal) {
      if (taken < most) {
        taken++
        return undefined
      }
      if (waiting.size < mostWaiting) return wait(signal)
      const says = `${most} requests are under way, and ${mostWaiting} wait`
      return Promise.reject(new BackendFailure('full', false, says))
    },
    leave() {
      const [next] = waiting
      if (next === undefined) taken--
      else next()
    },
    get taken() {
      return taken
    },
    get waiting() {
      return waiting.size
    },
  }
}
