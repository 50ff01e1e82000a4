// Which of a directory's servers is asked: the preferred one first, and for a while none that did not answer.
import type { Deadline } from './deadline.ts'
import { NoAnswer } from './failures.ts'

/** A server that did not answer is left alone for so long; then one sign-in tries it, while the others ask the next. */
export const restMs = 30_000

export interface Servers {
  /**
   * Runs `work` with the first server that answers. What else it throws is passed on: it is an answer.
   * @throws NoAnswer when none does, or when the deadline has passed.
   */
  first<Result>(work: (server: string) => Promise<Result>, deadline: Pick<Deadline, 'left'>): Promise<Result>
}

interface State {
  /** ms of the clock when it did not answer; undefined while it answers. */
  downAt?: number
  why?: string
}

export function createServers(names: readonly string[], clock: () => Date): Servers {
  const states = new Map<string, State>(names.map((name) => [name, {}]))
  const stateOf = (name: string): State => states.get(name) ?? {}

  // In both directions: a clock that is set back must not lengthen the rest.
  const rests = ({ downAt }: State) => downAt !== undefined && Math.abs(clock().getTime() - downAt) < restMs

  return {
    async first(work, deadline) {
      const failures: string[] = []
      const awake = names.filter((name) => !rests(stateOf(name)))
      // When all rest, the one that rests the longest is asked all the same: an outage must not last longer than it does.
      const [longest] = [...names].sort((a, b) => (stateOf(a).downAt ?? 0) - (stateOf(b).downAt ?? 0))
      for (const name of awake.length > 0 ? awake : [longest ?? '']) {
        const state = stateOf(name)
        // Another sign-in may have found it down in the meantime.
        if (awake.length > 0 && rests(state)) {
          failures.push(state.why ?? '')
          continue
        }
        // One that was down is tried by this sign-in alone.
        if (state.downAt !== undefined) state.downAt = clock().getTime()
        try {
          const result = await work(name)
          states.set(name, {})
          return result
        } catch (error) {
          if (!(error instanceof NoAnswer)) {
            states.set(name, {})
            throw error
          }
          // What was left for this server may have been too little: that says nothing of it, nor of those that come next.
          if (deadline.left() === 0) throw error
          states.set(name, { downAt: clock().getTime(), why: error.message })
          failures.push(error.message)
        }
      }
      throw new NoAnswer(failures.join('; '))
    },
  }
}
