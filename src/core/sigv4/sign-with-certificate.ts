// Signing with the key of a certificate (IAM Roles Anywhere User Guide, "Signing process for CreateSession"): Signature Version 4's
// canonical request, another algorithm, and the certificate's serial number in place of an access key id.
import { hash, type KeyObject, sign, type X509Certificate } from 'node:crypto'
import type { Message } from '../http.ts'
import { canonicalRequest, withoutNone } from './canonical.ts'
import { formatAmzDate } from './date.ts'
import { scopeText } from './keys.ts'
import { signable } from './sign.ts'
import { textToSign } from './verify.ts'

export interface CertificateSigner {
  readonly certificate: X509Certificate
  /** From the one that issued it upwards; the trust anchor itself may be absent. */
  readonly chain: readonly X509Certificate[]
  readonly key: KeyObject
  readonly region: string
  readonly now: Date
}

/** The algorithm of each type of key. */
const algorithms: Readonly<Record<string, string>> = {
  rsa: 'AWS4-X509-RSA-SHA256',
  ec: 'AWS4-X509-ECDSA-SHA256',
}

/** Undefined: keys of this type sign no requests. */
export const algorithmOf = ({ asymmetricKeyType: type }: KeyObject): string | undefined =>
  type === undefined ? undefined : algorithms[type]

/**
 * Signs a request to Roles Anywhere in the Authorization header. `message` is what will be sent: its target is `/sessions` and a query,
 * whatever path the endpoint has, and its headers are lower-cased, with `host`. The answer is the message to send. A key of another type
 * is a TypeError.
 */
export function signWithCertificate(message: Message, signer: CertificateSigner, body: string): Message {
  const { certificate, chain, key, region, now } = signer
  const algorithm = algorithmOf(key)
  if (algorithm === undefined) throw new TypeError(`a key of type ${key.asymmetricKeyType} signs no requests`)
  const amzDate = formatAmzDate(now.getTime())
  const headers = new Map(message.headers)
  headers.set('x-amz-date', amzDate)
  headers.set('x-amz-x509', derOf(certificate))
  if (chain.length > 0) headers.set('x-amz-x509-chain', chain.map(derOf).join(','))
  const signedHeaders = signable(headers)
  const canonical = canonicalRequest(
    { method: message.method, target: message.target, headers },
    { path: 'normalised', signedHeaders, payload: hash('sha256', body, 'hex'), without: withoutNone },
  )
  if (typeof canonical !== 'string') throw new TypeError(`This request cannot be signed: ${canonical.rejected}`)
  const scope = scopeText({ date: amzDate.slice(0, 8), region, service: 'rolesanywhere' })
  const text = textToSign(amzDate, scope, canonical, algorithm)
  const signature = sign('sha256', Buffer.from(text, 'latin1'), { key, dsaEncoding: 'der' }).toString('hex')
  const serial = BigInt(`0x${certificate.serialNumber}`)
  headers.set(
    'authorization',
    `${algorithm} Credential=${serial}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  )
  return { method: message.method, target: message.target, headers }
}

const derOf = ({ raw }: X509Certificate) => raw.toString('base64')
