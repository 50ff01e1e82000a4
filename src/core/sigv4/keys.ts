// Signing keys: HMAC-SHA256 chained over date, region, service and `aws4_request` (SigV4, "derive a signing key"), and
// a bounded cache of them, since deriving one costs more than verifying a request with it.
import { hash } from 'node:crypto'
import { inspect } from 'node:util'
import type { Secret } from '../secret.ts'

const block = 64

// One message at a time is hashed here: everything below is synchronous, so nothing else writes in between.
const inner = Buffer.alloc(block + 1024)
const outer = Buffer.alloc(block + 32)

/**
 * A derived key, ready to sign. Prints `[redacted]`.
 *
 * HMAC (RFC 2104) as its two hashes, over blocks that are made once per key: one-shot hashes that answer text cost half
 * of a native HMAC object per message. Tests compare it with node:crypto's.
 */
export class SigningKey {
  readonly #inner = Buffer.alloc(block, 0x36)
  readonly #outer = Buffer.alloc(block, 0x5c)

  constructor(key: Uint8Array) {
    const bytes = key.length > block ? hash('sha256', key, 'buffer') : key
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

/** Derives the key of one credential for one scope: four HMACs. The scope's texts are byte strings. */
export function deriveSigningKey(secret: Secret, scope: Scope): SigningKey {
  let key = new SigningKey(Buffer.from(`AWS4${secret.reveal()}`))
  for (const text of [scope.date, scope.region, scope.service, terminator]) {
    key = new SigningKey(Buffer.from(key.mac(text), 'hex'))
  }
  return key
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
