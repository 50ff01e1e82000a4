// Makes, recognises and protects the database file, and brings it to the layout that this release writes.
// Two things have versions. The schema (user_version) is this adapter's own tables. The layout (state.layout) is what the
// collections declare: a process that opened an earlier layout may still read, but no longer write, because its records
// would be missing from the newer indexes.

import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { bytes, number, text } from '../cells.ts'
import { checkNames, declarations, declared, type Index, isCurrent, placesOf, revive } from '../optimistic/rows.ts'
import { type AnyCollection, Unavailable } from '../store.ts'
import { BUSY, codeOf, prepare, refusal } from './statement.ts'

/** "HALP": distinguishes our files from those of other programs. */
const APPLICATION = 0x48414c50

/** SQLite's default of 2 MiB is less than the pages that any store reads again and again. */
const CACHE_KIB = 32 * 1024

/** Step n brings the schema from version n to the next. Steps are added, never edited. */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, trimmed INTEGER NOT NULL,
     at INTEGER NOT NULL, layout INTEGER NOT NULL) STRICT;
   INSERT INTO state VALUES (1, 0, 0, 0, 0);
   CREATE TABLE changes (position INTEGER PRIMARY KEY, collection TEXT NOT NULL, key BLOB NOT NULL) STRICT;
   CREATE TABLE journal (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, at INTEGER NOT NULL,
     until INTEGER NOT NULL, entries BLOB NOT NULL) STRICT;
   CREATE INDEX journal_at ON journal (name, at);
   CREATE INDEX journal_until ON journal (until);
   CREATE TABLE collections (name TEXT PRIMARY KEY, shape INTEGER NOT NULL, indexes TEXT NOT NULL) STRICT;`,
]

export interface Opening {
  readonly file: string
  /** The size in bytes to which the database file may grow. */
  readonly maxBytes: number | undefined
}

/** Attempts to open a file that another process locks, some 120 ms each: SQLite does not wait to change a new file to WAL. */
const ATTEMPTS = 10
const PAUSE_MS = 20

/** Rejects Unavailable, with a sentence for the operator, when the file cannot serve as a store. */
export async function openDatabase(opening: Opening, collections: readonly AnyCollection[]): Promise<DatabaseSync> {
  for (let attempt = 1; ; attempt++) {
    try {
      return openOnce(opening, collections)
    } catch (error) {
      if (codeOf(error) !== BUSY || attempt === ATTEMPTS) throw refusal(error, opening.file)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

function openOnce({ file, maxBytes }: Opening, collections: readonly AnyCollection[]): DatabaseSync {
  const inMemory = file === ':memory:'
  if (!inMemory) protect(file)
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { timeout: 100 })
    recognise(db, file)
    // A batch of audit entries is some hundred kilobytes: pages of twice the default size halve the cost of writing it.
    db.exec('PRAGMA page_size = 8192')
    const mode = prepare(db, 'PRAGMA journal_mode = WAL').get()
    if (!inMemory && mode?.[0] !== 'wal')
      throw new Unavailable(`${file} is on a file system that cannot share memory between processes`)
    // FULL: the log is on disk before a commit returns; macOS needs fullfsync for that.
    db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON')
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    if (maxBytes !== undefined) limit(db, maxBytes)
    upgrade(db, file, SCHEMA)
    arrange(db, file, collections)
    // From here on a wait would block all other requests: SQLite waits briefly, and the committer tries again.
    db.exec('PRAGMA busy_timeout = 10')
    return db
  } catch (error) {
    db?.close()
    throw error
  }
}

/**
 * Runs the steps that the file lacks, all or none.
 * @throws Unavailable for a file written by a release with more steps.
 */
export function upgrade(db: DatabaseSync, file: string, steps: readonly string[]): void {
  const at = () => number(prepare(db, 'PRAGMA user_version').get() ?? [], 0)
  const refuse = () =>
    new Unavailable(`${file} was written by a newer release (schema ${at()}; this one knows ${steps.length})`)
  if (at() > steps.length) throw refuse()
  if (at() === steps.length) return
  within(db, () => {
    // Another process may have upgraded the file between the check and the lock.
    if (at() > steps.length) throw refuse()
    for (const step of steps.slice(at())) db.exec(step)
    db.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${steps.length}`)
  })
}

/** Makes the tables of new collections, and rebuilds those whose declared indexes changed. */
function arrange(db: DatabaseSync, file: string, collections: readonly AnyCollection[]): void {
  for (const collection of collections) {
    checkNames(collection)
    const stored = prepare(db, 'SELECT shape, indexes FROM collections WHERE name = ?')
    const storedNow = () => {
      const row = stored.get(collection.name)
      return row && { shape: number(row, 0), indexes: text(row, 1) }
    }
    if (isCurrent(collection, storedNow())) continue
    within(db, () => {
      const before = storedNow()
      if (isCurrent(collection, before)) return
      if (before === undefined) db.exec(tableOf(collection))
      else if (before.indexes !== declared(collection)) {
        if (before.shape > collection.shape)
          throw new Unavailable(`${file} was written by a newer release (${collection.name} has other indexes)`)
        rebuild(db, collection, before.indexes)
        db.exec('UPDATE state SET layout = layout + 1')
      }
      prepare(
        db,
        `INSERT INTO collections VALUES (?, ?, ?) ON CONFLICT DO UPDATE
           SET shape = max(shape, excluded.shape), indexes = excluded.indexes`,
      ).run(collection.name, collection.shape, declared(collection))
    })
  }
}

function tableOf(collection: AnyCollection): string {
  const indexes = declarations(collection)
  const columns = indexes.map(({ name }) => `, "i_${name}" BLOB`)
  return `CREATE TABLE "r_${collection.name}" (key BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL,
    shape INTEGER NOT NULL, json TEXT NOT NULL${columns.join('')}) STRICT;
    ${indexes.map((index) => indexOf(collection.name, index)).join(' ')}`
}

function indexOf(table: string, { name, unique }: Index): string {
  return `CREATE ${unique ? 'UNIQUE' : ''} INDEX "x_${table}_${name}" ON "r_${table}" ("i_${name}");`
}

/** Drops all indexes of a table and computes the declared ones from every record. */
function rebuild(db: DatabaseSync, collection: AnyCollection, before: string): void {
  const { name } = collection
  for (const index of before.split(/!? |!$/).filter((name) => name !== ''))
    db.exec(`DROP INDEX "x_${name}_${index}"; ALTER TABLE "r_${name}" DROP COLUMN "i_${index}"`)
  const indexes = declarations(collection)
  for (const index of indexes) db.exec(`ALTER TABLE "r_${name}" ADD COLUMN "i_${index.name}" BLOB`)
  if (indexes.length > 0) {
    const page = prepare(db, `SELECT rowid, shape, json, key FROM "r_${name}" WHERE rowid > ? ORDER BY rowid LIMIT 100`)
    const set = indexes.map((index) => `"i_${index.name}" = ?`).join(', ')
    const save = prepare(db, `UPDATE "r_${name}" SET ${set} WHERE rowid = ?`)
    for (let after = 0, rows = page.all(after); rows.length > 0; rows = page.all(after)) {
      for (const row of rows) {
        after = number(row, 0)
        save.run(...placesOf(collection, revive(collection, number(row, 1), text(row, 2)), bytes(row, 3)), after)
      }
    }
  }
  for (const index of indexes) db.exec(indexOf(name, index))
}

function within(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** @throws Unavailable for another program's database */
function recognise(db: DatabaseSync, file: string): void {
  // In one snapshot: another process of ours may be creating the file just now.
  db.exec('BEGIN')
  const application = prepare(db, 'PRAGMA application_id').get()?.[0]
  const tables = number(prepare(db, 'SELECT count(*) FROM sqlite_schema').get() ?? [], 0)
  db.exec('COMMIT')
  if (application !== APPLICATION && (application !== 0 || tables > 0))
    throw new Unavailable(`${file} is another program's database`)
}

function limit(db: DatabaseSync, maxBytes: number): void {
  const page = number(prepare(db, 'PRAGMA page_size').get() ?? [], 0)
  prepare(db, `PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / page))}`).get()
}

/** Closes the file to other users before its first byte is written. SQLite gives -wal and -shm the file's mode. */
function protect(file: string): void {
  const folder = dirname(file)
  if (!existsSync(folder)) throw new Unavailable(`${folder} does not exist`)
  try {
    const made = !existsSync(file)
    closeSync(openSync(file, 'a', 0o600))
    for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) chmodSync(path, 0o600)
    if (made) syncFolder(folder)
  } catch (error) {
    throw new Unavailable(`${file} cannot be opened`, { cause: error })
  }
}

/** Makes sure that a new or renamed entry of a folder survives a loss of power. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
