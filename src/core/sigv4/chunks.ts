// Bodies in aws-chunked encoding (S3, "Signature calculations for the Authorization header: transferring a payload in
// multiple chunks", and the same with trailing headers): each chunk is signed over the one before it, beginning with the
// signature of the request. The verifier takes bytes as they arrive and gives out what has been verified. No service here
// receives such bodies: this is for a gateway in front of S3-compatible stores.
import { hash } from 'node:crypto'
import type { HmacKey } from '../hmac.ts'
import { isSignature } from './credential.ts'
import type { ChunkFault } from './rejection.ts'
import { equal } from './verify.ts'

export type StreamedPayload =
  | 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  | 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
  | 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

export interface ChunkedBody {
  readonly payload: StreamedPayload
  /** What verify answered, and what the request presented: the chain begins with these. */
  readonly key: HmacKey
  readonly amzDate: string
  /** The credential scope as text (scopeText). */
  readonly scope: string
  /** The signature of the request. */
  readonly seed: string
  /** x-amz-decoded-content-length: the body must have exactly this many bytes. */
  readonly decodedLength: number
  /** Names in x-amz-trailer, lower-case: exactly these must follow the body. Empty for the form without trailer. */
  readonly trailers: readonly string[]
  /** A signed chunk is held back until its signature is verified, so its size is bounded. Default 16 MiB. */
  readonly largestChunk?: number | undefined
}

export interface ChunkRejection {
  readonly rejected: 'chunk'
  readonly why: ChunkFault
  /** Number of the chunk, from 0. */
  readonly chunk: number
}

export interface ChunkReader {
  /**
   * The bytes of the body that this piece completed, in order (they may be parts of `piece`); or a rejection, which
   * then answers every later call.
   */
  push(piece: Buffer): readonly Buffer[] | ChunkRejection
  /** At the end of the request: the trailing headers, lower-case, or why the body is not whole. */
  end(): ReadonlyMap<string, string> | ChunkRejection
}

/** Chunks but the last must be this large (S3 InvalidChunkSizeError). */
export const smallestChunk = 8192

const longestLine = 4096
const emptyHash = hash('sha256', '', 'hex')
const signatureTrailer = 'x-amz-trailer-signature'
const nothing = Buffer.alloc(0)
const cr = 0x0d
const lf = 0x0a

/** Reads one aws-chunked body. */
export function readChunks(body: ChunkedBody): ChunkReader {
  const { decodedLength } = body
  if (!Number.isSafeInteger(decodedLength) || decodedLength < 0)
    throw new TypeError('decodedLength is a count of bytes')
  const signed = body.payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
  const trailing = body.payload !== 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  const largest = body.largestChunk ?? 16 * 1024 * 1024
  const trailers = new Map<string, string>()

  let state: 'size' | 'data' | 'data-end' | 'trailer' | 'end' | 'done' = 'size'
  let fault: ChunkRejection | undefined
  let line = ''
  let held = nothing
  let heldBytes = 0
  let left = 0
  let size = 0
  let chunk = 0
  let small = false
  let total = 0
  let previous = body.seed
  let claimed = ''
  let trailerSignature = ''

  const refuse = (why: ChunkFault): ChunkRejection => {
    held = nothing
    fault = { rejected: 'chunk', why, chunk }
    return fault
  }
  const proves = (kind: 'PAYLOAD' | 'TRAILER', rest: string, signature: string) => {
    const text = `AWS4-HMAC-SHA256-${kind}\n${body.amzDate}\n${body.scope}\n${previous}\n${rest}`
    previous = signature
    return equal(body.key.mac(text), signature)
  }

  /** `hexlen` and, when signed, `;chunk-signature=` with 64 digits. */
  const readSize = (text: string): ChunkRejection | undefined => {
    const mark = signed ? text.indexOf(';chunk-signature=') : text.length
    const digits = text.slice(0, mark)
    claimed = signed ? text.slice(mark + 17) : ''
    if (mark < 0 || !/^[0-9a-fA-F]{1,8}$/.test(digits)) return refuse('malformed')
    if (signed && !isSignature(claimed)) return refuse('malformed')
    size = Number.parseInt(digits, 16)
    if (signed && size > largest) return refuse('too-large')
    if (size > 0 && small) return refuse('too-small')
    if (total + size > decodedLength) return refuse('length')
    small = size < smallestChunk
    left = size
    if (size > 0) {
      state = 'data'
      return undefined
    }
    if (total !== decodedLength) return refuse('length')
    if (signed && !proves('PAYLOAD', `${emptyHash}\n${emptyHash}`, claimed)) return refuse('signature')
    state = trailing ? 'trailer' : 'end'
    return undefined
  }

  /** `name:value`, and after the last one an empty line. */
  const readTrailer = (text: string): ChunkRejection | undefined => {
    if (text === '') return checkTrailers()
    const colon = text.indexOf(':')
    const name = text.slice(0, colon).toLowerCase()
    const value = text.slice(colon + 1).trim()
    // The signature of the trailer ends it: nothing may follow that it does not cover.
    if (colon < 1 || trailerSignature !== '') return refuse('trailer')
    if (signed && name === signatureTrailer) {
      if (!isSignature(value)) return refuse('malformed')
      trailerSignature = value
      return undefined
    }
    if (!body.trailers.includes(name) || trailers.has(name)) return refuse('trailer')
    trailers.set(name, value)
    return undefined
  }

  const checkTrailers = (): ChunkRejection | undefined => {
    if (body.trailers.some((name) => !trailers.has(name))) return refuse('trailer')
    if (signed) {
      let text = ''
      for (const [name, value] of trailers) text += `${name}:${value}\n`
      const digest = hash('sha256', Buffer.from(text, 'latin1'), 'hex')
      if (!proves('TRAILER', digest, trailerSignature)) return refuse('signature')
    }
    state = 'done'
    return undefined
  }

  /** Holds part of a chunk: its room doubles as bytes arrive, and is never allocated at once for the announced size. */
  const hold = (piece: Buffer) => {
    if (heldBytes + piece.length > held.length) {
      const more = Buffer.allocUnsafe(Math.min(size, Math.max(65_536, 2 * (heldBytes + piece.length))))
      held.copy(more, 0, 0, heldBytes)
      held = more
    }
    heldBytes += piece.copy(held, heldBytes)
  }

  /**
   * Takes part of a chunk; its bytes go to `out` when they are verified, or at once when the form has no chunk signatures.
   */
  const readData = (piece: Buffer, out: Buffer[]): ChunkRejection | undefined => {
    left -= piece.length
    if (!signed) out.push(piece)
    else if (left > 0 || heldBytes > 0) hold(piece)
    if (left > 0) return undefined
    if (signed) {
      const data = heldBytes > 0 ? held.subarray(0, size) : piece
      held = nothing
      heldBytes = 0
      if (!proves('PAYLOAD', `${emptyHash}\n${hash('sha256', data, 'hex')}`, claimed)) return refuse('signature')
      out.push(data)
    }
    total += size
    state = 'data-end'
    return undefined
  }

  const readLine = (text: string): ChunkRejection | undefined => {
    switch (state) {
      case 'size':
        return readSize(text)
      case 'trailer':
        return readTrailer(text)
      default:
        // The line end after a chunk's data, or the one that ends a body without trailer.
        if (text !== '') return refuse('malformed')
        if (state === 'data-end') chunk++
        state = state === 'data-end' ? 'size' : 'done'
        return undefined
    }
  }

  return {
    push(piece) {
      if (fault !== undefined) return fault
      const out: Buffer[] = []
      for (let at = 0; at < piece.length; ) {
        if (state === 'done') return refuse('surplus')
        if (state === 'data') {
          const to = Math.min(piece.length, at + left)
          const refused = readData(piece.subarray(at, to), out)
          if (refused !== undefined) return refused
          at = to
          continue
        }
        const newline = piece.indexOf(lf, at)
        const to = newline < 0 ? piece.length : newline + 1
        if (line.length + to - at > longestLine) return refuse('malformed')
        line += piece.toString('latin1', at, to)
        at = to
        if (newline < 0) break
        if (line.charCodeAt(line.length - 2) !== cr || line.indexOf('\r') !== line.length - 2)
          return refuse('malformed')
        const text = line.slice(0, -2)
        line = ''
        const refused = readLine(text)
        if (refused !== undefined) return refused
      }
      return out
    },
    end() {
      return fault ?? (state === 'done' ? trailers : refuse('truncated'))
    },
  }
}
