// Authenticated sealing: a session token (and every other sealed text of the product) is
//   head (3 bytes: what it is, and its format version) | ring key id (8) | salt (16) | AES-256-GCM ciphertext | tag (16)
// under a subkey of its own, HMAC-SHA256(ring key, salt), with head, ring key id and a context as additional data
// (NIST SP 800-38D, FIPS 198-1). The context of a session token is its access key id.
//
// The text is base64url without padding (RFC 4648 5), where AWS's own tokens are standard base64: it is as short, and its
// characters are SigV4's unreserved ones, so that it stands in a presigned URL without percent-encoding and no form
// decoder can turn a '+' into a space. Clients treat the token as opaque.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { base64urlBytes } from '../base64.ts'
import { HmacKey } from '../hmac.ts'

/** Characters of a session token at most: header and query limits of clients and servers leave room for it. */
export const maxTokenLength = 4096

const headBytes = 3
const idBytes = 8
const saltBytes = 16
const tagBytes = 16
/** What sealing adds to the contents, in bytes. */
export const sealOverhead = headBytes + idBytes + saltBytes + tagBytes

/** Four base64url characters that open every text of a kind, readable by eye and by scanners for leaked secrets. */
export const heads = { token: 'HPS1', vault: 'HPV1', key: 'HPK1' } as const
export type Head = (typeof heads)[keyof typeof heads]

// INVARIANT: the nonce may be constant because every seal has a key of its own, from a 128-bit random salt. Nodes that
// share a ring key then have no birthday bound on 96-bit nonces, and nothing to coordinate.
const nonce = Buffer.alloc(12)

export interface SealingKey {
  /** 16 lower-case hexadecimal digits. */
  readonly id: string
  /** 32 bytes. A KeyObject prints nothing, and node:crypto takes it in a tenth of the time of raw bytes (1 µs, not 12). */
  readonly key: KeyObject
}

/** The key with this id, if it may open. */
export type KeyOf = (id: string) => KeyObject | undefined

export type Unsealed = { readonly bytes: Buffer } | { readonly rejected: 'malformed' } | { readonly unknownKey: string }

const malformed = { rejected: 'malformed' } as const

/** Ring keys as HMAC keys, made once for each. */
const macs = new WeakMap<KeyObject, HmacKey>()

function subkey(key: KeyObject, salt: Buffer): KeyObject {
  let mac = macs.get(key)
  if (mac === undefined) {
    mac = new HmacKey(key.export())
    macs.set(key, mac)
  }
  return createSecretKey(mac.mac(salt.toString('latin1')), 'hex')
}

function additional(prefix: Buffer, context: string): Buffer {
  const aad = Buffer.allocUnsafe(headBytes + idBytes + Buffer.byteLength(context))
  prefix.copy(aad, 0, 0, headBytes + idBytes)
  aad.write(context, headBytes + idBytes)
  return aad
}

/** Seals bytes to a kind and a context. `salt` is 16 random bytes, never used before. */
export function seal(head: Head, plain: Uint8Array, by: SealingKey, salt: Uint8Array, context: string): string {
  if (salt.length !== saltBytes) throw new TypeError('a salt is 16 bytes')
  if (by.key.symmetricKeySize !== 32 || by.id.length !== 2 * idBytes)
    throw new TypeError('a ring key is 32 bytes, its id 8')
  const out = Buffer.allocUnsafe(sealOverhead + plain.length)
  out.write(head, 0, 'base64url')
  out.write(by.id, headBytes, 'hex')
  out.set(salt, headBytes + idBytes)
  const cipher = createCipheriv(
    'aes-256-gcm',
    subkey(by.key, out.subarray(headBytes + idBytes, headBytes + idBytes + saltBytes)),
    nonce,
  )
  cipher.setAAD(additional(out, context))
  out.set(cipher.update(plain), headBytes + idBytes + saltBytes)
  cipher.final()
  out.set(cipher.getAuthTag(), out.length - tagBytes)
  return out.toString('base64url')
}

/** The bytes that were sealed under this head and context; or why not. Never throws, whatever the text. */
export function unseal(head: Head, text: string, context: string, keyOf: KeyOf): Unsealed {
  if (!text.startsWith(head)) return malformed
  // INVARIANT: one sealed text has one spelling.
  const bytes = base64urlBytes(text)
  if (bytes === undefined || bytes.length < sealOverhead) return malformed
  const id = bytes.toString('hex', headBytes, headBytes + idBytes)
  const key = keyOf(id)
  if (key === undefined) return { unknownKey: id }
  const salt = bytes.subarray(headBytes + idBytes, headBytes + idBytes + saltBytes)
  const decipher = createDecipheriv('aes-256-gcm', subkey(key, salt), nonce, {
    authTagLength: tagBytes,
  })
  decipher.setAAD(additional(bytes, context))
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  const plain = decipher.update(bytes.subarray(headBytes + idBytes + saltBytes, bytes.length - tagBytes))
  try {
    decipher.final()
  } catch {
    return malformed
  }
  return { bytes: plain }
}

/** A session token of a payload, or undefined when it would be longer than `maxTokenLength`. */
export function sealToken(
  payload: Uint8Array,
  to: { readonly keyId: string; readonly key: KeyObject; readonly salt: Uint8Array; readonly accessKeyId: string },
): string | undefined {
  if (payload.length > maxPayload) return undefined
  return seal(heads.token, payload, { id: to.keyId, key: to.key }, to.salt, to.accessKeyId)
}

/** Bytes of a payload at most. */
export const maxPayload = (maxTokenLength / 4) * 3 - sealOverhead

/** The payload of a session token that was issued with this access key id; or why not. Never throws. */
export function openToken(token: string, accessKeyId: string, keyOf: KeyOf): Unsealed {
  if (token.length > maxTokenLength) return malformed
  return unseal(heads.token, token, accessKeyId, keyOf)
}
