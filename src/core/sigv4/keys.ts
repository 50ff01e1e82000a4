// Signing keys: HMAC-SHA256 chained over date, region, service and `aws4_request` (SigV4, "derive a signing key"), and
// a bounded cache of them, since deriving one costs more than verifying a request with it.
import { HmacKey } from '../hmac.ts'
import type { Secret } from '../secret.ts'

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
export function deriveSigningKey(secret: Secret, scope: Scope): HmacKey {
  let key = new HmacKey(Buffer.from(`AWS4${secret.reveal()}`))
  for (const text of [scope.date, scope.region, scope.service, terminator]) {
    key = new HmacKey(Buffer.from(key.mac(text), 'hex'))
  }
  return key
}

/**
 * Derived keys by credential and scope.
 *
 * INVARIANT: `identity` names a credential and its secret for ever: a record's id and version, or the SHA-256 of a whole
 * session token with its access key id. A bare access key id would outlive the secret it was kept for.
 */
export interface SigningKeys {
  find(identity: string, scope: Scope): HmacKey | undefined
  keep(identity: string, scope: Scope, key: HmacKey): void
  readonly size: number
}

/**
 * A cache of at most `limit` keys in two generations: when the younger half is full the older one is dropped, so what
 * is in use survives and a hit writes nothing.
 */
export function createSigningKeys(limit: number): SigningKeys {
  if (!(limit >= 2)) throw new TypeError('A cache of signing keys holds at least two')
  const half = Math.floor(limit / 2)
  let young = new Map<string, HmacKey>()
  let old = new Map<string, HmacKey>()
  // Region and service come out of a text split at '/', and the date is eight digits: the joined name is unambiguous.
  const name = (identity: string, scope: Scope) => `${identity}/${scope.date}/${scope.region}/${scope.service}`
  const put = (at: string, key: HmacKey) => {
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
