// A store under a running server that a test can put another one in front of, for as long as it likes.
import type { Store } from '../../src/store/store.ts'

export type Misfortune = Store & {
  /** What calls go to from now on: the store itself without an argument. */
  through(front?: (store: Store) => Store): void
}

/** Passes everything on to what stands in front at the time of the call. The feed is the store's own. */
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
