// A response taken apart, once for all provider records that may verify it: scanned, parsed, its signatures taken out, and what
// they vouch for in canonical form. Nothing of it is believed yet: see verifyPrepared. SAML core 3.2; XML Signature 3.2.
import { base64Bytes } from '../../core/base64.ts'
import { type CanonicalElement, readCanonical } from './canonical.ts'
import type { Rejected } from './model.ts'
import { namespaces } from './names.ts'
import { type Scanned, scan } from './scan.ts'
import { type DetachedSignature, detachSignature, rejection } from './signature.ts'
import {
  canonicalBytes,
  childElements,
  declarations,
  isNamed,
  withDocument,
  type XmlDocument,
  type XmlElement,
} from './xml.ts'

/** Longest SAMLResponse that is looked at, in base64 characters: AWS's quota. */
export const longestResponse = 100_000

/** An element without its signature. INVARIANT: the element was read from these bytes and from nothing else. */
export interface SignedElement {
  readonly signature: DetachedSignature
  readonly bytes: Uint8Array
  readonly element: CanonicalElement
}

export interface PreparedResponse {
  /** The response with all it holds, where it is signed itself. */
  readonly signed?: SignedElement
  /** The response: that of `signed`; of an unsigned one what is around its signed assertion. */
  readonly envelope: CanonicalElement
  /** The assertion, where it is neither encrypted nor unsigned. */
  readonly assertion?: SignedElement
  /** The namespaces around an encrypted assertion, as attributes. */
  readonly encrypted?: { readonly declarations: string }
}

/** The bytes of a response. Some providers wrap base64 over lines. */
export function responseBytes(base64: string): Uint8Array | Rejected {
  if (base64.length > longestResponse) return rejection('too-large', `${base64.length} characters`)
  const bytes = base64Bytes(/[\r\n]/.test(base64) ? base64.replace(/[\r\n]+/g, '') : base64)
  return bytes === undefined || bytes.length === 0 ? rejection('not-base64', 'not base64') : bytes
}

export function prepareResponse(base64: string): PreparedResponse | Rejected {
  const bytes = responseBytes(base64)
  if ('rejected' in bytes) return bytes
  const scanned = scan(bytes)
  if ('rejected' in scanned) return scanned
  return withDocument(bytes, (document) => prepare(document, scanned)) ?? rejection('not-xml', 'not well-formed')
}

function prepare(document: XmlDocument, scanned: Scanned): PreparedResponse | Rejected {
  const response = document.root
  if (!isNamed(response, namespaces.protocol, 'Response')) return rejection('no-response', 'the root is no Response')
  const parts = partsOf(response)
  if ('rejected' in parts) return parts
  const { plain, encrypted, signatures } = parts
  // Of all depths: an assertion in an extension, an advice or an object is one too many. A response without any may have a
  // status that says why.
  const assertions = plain.length + encrypted.length
  if (assertions > 1 || scanned.assertions !== plain.length)
    return rejection('not-one-assertion', `${scanned.assertions} assertions, ${encrypted.length} encrypted`)
  if (signatures.length > 1) return rejection('signature-shape', 'two signatures of the response')
  const outer = signatures[0] && detachSignature(document, signatures[0])
  if (outer !== undefined && 'rejected' in outer) return outer
  const signed = outer && signedElement(document, response, outer)
  if (signed !== undefined && 'rejected' in signed) return signed
  const [assertion] = plain
  const own = assertion && prepareAssertion(document, assertion)
  if (own !== undefined && 'rejected' in own) return own
  if (scanned.signatures !== (signed === undefined ? 0 : 1) + (own === undefined ? 0 : 1))
    return rejection('signature-shape', 'a signature in another place')
  if (signed === undefined && own !== undefined) assertion?.remove()
  const envelope = signed?.element ?? readElement(document, response)
  if (envelope === undefined) return rejection('not-xml', 'no canonical form')
  return {
    envelope,
    ...(signed !== undefined && { signed }),
    ...(own !== undefined && { assertion: own }),
    ...(encrypted[0] !== undefined && { encrypted: { declarations: declarations(response, encrypted[0]) } }),
  }
}

function partsOf(response: XmlElement) {
  const plain: XmlElement[] = []
  const encrypted: XmlElement[] = []
  const signatures: XmlElement[] = []
  const parts = childElements(response)
  if (parts === undefined) return rejection('bad-value', 'text between the elements of Response')
  for (const part of parts) {
    if (isNamed(part, namespaces.assertion, 'Assertion')) plain.push(part)
    else if (isNamed(part, namespaces.assertion, 'EncryptedAssertion')) encrypted.push(part)
    else if (isNamed(part, namespaces.signature, 'Signature')) signatures.push(part)
  }
  return { plain, encrypted, signatures }
}

/** The assertion by the one Signature directly in it; undefined where there is none. */
function prepareAssertion(document: XmlDocument, assertion: XmlElement): SignedElement | Rejected | undefined {
  const signatures = childElements(assertion)?.filter((part) => isNamed(part, namespaces.signature, 'Signature'))
  if (signatures === undefined) return rejection('bad-value', 'text between the elements of Assertion')
  const [signature, ...more] = signatures
  if (more.length > 0) return rejection('signature-shape', 'two signatures of the assertion')
  if (signature === undefined) return undefined
  const detached = detachSignature(document, signature)
  return 'rejected' in detached ? detached : signedElement(document, assertion, detached)
}

function signedElement(document: XmlDocument, of: XmlElement, signature: DetachedSignature): SignedElement | Rejected {
  const bytes = canonicalBytes(document, of, signature.reference.inclusive)
  const element = bytes && readCanonical(bytes)
  return bytes === undefined || element === undefined
    ? rejection('not-xml', 'no canonical form')
    : { signature, bytes, element }
}

function readElement(document: XmlDocument, of: XmlElement): CanonicalElement | undefined {
  const bytes = canonicalBytes(document, of)
  return bytes && readCanonical(bytes)
}

/**
 * What was decrypted. Providers encrypt the assertion's text as it stands in the response, and some leave its namespaces to the
 * surroundings (XML Encryption 4.3): so it is read in an element that declares those. A text that ends this element and begins
 * another has two roots, and is no XML.
 */
export function prepareDecrypted(bytes: Uint8Array, context: string): SignedElement | undefined {
  const scanned = scan(bytes)
  if ('rejected' in scanned || scanned.assertions !== 1 || scanned.signatures !== 1) return undefined
  const surrounded = Buffer.concat([
    Buffer.from(`<context${context}>`),
    bytes.subarray(scanned.start),
    Buffer.from('</context>'),
  ])
  const prepared = withDocument(surrounded, (document) => {
    const [assertion, ...more] = childElements(document.root) ?? []
    if (assertion === undefined || more.length > 0 || !isNamed(assertion, namespaces.assertion, 'Assertion'))
      return undefined
    return prepareAssertion(document, assertion)
  })
  return prepared === undefined || 'rejected' in prepared ? undefined : prepared
}
