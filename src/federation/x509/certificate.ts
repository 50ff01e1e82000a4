// A certificate, read (RFC 5280 4): what path validation and the mapping of attributes need. Whether it is trusted is decided in path.ts.
import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as Decoded } from '@peculiar/asn1-x509'
import { isDer } from './der.ts'
import { type Extensions, readExtensions } from './extensions.ts'
import { type Name, nameKey, readName } from './name.ts'
import { isStrongKey, readSignature, type Signature } from './signature.ts'

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
    // The library and node:crypto throw at what they cannot read.
    return undefined
  }
}

function read(der: Buffer): Certificate | undefined {
  const decoded = AsnConvert.parse(der, Decoded)
  const { tbsCertificate: body, tbsCertificateRaw: signed } = decoded
  const extensions = readExtensions(body.extensions ?? [])
  const signature = readSignature(signed, body.signature, decoded.signatureAlgorithm, decoded.signatureValue)
  const serial = readSerial(Buffer.from(body.serialNumber))
  if (extensions === undefined || signature === undefined || serial === undefined) return undefined
  const notBefore = body.validity.notBefore.getTime().getTime()
  const notAfter = body.validity.notAfter.getTime().getTime()
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter)) return undefined
  const publicKey = Buffer.from(AsnConvert.serialize(body.subjectPublicKeyInfo))
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  const issuer = readName(body.issuer)
  const subject = readName(body.subject)
  return {
    der,
    fingerprint: hash('sha256', der, 'hex'),
    // Encoded as one less than it is called.
    version: body.version + 1,
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
    ...extensions,
  }
}

/** RFC 5280 4.1.2.2: positive, of at most 20 bytes. */
export function readSerial(content: Buffer): bigint | undefined {
  if (content.length === 0 || content.length > 20 || (content[0] as number) >= 0x80) return undefined
  const serial = BigInt(`0x${content.toString('hex')}`)
  return serial > 0n ? serial : undefined
}

/** The serial number as IAM Roles Anywhere names sessions by it: hexadecimal, whole bytes. */
export function serialHex(serial: bigint): string {
  const digits = serial.toString(16)
  return digits.length % 2 === 0 ? digits : `0${digits}`
}
