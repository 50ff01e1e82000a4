// Whether paths exist, folders made where they do not, and where a user's programs keep things.
import { mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

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

export type Environment = Readonly<Record<string, string | undefined>>

export const homeOf = (environment: Environment): string => environment.HOME || environment.USERPROFILE || homedir()

/** What the commands of a user keep from one run to the next (XDG Base Directory Specification). */
export const stateFolder = (environment: Environment): string =>
  join(environment.XDG_STATE_HOME || join(homeOf(environment), '.local', 'state'), 'hallpass')
