// This adapter's own tables: made once, recognised, and brought to this release's version step by step.
import { number, text } from '../cells.ts'
import { Unavailable } from '../store.ts'
import { codeOf } from './faults.ts'
import { qualified, quoted } from './names.ts'
import { isNotOffered, type Primary } from './primary.ts'
import type { Session } from './session.ts'
import { inTransaction, type Transactions } from './transaction.ts'

/** Distinguishes our schema from that of another program. */
const APPLICATION = 'hallpass'

/** Step n brings the schema from version n + 1 to the next. Steps are added, never edited; `$` stands for the schema. */
const STEPS: readonly string[] = []
export const SCHEMA_VERSION = STEPS.length + 1

/** The tables of version 1. `turn` is empty: who has locked it may commit. `probe` is where an engine shows what it is. */
const TABLES = [
  'CREATE SCHEMA IF NOT EXISTS $',
  `CREATE TABLE IF NOT EXISTS $.changes (position bigint PRIMARY KEY, collection text NOT NULL, key bytea NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS $.collections (name text PRIMARY KEY, shape int NOT NULL, indexes text NOT NULL,
    building boolean NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS $.writers (id text PRIMARY KEY, last bigint NOT NULL, at bigint NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS $.turn (one int)`,
  `CREATE TABLE IF NOT EXISTS $.probe (id text PRIMARY KEY, value int NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS $.state (one int PRIMARY KEY, application text NOT NULL, schema int NOT NULL,
    partitioned boolean NOT NULL, position bigint NOT NULL, trimmed bigint NOT NULL, at bigint NOT NULL,
    entries bigint NOT NULL, layout bigint NOT NULL)`,
]

const JOURNAL = `CREATE TABLE IF NOT EXISTS $.journal (name text NOT NULL, at bigint NOT NULL, id bigint NOT NULL,
  until bigint NOT NULL, entries bytea NOT NULL)`

const JOURNAL_INDEXES = [
  'CREATE INDEX IF NOT EXISTS journal_at ON $.journal (name, at, id)',
  'CREATE INDEX IF NOT EXISTS journal_until ON $.journal (until)',
  'CREATE INDEX IF NOT EXISTS journal_id ON $.journal (id)',
]

/** Whether the store is there. Rejects when that cannot be told. */
export const isThere = (primary: Primary, schema: string): Promise<boolean> =>
  primary.read(async (session) => (await stateRow(session, schema)) !== undefined)

export const bytesOf = (primary: Primary, schema: string): Promise<number> =>
  primary.read(async (session) => {
    const [row] = await session.query(
      `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'`,
      [schema],
    )
    return number(row ?? [], 0)
  })

async function stateRow(session: Session, schema: string) {
  const tables = await session.query(
    `SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'state'`,
    [schema],
  )
  if (tables.length === 0) return undefined
  const columns = 'application, schema, partitioned'
  const [row] = await session.query(`SELECT ${columns} FROM ${qualified(schema, 'state')}`).catch((error: unknown) => {
    if (codeOf(error) === '42703') return [['', 0, 0]]
    throw error
  })
  return row && { application: text(row, 0), version: number(row, 1), partitioned: number(row, 2) === 1 }
}

/**
 * Makes the tables, unless the store is there. The row that says so comes last, when the engine has been tried on them.
 * Resolves to whether the journals have partitions, and what the trial found.
 */
export async function makeSchema<T>(
  primary: Primary,
  schema: string,
  { canPartition, trial }: { readonly canPartition: boolean; readonly trial: () => Promise<T> },
): Promise<{ readonly partitioned: boolean; readonly tried: T }> {
  let row = await primary.read((session) => stateRow(session, schema))
  const isNew = row === undefined
  const partitioned = isNew && canPartition && (await hasPartitions(primary))
  if (isNew) await makeTables(primary, schema, partitioned)
  const tried = await trial()
  if (isNew) {
    const values = [APPLICATION, SCHEMA_VERSION, partitioned]
    row = await primary.use(async (session) => {
      await session.query(
        `INSERT INTO ${qualified(schema, 'state')} VALUES (1, $1, $2, $3, 0, 0, 0, 0, 0) ON CONFLICT (one) DO NOTHING`,
        values,
      )
      return stateRow(session, schema)
    })
  }
  if (row?.application !== APPLICATION)
    throw new Unavailable(`${primary.name}: its schema ${schema} is another program's`)
  if (row.version > SCHEMA_VERSION)
    throw new Unavailable(
      `${primary.name} was written by a newer release (schema ${row.version}; this one knows ${SCHEMA_VERSION})`,
    )
  return { partitioned: row.partitioned, tried }
}

async function makeTables(primary: Primary, schema: string, partitioned: boolean): Promise<void> {
  const journal = partitioned ? `${JOURNAL} PARTITION BY RANGE (until)` : JOURNAL
  const script = ['BEGIN', ...TABLES, journal, ...JOURNAL_INDEXES, 'COMMIT'].join(';').replaceAll('$', quoted(schema))
  for (let time = 1; ; time++) {
    try {
      await primary.use((session) => session.script(script))
      return
    } catch (error) {
      // Another process makes them just now: unique violations of the catalogue, tables that are there after all.
      if (!/^(23505|42P06|42P07|40001|40P01|XX000)$/.test(codeOf(error) ?? '') || time === 10) throw error
      await new Promise((resolve) => setTimeout(resolve, 50 * time))
    }
  }
}

/** Whether the engine has partitioned tables: it is asked, in a transaction that is rolled back. */
function hasPartitions(primary: Primary): Promise<boolean> {
  return primary.use(async (session) => {
    try {
      await session.script(
        'BEGIN; CREATE TEMPORARY TABLE hallpass_parts (until bigint) PARTITION BY RANGE (until); ROLLBACK',
      )
      return true
    } catch (error) {
      await session.script('ROLLBACK')
      // Who may not make temporary tables is told nothing: making the journals tells.
      return !isNotOffered(error)
    }
  })
}

/** Runs the steps that the store lacks, each once, whoever else starts at the same time. */
export async function upgradeSchema(transactions: Transactions, schema: string, steps = STEPS): Promise<void> {
  const state = qualified(schema, 'state')
  for (const [at, step] of steps.entries()) {
    await inTransaction(transactions, async (session) => {
      // Compare and set: a version that is not this step's is somebody else's work.
      const rows = await session.query(`UPDATE ${state} SET schema = $2 WHERE schema = $1 RETURNING 1`, [
        at + 1,
        at + 2,
      ])
      if (rows.length > 0) await session.script(step.replaceAll('$', quoted(schema)))
    })
  }
}
