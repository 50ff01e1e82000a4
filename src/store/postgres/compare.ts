// Compares what attempts read with what is committed now, and with what earlier attempts of the same batch write.
import { bytes, number } from '../cells.ts'
import { type Attempt, claimOf, idOf, type Note, placeOf } from '../optimistic/attempt.ts'
import { inSpan, type Row } from '../optimistic/rows.ts'
import type { Session } from './session.ts'
import type { PostgresTable } from './table.ts'
import { places } from './values.ts'

type Attempts = readonly Attempt<PostgresTable>[]
type PostgresNote = Note<PostgresTable>

/** Values in one statement: the protocol has 65,535 at most. */
const VALUES_AT_ONCE = 10_000

/** Those attempts that read something that is different now. */
export async function staleOf(session: Session, attempts: Attempts): Promise<ReadonlySet<Attempt<PostgresTable>>> {
  const versions = await versionsOf(
    session,
    attempts.flatMap(({ notes }) => notes),
  )
  const stale = new Set<Attempt<PostgresTable>>()
  for (const attempt of attempts) {
    for (const note of attempt.notes) {
      if ('span' in note ? await isSpanChanged(session, note) : versions.get(nameOf(note)) !== versionOf(note)) {
        stale.add(attempt)
        break
      }
    }
  }
  return stale
}

type Single = Exclude<PostgresNote, { readonly span: unknown }>

const nameOf = (note: Single): string =>
  'index' in note ? claimOf(note.table, note.index, note.place) : idOf(note.table, note.key)

const versionOf = (note: Single): number | undefined => {
  const version = 'index' in note ? note.row?.version : note.version
  return version === 0 ? undefined : version
}

async function isSpanChanged(session: Session, { table, span, rows }: Extract<PostgresNote, { span: unknown }>) {
  const now = await table.versions(session, span)
  return now.length !== rows.length || now.some((version, at) => version !== rows[at]?.version)
}

/** The versions that are committed now under the keys of notes: one statement for each table and column. */
async function versionsOf(session: Session, notes: readonly PostgresNote[]): Promise<ReadonlyMap<string, number>> {
  const versions = new Map<string, number>()
  const singles = notes.filter((note): note is Single => !('span' in note))
  const groups = Map.groupBy(singles, (note) => `${note.table.name} ${'index' in note ? note.index : 'key'}`)
  for (const group of groups.values()) {
    const [{ table }] = group as [Single]
    const index = 'index' in (group[0] as Single) ? (group[0] as { index: number }).index : -1
    const column = index < 0 ? 'key' : table.columns[index]
    const values = [...new Map(group.map((note) => [nameOf(note), 'index' in note ? note.place : note.key])).values()]
    for (let from = 0; from < values.length; from += VALUES_AT_ONCE) {
      const some = values.slice(from, from + VALUES_AT_ONCE)
      const rows = await session.query(
        `SELECT version, ${column} FROM ${table.sql} WHERE ${column} IN (${places(1, some.length)})`,
        some,
      )
      for (const row of rows) {
        const found = bytes(row, 1)
        versions.set(index < 0 ? idOf(table, found) : claimOf(table, index, found), number(row, 0))
      }
    }
  }
  return versions
}

export interface Batch {
  /** Whether an attempt read what an earlier one of the batch writes. */
  touches(attempt: Attempt<PostgresTable>): boolean
  add(attempt: Attempt<PostgresTable>): void
}

/** What the attempts of a batch write, as far as others may have read it. */
export function openBatch(): Batch {
  const written = new Set<string>()
  const byTable = new Map<PostgresTable, ReturnType<Attempt<PostgresTable>['writes']>[number][]>()

  const isWritten = (table: PostgresTable, rows: readonly (Row | undefined)[]) =>
    rows.some((row) => row !== undefined && written.has(idOf(table, row.key)))

  function touched(note: PostgresNote): boolean {
    const { table } = note
    const writes = byTable.get(table)
    if (writes === undefined) return false
    if ('span' in note) {
      const { by } = note.span
      const enters = (place: Uint8Array | null | undefined) => place instanceof Uint8Array && inSpan(note.span, place)
      return isWritten(table, note.rows) || writes.some((write) => enters(placeOf(write, by)))
    }
    if ('index' in note) return isWritten(table, [note.row]) || written.has(claimOf(table, note.index, note.place))
    return written.has(idOf(table, note.key))
  }

  return {
    touches: ({ notes }) => notes.some(touched),
    add(attempt) {
      for (const write of attempt.writes()) {
        const { table, key } = write
        written.add(idOf(table, key))
        for (const [index, { unique }] of table.indexes.entries()) {
          const place = write.places[index]
          if (unique && place) written.add(claimOf(table, index, place))
        }
        const writes = byTable.get(table)
        if (writes === undefined) byTable.set(table, [write])
        else writes.push(write)
      }
    },
  }
}
