// Reads a file that somebody names, whole.
import { readFileSync } from 'node:fs'

/** One sentence, which names the file. */
export class FileUnread extends Error {
  override readonly name = 'FileUnread'
}

/** The file's text. `namedBy` is the setting, or the place in a file, that names it. @throws FileUnread */
export function fileText(name: string, namedBy?: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new FileUnread(`${namedBy === undefined ? '' : `${namedBy}: `}${name}${problems[code] ?? `: ${message}`}`)
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: ': there is no such file',
  ENOTDIR: ': there is no such file',
  EISDIR: ' is a folder, not a file',
  EACCES: ': this user may not read it',
}
