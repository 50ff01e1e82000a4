// The change feed: every change has a position, drawn from one counter in the same transaction as the change itself. This
// process learns of its own commits as they happen, and of other processes' when it next takes the write lock or polls.

import type { DatabaseSync } from 'node:sqlite'
import { bytes, number, text } from '../cells.ts'
import { decodeKey } from '../key.ts'
import { type Hearing, openHearing } from '../optimistic/hearing.ts'
import type { Change } from '../store.ts'
import { prepare } from './statement.ts'

export interface Feed extends Omit<Hearing, 'confirm'> {
  /**
   * Reads other processes' changes up to a position that was read in the same transaction. Does not call the watchers yet.
   */
  catchUp(position: number, trimmed: number): readonly Change[]
  /** Looks for other processes' changes. */
  poll(): void
}

export function openFeed(db: DatabaseSync, clock: () => Date): Feed {
  const stateNow = prepare(db, 'SELECT position, trimmed FROM state')
  const since = prepare(
    db,
    'SELECT collection, key FROM changes WHERE position > ? AND position <= ? ORDER BY position',
  )
  // This number changes when another connection commits, and not when this one does.
  const readDataVersion = prepare(db, 'PRAGMA data_version')
  let dataVersion = number(readDataVersion.get() ?? [], 0)
  const { heard, heardAt, advance, confirm, watch } = openHearing(number(stateNow.get() ?? [], 0), clock())

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
    ...{ heard, heardAt, advance, watch },
    catchUp(position, trimmed) {
      if (heard() >= position) return []
      if (heard() < trimmed) return ['resync']
      return since.all(heard(), position).map((row) => ({ collection: text(row, 0), key: decodeKey(bytes(row, 1)) }))
    },
    poll() {
      const at = clock()
      const version = number(readDataVersion.get() ?? [], 0)
      if (version !== dataVersion) {
        const [position, others] = snapshot()
        advance(position, at, others, [])
        dataVersion = version
      }
      confirm(at)
    },
  }
  return feed
}
