// What is there of the file system, and folders that are made when they are not.
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder of mode 0700, and those it is in, unless they are there. Not by `recursive`: where the system answers
 * ENOENT for a folder whose parent is there, as below /proc, that tries for ever. @throws the system's error.
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have been first.
    if (isFolder(folder)) return
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isFolder(dirname(folder))) throw error
    makeFolder(dirname(folder))
    makeFolder(folder)
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Whether there is something at a path. @throws the system's error where this user may not look */
export const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
