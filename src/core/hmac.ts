// HMAC-SHA256 (RFC 2104) with a key that is used many times: signing keys of SigV4, ring keys of session tokens.
import { hash } from 'node:crypto'
import { inspected } from './secret.ts'

const block = 64

// Overwritten whole before each hash, and everything below is synchronous: nothing carries over from one to the next.
const inner = Buffer.alloc(block + 1024)
const outer = Buffer.alloc(block + 32)

/**
 * A key that is used many times. Prints `[redacted]`.
 *
 * HMAC (RFC 2104) as its two hashes, over blocks that are made once per key: one-shot hashes that answer text cost half
 * of a native HMAC object per message. Tests compare it with node:crypto's.
 */
export class HmacKey {
  readonly #length: number
  readonly #inner = Buffer.alloc(block, 0x36)
  readonly #outer = Buffer.alloc(block, 0x5c)

  constructor(key: Uint8Array) {
    const bytes = key.length > block ? hash('sha256', key, 'buffer') : key
    this.#length = bytes.length
    for (let i = 0; i < bytes.length; i++) {
      this.#inner[i] = 0x36 ^ (bytes[i] as number)
      this.#outer[i] = 0x5c ^ (bytes[i] as number)
    }
  }

  /** The HMAC-SHA256 of a byte string (characters 0 to 255), in lower-case hexadecimal. */
  mac(text: string): string {
    const end = block + text.length
    const message = end > inner.length ? Buffer.alloc(end) : inner
    message.set(this.#inner, 0)
    message.write(text, block, 'latin1')
    const digest = hash('sha256', message.subarray(0, end), 'hex')
    outer.set(this.#outer, 0)
    outer.write(digest, block, 'hex')
    return hash('sha256', outer, 'hex')
  }

  /** The key; of one longer than a block its hash, which is the same key (RFC 2104, 3). The one way to it. */
  reveal(): Buffer {
    return Buffer.from(this.#inner.subarray(0, this.#length).map((byte) => byte ^ 0x36))
  }

  toString(): string {
    return '[redacted]'
  }
  toJSON(): string {
    return '[redacted]'
  }
  [inspected](): string {
    return '[redacted]'
  }
}
