// Signatures of certificates and revocation lists (RFC 5280 4.1.1.2, RFC 4055, RFC 5758), and the keys that are strong enough to count.
import { type KeyObject, verify } from 'node:crypto'
import { hasRocaFingerprint } from '../rsa-fingerprint.ts'
import { bytesOfBits, identifierOf, partsOf, Sequence, tags, type Value } from './der-values.ts'

export interface Signature {
  /** The bytes that are signed. */
  readonly signed: Buffer
  /** Undefined for an algorithm that does not count: SHA-1 and MD5 among them. */
  readonly algorithm: Algorithm | undefined
  readonly value: Buffer
}

interface Algorithm {
  readonly keyType: 'rsa' | 'ec'
  readonly digest: 'sha256' | 'sha384' | 'sha512'
}

/**
 * By object identifier: RSASSA-PKCS1-v1_5 and ECDSA.
 * DIVERGES: RSASSA-PSS, Ed25519 and ML-DSA are not taken.
 */
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.11': { keyType: 'rsa', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { keyType: 'rsa', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { keyType: 'rsa', digest: 'sha512' },
  '1.2.840.10045.4.3.2': { keyType: 'ec', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { keyType: 'ec', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { keyType: 'ec', digest: 'sha512' },
}

/** The fields of what is signed, of which `before` are those before its algorithm. */
interface SignedBody<B> {
  readonly before: B
  readonly fields: Sequence
}

/**
 * Reads what certificates and revocation lists have in common: a body that names its algorithm, the algorithm, the signature. Throws if the
 * algorithm inside what is signed is another than the one beside it: an attacker can write the outer one.
 */
export function readSigned<B>(
  value: Value,
  before: (fields: Sequence) => B,
): { readonly body: SignedBody<B>; readonly signature: Signature } {
  const outer = new Sequence(value)
  const signed = outer.next()
  const beside = outer.next()
  const signature = bytesOfBits(outer.next())
  outer.end()
  const fields = new Sequence(signed)
  const body = { before: before(fields), fields }
  if (!fields.next().whole.equals(beside.whole)) throw new TypeError('two algorithms')
  return { body, signature: { signed: signed.whole, algorithm: readAlgorithm(beside), value: signature } }
}

const derNull = Buffer.from([5, 0])

/** An algorithm that counts. RSA's parameters may be NULL; there are no others. */
function readAlgorithm(value: Value): Algorithm | undefined {
  const [identifier, parameters, ...more] = partsOf(value, tags.sequence)
  if (identifier === undefined || more.length > 0) throw new TypeError('no algorithm')
  const type = identifierOf(identifier)
  const named = Object.hasOwn(algorithms, type) ? algorithms[type] : undefined
  if (parameters === undefined) return named
  return named?.keyType === 'rsa' && parameters.whole.equals(derNull) ? named : undefined
}

/** Whether that key made the signature. */
export function isSignedBy({ signed, algorithm, value }: Signature, key: KeyObject): boolean {
  if (algorithm === undefined || key.asymmetricKeyType !== algorithm.keyType) return false
  return verify(algorithm.digest, signed, { key, dsaEncoding: 'der' }, value)
}

const curves: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

/** RSA of 2048 to 4096 bits with an odd exponent of 65537 or more; the curves P-256, P-384 and P-521. */
export function isStrongKey(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec') return curves.has(namedCurve)
  if (key.asymmetricKeyType !== 'rsa' || modulusLength < 2048 || modulusLength > 4096) return false
  if (publicExponent < 65_537n || publicExponent >= 1n << 64n || publicExponent % 2n === 0n) return false
  return !hasRocaFingerprint(Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url'))
}
