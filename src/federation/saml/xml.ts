// The one file that sees libxml2: a scanned text is parsed, and elements of it are brought into exclusive canonical form (W3C, 2002).
import { ParseOption, XmlDocument, XmlElement, type XmlNode, type XmlOutputBufferHandler, XmlText } from 'libxml2-wasm'

export { XmlDocument, XmlElement, type XmlNode }

/**
 * Nothing is loaded, no entity is replaced, and libxml2's own bounds (256 levels, 10 MB of a text) stay. Errors must be
 * reported: the library learns of an undeclared prefix or an attribute that stands twice by the report alone.
 */
const options = {
  encoding: 'utf-8',
  option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_COMPACT,
}

/**
 * Parses bytes that were scanned; undefined if they are not well-formed, or the parser wonders at them. The document is freed
 * when `use` returns.
 */
export function withDocument<T>(utf8: Uint8Array, use: (document: XmlDocument) => T): T | undefined {
  let document: XmlDocument
  try {
    document = XmlDocument.fromBuffer(utf8, options)
  } catch {
    return undefined
  }
  try {
    return document.warnings.length === 0 ? use(document) : undefined
  } finally {
    document.dispose()
  }
}

class Collected implements XmlOutputBufferHandler {
  readonly #pieces: Buffer[] = []
  // The bytes are libxml2's own memory, which it writes over.
  write(bytes: Uint8Array): number {
    this.#pieces.push(Buffer.from(bytes))
    return bytes.byteLength
  }
  close(): boolean {
    return true
  }
  bytes(): Buffer {
    return this.#pieces.length === 1 ? (this.#pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces)
  }
}

/** Exclusive canonical form of one element and all it holds; undefined where libxml2 refuses (a relative namespace, for one). */
export function canonicalBytes(
  document: XmlDocument,
  element: XmlElement,
  inclusive: readonly string[] = [],
): Buffer | undefined {
  const collected = new Collected()
  const prefixes = inclusive.length > 0 ? { inclusiveNamespacePrefixes: [...inclusive] } : {}
  try {
    const subtree = document.root.isSameNode(element) ? {} : { nodeSet: new Set<XmlNode>([element]) }
    document.canonicalize(collected, { mode: 1, ...subtree, ...prefixes })
  } catch {
    return undefined
  }
  const bytes = collected.bytes()
  return bytes.length > 0 ? bytes : undefined
}

/** The elements inside, in order; undefined where something else than white space stands between them. */
export function childElements(element: XmlElement): XmlElement[] | undefined {
  const found: XmlElement[] = []
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) found.push(node)
    else if (!(node instanceof XmlText) || node.content.trim() !== '') return undefined
  }
  return found
}

/** The text of an element that holds nothing else. */
export function onlyText(element: XmlElement): string | undefined {
  const node = element.firstChild
  return node instanceof XmlText && node.next === null ? node.content : undefined
}

export function isNamed(element: XmlElement, namespace: string, local: string): boolean {
  return element.name === local && element.namespaceUri === namespace
}

/** The namespaces declared on these elements, an inner one behind its outer: as attributes of a start tag. */
export function declarations(...elements: readonly XmlElement[]): string {
  const all = Object.assign({}, ...elements.map((element) => element.nsDeclarations)) as Readonly<
    Record<string, string>
  >
  return Object.entries(all)
    .map(
      ([prefix, uri]) =>
        ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${uri.replace(/[&<"]/g, (mark) => `&#${mark.charCodeAt(0)};`)}"`,
    )
    .join('')
}
