// Signature and digest algorithms that count, by URI: RFC 9231 and XML Signature 6. What is not in these tables is refused, HMAC first.
import { constants, type KeyObject, sign, verify } from 'node:crypto'

export interface SignatureAlgorithm {
  readonly hash: string
  readonly key: 'rsa' | 'ec'
  /** RSA-PSS with a salt as long as the hash. */
  readonly pss?: true
  /** SHA-1: only for a provider that the operator marked old. */
  readonly old?: true
}

const more = 'http://www.w3.org/2001/04/xmldsig-more#'
const more2007 = 'http://www.w3.org/2007/05/xmldsig-more#'
const original = 'http://www.w3.org/2000/09/xmldsig#'

export const signatureAlgorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  [`${more}rsa-sha256`, { hash: 'sha256', key: 'rsa' }],
  [`${more}rsa-sha384`, { hash: 'sha384', key: 'rsa' }],
  [`${more}rsa-sha512`, { hash: 'sha512', key: 'rsa' }],
  [`${more2007}sha256-rsa-MGF1`, { hash: 'sha256', key: 'rsa', pss: true }],
  [`${more2007}sha384-rsa-MGF1`, { hash: 'sha384', key: 'rsa', pss: true }],
  [`${more2007}sha512-rsa-MGF1`, { hash: 'sha512', key: 'rsa', pss: true }],
  [`${more}ecdsa-sha256`, { hash: 'sha256', key: 'ec' }],
  [`${more}ecdsa-sha384`, { hash: 'sha384', key: 'ec' }],
  [`${more}ecdsa-sha512`, { hash: 'sha512', key: 'ec' }],
  [`${original}rsa-sha1`, { hash: 'sha1', key: 'rsa', old: true }],
])

export const digestAlgorithms: ReadonlyMap<string, { readonly hash: string; readonly old?: true }> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', { hash: 'sha256' }],
  [`${more}sha384`, { hash: 'sha384' }],
  ['http://www.w3.org/2001/04/xmlenc#sha512', { hash: 'sha512' }],
  [`${original}sha1`, { hash: 'sha1', old: true }],
])

export const defaultDigest = 'http://www.w3.org/2001/04/xmlenc#sha256'

/** What we sign with, if nobody says otherwise. */
export function defaultAlgorithm(key: KeyObject): string {
  return key.asymmetricKeyType === 'ec' ? `${more}ecdsa-sha256` : `${more}rsa-sha256`
}

/**
 * The key with the parameters that the algorithm fixes; an ECDSA signature is r and s side by side (XML Signature 6.4.3). A
 * bare RSA key means PKCS #1 1.5, and is a fifth cheaper than an object around it.
 */
function parameters(key: KeyObject, algorithm: SignatureAlgorithm) {
  if (algorithm.key === 'ec') return { key, dsaEncoding: 'ieee-p1363' as const }
  if (algorithm.pss !== true) return key
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}

/** INVARIANT: a key verifies only with algorithms of its own kind. */
export function verifies(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (key.asymmetricKeyType !== algorithm.key) return false
  return verify(algorithm.hash, bytes, parameters(key, algorithm), signature)
}

export function signWith(key: KeyObject, algorithm: SignatureAlgorithm, bytes: Uint8Array): Buffer {
  return sign(algorithm.hash, bytes, parameters(key, algorithm))
}
