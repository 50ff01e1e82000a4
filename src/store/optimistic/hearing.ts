// What a process has heard of the feed: up to which position, when that was confirmed, and who wants to know.
import { decodeKey } from '../key.ts'
import type { Change } from '../store.ts'

/** A change that this process committed. */
export interface Own {
  readonly collection: string
  readonly key: Uint8Array
}

export interface Hearing {
  /** This process has seen every change up to this position. */
  heard(): number
  heardAt(): Date
  /** Notes that this process has seen everything up to `position` at a time, and calls the watchers. */
  advance(position: number, at: Date, others: readonly Change[], own: readonly Own[]): void
  /** Notes that nothing has changed until a time. */
  confirm(at: Date): void
  watch(watcher: (change: Change) => void): () => void
}

export function openHearing(position: number, at: Date): Hearing {
  const watchers = new Set<(change: Change) => void>()
  let heard = position
  let heardAt = at

  function notify(change: Change): void {
    for (const watcher of watchers) {
      try {
        watcher(change)
      } catch (error) {
        // The change is committed, whatever a watcher does with it. A watcher that throws is a programming error, which must
        // not be hidden.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  return {
    heard: () => heard,
    heardAt: () => heardAt,
    advance(position, at, others, own) {
      heard = position
      heardAt = at
      for (const change of others) notify(change)
      if (watchers.size > 0) for (const { collection, key } of own) notify({ collection, key: decodeKey(key) })
    },
    confirm(at) {
      heardAt = at
    },
    watch(callback) {
      // A new function for each call: a callback that watches twice is called twice, and each is stopped separately.
      const watcher = (change: Change) => callback(change)
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
  }
}
