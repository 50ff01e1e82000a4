// Signatures that we make: the enveloped one of a message (XML Signature; SAML core 5.4), and the one of a redirect's query
// (SAML bindings 3.4.4.1), which is also verified here.
import { hash, type KeyObject } from 'node:crypto'
import {
  defaultAlgorithm,
  defaultDigest,
  digestAlgorithms,
  signatureAlgorithms,
  signWith,
  verifies,
} from './algorithms.ts'
import { envelopedSignature, exclusiveCanonicalisation, namespaces } from './names.ts'
import { canonicalBytes, withDocument } from './xml.ts'

export interface Signing {
  readonly key: KeyObject
  /** PEM or base64 of the certificate that the signature names. */
  readonly certificate?: string
  /** URIs: those of SHA-256 if they are not given. */
  readonly algorithm?: string
  readonly digest?: string
  /** Prefixes of exclusive canonicalisation's InclusiveNamespaces. */
  readonly inclusive?: string
}

/** Signs a message whose root has an ID and an Issuer as its first child; the Signature stands behind the Issuer, as the schema wants. */
export function signElement(xml: string, signing: Signing): string {
  return withSignature(xml, signatureOf(signedInfoOf(xml, signing), signing))
}

/** The Signature stands behind the first Issuer. */
export function withSignature(xml: string, signature: string): string {
  const end = /<\/(?:[\w.-]+:)?Issuer>/.exec(xml)
  if (end === null) throw new TypeError('a message without an Issuer cannot be signed')
  const at = end.index + end[0].length
  return xml.slice(0, at) + signature + xml.slice(at)
}

/** SignedInfo with one reference: to the element itself. */
export function signedInfoOf(
  xml: string,
  { key, algorithm = defaultAlgorithm(key), digest = defaultDigest, inclusive }: Signing,
): string {
  const id = /\bID="([^"]+)"/.exec(xml)?.[1]
  const digestHash = digestAlgorithms.get(digest)?.hash
  if (id === undefined || digestHash === undefined) throw new TypeError('what is signed has an ID and a known digest')
  const value = hash(digestHash, canonicalText(xml, inclusive), 'base64')
  const prefixes =
    inclusive === undefined
      ? ''
      : `<ec:InclusiveNamespaces xmlns:ec="${namespaces.exclusive}" PrefixList="${inclusive}"></ec:InclusiveNamespaces>`
  return (
    `<ds:SignedInfo xmlns:ds="${namespaces.signature}">` +
    `<ds:CanonicalizationMethod Algorithm="${exclusiveCanonicalisation}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${algorithm}"></ds:SignatureMethod><ds:Reference URI="#${id}"><ds:Transforms>` +
    `<ds:Transform Algorithm="${envelopedSignature}"></ds:Transform>` +
    `<ds:Transform Algorithm="${exclusiveCanonicalisation}">${prefixes}</ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${digest}"></ds:DigestMethod><ds:DigestValue>${value}</ds:DigestValue></ds:Reference></ds:SignedInfo>`
  )
}

/** The Signature element over a SignedInfo. */
export function signatureOf(
  signedInfo: string,
  { key, certificate, algorithm = defaultAlgorithm(key) }: Signing,
): string {
  const known = signatureAlgorithms.get(algorithm)
  if (known === undefined) throw new TypeError(`no such signature algorithm: ${algorithm}`)
  const value = signWith(key, known, canonicalText(signedInfo)).toString('base64')
  const named = certificate?.replace(/-----[A-Z ]+-----|\s/g, '')
  const keyInfo =
    named === undefined
      ? ''
      : `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${named}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
  return (
    `<ds:Signature xmlns:ds="${namespaces.signature}">${signedInfo}` +
    `<ds:SignatureValue>${value}</ds:SignatureValue>${keyInfo}</ds:Signature>`
  )
}

function canonicalText(xml: string, inclusive = ''): Buffer {
  const prefixes = inclusive.split(/\s+/).filter((prefix) => prefix !== '')
  const bytes = withDocument(Buffer.from(xml), (document) => canonicalBytes(document, document.root, prefixes))
  if (bytes === undefined) throw new TypeError('what is signed is well-formed XML')
  return bytes
}

/** Adds SigAlg and Signature to the query of a redirect: `SAMLRequest=…&RelayState=…`, encoded as it will be sent. */
export function signQuery(query: string, key: KeyObject, algorithm: string = defaultAlgorithm(key)): string {
  const known = signatureAlgorithms.get(algorithm)
  if (known === undefined) throw new TypeError(`no such signature algorithm: ${algorithm}`)
  const signed = `${query}&SigAlg=${encodeURIComponent(algorithm)}`
  return `${signed}&Signature=${encodeURIComponent(signWith(key, known, Buffer.from(signed)).toString('base64'))}`
}

export type QueryRejection = 'unsigned' | 'signature-shape' | 'algorithm' | 'signature'

/**
 * Verifies a redirect's query as it came, over the octets that were sent: `SAMLRequest` or `SAMLResponse`, `RelayState`,
 * `SigAlg`, in this order whatever the order of arrival (bindings 3.4.4.1). A member that comes twice is refused.
 */
export function verifyQuery(
  rawQuery: string,
  keys: readonly KeyObject[],
  allowsSha1 = false,
): 'verified' | { readonly rejected: QueryRejection } {
  const members = new Map<string, string>()
  for (const member of rawQuery.split('&')) {
    const name = member.split('=', 1)[0] ?? ''
    // INVARIANT: a name has one spelling, or a reader that decodes it finds another member under it than was signed.
    if (members.has(name) || /[%+]/.test(name)) return { rejected: 'signature-shape' }
    members.set(name, member)
  }
  const value = (name: string) => decoded(members.get(name)?.slice(name.length + 1))
  const signature = value('Signature')
  if (members.get('Signature') === undefined || members.get('SigAlg') === undefined) return { rejected: 'unsigned' }
  if (signature === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return { rejected: 'signature-shape' }
  if (members.has('SAMLRequest') === members.has('SAMLResponse')) return { rejected: 'signature-shape' }
  const algorithm = signatureAlgorithms.get(value('SigAlg') ?? '')
  if (algorithm === undefined || (algorithm.old === true && !allowsSha1)) return { rejected: 'algorithm' }
  const signed = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg']
    .flatMap((name) => members.get(name) ?? [])
    .join('&')
  const bytes = Buffer.from(signature, 'base64')
  return keys.some((key) => verifies(key, algorithm, Buffer.from(signed), bytes))
    ? 'verified'
    : { rejected: 'signature' }
}

/** A member of a query that was verified, as the signature is over it: a `+` is no space. */
export function verifiedMember(rawQuery: string, name: 'SAMLRequest' | 'SAMLResponse' | 'RelayState') {
  const member = rawQuery.split('&').find((one) => one.startsWith(`${name}=`))
  return decoded(member?.slice(name.length + 1))
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}
