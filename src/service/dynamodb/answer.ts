// Reads a backend's answer where it must be known before it is passed on: refusals, descriptions, what is rewritten.
import { BackendFailure } from '../backend-failure.ts'
import type { BackendAnswer } from '../contracts/backends.ts'

/** The body as text. Rejects BackendFailure for a longer one, and for what breaks off. */
export const readWhole = async (answer: BackendAnswer, longest: number): Promise<string> =>
  (await readBytes(answer, longest)).toString()

/** The body's bytes. Rejects as readWhole does. By listeners: an iterator costs a small answer more than all the rest of reading it. */
export function readBytes(answer: BackendAnswer, longest: number): Promise<Buffer> {
  const { length } = answer
  if (length !== undefined && length <= longest) {
    const bytes = answer.whole?.()
    if (bytes !== undefined) return Promise.resolve(bytes)
  }
  const { body } = answer
  return new Promise((resolve, reject) => {
    const tooLong = () => {
      reject(new BackendFailure('garbled', true, `an answer of more than ${longest} bytes`))
      body.destroy()
    }
    if (length !== undefined && length > longest) return tooLong()
    let only: Buffer | undefined
    let more: Buffer[] | undefined
    let bytes = 0
    body.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > longest) tooLong()
      else if (only === undefined) only = piece
      else if (more === undefined) more = [only, piece]
      else more.push(piece)
    })
    // One piece, as of most answers, is not copied.
    body.on('end', () => resolve(more === undefined ? (only ?? Buffer.alloc(0)) : Buffer.concat(more, bytes)))
    body.on('error', reject)
    // INVARIANT: what ends without its end is no answer, though nothing said why.
    body.on('close', () => {
      if (!body.readableEnded) reject(new BackendFailure('garbled', true, 'its answer ended before its end'))
    })
  })
}
