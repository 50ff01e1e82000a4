// Reads a backend's answer where it must be known before it is passed on: refusals, descriptions, what is rewritten.
import { BackendFailure } from '../backend-failure.ts'
import type { BackendAnswer } from '../contracts/backends.ts'

/** The body as text. Rejects BackendFailure for a longer one, and for what breaks off. */
export async function readWhole({ body, length }: BackendAnswer, longest: number): Promise<string> {
  const tooLong = () => {
    body.destroy()
    return new BackendFailure('garbled', true, `an answer of more than ${longest} bytes`)
  }
  if (length !== undefined && length > longest) throw tooLong()
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += (piece as Buffer).length
    if (bytes > longest) throw tooLong()
    pieces.push(piece as Buffer)
  }
  return Buffer.concat(pieces).toString()
}
