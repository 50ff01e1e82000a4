// A SAML response as a provider's page posts it, verified against one provider record. SAML core 2.3, 2.5, 2.7, 3.2; profiles 4.1.4.
import type { KeyObject } from 'node:crypto'
import { base64Bytes } from '../../core/base64.ts'
import { readAssertion } from './assertion.ts'
import { type CanonicalElement, readCanonical } from './canonical.ts'
import { decryptAssertion } from './encryption.ts'
import { namespaces, success } from './names.ts'
import type { SamlIdentityProvider } from './provider.ts'
import { type Scanned, scan } from './scan.ts'
import { type DetachedSignature, detachSignature, type Rejected, verifyDetached } from './signature.ts'
import { BadValue, children, one, required, text } from './values.ts'
import {
  canonicalBytes,
  childElements,
  declarations,
  isNamed,
  withDocument,
  type XmlDocument,
  type XmlElement,
} from './xml.ts'

/** What a response is held against. */
export interface Expected {
  readonly provider: SamlIdentityProvider
  /** Every private key of the provider record; none where it has none. */
  readonly decryptionKeys: readonly KeyObject[]
  readonly encryption: 'none' | 'Allowed' | 'Required'
  /** Addresses of ours that the assertion may be made for. */
  readonly recipients: readonly string[]
  readonly audiences: readonly string[]
  /** The operator marked the provider old: SHA-1 counts. */
  readonly allowsSha1?: boolean
  /** The operator lets the response's signature stand for the assertion's. */
  readonly allowsResponseSignature?: boolean
  readonly skewSeconds: number
}

/** INVARIANT: every value is read from the canonical bytes whose digest was verified. */
export interface SamlAssertion {
  readonly id: string
  readonly issuer: string
  readonly nameId: { readonly value: string; readonly format: string | undefined }
  readonly recipient: string
  readonly audience: readonly string[]
  /** Of the subject confirmation: the id of the request that this answers. */
  readonly inResponseTo?: string
  readonly issueInstant: Date
  /** The least of Conditions' and the subject confirmation's. */
  readonly notOnOrAfter: Date
  /** The least of all AuthnStatements'. */
  readonly sessionNotOnOrAfter?: Date
  readonly sessionIndex?: string
  /** By Name; values of repeated Attribute elements follow each other. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
  /** Names of more than one Attribute element. */
  readonly repeated: ReadonlySet<string>
}

export type SamlRejection =
  // what stands before any parser
  | 'too-large'
  | 'not-base64'
  | 'not-xml'
  | 'document-type'
  | 'processing-instruction'
  | 'comment'
  | 'cdata'
  | 'too-deep'
  | 'namespace'
  | 'id-attribute'
  | 'duplicate-id'
  // the response
  | 'no-response'
  | 'status'
  | 'destination'
  | 'not-one-assertion'
  // encryption
  | 'not-encrypted'
  | 'encrypted'
  | 'decryption'
  // signatures
  | 'unsigned'
  | 'signature-shape'
  | 'algorithm'
  | 'reference'
  | 'digest'
  | 'signature'
  // what the assertion says
  | 'issuer'
  | 'audience'
  | 'subject'
  | 'subject-confirmation'
  | 'recipient'
  | 'expired'
  | 'not-yet'
  | 'stale'
  | 'bad-value'

export type ReadResponse =
  | { readonly assertion: SamlAssertion }
  | { readonly rejected: SamlRejection; readonly detail: string }

/** Longest SAMLResponse that is looked at, in base64 characters: AWS's quota. */
export const longestResponse = 100_000

/** Verifies one response for one provider record, and reads its assertion. Nothing is kept: whether an assertion was used before is the caller's. */
export function verifyResponse(base64: string, expected: Expected, now: Date): ReadResponse {
  try {
    const bytes = responseBytes(base64)
    if ('rejected' in bytes) return bytes
    const scanned = scan(bytes)
    if ('rejected' in scanned) return scanned
    const opened =
      withDocument(scanned.utf8, (document) => openResponse(document, scanned, expected)) ??
      rejection('not-xml', 'not well-formed')
    return 'rejected' in opened ? opened : { assertion: checked(opened, expected, now) }
  } catch (fault) {
    if (fault instanceof BadValue) return rejection(fault.rejected, fault.message)
    throw fault
  }
}

const rejection = (rejected: SamlRejection, detail: string) => ({ rejected, detail })

/** Some providers wrap base64 over lines. */
export function responseBytes(base64: string): Uint8Array | Rejected {
  if (base64.length > longestResponse) return rejection('too-large', `${base64.length} characters`)
  const bytes = base64Bytes(/[\r\n]/.test(base64) ? base64.replace(/[\r\n]+/g, '') : base64)
  return bytes === undefined || bytes.length === 0 ? rejection('not-base64', 'not base64') : bytes
}

interface Opened {
  /** The response around the assertion: verified where the response is signed, and otherwise able to refuse alone. */
  readonly envelope: CanonicalElement
  readonly assertion: CanonicalElement
}

function openResponse(document: XmlDocument, scanned: Scanned, expected: Expected): Opened | Rejected {
  const response = document.root
  if (!isNamed(response, namespaces.protocol, 'Response')) return rejection('no-response', 'the root is no Response')
  const parts = childElements(response)
  if (parts === undefined) return rejection('bad-value', 'text between the elements of Response')
  const plain = parts.filter((part) => isNamed(part, namespaces.assertion, 'Assertion'))
  const encrypted = parts.filter((part) => isNamed(part, namespaces.assertion, 'EncryptedAssertion'))
  const signatures = parts.filter((part) => isNamed(part, namespaces.signature, 'Signature'))
  const [assertion] = plain
  // Of all depths: an assertion in an extension, an advice or an object is one too many.
  if (plain.length + encrypted.length !== 1 || scanned.assertions !== plain.length) {
    // A response that says why there is none is told by its status.
    if (plain.length + encrypted.length + scanned.assertions === 0) return withoutAssertion(document, response)
    return rejection('not-one-assertion', `${scanned.assertions} assertions, ${encrypted.length} encrypted`)
  }
  if (signatures.length > 1) return rejection('signature-shape', 'two signatures of the response')
  const outer = signatures[0] && detachSignature(document, signatures[0])
  if (outer !== undefined && 'rejected' in outer) return outer
  return assertion === undefined
    ? openEncrypted(document, response, encrypted[0] ?? response, outer, expected)
    : openPlain(document, response, assertion, outer, scanned, expected)
}

function withoutAssertion(document: XmlDocument, response: XmlElement): Rejected {
  const envelope = readEnvelope(document, response)
  if (!('rejected' in envelope)) checkStatus(envelope)
  return rejection('not-one-assertion', 'no assertion')
}

type Outer = DetachedSignature | undefined

function openPlain(
  document: XmlDocument,
  response: XmlElement,
  assertion: XmlElement,
  outer: Outer,
  scanned: Scanned,
  expected: Expected,
): Opened | Rejected {
  if (expected.encryption === 'Required') return rejection('not-encrypted', 'the assertion is not encrypted')
  const whole =
    outer && verifyDetached(outer, canonicalBytes(document, response, outer.reference.inclusive), trusted(expected))
  if (whole !== undefined && 'rejected' in whole) return whole
  const signature = ownSignature(assertion)
  if (signature !== undefined && 'rejected' in signature) return signature
  const signatures = (signature === undefined ? 0 : 1) + (outer === undefined ? 0 : 1)
  if (scanned.signatures !== signatures) return rejection('signature-shape', 'a signature in another place')
  if (signature === undefined) {
    if (whole === undefined || expected.allowsResponseSignature !== true)
      return rejection('unsigned', 'the assertion is not signed')
    return { envelope: whole, assertion: one(whole, 'Assertion') }
  }
  const verified = verifyOwn(document, assertion, signature, expected)
  if ('rejected' in verified) return verified
  if (whole !== undefined) return { envelope: whole, assertion: verified }
  assertion.remove()
  const envelope = readEnvelope(document, response)
  return 'rejected' in envelope ? envelope : { envelope, assertion: verified }
}

/** One answer for all that may go wrong inside: see decryptAssertion. */
const notDecrypted = rejection(
  'decryption',
  'no key of the provider record opens it to an assertion that the provider signed',
)

function openEncrypted(
  document: XmlDocument,
  response: XmlElement,
  encrypted: XmlElement,
  outer: Outer,
  expected: Expected,
): Opened | Rejected {
  const canonical = canonicalBytes(document, response, outer?.reference.inclusive ?? [])
  const whole =
    outer === undefined ? canonical && readCanonical(canonical) : verifyDetached(outer, canonical, trusted(expected))
  if (whole === undefined) return rejection('not-xml', 'no canonical form')
  if ('rejected' in whole) return whole
  if (expected.decryptionKeys.length === 0) return rejection('encrypted', 'the provider record has no private key')
  const context = declarations(response, encrypted)
  let found: CanonicalElement | undefined
  for (const bytes of decryptAssertion(one(whole, 'EncryptedAssertion'), expected.decryptionKeys))
    found = openDecrypted(bytes, context, expected) ?? found
  return found === undefined ? notDecrypted : { envelope: whole, assertion: found }
}

/**
 * Providers encrypt the assertion's text as it stands in the response, and some leave its namespaces to the surroundings (XML Encryption 4.3): so it
 * is read in an element that declares those. A text that ends this element and begins another has two roots, and is no XML.
 */
function openDecrypted(bytes: Uint8Array, context: string, expected: Expected): CanonicalElement | undefined {
  const scanned = scan(bytes)
  if ('rejected' in scanned || scanned.assertions !== 1 || scanned.signatures !== 1) return undefined
  const surrounded = Buffer.concat([
    Buffer.from(`<context${context}>`),
    bytes.subarray(scanned.start),
    Buffer.from('</context>'),
  ])
  const verified = withDocument(surrounded, (document) => {
    const [assertion, ...more] = childElements(document.root) ?? []
    if (assertion === undefined || more.length > 0 || !isNamed(assertion, namespaces.assertion, 'Assertion'))
      return undefined
    const signature = ownSignature(assertion)
    return signature === undefined || 'rejected' in signature
      ? undefined
      : verifyOwn(document, assertion, signature, expected)
  })
  return verified === undefined || 'rejected' in verified ? undefined : verified
}

const trusted = ({ provider, allowsSha1 }: Expected) => ({
  keys: provider.signingKeys,
  allowsSha1: allowsSha1 === true,
})

/** The one Signature directly in the assertion. */
function ownSignature(assertion: XmlElement): XmlElement | Rejected | undefined {
  const found = childElements(assertion)?.filter((part) => isNamed(part, namespaces.signature, 'Signature'))
  if (found === undefined) return rejection('bad-value', 'text between the elements of Assertion')
  return found.length > 1 ? rejection('signature-shape', 'two signatures of the assertion') : found[0]
}

function verifyOwn(
  document: XmlDocument,
  assertion: XmlElement,
  signature: XmlElement,
  expected: Expected,
): CanonicalElement | Rejected {
  const detached = detachSignature(document, signature)
  if ('rejected' in detached) return detached
  return verifyDetached(detached, canonicalBytes(document, assertion, detached.reference.inclusive), trusted(expected))
}

function readEnvelope(document: XmlDocument, response: XmlElement): CanonicalElement | Rejected {
  const bytes = canonicalBytes(document, response)
  return (bytes && readCanonical(bytes)) ?? rejection('not-xml', 'no canonical form')
}

function checkStatus(envelope: CanonicalElement): void {
  const status = one(envelope, 'Status', 'status', namespaces.protocol)
  const code = required(one(status, 'StatusCode', 'status', namespaces.protocol), 'Value', 'status')
  if (code !== success) throw new BadValue('status', code)
}

/** The envelope's own claims first, since they say why there may be nothing else. */
function checked({ envelope, assertion }: Opened, expected: Expected, now: Date): SamlAssertion {
  checkStatus(envelope)
  if (required(envelope, 'Version') !== '2.0') throw new BadValue('bad-value', 'another version of SAML')
  const [issuer, ...more] = children(envelope, 'Issuer').map((each) => text(each, 'issuer'))
  if (more.length > 0 || (issuer !== undefined && issuer !== expected.provider.entityId))
    throw new BadValue('issuer', `a response of ${issuer}`)
  const destination = envelope.attributes.get('Destination')
  if (destination !== undefined && !expected.recipients.includes(destination))
    throw new BadValue('destination', `for ${destination}`)
  const read = readAssertion(assertion, expected, now)
  const inResponseTo = envelope.attributes.get('InResponseTo')
  if (inResponseTo !== undefined && read.inResponseTo !== undefined && inResponseTo !== read.inResponseTo)
    throw new BadValue('bad-value', 'response and assertion answer different requests')
  return read
}
