// A certificate, read (RFC 5280 4): what path validation and the mapping of attributes need. Whether it is trusted is decided in path.ts.
import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { isDer } from './der.ts'
import { contentOf, only, part, plainPart, Sequence, smallInteger, tags, timeOf, valueAt } from './der-values.ts'
import { type Extensions, readExtensions } from './extensions.ts'
import { type Name, nameKey, readName } from './name.ts'
import { isStrongKey, readSigned, type Signature } from './signature.ts'

export interface Certificate extends Extensions {
  readonly der: Buffer
  /** SHA-256 of the encoding, in hexadecimal. */
  readonly fingerprint: string
  readonly version: number
  readonly serial: bigint
  readonly issuer: Name
  readonly subject: Name
  /** What the names of an issuer and of what it issued have in common (name.ts). */
  readonly issuerKey: string
  readonly subjectKey: string
  /** In ms since 1970; both belong to the time it is valid. */
  readonly notBefore: number
  readonly notAfter: number
  readonly key: KeyObject
  /** Its key is of a kind and length that counts (signature.ts). */
  readonly isStrong: boolean
  /** 128 bits of the SHA-256 of the public key with its algorithm, in base64url. */
  readonly keyId: string
  readonly signature: Signature
}

/** Longest encoding of a certificate, in bytes: several times that of a large RSA key with its extensions. */
export const mostCertificateBytes = 16_384
const bounds = { bytes: mostCertificateBytes, elements: 1_000 }

/** Reads a certificate in distinguished encoding; undefined for any other bytes. */
export function readCertificate(der: Buffer): Certificate | undefined {
  if (!isDer(der, bounds)) return undefined
  try {
    return read(der)
  } catch {
    // Readers of values, and node:crypto, throw at what they cannot read.
    return undefined
  }
}

function read(der: Buffer): Certificate {
  const { body, signature } = readSigned(valueAt(der), (fields) => {
    // Encoded as one less than it is called; the first version is not encoded.
    const version = fields.optional(part(0))
    return {
      version: version === undefined ? 1 : 1 + smallInteger(only(version, part(0))),
      serial: readSerial(contentOf(fields.next(), tags.integer)),
    }
  })
  const { version, serial } = body.before
  const { fields } = body
  const issuer = readName(fields.next())
  const validity = new Sequence(fields.next())
  const [notBefore, notAfter] = [timeOf(validity.next()), timeOf(validity.next())]
  validity.end()
  const subject = readName(fields.next())
  const publicKey = fields.next().whole
  // Unique identifiers, of old.
  fields.optional(plainPart(1))
  fields.optional(plainPart(2))
  const extensions = fields.optional(part(3))
  fields.end()
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  return {
    der,
    fingerprint: hash('sha256', der, 'hex'),
    version,
    serial,
    issuer,
    subject,
    issuerKey: nameKey(issuer),
    subjectKey: nameKey(subject),
    notBefore,
    notAfter,
    key,
    isStrong: isStrongKey(key),
    keyId: hash('sha256', publicKey, 'buffer').subarray(0, 16).toString('base64url'),
    signature,
    ...readExtensions(extensions === undefined ? undefined : only(extensions, part(3))),
  }
}

/** RFC 5280 4.1.2.2: positive, of at most 20 bytes. */
export function readSerial(content: Buffer): bigint {
  if (content.length === 0 || content.length > 20 || (content[0] as number) >= 0x80)
    throw new TypeError('no serial number')
  const serial = BigInt(`0x${content.toString('hex')}`)
  if (serial === 0n) throw new TypeError('no serial number')
  return serial
}

/** The serial number as IAM Roles Anywhere names sessions by it: hexadecimal, whole bytes. */
export function serialHex(serial: bigint): string {
  const digits = serial.toString(16)
  return digits.length % 2 === 0 ? digits : `0${digits}`
}
