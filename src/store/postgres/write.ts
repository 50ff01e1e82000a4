// Writes what the accepted attempts of a batch write: in one statement for what is deleted, and one for all else, however
// many tables they name.

import type { Attempt, Write } from '../optimistic/attempt.ts'
import type { Own } from '../optimistic/hearing.ts'
import type { Session } from './session.ts'
import type { PostgresTable } from './table.ts'
import { places, rowPlaces } from './values.ts'

/** Values in one statement: the protocol has 65,535 at most. */
const VALUES_AT_ONCE = 20_000

/** Statements that touch different rows, so that they may run as one. */
export interface Part {
  /** The statement, given the number of its first parameter. */
  readonly sql: (from: number) => string
  readonly values: readonly unknown[]
}

/** Runs parts in as few statements as their values fit into. */
export async function runParts(session: Session, parts: readonly Part[]): Promise<void> {
  let run: Part[] = []
  let count = 0
  const flush = async () => {
    const last = run.pop()
    if (last === undefined) return
    let from = 1
    const inner = run.map((part, at) => {
      const sql = `w${at} AS (${part.sql(from)})`
      from += part.values.length
      return sql
    })
    const head = inner.length === 0 ? '' : `WITH ${inner.join(', ')} `
    await session.query(
      head + last.sql(from),
      [...run, last].flatMap(({ values }) => values),
    )
    run = []
    count = 0
  }
  for (const part of parts) {
    if (count + part.values.length > VALUES_AT_ONCE) await flush()
    run.push(part)
    count += part.values.length
  }
  await flush()
}

export interface Writing {
  /** What is deleted, before the rest is written. */
  readonly deletions: readonly Part[]
  readonly rest: readonly Part[]
  /** The changes in the order of their positions, of which the first is the one after `position`. */
  readonly own: readonly Own[]
}

interface Numbered {
  readonly write: Write<PostgresTable>
  readonly version: number
}

/** What the attempts write, from a position of the feed on. */
export function writingOf(attempts: readonly Attempt<PostgresTable>[], position: number): Writing {
  const own: Own[] = []
  const groups = { removed: new Map(), inserted: new Map(), updated: new Map() } as const satisfies Record<
    string,
    Map<PostgresTable, Numbered[]>
  >
  const put = (group: Map<PostgresTable, Numbered[]>, write: Write<PostgresTable>, version: number) => {
    const list = group.get(write.table)
    if (list === undefined) group.set(write.table, [{ write, version }])
    else list.push({ write, version })
  }
  for (const attempt of attempts) {
    const writes = attempt.writes()
    for (const write of writes) {
      if (write.json === undefined && write.base === 0) continue
      own.push({ collection: write.table.name, key: write.key })
      const version = position + own.length
      // Two records may have swapped their unique keys: once every old row is deleted, no order of writing conflicts.
      const clears = writes.length > 1 && write.table.indexes.some(({ unique }) => unique)
      if (write.base !== 0 && (write.json === undefined || clears)) put(groups.removed, write, version)
      if (write.json === undefined) continue
      put(write.base === 0 || clears ? groups.inserted : groups.updated, write, version)
    }
  }
  return {
    own,
    deletions: partsOf(groups.removed, 1, removal),
    rest: [...partsOf(groups.inserted, 4, insertion), ...partsOf(groups.updated, 4, update)],
  }
}

type Maker = (table: PostgresTable, rows: readonly Numbered[]) => Part

/** A part for each table, or several where its rows have too many values for one statement. */
function partsOf(groups: Map<PostgresTable, Numbered[]>, columns: number, part: Maker): Part[] {
  const parts: Part[] = []
  for (const [table, rows] of groups) {
    const most = Math.floor(VALUES_AT_ONCE / (columns + table.columns.length))
    for (let from = 0; from < rows.length; from += most) parts.push(part(table, rows.slice(from, from + most)))
  }
  return parts
}

const removal: Maker = (table, rows) => ({
  sql: (from) => `DELETE FROM ${table.sql} WHERE key IN (${places(from, rows.length)})`,
  values: rows.map(({ write }) => write.key),
})

const typesOf = (table: PostgresTable) => ['bytea', 'bigint', 'int', 'text', ...table.columns.map(() => 'bytea')]

const valuesOf = (rows: readonly Numbered[]): unknown[] =>
  rows.flatMap(({ write, version }) => [write.key, version, write.shape, write.json, ...write.places])

const insertion: Maker = (table, rows) => ({
  sql: (from) =>
    `INSERT INTO ${table.sql} (${['key', 'version', 'shape', 'json', ...table.columns].join(', ')})
      VALUES ${rowPlaces(from, typesOf(table), rows.length)}`,
  values: valuesOf(rows),
})

const update: Maker = (table, rows) => {
  const set = ['version', 'shape', 'json', ...table.columns]
  return {
    sql: (from) =>
      `UPDATE ${table.sql} AS t SET ${set.map((column) => `${column} = u.${column}`).join(', ')}
        FROM (VALUES ${rowPlaces(from, typesOf(table), rows.length)}) AS u (${['key', ...set].join(', ')})
        WHERE t.key = u.key`,
    values: valuesOf(rows),
  }
}
