// Reading journals while requests are served: a long scan must not hold up the event loop.
import { setImmediate } from 'node:timers/promises'

const atOnce = 500

/** The same entries; after every few hundred it yields a turn of the event loop. */
export async function* unhurried<T>(entries: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0
  for await (const entry of entries) {
    yield entry
    count += 1
    if (count % atOnce === 0) await setImmediate()
  }
}
