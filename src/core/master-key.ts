// The master key as text: 32 bytes in standard base64, 44 characters.

const keyBytes = 32

/** Its bytes; undefined when the text is not of that form. */
export function masterKeyBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === keyBytes && bytes.toString('base64') === text ? bytes : undefined
}

/** What is wrong with a text, which is not in it. */
export const masterKeyProblem = (text: string) =>
  masterKeyBytes(text) === undefined ? 'must be 32 bytes in base64: 44 characters' : undefined
