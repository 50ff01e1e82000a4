// A value that is at hand, or will be: a cache hit is a value, a miss a promise, so that a request that hits stays in one turn
// of the event loop.

export type Maybe<T> = T | Promise<T>

/** Goes on with the value: at once when it is at hand. */
export const andThen = <T, U>(value: Maybe<T>, go: (value: T) => Maybe<U>): Maybe<U> =>
  value instanceof Promise ? value.then(go) : go(value)
