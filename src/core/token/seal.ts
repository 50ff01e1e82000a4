// Authenticated sealing: a session token (and every other sealed text of the product) is
//   head (3 bytes: what it is, and its format version) | ring key id (8) | salt (16) | nonce (12, HPS2 alone)
//   | AES-256-GCM ciphertext | tag (16)
// under a subkey, HMAC-SHA256(ring key, salt), with head, ring key id and a context as additional data (NIST SP 800-38D,
// FIPS 198-1). The context of a session token is its access key id.
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

/**
 * Four base64url characters that begin every text of a kind, for people and for scanners that look for leaked secrets.
 * `token1` is the session token of the release before: docs/decisions/0006-pass-and-keys.md says how long it is read.
 */
export const heads = { token: 'HPS2', token1: 'HPS1', vault: 'HPV1', key: 'HPK1' } as const
export type Head = (typeof heads)[keyof typeof heads]

/** Format versions of session tokens, and their heads. */
export const tokenHeads = { 1: heads.token1, 2: heads.token } as const
export type TokenVersion = keyof typeof tokenHeads
export const newestToken: TokenVersion = 2

/**
 * Bytes of the nonce in a text.
 * INVARIANT: where there are none the nonce is constant, and every seal has a subkey of its own, from a 128-bit random salt.
 * Either way, nodes that share a ring key have no birthday bound on 96-bit nonces, and nothing to coordinate.
 */
const nonceBytes: Readonly<Record<Head, 0 | 12>> = { HPS1: 0, HPS2: 12, HPV1: 0, HPK1: 0 }
const constantNonce = Buffer.alloc(12)

/**
 * How many texts with random nonces one subkey seals at most: then two nonces are the same with a chance of 2^-65.
 * INVARIANT: a salt is drawn by one process and used by no other.
 */
export const sealsPerSubkey = 65_536

/** What sealing adds to the contents, in bytes. */
export const overheadOf = (head: Head) => headBytes + idBytes + saltBytes + nonceBytes[head] + tagBytes

export interface SealingKey {
  /** 16 lower-case hexadecimal digits. */
  readonly id: string
  /** 32 bytes. A KeyObject prints nothing, and node:crypto takes it in a tenth of the time of raw bytes (1 µs, not 12). */
  readonly key: KeyObject
}

/** What is derived from a ring key and a salt. */
export interface Subkey {
  /** Of the ring key. */
  readonly id: string
  readonly salt: Uint8Array
  readonly key: KeyObject
}

/** The key with this id, if it may open texts. */
export type KeyOf = (id: string) => KeyObject | undefined

export type Unsealed = { readonly bytes: Buffer } | { readonly rejected: 'malformed' } | { readonly unknownKey: string }

const malformed = { rejected: 'malformed' } as const

/** Ring keys as HMAC keys, made once for each: a KeyObject never changes, so that nobody can tell this from computing it anew. */
const macs = new WeakMap<KeyObject, HmacKey>()

function derived(key: KeyObject, salt: Buffer): KeyObject {
  let mac = macs.get(key)
  if (mac === undefined) {
    mac = new HmacKey(key.export())
    macs.set(key, mac)
  }
  return createSecretKey(mac.mac(salt.toString('latin1')), 'hex')
}

/** A subkey of a ring key. `salt` is 16 random bytes, never used before. */
export function subkeyOf({ id, key }: SealingKey, salt: Uint8Array): Subkey {
  if (salt.length !== saltBytes) throw new TypeError('a salt is 16 bytes')
  if (key.symmetricKeySize !== 32 || id.length !== 2 * idBytes) throw new TypeError('a ring key is 32 bytes, its id 8')
  return { id, salt, key: derived(key, Buffer.from(salt)) }
}

function additional(prefix: Buffer, context: string): Buffer {
  const aad = Buffer.allocUnsafe(headBytes + idBytes + Buffer.byteLength(context))
  prefix.copy(aad, 0, 0, headBytes + idBytes)
  aad.write(context, headBytes + idBytes)
  return aad
}

/** Seals bytes to a kind and a context, under a subkey that seals nothing else. `salt` is 16 random bytes, never used before. */
export function seal(
  head: Exclude<Head, 'HPS2'>,
  plain: Uint8Array,
  by: SealingKey,
  salt: Uint8Array,
  context: string,
): string {
  return sealUnder(head, plain, { subkey: subkeyOf(by, salt), nonce: Buffer.alloc(0) }, context)
}

interface Under {
  readonly subkey: Subkey
  /** 12 random bytes where the head has a nonce, never used before with this subkey; else none. */
  readonly nonce: Uint8Array
}

function sealUnder(head: Head, plain: Uint8Array, { subkey, nonce }: Under, context: string): string {
  if (nonce.length !== nonceBytes[head]) throw new TypeError(`the nonce of ${head} is ${nonceBytes[head]} bytes`)
  const out = Buffer.allocUnsafe(overheadOf(head) + plain.length)
  out.write(head, 0, 'base64url')
  out.write(subkey.id, headBytes, 'hex')
  out.set(subkey.salt, headBytes + idBytes)
  out.set(nonce, headBytes + idBytes + saltBytes)
  const cipher = createCipheriv('aes-256-gcm', subkey.key, nonce.length === 0 ? constantNonce : nonce)
  cipher.setAAD(additional(out, context))
  out.set(cipher.update(plain), headBytes + idBytes + saltBytes + nonce.length)
  cipher.final()
  out.set(cipher.getAuthTag(), out.length - tagBytes)
  return out.toString('base64url')
}

/** The bytes that were sealed under this head and context; or why not. Never throws, whatever the text. */
export function unseal(head: Head, text: string, context: string, keyOf: KeyOf): Unsealed {
  if (!text.startsWith(head)) return malformed
  // INVARIANT: one sealed text has one spelling.
  const bytes = base64urlBytes(text)
  if (bytes === undefined || bytes.length < overheadOf(head)) return malformed
  const id = bytes.toString('hex', headBytes, headBytes + idBytes)
  const key = keyOf(id)
  if (key === undefined) return { unknownKey: id }
  const afterSalt = headBytes + idBytes + saltBytes
  const start = afterSalt + nonceBytes[head]
  const salt = bytes.subarray(headBytes + idBytes, afterSalt)
  const nonce = start === afterSalt ? constantNonce : bytes.subarray(afterSalt, start)
  const decipher = createDecipheriv('aes-256-gcm', derived(key, salt), nonce, { authTagLength: tagBytes })
  decipher.setAAD(additional(bytes, context))
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  const plain = decipher.update(bytes.subarray(start, bytes.length - tagBytes))
  try {
    decipher.final()
  } catch {
    return malformed
  }
  return { bytes: plain }
}

export interface SealTo extends Under {
  readonly version: TokenVersion
  readonly accessKeyId: string
}

/** A session token of a payload, or undefined when it would be longer than `maxTokenLength`. */
export function sealToken(payload: Uint8Array, { version, accessKeyId, ...under }: SealTo): string | undefined {
  if (payload.length > maxPayload) return undefined
  return sealUnder(tokenHeads[version], payload, under, accessKeyId)
}

/** Bytes of a payload at most, in a token of whatever version. */
export const maxPayload = (maxTokenLength / 4) * 3 - overheadOf(tokenHeads[newestToken])

export type OpenedToken =
  | Exclude<Unsealed, { bytes: Buffer }>
  | { readonly bytes: Buffer; readonly version: TokenVersion }

/** The payload of a session token that was issued with this access key id; or why not. Never throws. */
export function openToken(token: string, accessKeyId: string, keyOf: KeyOf): OpenedToken {
  if (token.length > maxTokenLength) return malformed
  const version = token.startsWith(heads.token1) ? 1 : newestToken
  const unsealed = unseal(tokenHeads[version], token, accessKeyId, keyOf)
  return 'bytes' in unsealed ? { bytes: unsealed.bytes, version } : unsealed
}
