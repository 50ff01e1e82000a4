// An answer that came from a backend and goes to the caller: as it came, or written anew.
import type { Readable } from 'node:stream'

export interface Relayed {
  readonly relayed: true
  readonly status: number
  /** JSON. Whoever does not send a stream destroys it. */
  readonly body: Readable | Buffer | string
  /** Bytes of a stream, where they are known: of another length, it is broken off. */
  readonly length?: number
  /** X-Amz-Crc32 of the body, if it is sent as it came: ten digits at most. */
  readonly crc32?: string
  /** What the backend refused an allowed request with, as the record says it. */
  readonly error?: { readonly code: string; readonly message: string }
}
