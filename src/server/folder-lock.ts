// The lock that keeps a data folder to one server: to one admin socket, and to one maker of the master key, the first account
// and its root key. It is taken before anything is made in the folder, so that the second of two first starts makes nothing.
// Stores guard themselves: which kind the folder's server has, and whether others share it, does not matter here.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { adminSocketPath, callSocket } from '../client/admin.ts'
import { makeFolder } from '../client/folder.ts'

/** A folder that no other process serves while this is held. */
export interface FolderLock {
  readonly folder: string
  release(): void
}

/**
 * Locks a data folder, which is made, and closed to other users, if need be. `refused`, in words for the operator, when
 * another process has it or its disk knows no locks. Rejects with the system's error.
 */
export async function lockFolder(folder: string): Promise<FolderLock | { readonly refused: string }> {
  const socket = adminSocketPath(folder)
  makeFolder(folder)
  // INVARIANT: the folder is closed before anything is in it, so that at no moment others can open that.
  chmodSync(folder, 0o700)
  const file = join(folder, 'serve.lock')
  const release = lock(file)
  if (typeof release === 'function') return { folder, release }
  if (release !== 'held') {
    return { refused: `${file} cannot be locked: ${release.problem}; it must be this user's, on a local disk` }
  }
  return { refused: `Another hallpass serves this data folder (pid ${await pidOn(socket)}).` }
}

/**
 * Holds a file's lock until it is released or the process ends, however it ends: the lock is the kernel's, taken by an
 * SQLite transaction that writes nothing, since node offers no other. `held`: by someone else.
 */
function lock(file: string): (() => void) | 'held' | { readonly problem: string } {
  let holder: DatabaseSync | undefined
  try {
    holder = new DatabaseSync(file)
    chmodSync(file, 0o600)
    holder.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    const held = holder
    return () => {
      if (held.isOpen) held.close()
    }
  } catch (error) {
    holder?.close()
    const { code, errcode, message } = error as { code?: string; errcode?: number; message: string }
    // SQLITE_BUSY and SQLITE_LOCKED.
    if (errcode === 5 || errcode === 6) return 'held'
    if (code === 'ERR_SQLITE_ERROR') return { problem: message }
    throw error
  }
}

/** The process id of the server that listens on a path, or `unknown` when it does not say so soon. */
async function pidOn(path: string): Promise<string> {
  const answer = await callSocket(path, { method: 'GET', path: '/', signal: AbortSignal.timeout(2000) })
  const pid = 'value' in answer ? (answer.value as { pid?: unknown } | null)?.pid : undefined
  return typeof pid === 'number' ? String(pid) : 'unknown'
}
