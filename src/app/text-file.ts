// Reads a file that the operator names, whole.
import { readFileSync } from 'node:fs'
import { Failure } from './failure.ts'

/** The file's text. `namedBy` is the setting, or the place in a file, that names it. @throws Failure that names the file */
export function textFile(name: string, namedBy?: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Failure(`${namedBy === undefined ? '' : `${namedBy}: `}${name}${problems[code] ?? `: ${message}`}`)
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: ': there is no such file',
  ENOTDIR: ': there is no such file',
  EISDIR: ' is a folder, not a file',
  EACCES: ': this user may not read it',
}
