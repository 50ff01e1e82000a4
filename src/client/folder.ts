// Whether paths exist, and folders made where they do not.
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder of mode 0700, and its parents, unless they exist. It does not use `recursive`, which tries for ever where
 * the system answers ENOENT although the parent exists, as below /proc. @throws the system's error.
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

/** Whether a path exists. @throws the system's error where this user may not look */
export const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
