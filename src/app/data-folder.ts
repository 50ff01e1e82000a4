// The data folder: its lock, and the master key in it. Apart from the engine, so that commands that need no more load no more.
import { join } from 'node:path'
import { isThere } from '../client/folder.ts'
import type { Settings } from '../config/settings.ts'
import { type Master, masterFile, masterOf } from '../keys/master.ts'
import { type FolderLock, lockFolder } from '../server/folder-lock.ts'
import type { StoreSource } from '../store/kind.ts'
import { Failure } from './failure.ts'

/** Locks a data folder, and makes it if it does not exist. Rejects Failure when another process serves it. */
export async function holdFolder(folder: string): Promise<FolderLock> {
  const lock = await lockFolder(folder).catch((error: unknown) => {
    // The path is too long for the admin socket.
    throw error instanceof TypeError ? new Failure(error.message) : error
  })
  if ('refused' in lock) throw new Failure(lock.refused)
  return lock
}

/** The master key's file, for when no setting gives the key itself. */
export const masterKeyFile = (settings: Settings) => settings['master-key-file'] ?? join(settings.data, 'master.key')

/**
 * The master key, from the settings or from its file, which it makes for a new store.
 * Rejects Failure when there is a store and no key: a new key could not open it.
 */
export async function masterKey(settings: Settings, source: StoreSource): Promise<Master> {
  const text = settings['master-key']
  if (text !== undefined) return masterOf(text)
  const file = masterKeyFile(settings)
  if (!isThere(file) && (await source.isThere())) {
    throw new Failure(`${file} does not exist, and without its master key the store cannot be opened`)
  }
  return masterFile(file)
}
