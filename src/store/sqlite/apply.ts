// Compares what an attempt read with the file, and writes what it wrote: in one turn, between BEGIN and COMMIT.
import type { Attempt, Note } from '../optimistic/attempt.ts'
import type { SqliteTable } from './table.ts'

/** Whether anything that an attempt read is different now. */
export const isStale = ({ notes }: Attempt<SqliteTable>): boolean => notes.some(changed)

/** Versions are never reused: an unchanged version means an unchanged record. */
function changed(note: Note<SqliteTable>): boolean {
  if ('span' in note) {
    const rows = note.table.list(note.span)
    return rows.length !== note.rows.length || rows.some((row, at) => row.version !== note.rows[at]?.version)
  }
  if ('index' in note) return note.table.holder(note.index, note.place)?.version !== note.row?.version
  return note.table.version(note.key) !== note.version
}

/** Writes everything; `version` draws a version for each changed record and adds the change to the feed. */
export function apply(attempt: Attempt<SqliteTable>, version: (table: SqliteTable, key: Uint8Array) => number): void {
  const all = attempt.writes()
  // Two records may have swapped their unique keys: once every old row is deleted, no order of writing conflicts.
  const clear = all.length > 1
  for (const { table, key, base, json } of all) if (base !== 0 && (clear || json === undefined)) table.remove(key)
  for (const { table, key, base, shape, json, places } of all) {
    if (json === undefined) {
      if (base !== 0) version(table, key)
    } else if (base !== 0 && !clear) table.update(key, version(table, key), shape, json, places)
    else table.insert(key, version(table, key), shape, json, places)
  }
}
