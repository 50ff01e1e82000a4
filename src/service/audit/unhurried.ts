// Reading journals beside requests: a long scan lets others have their turn.
import { setImmediate } from 'node:timers/promises'

const atOnce = 500

/** The same entries, with a turn of the event loop left to others after every few hundred. */
export async function* unhurried<T>(entries: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0
  for await (const entry of entries) {
    yield entry
    count += 1
    if (count % atOnce === 0) await setImmediate()
  }
}
