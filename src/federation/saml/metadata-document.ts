// The XML of a provider's metadata, before anything in it has a meaning (SAML 2.0 metadata 2.1; XML 1.0).
// INVARIANT: no document type, no processing instruction and no CDATA; so every value has one spelling for every parser.
// Comments may stand between elements, for administrators and their tools write them; inside a value they refuse it.
import { XmlDocument, XmlElement, XmlText } from 'libxml2-wasm'

export const namespaces = {
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const

export type MetadataRejection =
  | 'not-xml'
  | 'document-type'
  | 'processing-instruction'
  | 'cdata'
  | 'bad-value'
  | 'no-provider'
  | 'several-providers'
  | 'too-many-descriptors'
  | 'too-many-keys'
  | 'no-key'
  | 'certificate'
  | 'key'

/** Metadata that is not taken. What its makers and readers here throw; `readMetadata` alone catches it. */
export class MetadataRejected extends Error {
  override readonly name = 'MetadataRejected'
  readonly rejected: MetadataRejection
  constructor(rejected: MetadataRejection, detail: string) {
    super(detail)
    this.rejected = rejected
  }
}

/** Why a parser must not see the text. Of markup that begins with `<!` or `<?`, comments and the XML declaration pass. */
function forbidden(text: string): MetadataRejected | undefined {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const next = text[at + 1]
    if (next === '?') {
      const isDeclaration = at === 0 && /^<\?xml[ \t\r\n]/.test(text)
      if (!isDeclaration) return new MetadataRejected('processing-instruction', 'it holds a processing instruction')
    } else if (next === '!') {
      if (text.startsWith('<![CDATA[', at)) return new MetadataRejected('cdata', 'it holds a CDATA section')
      if (!text.startsWith('<!--', at)) return new MetadataRejected('document-type', 'it holds a document type')
      const end = text.indexOf('-->', at + 4)
      if (end < 0) return new MetadataRejected('not-xml', 'a comment does not end')
      at = end + 2
    }
  }
  return undefined
}

/** Parses a document and reads it; its memory is given back whatever `read` does. @throws MetadataRejected */
export function withRoot<T>(text: string, read: (root: XmlElement) => T): T {
  const refused = forbidden(text)
  if (refused !== undefined) throw refused
  // A byte order mark is no part of AWS's metadata either.
  if (!text.startsWith('<')) throw new MetadataRejected('not-xml', 'it does not begin with <')
  const document = parsed(text)
  try {
    return read(document.root)
  } finally {
    document.dispose()
  }
}

function parsed(text: string): XmlDocument {
  try {
    return XmlDocument.fromString(text)
  } catch (error) {
    throw new MetadataRejected('not-xml', (error as Error).message.split('\n', 1)[0] ?? '')
  }
}

type Named = readonly [namespace: keyof typeof namespaces, name: string]

export const is = (element: XmlElement, [namespace, name]: Named) =>
  element.name === name && element.namespaceUri === namespaces[namespace]

/** The elements of that name right below another. */
export function childrenOf(element: XmlElement, ...named: Named): readonly XmlElement[] {
  const found: XmlElement[] = []
  for (let child = element.firstChild; child !== null; child = child.next)
    if (child instanceof XmlElement && is(child, named)) found.push(child)
  return found
}

/** The text of an element that holds nothing else, without white space around it. @throws MetadataRejected */
export function textOf(element: XmlElement): string {
  let text = ''
  for (let child = element.firstChild; child !== null; child = child.next) {
    if (!(child instanceof XmlText)) throw new MetadataRejected('bad-value', `${element.name} holds more than text`)
    text += child.content
  }
  return text.trim()
}

/** An attribute without a namespace. */
export const attributeOf = (element: XmlElement, name: string): string | undefined => element.attr(name)?.value
