// A second verifier, of another library and another parser, written apart from ours: xml-crypto on @xmldom/xmldom. Whatever ours accepts this one
// must accept, with the same values. It is no profile: it takes what its library takes, and checks no times and addresses.
import type { KeyObject } from 'node:crypto'
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

/** Throws where the library refuses. The document's first assertion, by the first of the keys that verifies it. */
export function secondVerifier(xml: string, keys: readonly KeyObject[]): SecondReading {
  const document = parse(xml)
  const [assertion] = all(document, saml, 'Assertion')
  if (assertion === undefined) throw new Error('no assertion')
  const signature = all(assertion, dsig, 'Signature').find((element) => element.parentNode === assertion)
  if (signature === undefined) throw new Error('no signature')
  for (const key of keys) {
    const signed = new SignedXml({
      publicCert: key.export({ type: 'spki', format: 'pem' }).toString(),
      getCertFromKeyInfo: () => null,
    })
    signed.loadSignature(signature)
    if (!holds(signed, xml)) continue
    const [text, ...more] = signed.getSignedReferences()
    if (text === undefined || more.length > 0) throw new Error('not one reference')
    return read(text)
  }
  throw new Error('by no key')
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
