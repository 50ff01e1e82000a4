// The change feed: every change has a position, drawn from one counter in the same transaction as the change itself. This
// process learns of its own commits as they happen, and of other processes' when it next takes the write lock or polls.

import type { DatabaseSync } from 'node:sqlite'
import { decodeKey } from '../key.ts'
import type { Change } from '../store.ts'
import { bytes, number, prepare, text } from './statement.ts'

/** A change that this process committed. */
export interface Own {
  readonly collection: string
  readonly key: Uint8Array
}

export interface Feed {
  /** This process has seen every change up to this position. */
  heard(): number
  heardAt(): Date
  /**
   * Reads other processes' changes up to a position that was read in the same transaction. Does not call the watchers yet.
   */
  catchUp(position: number, trimmed: number): readonly Change[]
  /** Notes that this process has seen everything up to `position`, and calls the watchers. */
  advance(position: number, others: readonly Change[], own: readonly Own[]): void
  /** Looks for other processes' changes. */
  poll(): void
  watch(watcher: (change: Change) => void): () => void
}

export function openFeed(db: DatabaseSync, clock: () => Date): Feed {
  const stateNow = prepare(db, 'SELECT position, trimmed FROM state')
  const since = prepare(
    db,
    'SELECT collection, key FROM changes WHERE position > ? AND position <= ? ORDER BY position',
  )
  // This number changes when another connection commits, and not when this one does.
  const readDataVersion = prepare(db, 'PRAGMA data_version')
  const watchers = new Set<(change: Change) => void>()
  let dataVersion = number(readDataVersion.get() ?? [], 0)
  let heard = number(stateNow.get() ?? [], 0)
  let heardAt = clock()

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

  /** The position and the new changes up to it, in one snapshot. Watchers are called afterwards: they may use the store. */
  function snapshot(): readonly [number, readonly Change[]] {
    db.exec('BEGIN')
    try {
      const state = stateNow.get() ?? []
      const position = number(state, 0)
      return [position, feed.catchUp(position, number(state, 1))]
    } finally {
      db.exec('COMMIT')
    }
  }

  const feed: Feed = {
    heard: () => heard,
    heardAt: () => heardAt,
    catchUp(position, trimmed) {
      if (heard >= position) return []
      if (heard < trimmed) return ['resync']
      return since.all(heard, position).map((row) => ({ collection: text(row, 0), key: decodeKey(bytes(row, 1)) }))
    },
    advance(position, others, own) {
      heard = position
      heardAt = clock()
      for (const change of others) notify(change)
      if (watchers.size > 0) for (const { collection, key } of own) notify({ collection, key: decodeKey(key) })
    },
    poll() {
      const at = clock()
      const version = number(readDataVersion.get() ?? [], 0)
      if (version !== dataVersion) {
        const [position, others] = snapshot()
        feed.advance(position, others, [])
        dataVersion = version
      }
      heardAt = at
    },
    watch(callback) {
      // A new function for each call: a callback that watches twice is called twice, and each is stopped separately.
      const watcher = (change: Change) => callback(change)
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
  }
  return feed
}
