// Verifies an enveloped XML signature by a profile that leaves one way to say it: one Signature, directly in the element it signs, with one
// reference to that element. XML Signature 1.1; SAML core 5.4. Keys are the provider record's; what KeyInfo says is never read.
//
// INVARIANT: what a caller gets to read was parsed from the very bytes whose digest the signature vouches for.
import { hash, type KeyObject } from 'node:crypto'
import { base64Bytes } from '../../core/base64.ts'
import { digestAlgorithms, signatureAlgorithms, verifies } from './algorithms.ts'
import { type CanonicalElement, readCanonical } from './canonical.ts'
import type { Rejected, SamlRejection } from './model.ts'
import { envelopedSignature, exclusiveCanonicalisation, namespaces } from './names.ts'
import { canonicalBytes, childElements, isNamed, onlyText, type XmlDocument, type XmlElement } from './xml.ts'

export interface Trusted {
  readonly keys: readonly KeyObject[]
  readonly allowsSha1: boolean
}

/** A signature as it stands in the document, taken out of it: nothing of it is believed yet. */
export interface DetachedSignature {
  readonly signedInfo: Uint8Array
  readonly value: Uint8Array
  readonly reference: Reference
}

interface Reference {
  readonly uri: string
  readonly algorithm: string
  readonly digestMethod: string
  readonly digest: string
  readonly inclusive: readonly string[]
}

export const rejection = (rejected: SamlRejection, detail: string): Rejected => ({ rejected, detail })
const shape = (detail: string) => rejection('signature-shape', detail)

/** Takes the signature out of its element, which is the enveloped-signature transform. */
export function detachSignature(document: XmlDocument, signature: XmlElement): DetachedSignature | Rejected {
  const parts = childElements(signature)
  const [info, value, keyInfo, ...more] = parts ?? []
  if (info === undefined || value === undefined || more.length > 0)
    return shape('a Signature holds SignedInfo, SignatureValue and KeyInfo')
  const { signature: namespace } = namespaces
  if (!isNamed(info, namespace, 'SignedInfo') || !isNamed(value, namespace, 'SignatureValue'))
    return shape('no SignedInfo and SignatureValue')
  if (keyInfo !== undefined && !isNamed(keyInfo, namespace, 'KeyInfo'))
    return shape('a Signature holds SignedInfo, SignatureValue and KeyInfo')
  const bytes = base64Bytes(onlyText(value)?.replace(/[ \t\r\n]/g, '') ?? '')
  if (bytes === undefined || bytes.length === 0) return shape('SignatureValue is not base64')
  const signedInfo = canonicalBytes(document, info)
  const read = signedInfo && readCanonical(signedInfo)
  if (signedInfo === undefined || read === undefined) return shape('SignedInfo has no canonical form')
  const reference = readSignedInfo(read)
  if ('rejected' in reference) return reference
  signature.remove()
  return { signedInfo, value: bytes, reference }
}

/** Verifies the element that was read from these bytes, without its signature. */
export function verifyDetached(
  { reference, signedInfo, value }: DetachedSignature,
  bytes: Uint8Array,
  element: CanonicalElement,
  trusted: Trusted,
): CanonicalElement | Rejected {
  const method = signatureAlgorithms.get(reference.algorithm)
  const digest = digestAlgorithms.get(reference.digestMethod)
  if (method === undefined) return rejection('algorithm', 'a signature method that does not count')
  if (digest === undefined) return rejection('algorithm', 'a digest method that does not count')
  if ((method.old === true || digest.old === true) && !trusted.allowsSha1) return rejection('algorithm', 'SHA-1')
  const id = element.attributes.get('ID')
  if (id === undefined || reference.uri !== `#${id}`)
    return rejection('reference', 'the reference is to something else than the element around it')
  if (hash(digest.hash, bytes, 'base64') !== reference.digest) return rejection('digest', 'the element was changed')
  if (!trusted.keys.some((key) => verifies(key, method, signedInfo, value)))
    return rejection('signature', 'by no key of the provider')
  return element
}

/** Whether there is exactly what is named, with this many attributes of no namespace and none of another. */
function is(
  element: CanonicalElement | undefined,
  local: string,
  attributes: readonly string[],
): element is CanonicalElement {
  return (
    element !== undefined &&
    element.local === local &&
    element.namespace === namespaces.signature &&
    element.qualified.size === 0 &&
    element.attributes.size === attributes.length &&
    attributes.every((name) => element.attributes.has(name)) &&
    element.text !== undefined
  )
}

function readSignedInfo(info: CanonicalElement): Reference | Rejected {
  const [canonicalisation, method, reference, ...more] = info.children
  if (info.text !== '') return shape('SignedInfo holds text')
  if (!is(canonicalisation, 'CanonicalizationMethod', ['Algorithm']) || canonicalisation.children.length > 0)
    return shape('CanonicalizationMethod with parameters')
  if (canonicalisation.attributes.get('Algorithm') !== exclusiveCanonicalisation)
    return rejection('algorithm', 'another canonicalisation')
  if (!is(method, 'SignatureMethod', ['Algorithm']) || method.children.length > 0)
    return shape('SignatureMethod with parameters')
  if (more.length > 0) return rejection('reference', 'more than one reference')
  if (!is(reference, 'Reference', ['URI'])) return rejection('reference', 'no reference with a URI alone')
  const [transforms, digestMethod, digestValue, ...others] = reference.children
  const inclusive = readTransforms(transforms)
  if ('rejected' in inclusive) return inclusive
  if (!is(digestMethod, 'DigestMethod', ['Algorithm']) || digestMethod.children.length > 0)
    return shape('DigestMethod with parameters')
  if (!is(digestValue, 'DigestValue', []) || digestValue.children.length > 0 || others.length > 0)
    return shape('no DigestValue')
  // libxmlsec breaks base64 after 64 characters, so a SHA-512 digest too.
  const digest = (digestValue.text ?? '').replace(/[\r\n]/g, '')
  if (base64Bytes(digest) === undefined) return shape('DigestValue is not base64')
  return {
    ...{ uri: reference.attributes.get('URI') ?? '', algorithm: method.attributes.get('Algorithm') ?? '' },
    ...{ digestMethod: digestMethod.attributes.get('Algorithm') ?? '', digest, inclusive: inclusive.prefixes },
  }
}

/** Exactly enveloped-signature, then exclusive canonicalisation. */
function readTransforms(transforms: CanonicalElement | undefined): { readonly prefixes: readonly string[] } | Rejected {
  if (!is(transforms, 'Transforms', [])) return shape('no Transforms')
  const [enveloped, exclusive, ...more] = transforms.children
  if (!is(enveloped, 'Transform', ['Algorithm']) || !is(exclusive, 'Transform', ['Algorithm']) || more.length > 0)
    return rejection('algorithm', 'not two transforms')
  const [first, second] = [enveloped, exclusive].map((transform) => transform.attributes.get('Algorithm'))
  if (first !== envelopedSignature || second !== exclusiveCanonicalisation)
    return rejection('algorithm', 'other transforms')
  if (enveloped.children.length > 0) return shape('enveloped-signature with parameters')
  return readInclusive(exclusive.children)
}

/** Exclusive XML Canonicalization 4: prefixes that are treated as in inclusive canonicalisation. */
function readInclusive(children: readonly CanonicalElement[]): { readonly prefixes: readonly string[] } | Rejected {
  const [inclusive, ...more] = children
  if (inclusive === undefined) return { prefixes: [] }
  const list = inclusive.attributes.get('PrefixList')
  const isExpected = inclusive.namespace === namespaces.exclusive && inclusive.local === 'InclusiveNamespaces'
  const isAlone =
    more.length === 0 &&
    inclusive.children.length === 0 &&
    inclusive.attributes.size === 1 &&
    inclusive.qualified.size === 0
  if (!isExpected || !isAlone || list === undefined)
    return shape('canonicalisation with other parameters than a PrefixList')
  const prefixes = list.split(' ').filter((prefix) => prefix !== '')
  const isOdd =
    prefixes.length > 16 ||
    new Set(prefixes).size < prefixes.length ||
    prefixes.some((prefix) => !/^(?:#default|[A-Za-z_][\w.-]*)$/.test(prefix))
  return isOdd ? shape('an odd PrefixList') : { prefixes }
}
