// The keys that a provider signs with, from the certificates of its metadata (SAML 2.0 metadata 2.4.1.1; XML-DSig 4.5.4).
// A certificate is a wrapping here, as at AWS: its dates, issuer and uses are not looked at, and no chain is built.
// DIVERGES: AWS takes RSA from 1024 bits; RSA counts here from 2048 to 4096 bits, and elliptic curve keys count as well.
import { type KeyObject, X509Certificate } from 'node:crypto'
import { base64Bytes } from '../../core/base64.ts'
import { hasRocaFingerprint } from '../rsa-fingerprint.ts'
import { attributeOf, childrenOf, MetadataRejected, textOf } from './metadata-document.ts'
import type { ProviderCertificate } from './provider.ts'
import type { XmlElement } from './xml.ts'

/** "Keys per SAML provider" (IAM User Guide, "IAM and AWS STS quotas"). */
const MOST_KEYS = 10
/** A key may have several, and each costs its parsing and a row of a listing. */
const MOST_CERTIFICATES = 40
const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

export interface SigningKeys {
  readonly keys: readonly KeyObject[]
  readonly certificates: readonly ProviderCertificate[]
}

/** The signing keys of all these descriptors, each once. @throws MetadataRejected */
export function signingKeysOf(descriptors: readonly XmlElement[]): SigningKeys {
  const keys = new Map<string, KeyObject>()
  const certificates = new Map<string, ProviderCertificate>()
  let count = 0
  for (const descriptor of descriptors) {
    for (const keyDescriptor of childrenOf(descriptor, 'metadata', 'KeyDescriptor')) {
      const use = attributeOf(keyDescriptor, 'use')
      if (use === 'encryption') continue
      if (use !== undefined && use !== 'signing') {
        throw new MetadataRejected('bad-value', `the use of a KeyDescriptor is ${shown(use)}`)
      }
      const texts = certificateTextsOf(keyDescriptor)
      count += texts.length
      if (count > MOST_CERTIFICATES) {
        throw new MetadataRejected('too-many-keys', `it holds more than ${MOST_CERTIFICATES} certificates`)
      }
      const held = texts.map(certificateOf)
      const spelled = held.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }).toString('base64'))
      // INVARIANT: of a chain, the authority's key would count as the provider's.
      if (new Set(spelled).size > 1) {
        throw new MetadataRejected('certificate', 'a KeyDescriptor holds certificates of several keys')
      }
      held.forEach((certificate, at) => {
        keys.set(spelled[at] ?? '', checkedKey(certificate.publicKey))
        certificates.set(certificate.fingerprint256, listed(certificate))
      })
      if (keys.size > MOST_KEYS) throw new MetadataRejected('too-many-keys', `it holds more than ${MOST_KEYS} keys`)
    }
  }
  if (keys.size === 0) throw new MetadataRejected('no-key', 'no certificate of it is for signing')
  return { keys: [...keys.values()], certificates: [...certificates.values()] }
}

/** A key that is named, or written out without a certificate, is none that AWS would take. */
function certificateTextsOf(keyDescriptor: XmlElement): readonly string[] {
  return childrenOf(keyDescriptor, 'signature', 'KeyInfo')
    .flatMap((info) => childrenOf(info, 'signature', 'X509Data'))
    .flatMap((data) => childrenOf(data, 'signature', 'X509Certificate'))
    .map(textOf)
}

function certificateOf(text: string): X509Certificate {
  const bytes = base64Bytes(text.replace(/[ \t\r\n]/g, ''))
  if (bytes === undefined) throw new MetadataRejected('certificate', 'a certificate is not base64')
  try {
    const certificate = new X509Certificate(bytes)
    if (certificate.raw.equals(bytes)) return certificate
  } catch {
    // Said below.
  }
  throw new MetadataRejected('certificate', 'a certificate cannot be read')
}

function checkedKey(key: KeyObject): KeyObject {
  const { asymmetricKeyType: type, asymmetricKeyDetails: about = {} } = key
  if (type === 'ec') {
    if (curves.has(about.namedCurve ?? '')) return key
    throw new MetadataRejected('key', `a key is on the curve ${about.namedCurve}`)
  }
  if (type !== 'rsa') throw new MetadataRejected('key', `a key is of the kind ${type}`)
  const { modulusLength: bits = 0, publicExponent: exponent = 0n } = about
  if (bits < 2048 || bits > 4096) {
    throw new MetadataRejected('key', `an RSA key has ${bits} bits; 2048 to 4096 are taken`)
  }
  // With an exponent of 1, every message is its own signature.
  if (exponent < 3n || exponent % 2n === 0n || exponent >= 1n << 64n) {
    throw new MetadataRejected('key', 'the exponent of an RSA key is none')
  }
  const { n = '' } = key.export({ format: 'jwk' })
  if (hasRocaFingerprint(Buffer.from(n, 'base64url'))) {
    throw new MetadataRejected('key', 'an RSA key is of a broken generator (CVE-2017-15361)')
  }
  return key
}

const listed = ({ subject, validToDate, fingerprint256 }: X509Certificate): ProviderCertificate => ({
  subject: subject.replaceAll('\n', ', ').slice(0, 200),
  notAfter: validToDate,
  sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
})

export const shown = (text: string) => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
