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
  description: 'one file in the data folder',
  needs: [],
  // Only this user can use the data folder, from before the first file in it; who may open another folder is unknown.
  locate: ({ address, data }) =>
    address === ''
      ? sqliteFile(join(data, 'hallpass.sqlite'))
      : { refused: 'sqlite: takes no path; its file is in the data folder, which --data names' },
}

/** The store in a file, whose folder must exist before the store is opened. */
export function sqliteFile(file: string, how: Omit<SqliteOptions, 'clock'> = {}): StoreSource {
  return {
    name: file,
    inDataFolder: true,
    backups: backupsOf(file),
    isThere: async () => isThere(file),
    open: (collections, { clock }) => openSqlite(file, collections, { ...how, clock }),
    bytes: async () => size(file) + size(`${file}-wal`),
  }
}

/** A file's size, 0 if it does not exist. The log has what is not yet in the file itself, and can be the larger part. */
const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** @throws the system's error if this user may not read the folder */
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
        const answer = await prepareCopy(partial, restoring, prepare)
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
  if (isThere(file)) throw new Unavailable(`${file} exists, and a restore never overwrites a store`)
}

/** Opens the copy, runs `prepare` on it and closes it, so that the file is complete. */
async function prepareCopy<T>(
  partial: string,
  restoring: Restoring,
  prepare: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openCopy(partial, restoring)
  let answer: T
  try {
    answer = await prepare(store)
  } finally {
    await store.close()
  }
  // The last connection to close moves the log into the file. What is still in the log would be lost.
  if (existsSync(`${partial}-wal`))
    throw new Unavailable(`${partial} cannot be written: the prepared records are not in it`)
  return answer
}

/** Messages name the backup, not the copy: a fault of the copy is one of the backup, and the operator named that file. */
async function openCopy(partial: string, { file, collections, clock }: Restoring): Promise<Store> {
  try {
    return await openSqlite(partial, collections, { clock })
  } catch (error) {
    throw error instanceof Unavailable
      ? new Unavailable(error.message.replaceAll(partial, file), { cause: error })
      : error
  }
}
