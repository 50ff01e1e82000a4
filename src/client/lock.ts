// A lock that processes of one user share: one file for each key, in a folder of mode 0700.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers'
import { makeFolder } from './folder.ts'

/** Attempts to get the lock, 50 ms apart: a minute together. */
const tries = 1200
const pauseMs = 50

/**
 * Waits for the lock of a key and returns what releases it; undefined when it cannot be had. An SQLite transaction that
 * writes nothing takes the kernel's file lock, which is released when its process ends, even by a crash.
 */
export async function lock(
  folder: string,
  key: string,
  warn: (problem: string) => void,
): Promise<(() => void) | undefined> {
  let holder: DatabaseSync | undefined
  try {
    makeFolder(folder)
    chmodSync(folder, 0o700)
    const file = join(folder, `${key}.lock`)
    // Loaded here alone: Node says on standard error that it is experimental, which is no program's business that only renews.
    const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite')
    holder = new Database(file)
    chmodSync(file, 0o600)
    holder.exec('PRAGMA busy_timeout = 0')
    for (let turn = 0; turn < tries; turn++) {
      if (take(holder)) {
        const held = holder
        return () => held.close()
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  } catch (error) {
    // The folder cannot be made, or its file system has no locks: each process asks for itself.
    warn(`${folder} cannot be used (${(error as Error).message})`)
  }
  holder?.close()
  return undefined
}

/** SQLITE_BUSY and SQLITE_LOCKED: another process holds the lock. */
const taken = [5, 6]

function take(holder: DatabaseSync): boolean {
  try {
    holder.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (taken.includes((error as { errcode?: number }).errcode ?? 0)) return false
    throw error
  }
}
