// Writes what the accepted attempts of a batch write: in one statement for what is deleted, and one for all else, however
// many tables they name.

import type { Attempt, Write } from '../optimistic/attempt.ts'
import type { Own } from '../optimistic/hearing.ts'
import type { Session } from './session.ts'
import type { PostgresTable } from './table.ts'
import { rowPlaces } from './values.ts'

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
    deletions: [...groups.removed].flatMap(([table, group]) => deletions(keysOf(table, group))),
    rest: [
      ...[...groups.inserted].flatMap(([table, group]) => insertions(rowsOf(table, group))),
      ...[...groups.updated].flatMap(([table, group]) => updates(rowsOf(table, group))),
    ],
  }
}

/** Rows of one table by their columns' types. */
interface Rows {
  readonly table: string
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly (readonly unknown[])[]
}

/** Parts with the values of rows, in as many statements as they need. */
function partsOf({ columns, rows }: Rows, sql: (values: string, names: string) => string): Part[] {
  const types = Object.values(columns)
  const names = Object.keys(columns).join(', ')
  const most = Math.floor(VALUES_AT_ONCE / types.length)
  return Array.from({ length: Math.ceil(rows.length / most) }, (_, chunk) => {
    const some = rows.slice(chunk * most, (chunk + 1) * most)
    return { sql: (from) => sql(rowPlaces(from, types, some.length), names), values: some.flat() }
  })
}

export const insertions = (all: Rows): Part[] =>
  partsOf(all, (values, names) => `INSERT INTO ${all.table} (${names}) VALUES ${values}`)

/** Updates of the rows that have a key, which is the first column. */
export const updates = (all: Rows): Part[] =>
  partsOf(all, (values, names) => {
    const set = Object.keys(all.columns).filter((column) => column !== 'key')
    return `UPDATE ${all.table} AS t SET ${set.map((column) => `${column} = u.${column}`).join(', ')}
      FROM (VALUES ${values}) AS u (${names}) WHERE t.key = u.key`
  })

const deletions = (all: Rows): Part[] =>
  partsOf(all, (values) => `DELETE FROM ${all.table} WHERE key IN (${values.replace(/[()]/g, '')})`)

const keysOf = (table: PostgresTable, group: readonly Numbered[]): Rows => ({
  table: table.sql,
  columns: { key: 'bytea' },
  rows: group.map(({ write }) => [write.key]),
})

const rowsOf = (table: PostgresTable, group: readonly Numbered[]): Rows => ({
  table: table.sql,
  columns: {
    ...{ key: 'bytea', version: 'bigint', shape: 'int', json: 'text' },
    ...Object.fromEntries(table.columns.map((column) => [column, 'bytea'])),
  },
  rows: group.map(({ write, version }) => [write.key, version, write.shape, write.json, ...write.places]),
})
