// Journals: one row per journal and batch of commits, appended and scanned in order, deleted as a whole after its time.

import type { DatabaseSync } from 'node:sqlite'
import { bytes, number } from '../cells.ts'
import { type Append, pack, rowsOf, unpack } from '../optimistic/appends.ts'
import type { JournalEntry } from '../store.ts'
import { prepare } from './statement.ts'

const ROWS_AT_ONCE = 8
const EXPIRED_AT_ONCE = 32

export interface Journals {
  /** Writes the appends of a batch of commits. `at`, in ms, never decreases from batch to batch. */
  write(appends: readonly Append[], at: number): void
  scan(journal: string, from: Date): AsyncIterable<JournalEntry>
  /** Whether there are expired rows. */
  overdue(now: number): boolean
  /** Deletes some of the expired rows. */
  expire(now: number): void
}

export function openJournals(db: DatabaseSync, readGuarded: <T>(read: () => T) => T): Journals {
  const insert = prepare(db, 'INSERT INTO journal (name, at, until, entries) VALUES (?, ?, ?, ?)')
  const first = prepare(db, 'SELECT at, id FROM journal WHERE name = ? AND at >= ? ORDER BY at, id LIMIT 1')
  const following = prepare(
    db,
    `SELECT at, id, entries FROM journal WHERE name = ? AND (at, id) >= (?, ?) ORDER BY at, id LIMIT ${ROWS_AT_ONCE}`,
  )
  const overdue = prepare(db, 'SELECT 1 FROM journal WHERE until < ? LIMIT 1')
  const expire = prepare(
    db,
    `DELETE FROM journal WHERE id IN
      (SELECT id FROM journal WHERE until < ? ORDER BY until LIMIT ${EXPIRED_AT_ONCE})`,
  )

  return {
    write(appends, at) {
      for (const { journal, until, entries } of rowsOf(appends)) insert.run(journal, at, until, pack(entries))
    },
    async *scan(journal, from) {
      const start = readGuarded(() => first.get(journal, from.getTime()))
      let place = start && ([number(start, 0), number(start, 1)] as const)
      while (place) {
        const [at, id]: readonly [number, number] = place
        const rows = readGuarded(() => following.all(journal, at, id))
        for (const row of rows)
          for (const entry of unpack(bytes(row, 2))) yield { at: new Date(number(row, 0)), text: entry }
        const last = rows.length === ROWS_AT_ONCE ? rows.at(-1) : undefined
        place = last && [number(last, 0), number(last, 1) + 1]
      }
    },
    overdue: (now) => overdue.get(now) !== undefined,
    expire: (now) => void expire.run(now),
  }
}
