// A certificate for a key of ours, signed by that key: SAML metadata names keys by certificates, and nobody looks at more than the key.
// X.509 (RFC 5280 4.1) in DER, written out.
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { writePem } from '../../core/pem.ts'

const length = (n: number): number[] => (n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255])
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body])
}
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const utcTime = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))

/** sha256WithRSAEncryption, and ecdsa-with-SHA256. */
const algorithms = {
  rsa: sequence(oid('2a864886f70d01010b'), Buffer.from([0x05, 0x00])),
  ec: sequence(oid('2a8648ce3d040302')),
} as const

export interface Certified {
  readonly key: KeyObject
  readonly commonName: string
  readonly notBefore: Date
  /** Before 2050: the certificate's times have two digits for the year. */
  readonly notAfter: Date
  /** Sixteen random bytes or fewer. */
  readonly serial: Uint8Array
}

/** The certificate in PEM. */
export function selfSignedCertificate({ key, commonName, notBefore, notAfter, serial }: Certified): string {
  const algorithm = key.asymmetricKeyType === 'ec' ? algorithms.ec : algorithms.rsa
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([0x01]), serial),
    algorithm,
    name,
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', body, key)
  const bytes = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature))
  return writePem(bytes, 'CERTIFICATE')
}
