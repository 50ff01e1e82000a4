// A second verifier, of another library and another parser, written apart from ours: xml-crypto on @xmldom/xmldom. Whatever
// ours accepts this one must accept, with the same values. It is no profile: it takes what its library takes, and checks no
// times and addresses.
import { type KeyObject, verify } from 'node:crypto'
import { DOMParser } from '@xmldom/xmldom'
import { SignedXml } from 'xml-crypto'

const saml = 'urn:oasis:names:tc:SAML:2.0:assertion'
const dsig = 'http://www.w3.org/2000/09/xmldsig#'

export interface SecondReading {
  readonly issuer: string
  readonly nameId: string
  readonly recipient: string
  readonly audience: readonly string[]
  readonly attributes: readonly (readonly [string, readonly string[]])[]
}

/** Throws where the library refuses. Of the document's first assertion; a signature of the response must hold too. */
export function secondVerifier(xml: string, keys: readonly KeyObject[]): SecondReading {
  const document = parse(xml)
  const [assertion] = all(document, saml, 'Assertion')
  if (assertion === undefined) throw new Error('no assertion')
  const outer = signatureOf(document.documentElement)
  if (outer !== undefined) signedText(xml, outer, keys)
  const own = signatureOf(assertion)
  if (own === undefined) throw new Error('no signature')
  return read(signedText(xml, own, keys))
}

const signatureOf = (element: Element) =>
  all(element, dsig, 'Signature').find((signature) => signature.parentNode === element)

/** The canonical text that the signature vouches for. */
function signedText(xml: string, signature: Element, keys: readonly KeyObject[]): string {
  for (const key of keys) {
    const signed = new SignedXml({
      publicCert: key.export({ type: 'spki', format: 'pem' }).toString(),
      getCertFromKeyInfo: () => null,
    })
    addAlgorithms(signed, key)
    signed.loadSignature(signature)
    if (!holds(signed, xml)) continue
    const [text, ...more] = signed.getSignedReferences()
    if (text === undefined || more.length > 0) throw new Error('not one reference')
    return text
  }
  throw new Error('by no key')
}

/** What the library does not bring: its reading of the document is what we ask for, not its arithmetic. */
function addAlgorithms(signed: SignedXml, key: KeyObject): void {
  for (const [uri, hash] of [
    ['ecdsa-sha256', 'sha256'],
    ['ecdsa-sha384', 'sha384'],
    ['rsa-sha384', 'sha384'],
  ] as const) {
    const algorithm = `http://www.w3.org/2001/04/xmldsig-more#${uri}`
    signed.SignatureAlgorithms[algorithm] = class {
      getAlgorithmName = () => algorithm
      getSignature = () => {
        throw new Error('signs nothing')
      }
      verifySignature = (material: string, _key: unknown, value: string) =>
        verify(hash, Buffer.from(material), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(value, 'base64'))
    }
  }
}

function holds(signed: SignedXml, xml: string): boolean {
  try {
    return signed.checkSignature(xml)
  } catch {
    return false
  }
}

function parse(xml: string) {
  const fail = (message: string) => {
    throw new Error(message)
  }
  return new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } }).parseFromString(
    xml,
    'text/xml',
  )
}

const all = (from: Document | Element, namespace: string, local: string): Element[] =>
  Array.from(from.getElementsByTagNameNS(namespace, local))
const texts = (from: Element, local: string) => all(from, saml, local).map((element) => element.textContent ?? '')

function read(text: string): SecondReading {
  const assertion = parse(text).documentElement
  return {
    issuer: texts(assertion, 'Issuer')[0] ?? '',
    nameId: texts(assertion, 'NameID')[0] ?? '',
    recipient: all(assertion, saml, 'SubjectConfirmationData')[0]?.getAttribute('Recipient') ?? '',
    audience: texts(assertion, 'Audience'),
    attributes: all(assertion, saml, 'Attribute').map((attribute) => [
      attribute.getAttribute('Name') ?? '',
      texts(attribute, 'AttributeValue'),
    ]),
  }
}
