// A store under a running server, in front of which a test can put another one for as long as it likes.
import type { Store } from '../../src/store/store.ts'
import { chaos } from '../../src/store/testing/chaos.ts'

export type Misfortune = Store & {
  /** Sets where calls go from now on: without an argument, to the store itself. */
  through(front?: (store: Store) => Store): void
}

/** Passes every call to the store that is in front at that time. The feed is the store's own. */
export function misfortune(store: Store): Misfortune {
  let current = store
  return {
    through(front = (store) => store) {
      current = front(store)
    },
    get: (collection, key) => current.get(collection, key),
    read: (collection, key) => current.read(collection, key),
    find: (collection, index, key) => current.find(collection, index, key),
    list: (collection, by, range) => current.list(collection, by, range),
    transact: (work) => current.transact(work),
    append: (journal, until, entries) => current.append(journal, until, entries),
    scan: (journal, from) => current.scan(journal, from),
    watch: (hear) => store.watch(hear),
    heardAt: () => store.heardAt(),
    ...(store.backup && { backup: store.backup }),
    close: () => store.close(),
  }
}

/**
 * Does it with its first store call failing, then with the second, until none fails; answers how many did. `check` sees each, with the number of
 * the call that failed: 0 where none did.
 */
export async function failingEach<P, T>(
  store: Misfortune,
  prepare: () => Promise<P>,
  work: (prepared: P) => Promise<T>,
  check: (answer: T, failed: number, prepared: P) => Promise<void>,
): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    const prepared = await prepare()
    let calls = () => 0
    store.through((inner) => {
      const chosen = chaos(inner, { failAt })
      calls = () => chosen.calls
      return chosen
    })
    const answer = await work(prepared)
    store.through()
    const isDone = calls() < failAt
    await check(answer, isDone ? 0 : failAt, prepared)
    if (isDone) return failAt - 1
  }
}
