// The default kind of store: one SQLite file in the data folder.
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Backups, Restoring, StoreKind, StoreSource } from '../kind.ts'
import { openSqlite, type SqliteOptions } from '../sqlite.ts'
import { type Store, Unavailable } from '../store.ts'
import { syncFolder } from './schema.ts'

export const sqlite: StoreKind = {
  scheme: 'sqlite',
  form: 'sqlite:',
  says: 'one file in the data folder',
  needs: [],
  // The data folder has been this user's alone since before there was anything in it; who may open another folder is unknown.
  at: ({ address, data }) =>
    address === ''
      ? sqliteFile(join(data, 'hallpass.sqlite'))
      : { refused: 'sqlite: takes no path; the file is in the data folder, which --data names' },
}

/** The store in a file, whose folder must be there before it is opened. */
export function sqliteFile(file: string, how: Omit<SqliteOptions, 'now'> = {}): StoreSource {
  return {
    name: file,
    inDataFolder: true,
    backups: backupsOf(file),
    isThere: async () => isThere(file),
    open: (collections, { now }) => openSqlite(file, collections, { ...how, now }),
    bytes: async () => size(file) + size(`${file}-wal`),
  }
}

/** The log holds what is not yet in the file itself, and can be the larger part. */
const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** @throws the system's error where this user may not look */
const isThere = (file: string) => statSync(file, { throwIfNoEntry: false }) !== undefined

function backupsOf(file: string): Backups {
  const partial = `${file}.restoring`
  const remove = () => {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${partial}${end}`, { force: true })
  }
  return {
    async restore(restoring, prepare) {
      refuseToOverwrite(file)
      remove()
      try {
        copyFileSync(restoring.file, partial)
        chmodSync(partial, 0o600)
        const answer = await prepared(partial, restoring, prepare)
        refuseToOverwrite(file)
        renameSync(partial, file)
        syncFolder(dirname(file))
        return answer
      } finally {
        remove()
      }
    },
  }
}

function refuseToOverwrite(file: string): void {
  if (isThere(file)) throw new Unavailable(`${file} exists, and a store is not overwritten`)
}

async function prepared<T>(partial: string, restoring: Restoring, prepare: (store: Store) => Promise<T>): Promise<T> {
  const store = await openCopy(partial, restoring)
  let answer: T
  try {
    answer = await prepare(store)
  } finally {
    await store.close()
  }
  // The last to close a file empties its log into it. What is still in the log would not be copied.
  if (existsSync(`${partial}-wal`))
    throw new Unavailable(`${partial} cannot be written: what was prepared is not in it`)
  return answer
}

/** A fault of the copy is a fault of the backup, which is the file that the operator named. */
async function openCopy(partial: string, { file, collections, now }: Restoring): Promise<Store> {
  try {
    return await openSqlite(partial, collections, { now })
  } catch (error) {
    throw error instanceof Unavailable
      ? new Unavailable(error.message.replaceAll(partial, file), { cause: error })
      : error
  }
}
