// The XML of a provider's metadata, before anything in it has a meaning (SAML 2.0 metadata 2.1; XML 1.0).
// INVARIANT: no document type, no processing instruction and no CDATA; so every value has one spelling for every parser.
// Comments may stand between elements, for administrators and their tools write them; inside a value they refuse it.
import { namespaces } from './names.ts'
import { isNamed, onlyText, withDocument, XmlElement } from './xml.ts'

export type MetadataRejection =
  | 'not-xml'
  | 'too-large'
  | 'document-type'
  | 'processing-instruction'
  | 'cdata'
  | 'bad-value'
  | 'no-provider'
  | 'several-providers'
  | 'too-many-descriptors'
  | 'too-many-keys'
  | 'too-many-endpoints'
  | 'no-key'
  | 'certificate'
  | 'key'

/** Why metadata is refused: thrown by the files that read it, caught by `readMetadata` alone. */
export class MetadataRejected extends Error {
  override readonly name = 'MetadataRejected'
  readonly rejected: MetadataRejection
  constructor(rejected: MetadataRejection, detail: string) {
    super(detail)
    this.rejected = rejected
  }
}

/** The encoding that it names decides nothing: what was uploaded is a text already. */
const declaration = /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*["']1\.0["']/

/** Start tags, end tags and comments. INVARIANT: each costs an object of the parser's. A group of a hundred services has 10,000. */
const MOST_TAGS = 20_000

/** Why a parser must not see the text. Of markup that begins with `<!` or `<?`, comments and the declaration of XML 1.0 pass. */
function forbidden(text: string): MetadataRejected | undefined {
  let tags = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    if (++tags > MOST_TAGS) return new MetadataRejected('too-large', `it holds more than ${MOST_TAGS} tags`)
    const next = text[at + 1]
    if (next === '?') {
      const isDeclaration = at === 0 && declaration.test(text)
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

/** Parses a document for the time that it is read. @throws MetadataRejected */
export function withRoot<T>(text: string, use: (root: XmlElement) => T): T {
  const refused = forbidden(text)
  if (refused !== undefined) throw refused
  // A byte order mark is no part of AWS's metadata either.
  if (!text.startsWith('<')) throw new MetadataRejected('not-xml', 'it does not begin with <')
  const read = withDocument(Buffer.from(text), (document) => ({ found: use(document.root) }))
  if (read === undefined) throw new MetadataRejected('not-xml', 'it is not well-formed XML')
  return read.found
}

type Name = readonly [namespace: keyof typeof namespaces, local: string]

export const is = (element: XmlElement, [namespace, local]: Name) => isNamed(element, namespaces[namespace], local)

/** The elements of that name right below another. */
export function childrenOf(element: XmlElement, ...name: Name): readonly XmlElement[] {
  const found: XmlElement[] = []
  for (let child = element.firstChild; child !== null; child = child.next)
    if (child instanceof XmlElement && is(child, name)) found.push(child)
  return found
}

/** The text of an element that holds nothing else, without white space around it. @throws MetadataRejected */
export function textOf(element: XmlElement): string {
  const text = onlyText(element)
  if (text === undefined) throw new MetadataRejected('bad-value', `${element.name} holds more than text, or none`)
  return text.trim()
}

/** An attribute without a namespace. */
export const attributeOf = (element: XmlElement, name: string): string | undefined => element.attr(name)?.value
