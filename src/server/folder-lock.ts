// The lock that keeps a data folder to one server. It is taken before anything is made in the folder, so that of two first
// starts one makes the master key, the first account and its root key, and the other makes nothing.
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
 * another process has it. Rejects with the system's error.
 */
export async function lockFolder(folder: string): Promise<FolderLock | { readonly refused: string }> {
  const socket = adminSocketPath(folder)
  makeFolder(folder)
  // INVARIANT: the folder is closed before anything is in it, so that at no moment others can open that.
  chmodSync(folder, 0o700)
  const release = lock(join(folder, 'serve.lock'))
  if (release !== undefined) return { folder, release }
  return { refused: `Another hallpass serves this data folder (pid ${await pidOn(socket)}).` }
}

/**
 * Holds a file's lock until it is released or the process ends, however it ends: the lock is the kernel's, taken by an
 * SQLite transaction that writes nothing, since node offers no other. Undefined when someone else holds it.
 */
function lock(file: string): (() => void) | undefined {
  const holder = new DatabaseSync(file)
  try {
    chmodSync(file, 0o600)
    holder.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return () => {
      if (holder.isOpen) holder.close()
    }
  } catch (error) {
    holder.close()
    // SQLITE_BUSY and SQLITE_LOCKED.
    if ([5, 6].includes((error as { errcode?: number }).errcode ?? 0)) return undefined
    throw error
  }
}

/** The process id of the server that listens on a path, or `unknown` when it does not say so soon. */
async function pidOn(path: string): Promise<string> {
  const answer = await callSocket(path, { method: 'GET', path: '/', signal: AbortSignal.timeout(2000) })
  const pid = 'value' in answer ? (answer.value as { pid?: unknown } | null)?.pid : undefined
  return typeof pid === 'number' ? String(pid) : 'unknown'
}
