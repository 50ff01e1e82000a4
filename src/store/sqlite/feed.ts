// The change feed: every change has a position, given by one counter in the same transaction as the change itself. This
// process learns of its own commits as they happen, and of others' when it next takes the write lock or polls.

import type { DatabaseSync } from 'node:sqlite'
import { decodeKey } from '../key.ts'
import type { Change } from '../store.ts'
import { bytes, number, prepare, text } from './statement.ts'

export interface Own {
  readonly collection: string
  readonly key: Uint8Array
}

export interface Feed {
  /** This process has seen every change up to this position. */
  heard(): number
  heardAt(): Date
  /**
   * Reads others' changes up to a position read from the database in the same transaction. Does not call the watchers yet.
   */
  catchUp(position: number, trimmed: number): readonly Change[]
  /** This process has now seen everything up to `position`: calls the watchers. */
  advance(position: number, others: readonly Change[], own: readonly Own[]): void
  /** Looks for others' changes. */
  poll(): void
  watch(hear: (change: Change) => void): () => void
}

export function openFeed(db: DatabaseSync, now: () => Date): Feed {
  const stateNow = prepare(db, 'SELECT position, trimmed FROM state')
  const since = prepare(
    db,
    'SELECT collection, key FROM changes WHERE position > ? AND position <= ? ORDER BY position',
  )
  // Changes when another connection commits, and not when this one does.
  const foreign = prepare(db, 'PRAGMA data_version')
  const watchers = new Set<(change: Change) => void>()
  let foreignAt = number(foreign.get() ?? [], 0)
  let heard = number(stateNow.get() ?? [], 0)
  let heardAt = now()

  function tell(change: Change): void {
    for (const hear of watchers) {
      try {
        hear(change)
      } catch (error) {
        // The change is committed, whatever a watcher does with it; a watcher that throws is a programming error and is not
        // hidden.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  /** The position and what is new up to it, in one snapshot; watchers are called afterwards, and may use the store. */
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
      heardAt = now()
      for (const change of others) tell(change)
      if (watchers.size > 0) for (const { collection, key } of own) tell({ collection, key: decodeKey(key) })
    },
    poll() {
      const at = now()
      const version = number(foreign.get() ?? [], 0)
      if (version !== foreignAt) {
        const [position, others] = snapshot()
        feed.advance(position, others, [])
        foreignAt = version
      }
      heardAt = at
    },
    watch(hear) {
      // A new function for each call: one that watches twice is called twice, and each call is stopped separately.
      const watcher = (change: Change) => hear(change)
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
  }
  return feed
}
