// Self-signed certificates for tests (RFC 5280, 4.1): node:crypto reads certificates and makes none.
import { type KeyObject, sign, X509Certificate } from 'node:crypto'

const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: readonly Uint8Array[]) => tagged(0x30, ...parts)
const objectId = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'))
const nothing = tagged(0x05)

/** AlgorithmIdentifiers of signatures with SHA-256, by the kind of key. */
const algorithms: Readonly<Record<string, Buffer>> = {
  rsa: sequence(objectId('2a864886f70d01010b'), nothing),
  ec: sequence(objectId('2a8648ce3d040302')),
  ed25519: sequence(objectId('2b6570')),
}

const nameOf = (common: string) =>
  sequence(tagged(0x31, sequence(objectId('550403'), tagged(0x0c, Buffer.from(common)))))
const timeOf = (time: Date) =>
  tagged(0x18, Buffer.from(`${time.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`, 'latin1'))

export interface CertificateChoice {
  readonly subject?: string
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** A certificate of the public key, signed by its private one. */
export function selfSigned(
  keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  {
    subject = 'idp.example',
    notBefore = new Date('2020-01-01'),
    notAfter = new Date('2120-01-01'),
  }: CertificateChoice = {},
): X509Certificate {
  const type = keys.publicKey.asymmetricKeyType ?? ''
  const algorithm = algorithms[type]
  if (algorithm === undefined) throw new TypeError(`no certificates of ${type}`)
  const contents = sequence(
    tagged(0x02, Buffer.from([1])),
    algorithm,
    nameOf(subject),
    sequence(timeOf(notBefore), timeOf(notAfter)),
    nameOf(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign(type === 'ed25519' ? undefined : 'sha256', contents, keys.privateKey)
  return new X509Certificate(sequence(contents, algorithm, tagged(0x03, Buffer.from([0]), signature)))
}
