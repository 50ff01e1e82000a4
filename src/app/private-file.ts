// Reads a file that holds a secret. Nobody but its owner may use it.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'

const largest = 65_536

/** The file's text, or why it is not believed: a sentence that does not repeat its name, which may be a secret in the wrong place. */
export function privateFile(path: string): { readonly text: string } | { readonly problem: string } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return { problem: problems[code] ?? `the file cannot be opened (${code})` }
  }
  try {
    // The checks are on the open file, not on its path: the file that is read is the one that was checked.
    const stat = fstatSync(file)
    const { mode, uid, size } = stat
    if (!stat.isFile()) return { problem: 'that is not a file' }
    if (process.platform !== 'win32') {
      if ((mode & 0o077) !== 0) return { problem: 'other users may read or write the file: it needs mode 0600' }
      if (uid !== process.geteuid?.() && uid !== 0) return { problem: 'the file belongs to another user' }
    }
    if (size > largest) return { problem: 'the file is too long' }
    return { text: readFileSync(file, 'utf8') }
  } finally {
    closeSync(file)
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user may not read the file',
}
