// The master key as text: 32 bytes in standard base64, 44 characters.
import { base64Bytes } from './base64.ts'

const keyBytes = 32

/** Its bytes; undefined when the text is not of that form. */
export function masterKeyBytes(text: string): Buffer | undefined {
  const bytes = base64Bytes(text)
  return bytes?.length === keyBytes ? bytes : undefined
}

/** What is wrong with a text, which is not in it. */
export const masterKeyProblem = (text: string) =>
  masterKeyBytes(text) === undefined ? 'must be 32 bytes in base64: 44 characters' : undefined
