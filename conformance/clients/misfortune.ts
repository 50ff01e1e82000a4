// A store under a running server, in front of which a test can put another one for as long as it likes.
import type { Store } from '../../src/store/store.ts'

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
