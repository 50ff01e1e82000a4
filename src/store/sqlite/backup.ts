// Writes backups of the open file, each to a new file: under another name first, renamed only once it is on disk.
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup as copy, DatabaseSync } from 'node:sqlite'
import { Unavailable } from '../store.ts'
import type { Connection } from './connection.ts'
import { syncFolder } from './schema.ts'
import { refusal } from './statement.ts'

/** More pages than SQLite's largest file has, and the most that node:sqlite accepts: the backup runs in one step. */
const ALL_PAGES = 2 ** 31 - 1

export interface BackupWriter {
  write(target: string): Promise<void>
  /** Resolves when no backup is running. */
  idle(): Promise<void>
}

export function openBackups(connection: Connection): BackupWriter {
  const underWay = new Set<Promise<void>>()
  return {
    async write(target) {
      connection.assertOpen()
      const running = backupTo(connection, target)
      underWay.add(running)
      try {
        await running
      } finally {
        underWay.delete(running)
      }
    },
    async idle() {
      await Promise.allSettled(underWay)
    },
  }
}

/**
 * Copies on a connection of its own in a single step: one snapshot of the store, read off the main thread. Writes do not
 * disturb it; they would make a backup in several steps start again.
 */
async function backupTo({ db, file }: Connection, target: string): Promise<void> {
  if (existsSync(target)) throw new Unavailable(`${target} exists, and a backup never overwrites a file`)
  const partial = `${target}.partial`
  const source = file === ':memory:' ? db : new DatabaseSync(file, { readOnly: true, timeout: 1000 })
  let partialMade = false
  try {
    rmSync(partial, { force: true })
    closeSync(openSync(partial, 'wx', 0o600))
    partialMade = true
    await copy(source, partial, { rate: ALL_PAGES })
    chmodSync(partial, 0o600)
    const handle = openSync(partial, 'r+')
    fsyncSync(handle)
    closeSync(handle)
    renameSync(partial, target)
    syncFolder(dirname(target))
  } catch (error) {
    if (partialMade) rmSync(partial, { force: true })
    const refused = refusal(error, file)
    // The part before the comma: after it, the system names the partial file.
    const why = (error as Error).message.split(', ')[0]
    throw refused === error ? new Unavailable(`${target} cannot be written: ${why}`, { cause: error }) : refused
  } finally {
    if (source !== db) source.close()
  }
}
