// A value, or a promise of it: a cache hit is a value and a miss a promise, so that a request that hits stays in one turn of
// the event loop.

export type Maybe<T> = T | Promise<T>

/** Continues with the value: at once, unless it is a promise. */
export const andThen = <T, U>(value: Maybe<T>, go: (value: T) => Maybe<U>): Maybe<U> =>
  value instanceof Promise ? value.then(go) : go(value)

/** All values: at once, unless one of them is a promise. */
export const allOf = <T>(values: readonly Maybe<T>[]): Maybe<readonly T[]> =>
  values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[])
