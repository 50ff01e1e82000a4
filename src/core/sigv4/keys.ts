// Signing keys: HMAC-SHA256 chained over date, region, service and `aws4_request` (SigV4, "derive a signing key"), and
// a bounded cache of them, since deriving one costs more than verifying a request with it.
import { createHmac, hash } from 'node:crypto'
import { inspect } from 'node:util'
import type { Secret } from '../secret.ts'

const block = 64

// One message at a time is hashed here: everything below is synchronous, so nothing else writes in between.
const inner = Buffer.alloc(block + 1024)
const outer = Buffer.alloc(block + 32)

/**
 * A derived key, ready to sign. Prints `[redacted]`.
 *
 * HMAC (RFC 2104) is two hashes over blocks that are made once per key: creating a native HMAC object for each message
 * costs more than the hashing. Tests compare it with node:crypto's.
 */
export class SigningKey {
  readonly #inner: Buffer
  readonly #outer: Buffer

  /** Takes at most 64 bytes (the HMAC block); longer keys are a TypeError, derived ones are 32. */
  constructor(key: Uint8Array) {
    if (key.length > block) throw new TypeError(`A signing key is at most ${block} bytes`)
    this.#inner = Buffer.alloc(block, 0x36)
    this.#outer = Buffer.alloc(block, 0x5c)
    for (let i = 0; i < key.length; i++) {
      this.#inner[i] = 0x36 ^ (key[i] as number)
      this.#outer[i] = 0x5c ^ (key[i] as number)
    }
  }

  /** The 32-byte HMAC-SHA256 of a byte string (characters 0 to 255). */
  mac(text: string): Buffer {
    const length = text.length
    let message = inner
    if (length > 1024) message = Buffer.alloc(block + length)
    this.#inner.copy(message, 0)
    message.write(text, block, 'latin1')
    const digest = hash('sha256', message.subarray(0, block + length), 'buffer')
    this.#outer.copy(outer, 0)
    digest.copy(outer, block)
    return hash('sha256', outer, 'buffer')
  }

  toString(): string {
    return '[redacted]'
  }
  toJSON(): string {
    return '[redacted]'
  }
  [inspect.custom](): string {
    return '[redacted]'
  }
}

/** What a signing key is derived for: all that stands in a credential scope but the terminator. */
export interface Scope {
  /** `YYYYMMDD`. */
  readonly date: string
  readonly region: string
  readonly service: string
}

export const terminator = 'aws4_request'

export const scopeText = (scope: Scope) => `${scope.date}/${scope.region}/${scope.service}/${terminator}`

/** Derives the key of one credential for one scope: four HMACs. */
export function deriveSigningKey(secret: Secret, scope: Scope): SigningKey {
  const mac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()
  const date = mac(`AWS4${secret.reveal()}`, scope.date)
  return new SigningKey(mac(mac(mac(date, scope.region), scope.service), terminator))
}

/**
 * Derived keys by credential and scope.
 *
 * INVARIANT: `identity` names a credential and its secret for ever: a record's id and version, or the SHA-256 of a
 * whole session token with its access key id. A bare access key id would outlive the secret it stood for.
 */
export interface SigningKeys {
  find(identity: string, scope: Scope): SigningKey | undefined
  keep(identity: string, scope: Scope, key: SigningKey): void
  readonly size: number
}

/**
 * A cache of at most `limit` keys in two generations: when the younger half is full the older one is dropped, so what
 * is in use survives and a hit writes nothing.
 */
export function createSigningKeys(limit: number): SigningKeys {
  if (!(limit >= 2)) throw new TypeError('A cache of signing keys holds at least two')
  const half = Math.floor(limit / 2)
  let young = new Map<string, SigningKey>()
  let old = new Map<string, SigningKey>()
  // Region and service come out of a text split at '/', and the date is eight digits: the joined name is unambiguous.
  const name = (identity: string, scope: Scope) => `${identity}/${scope.date}/${scope.region}/${scope.service}`
  const put = (at: string, key: SigningKey) => {
    if (young.size >= half) {
      old = young
      young = new Map()
    }
    young.set(at, key)
  }
  return {
    find(identity, scope) {
      const at = name(identity, scope)
      const key = young.get(at)
      if (key !== undefined) return key
      const aged = old.get(at)
      if (aged !== undefined) {
        old.delete(at)
        put(at, aged)
      }
      return aged
    },
    keep(identity, scope, key) {
      put(name(identity, scope), key)
    },
    get size() {
      return young.size + old.size
    },
  }
}
