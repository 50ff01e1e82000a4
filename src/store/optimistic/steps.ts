// A call of a transaction as steps, each of which may wait for rows. An embedded engine has them at once, so that a call is
// one turn; a server has them later, so that the calls of one attempt must go one after the other.
import type { Maybe } from './rows.ts'

/** Yields what it waits for, and is resumed with what that became. */
export type Steps<T> = Generator<unknown, T, unknown>

export type Drive = <T>(steps: Steps<T>) => Promise<T>

/** Waits for rows: `const row = yield* wait(table.row(key))`. */
export function* wait<T>(value: Maybe<T>): Steps<T> {
  return (yield value) as T
}

/** Drives steps that wait for nothing: every value is there. */
export async function driveAtOnce<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next()
  while (step.done !== true) step = steps.next(step.value)
  return step.value
}

/** Drives calls one after the other: no call begins before those before it have ended, however they ended. */
export function driveInOrder(): Drive {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(steps: Steps<T>): Promise<T> => {
    const call = last.then(async () => {
      let step = steps.next()
      while (step.done !== true) step = steps.next(await step.value)
      return step.value
    })
    last = call.catch(() => {})
    return call
  }
}
