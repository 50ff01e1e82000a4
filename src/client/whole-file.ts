// Files that are replaced as a whole: a reader sees the old one or the new one.
import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './folder.ts'

/** Replaces a file atomically, mode 0600 unless another is given, in a folder that is made (0700) where there is none. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  makeFolder(dirname(file))
  const partial = `${file}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(partial, text, { mode, flag: 'wx' })
    renameSync(partial, file)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}
