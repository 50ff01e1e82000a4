// A file that the operator names, read whole.
import { readFileSync } from 'node:fs'
import { Failure } from './failure.ts'

/** Its text. `about` says who named it, when that is not the command line. @throws Failure that names the file */
export function textFile(name: string, about?: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Failure(`${about === undefined ? '' : `${about}: `}${name}${problems[code] ?? `: ${message}`}`)
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: ': there is no such file',
  ENOTDIR: ': there is no such file',
  EISDIR: ' is a folder: a file is wanted',
  EACCES: ' may not be read by this user',
}
