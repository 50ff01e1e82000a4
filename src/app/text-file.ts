// Reads a file that the operator names, whole.
import { fileText } from '../client/text-file.ts'
import { Failure } from './failure.ts'

/** The file's text. `namedBy` is the setting, or the place in a file, that names it. @throws Failure that names the file */
export function textFile(name: string, namedBy?: string): string {
  try {
    return fileText(name, namedBy)
  } catch (error) {
    throw new Failure((error as Error).message)
  }
}
