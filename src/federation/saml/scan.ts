// What a document must be before any XML parser sees it. Libraries differ in what they make of document types, processing instructions,
// comments and CDATA, and in what counts as an ID: none of it has a place in a SAML response, so none of it is read.
//
// INVARIANT: no parser sees a text that was not scanned. Of a well-formed text the scan sees each tag and attribute that the parser will see,
// since there is nothing left in which a `<` could hide; what is not well-formed, the parser refuses.
import type { SamlRejection } from './response.ts'

export interface Scanned {
  readonly utf8: Uint8Array
  /** How many elements have this local name, whatever their namespace. */
  readonly assertions: number
  readonly signatures: number
}

export interface ScanRejection {
  readonly rejected: SamlRejection
  readonly detail: string
}

const deepest = 32
const mostAttributes = 32
const longestName = 128

/** The one declaration that is let through: XML 1.0 in UTF-8. */
const declaration =
  /^<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"utf-8"|'utf-8'))?(?: standalone=(?:"(?:yes|no)"|'(?:yes|no)'))? ?\?>\s*/i
const startTag = /([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?/y
const endTag = /\/[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?[ \t\r\n]*>/y
const attribute = /[ \t\r\n]+([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y
const endOfTag = /[ \t\r\n]*(\/)?>/y
const otherReference = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)/
const idValue = /^[A-Za-z_][\w.-]{0,255}$/
/** XML 1.1 takes these for the end of a line, and so do some parsers of XML 1.0. */
const doubtfulCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/

const forbidden: readonly (readonly [string, SamlRejection])[] = [
  ['<!--', 'comment'],
  ['<![CDATA[', 'cdata'],
  ['<!', 'document-type'],
  ['<?', 'processing-instruction'],
]

export function scan(bytes: Uint8Array): Scanned | ScanRejection {
  const text = asText(bytes)
  if (text === undefined) return { rejected: 'not-xml', detail: 'not in UTF-8' }
  const start = declaration.exec(text)?.[0].length ?? 0
  for (const [mark, rejected] of forbidden) {
    const at = text.indexOf(mark, start)
    if (at >= 0) return { rejected, detail: `${mark} at ${at}` }
  }
  if (doubtfulCharacter.test(text)) return { rejected: 'not-xml', detail: 'a control character' }
  if (otherReference.test(text)) return { rejected: 'not-xml', detail: 'a reference to an entity' }
  const found = tags(text, start)
  return 'rejected' in found ? found : { utf8: bytes, ...found }
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function tags(text: string, start: number): Omit<Scanned, 'utf8'> | ScanRejection {
  const ids = new Set<string>()
  let assertions = 0
  let signatures = 0
  let depth = 0
  for (let at = text.indexOf('<', start); at >= 0; at = text.indexOf('<', at)) {
    endTag.lastIndex = at + 1
    if (endTag.test(text)) {
      depth--
      at = endTag.lastIndex
      continue
    }
    startTag.lastIndex = at + 1
    const name = startTag.exec(text)
    if (name === null || name[0].length > longestName) return { rejected: 'not-xml', detail: `no tag at ${at}` }
    const local = name[2] ?? name[1]
    if (local === 'Assertion') assertions++
    else if (local === 'Signature') signatures++
    const end = attributes(text, startTag.lastIndex, ids)
    if (typeof end !== 'number') return end
    endOfTag.lastIndex = end
    const close = endOfTag.exec(text)
    if (close === null) return { rejected: 'not-xml', detail: `no end of the tag at ${at}` }
    if (close[1] === undefined && ++depth > deepest)
      return { rejected: 'too-deep', detail: `more than ${deepest} levels` }
    at = endOfTag.lastIndex
  }
  return { assertions, signatures }
}

/** Where the attributes end. */
function attributes(text: string, start: number, ids: Set<string>): number | ScanRejection {
  let end = start
  for (let count = 0; ; count++) {
    attribute.lastIndex = end
    const found = attribute.exec(text)
    if (found === null) return end
    if (count >= mostAttributes || found[0].length > 10_000)
      return { rejected: 'too-large', detail: `attributes at ${start}` }
    end = attribute.lastIndex
    const [, first = '', second, double, single] = found
    const value = double ?? single ?? ''
    const bad = first === 'xmlns' ? namespaceFault(value) : idFault(second ?? first, second !== undefined, value, ids)
    if (bad !== undefined) return bad
  }
}

/** A relative namespace has no canonical form; an undeclared one and one spelled with references are read in two ways. */
function namespaceFault(value: string): ScanRejection | undefined {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:[^&\s]*$/.test(value)) return undefined
  return { rejected: 'namespace', detail: 'a namespace that is no absolute URI' }
}

function idFault(local: string, prefixed: boolean, value: string, ids: Set<string>): ScanRejection | undefined {
  if (local.length !== 2 || local.toLowerCase() !== 'id') return undefined
  // Some libraries find an ID by its local name alone, and then two attributes of one element are one.
  if (prefixed) return { rejected: 'id-attribute', detail: 'an ID in a namespace' }
  if (!idValue.test(value)) return { rejected: 'id-attribute', detail: 'an ID that is no name' }
  if (ids.has(value)) return { rejected: 'duplicate-id', detail: `${value} twice` }
  ids.add(value)
  return undefined
}
