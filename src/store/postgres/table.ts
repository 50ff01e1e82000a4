// The table of one collection: the statements that read its rows.
import { bytes, type Cells, number, text } from '../cells.ts'
import { declarations, type Placed, type Row, type Span, type Table } from '../optimistic/rows.ts'
import type { AnyCollection } from '../store.ts'
import { columnName, qualified, quoted, tableName } from './names.ts'
import type { Session } from './session.ts'

/** Reads outside a commit: each on any connection. */
export type Read = <T>(work: (session: Session) => Promise<T>) => Promise<T>

export interface PostgresTable extends Table {
  readonly collection: AnyCollection
  /** The table's name in statements. */
  readonly sql: string
  /** The columns of the indexes, in the order of declaration, in statements. */
  readonly columns: readonly string[]
  row(key: Uint8Array): Promise<Row | undefined>
  holder(index: number, place: Uint8Array): Promise<Row | undefined>
  list(span: Span): Promise<readonly Placed[]>
  /** The versions of the rows of a span, in its order. */
  versions(session: Session, span: Span): Promise<readonly number[]>
}

export function openTable(collection: AnyCollection, schema: string, read: Read): PostgresTable {
  const { name } = collection
  const sql = qualified(schema, tableName(name))
  const indexes = declarations(collection)
  const columns = indexes.map((index) => quoted(columnName(index.name)))

  /** A statement on the rows of a span: prepared by its name. */
  function spanned(session: Session, what: string, { by, low, open, high, limit }: Span): Promise<readonly Cells[]> {
    const column = by < 0 ? 'key' : columns[by]
    if (column === undefined) throw new TypeError(`${name} has no such index`)
    const selected = what === 'rows' ? `version, shape, json, key, ${column}` : 'version'
    return session.query(
      `SELECT ${selected} FROM ${sql} WHERE ${column} ${open ? '>' : '>='} $1 AND ${column} < $2 ORDER BY ${column} LIMIT $3`,
      [low, high, limit],
      `${what} ${name} ${by} ${open}`,
    )
  }

  return {
    ...{ name, collection, sql, indexes, columns },
    row: (key) =>
      read(async (session) => {
        const [cells] = await session.query(
          `SELECT version, shape, json FROM ${sql} WHERE key = $1`,
          [key],
          `row ${name}`,
        )
        return cells && { key, version: number(cells, 0), shape: number(cells, 1), json: text(cells, 2) }
      }),
    holder: (index, place) =>
      read(async (session) => {
        const [cells] = await session.query(
          `SELECT version, shape, json, key FROM ${sql} WHERE ${columns[index]} = $1`,
          [place],
          `holder ${name} ${index}`,
        )
        return cells && rowOf(cells)
      }),
    list: (span) =>
      read(async (session) =>
        (await spanned(session, 'rows', span)).map((cells) => ({ ...rowOf(cells), place: bytes(cells, 4) })),
      ),
    versions: async (session, span) => (await spanned(session, 'versions', span)).map((cells) => number(cells, 0)),
  }
}

const rowOf = (cells: Cells): Row => ({
  version: number(cells, 0),
  shape: number(cells, 1),
  json: text(cells, 2),
  key: bytes(cells, 3),
})
