// Requests that are signed with the key of a certificate (IAM Roles Anywhere User Guide, "Signing process for CreateSession"): Signature
// Version 4's canonical request, another algorithm, and the certificate's serial number in place of an access key id. Nothing here says
// whether the certificate is trusted (federation/x509): only that whoever sent the request has its key.
import { type KeyObject, verify as verifySignature } from 'node:crypto'
import type { Message } from '../http.ts'
import { type CredentialText, readCredential, readParts } from './authorization.ts'
import { canonicalRequest, withoutNone } from './canonical.ts'
import { parseAmzDate } from './date.ts'
import { scopeText } from './keys.ts'
import type { Rejection, Unreadable } from './rejection.ts'
import { ruleOf } from './rules.ts'
import { readSignedHeaders } from './signed-headers.ts'
import { type Against, checkScope, checkTime, textToSign } from './verify.ts'

/**
 * The type of key that each algorithm is of.
 * DIVERGES: AWS takes AWS4-X509-MLDSA too; here certificates have RSA or elliptic-curve keys.
 */
const keyTypes = { 'AWS4-X509-RSA-SHA256': 'rsa', 'AWS4-X509-ECDSA-SHA256': 'ec' } as const
type Algorithm = keyof typeof keyTypes

export const certificateHeader = 'x-amz-x509'
export const chainHeader = 'x-amz-x509-chain'

/** What a request claims of the certificate that signed it. `keyId` is its serial number, in decimal digits. */
export interface PresentedCertificate extends CredentialText {
  readonly algorithm: Algorithm
  readonly signedHeaders: readonly string[]
  readonly signature: Buffer
  readonly amzDate: string
  /** In ms since 1970. */
  readonly time: number
}

/** Reads the Authorization header. There is no form in a query, and no session token beside it. */
export function readCertificateAuthorization({ headers, target }: Message): PresentedCertificate | Unreadable {
  const authorization = headers.get('authorization') ?? ''
  const space = authorization.indexOf(' ')
  const algorithm = space < 0 ? authorization : authorization.slice(0, space)
  if (!isAlgorithm(algorithm)) return { rejected: 'algorithm', form: 'header', value: algorithm }
  if (/[?&]X-Amz-(?:Algorithm|Credential|Signature)=/i.test(target)) return { rejected: 'several-mechanisms' }
  const parts = readParts(authorization, algorithm.length + 1)
  if ('rejected' in parts) return parts
  const { credential, signedHeaders: list, signature } = parts
  const amzDate = headers.get('x-amz-date')
  if (!credential || !signature || !list || !amzDate) {
    const named = { Credential: credential, Signature: signature, SignedHeaders: list, Date: amzDate }
    const missing = (['Credential', 'Signature', 'SignedHeaders', 'Date'] as const).filter((name) => !named[name])
    return { rejected: 'missing-parameters', missing, authorization }
  }
  const time = parseAmzDate(amzDate)
  if (time === undefined) return { rejected: 'date-format', value: amzDate }
  const named = readCredential(credential)
  if (named === undefined) return { rejected: 'credential-parts', form: 'header', value: credential }
  const signedHeaders = readSignedHeaders(list)
  if ('rejected' in signedHeaders) return signedHeaders
  // As long as RSA's largest: 4096 bits.
  if (!/^(?:[0-9a-f]{2}){8,512}$/.test(signature)) return { rejected: 'signature-form', value: signature }
  return { ...named, algorithm, signedHeaders, signature: Buffer.from(signature, 'hex'), amzDate, time }
}

const isAlgorithm = (text: string): text is Algorithm => Object.hasOwn(keyTypes, text)

export interface AgainstCertificate extends Pick<Against, 'now' | 'services' | 'regions'> {
  readonly certificate: { readonly serial: bigint; readonly key: KeyObject }
  /** Lower-case hexadecimal SHA-256 of the body as received. */
  readonly payloadHash: string
}

/** Undefined when the certificate's key signed this request, for this endpoint and this moment; or why not. */
export function verifyCertificateSignature(
  message: Message,
  presented: PresentedCertificate,
  against: AgainstCertificate,
): Rejection | undefined {
  const { certificate, payloadHash, services } = against
  const now = against.now.getTime()
  const [service] = services
  if (service === undefined) throw new TypeError('a signature is verified for the signing names of an endpoint')
  // INVARIANT: every comparison with `now` would be false for an invalid Date, and let any time pass.
  if (Number.isNaN(now)) throw new TypeError('a signature is verified at a valid time')
  const refused =
    checkTime({ ...presented, form: 'header', expires: undefined }, ruleOf(service), now) ??
    checkSigned(message, presented) ??
    checkScope(presented, against)
  if (refused !== undefined) return refused

  const { signedHeaders, algorithm, signature } = presented
  const canonical = canonicalRequest(message, {
    path: 'normalised',
    signedHeaders,
    payload: payloadHash,
    without: withoutNone,
  })
  if (typeof canonical !== 'string') return canonical
  const text = textToSign(presented.amzDate, scopeText(presented), canonical, algorithm)
  const { key, serial } = certificate
  // One spelling of the number, so that it cannot name a certificate to one reader and another to the next.
  const isOfThis = presented.keyId === serial.toString() && key.asymmetricKeyType === keyTypes[algorithm]
  if (isOfThis && verifySignature('sha256', Buffer.from(text, 'latin1'), { key, dsaEncoding: 'der' }, signature)) {
    return undefined
  }
  return { rejected: 'signature', canonicalRequest: canonical, stringToSign: text, provided: signature.toString('hex') }
}

/**
 * The host, the kind of body, and every X-Amz header must be signed: the certificate and its chain are among them.
 * DIVERGES: AWS is not known to require more than the host, the date and the certificate.
 */
function checkSigned({ headers }: Message, { signedHeaders }: PresentedCertificate): Rejection | undefined {
  if (!signedHeaders.includes('host')) return { rejected: 'host-not-signed' }
  const names = [...headers.keys()].filter(
    (name) => (name.startsWith('x-amz-') || name === 'content-type') && !signedHeaders.includes(name),
  )
  return names.length === 0 ? undefined : { rejected: 'headers-not-signed', names }
}
