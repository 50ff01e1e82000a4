// The store's tables, and bringing them to what this release declares while other releases serve.
// Two things have versions. The schema (state.schema) is this adapter's own tables. The layout (state.layout) is what the
// collections declare: a process that declares a collection's indexes otherwise may still read it, but no longer write it,
// because its records would be missing from the newer indexes. All else it writes as before.
import { bytes, number, text } from '../cells.ts'
import type { Attempt } from '../optimistic/attempt.ts'
import { declarations, declared, isCurrent, placesOf, revive } from '../optimistic/rows.ts'
import { type AnyCollection, Unavailable } from '../store.ts'
import { codeOf } from './faults.ts'
import { checkTableNames, columnName, indexName, qualified, quoted, tableName } from './names.ts'
import type { Session } from './session.ts'
import type { PostgresTable } from './table.ts'
import { inTransaction, type Transactions } from './transaction.ts'
import { runParts, updates } from './write.ts'

export interface Layout {
  /** Reads again what the store declares, if its layout is another than the last one read. */
  refresh(session: Session, layout: number): Promise<void>
  /** Why this process may not write what an attempt writes. */
  refuses(attempt: Attempt<PostgresTable>): string | undefined
  /** The unique index, or the key, that a constraint is. */
  indexOfConstraint(name: string): { readonly collection: string; readonly index: string } | undefined
}

export function openLayout(collections: readonly AnyCollection[], schema: string, name: string): Layout {
  // The first commit reads what is declared: it may have changed since this process arranged it.
  let known = -1
  const foreign = new Set<string>()
  const constraints = new Map<string, { collection: string; index: string }>()
  for (const collection of collections) {
    constraints.set(`${tableName(collection.name)}_pkey`, { collection: collection.name, index: 'key' })
    for (const index of declarations(collection))
      constraints.set(indexName(collection.name, index.name), { collection: collection.name, index: index.name })
  }
  return {
    async refresh(session, layout) {
      if (layout === known) return
      const rows = await session.query(`SELECT name, indexes FROM ${qualified(schema, 'collections')}`)
      const stored = new Map(rows.map((row) => [text(row, 0), text(row, 1)]))
      foreign.clear()
      for (const collection of collections)
        if (stored.get(collection.name) !== declared(collection)) foreign.add(collection.name)
      known = layout
    },
    refuses(attempt) {
      const table = attempt.writes().find(({ table }) => foreign.has(table.name))?.table
      return (
        table && `a newer release has changed the indexes of ${table.name} in ${name}: this process may only read them`
      )
    },
    indexOfConstraint: (name) => constraints.get(name),
  }
}

/** What a collection is in the store. */
interface Stored {
  readonly shape: number
  readonly indexes: string
  /** Whether its newer indexes are still being computed. */
  readonly isBuilding: boolean
}

const ROWS_AT_ONCE = 200
/** An index on an empty column still reads every row of its table: a second for a million. */
const ALTERATION_MS = 600_000

/** Makes the tables of new collections, and computes indexes that are newly declared. */
export async function arrange(
  transactions: Transactions,
  schema: string,
  collections: readonly AnyCollection[],
): Promise<void> {
  for (const collection of collections) checkTableNames(collection)
  const all = await transactions.primary.read((session) => storedOf(session, schema))
  for (const collection of collections) {
    const stored = all.get(collection.name)
    if (isCurrent(collection, stored) && stored?.isBuilding === false) continue
    const isBuilding = await declare(transactions, schema, collection)
    if (isBuilding) await compute(transactions, schema, collection)
  }
}

async function storedOf(session: Session, schema: string): Promise<ReadonlyMap<string, Stored>> {
  const rows = await session.query(`SELECT name, shape, indexes, building FROM ${qualified(schema, 'collections')}`)
  return new Map(
    rows.map((row) => [
      text(row, 0),
      { shape: number(row, 1), indexes: text(row, 2), isBuilding: number(row, 3) === 1 },
    ]),
  )
}

/** Notes what this release declares, and changes the table for it. Resolves to whether records must be indexed. */
function declare(transactions: Transactions, schema: string, collection: AnyCollection): Promise<boolean> {
  const { name, shape } = collection
  const collections = qualified(schema, 'collections')
  return inTransaction(transactions, async (session) => {
    const before = (await storedOf(session, schema)).get(name)
    const indexes = declared(collection)
    if (before === undefined) {
      await session.script(tableOf(schema, collection))
      await session.query(`INSERT INTO ${collections} (name, shape, indexes, building) VALUES ($1, $2, $3, false)`, [
        ...[name, shape, indexes],
      ])
      return false
    }
    if (before.indexes === indexes) {
      if (before.shape < shape)
        await session.query(`UPDATE ${collections} SET shape = $2 WHERE name = $1`, [name, shape])
      return before.isBuilding
    }
    if (before.shape > shape)
      throw new Unavailable(`${transactions.primary.name} was written by a newer release (${name} has other indexes)`)
    await session.script(`SET LOCAL statement_timeout = ${ALTERATION_MS}`)
    await session.script(alteration(schema, collection, before.indexes), ALTERATION_MS)
    await session.query(`UPDATE ${collections} SET shape = $2, indexes = $3, building = true WHERE name = $1`, [
      ...[name, shape, indexes],
    ])
    await session.query(`UPDATE ${qualified(schema, 'state')} SET layout = layout + 1`)
    return true
  })
}

const columnOf = (name: string) => `${quoted(columnName(name))} bytea`

function tableOf(schema: string, collection: AnyCollection): string {
  const indexes = declarations(collection)
  const columns = indexes.map(({ name }) => `, ${columnOf(name)}`).join('')
  return [
    `CREATE TABLE ${qualified(schema, tableName(collection.name))} (key bytea PRIMARY KEY, version bigint NOT NULL,
      shape int NOT NULL, json text NOT NULL${columns})`,
    ...indexes.map(({ name, unique }) => indexOf(schema, collection.name, name, unique)),
  ].join(';')
}

const indexOf = (schema: string, collection: string, name: string, unique: boolean): string =>
  `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quoted(indexName(collection, name))}
    ON ${qualified(schema, tableName(collection))} (${quoted(columnName(name))})`

/** Drops the columns of indexes that are no longer declared, and adds those of new ones, which are empty at first. */
function alteration(schema: string, collection: AnyCollection, before: string): string {
  const table = qualified(schema, tableName(collection.name))
  const old = new Set(before.split(' ').filter((index) => index !== ''))
  const now = new Map(declarations(collection).map((index) => [index.name + (index.unique ? '!' : ''), index]))
  const dropped = [...old].filter((index) => !now.has(index)).map((index) => index.replace('!', ''))
  const added = [...now].filter(([index]) => !old.has(index)).map(([, index]) => index)
  return [
    ...dropped.map((name) => `ALTER TABLE ${table} DROP COLUMN ${quoted(columnName(name))}`),
    ...added.map(({ name }) => `ALTER TABLE ${table} ADD COLUMN ${columnOf(name)}`),
    ...added.map(({ name, unique }) => indexOf(schema, collection.name, name, unique)),
  ].join(';')
}

/** Computes the index columns of every record, some at a time: others read and write meanwhile. */
async function compute(transactions: Transactions, schema: string, collection: AnyCollection): Promise<void> {
  const table = qualified(schema, tableName(collection.name))
  const columns = declarations(collection).map(({ name }) => quoted(columnName(name)))
  const page = `SELECT key, shape, json FROM ${table} WHERE key > $1 ORDER BY key LIMIT ${ROWS_AT_ONCE}`
  let after: Uint8Array | undefined = Buffer.alloc(0)
  while (after !== undefined && columns.length > 0) {
    const from: Uint8Array = after
    after = await inTransaction(transactions, async (session) => {
      const rows = await session.query(page, [from])
      const last = rows.at(-1)
      if (last === undefined) return undefined
      const parts = updates({
        table,
        columns: Object.fromEntries(['key', ...columns].map((column) => [column, 'bytea'])),
        rows: rows.map((row) => {
          const key = bytes(row, 0)
          return [key, ...placesOf(collection, revive(collection, number(row, 1), text(row, 2)), key)]
        }),
      })
      await runParts(session, parts)
      return bytes(last, 0)
    }).catch((error: unknown) => {
      if (codeOf(error) !== '23505') throw error
      throw new Unavailable(`two records of ${collection.name} have one key of a unique index of this release`, {
        cause: error,
      })
    })
  }
  await inTransaction(transactions, (session) =>
    session.query(`UPDATE ${qualified(schema, 'collections')} SET building = false WHERE name = $1 AND indexes = $2`, [
      ...[collection.name, declared(collection)],
    ]),
  )
}
