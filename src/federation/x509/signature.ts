// Signatures of certificates and revocation lists (RFC 5280 4.1.1.2, RFC 4055, RFC 5758), and the keys that are strong enough to count.
import { type KeyObject, verify } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { hasRocaFingerprint } from '../rsa-fingerprint.ts'

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

/** Undefined if the algorithm inside what is signed is another than the one beside it: an attacker can write the outer one. */
export function readSignature(
  signed: ArrayBuffer | undefined,
  inside: AlgorithmIdentifier,
  beside: AlgorithmIdentifier,
  value: ArrayBuffer,
): Signature | undefined {
  const [inner, outer] = [inside, beside].map((each) => Buffer.from(AsnConvert.serialize(each)))
  if (signed === undefined || inner === undefined || outer === undefined || !inner.equals(outer)) return undefined
  const named = Object.hasOwn(algorithms, beside.algorithm) ? algorithms[beside.algorithm] : undefined
  return {
    signed: Buffer.from(signed),
    algorithm: hasParameters(beside, named?.keyType) ? undefined : named,
    value: Buffer.from(value),
  }
}

const derNull = Buffer.from([5, 0])

/** Whether there are parameters where there must be none: RSA's may be NULL. */
function hasParameters({ parameters }: AlgorithmIdentifier, keyType: Algorithm['keyType'] | undefined): boolean {
  if (parameters === undefined || parameters === null) return false
  return !(keyType === 'rsa' && Buffer.from(parameters).equals(derNull))
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
