// What a document must be before any XML parser sees it. Libraries differ in what they make of document types, processing instructions,
// comments and CDATA, and in what counts as an ID: none of it has a place in a SAML response, so none of it is read.
//
// INVARIANT: no parser sees a text that was not scanned. Of a well-formed text the scan sees each tag and attribute that the
// parser will see, since there is nothing left in which a `<` could hide; what is not well-formed, the parser refuses.
import { isAscii } from 'node:buffer'
import type { Rejected, SamlRejection } from './model.ts'
import { endOfName, findName, type NamePlace } from './qualified-name.ts'

export interface Scanned {
  readonly utf8: Uint8Array
  /** Where the XML declaration ends. */
  readonly start: number
  /** How many elements have this local name, whatever their namespace. */
  readonly assertions: number
  readonly signatures: number
}

const deepest = 32
/** More than the shortest of values in the longest of responses. */
const mostElements = 2500
const mostAttributes = 32
const longestAttribute = 10_000
/** INVARIANT: short, since exclusive canonical form writes a namespace of the surroundings out at each element that is in it. */
const longestNamespace = 256

/** The one declaration that is let through: XML 1.0 in UTF-8. */
const declaration =
  /^<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"utf-8"|'utf-8'))?(?: standalone=(?:"(?:yes|no)"|'(?:yes|no)'))? ?\?>\s*/i
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

export function scan(bytes: Uint8Array): Scanned | Rejected {
  const text = asText(bytes)
  if (text === undefined) return { rejected: 'not-xml', detail: 'not in UTF-8' }
  const start = declaration.exec(text)?.[0].length ?? 0
  for (const [mark, rejected] of forbidden) {
    const at = text.indexOf(mark, start)
    if (at >= 0) return { rejected, detail: `${mark} at ${at}` }
  }
  // Of ASCII, the parser refuses the control characters itself.
  if (isAscii(bytes) ? text.includes('\x7f') : doubtfulCharacter.test(text))
    return { rejected: 'not-xml', detail: 'a control character' }
  if (text.includes('&') && otherReference.test(text))
    return { rejected: 'not-xml', detail: 'a reference to an entity' }
  const found = tags(text, start)
  return 'rejected' in found ? found : { utf8: bytes, start, ...found }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function asText(bytes: Uint8Array): string | undefined {
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const slash = 0x2f
const greater = 0x3e
const equals = 0x3d

/** XML's white space. */
function afterSpace(text: string, start: number): number {
  let at = start
  for (
    let code = text.charCodeAt(at);
    code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
    code = text.charCodeAt(at)
  )
    at++
  return at
}

interface Tags {
  readonly text: string
  readonly ids: Set<string>
  readonly name: NamePlace
}

function tags(text: string, start: number): Omit<Scanned, 'utf8' | 'start'> | Rejected {
  const name: NamePlace = { local: 0, end: 0 }
  const reading: Tags = { text, ids: new Set(), name }
  let assertions = 0
  let signatures = 0
  let depth = 0
  let elements = 0
  for (let at = text.indexOf('<', start); at >= 0; at = text.indexOf('<', at)) {
    // Whether it ends the right element is the parser's to say. White space in it, which no serializer writes, is an error to some.
    if (text.charCodeAt(at + 1) === slash) {
      depth--
      at = endOfName(text, at + 2)
      if (text.charCodeAt(at) !== greater) return { rejected: 'not-xml', detail: `no end tag at ${at}` }
      continue
    }
    if (!findName(text, at + 1, name)) return { rejected: 'not-xml', detail: `no tag at ${at}` }
    if (++elements > mostElements) return { rejected: 'too-large', detail: `more than ${mostElements} elements` }
    if (isLocal(reading, 'Assertion')) assertions++
    else if (isLocal(reading, 'Signature')) signatures++
    const end = attributes(reading, name.end)
    if (typeof end !== 'number') return end
    const isEmpty = text.charCodeAt(end) === slash
    if (text.charCodeAt(isEmpty ? end + 1 : end) !== greater)
      return { rejected: 'not-xml', detail: `no end of the tag at ${at}` }
    if (!isEmpty && ++depth > deepest) return { rejected: 'too-deep', detail: `more than ${deepest} levels` }
    at = end
  }
  return { assertions, signatures }
}

const isLocal = ({ text, name }: Tags, local: string) =>
  name.end - name.local === local.length && text.startsWith(local, name.local)

/** Where the attributes end: at the tag's own end, if it is well-formed. */
function attributes(reading: Tags, start: number): number | Rejected {
  const { text, name } = reading
  let at = start
  for (let count = 0; ; count++) {
    const begin = afterSpace(text, at)
    const first = text.charCodeAt(begin)
    if (begin === at || first === greater || first === slash) return begin
    if (count >= mostAttributes)
      return { rejected: 'too-large', detail: `more than ${mostAttributes} attributes at ${start}` }
    const isName = findName(text, begin, name)
    const equalsAt = afterSpace(text, name.end)
    const open = afterSpace(text, equalsAt + 1)
    const quote = text[open]
    const close = quote === '"' || quote === "'" ? text.indexOf(quote, open + 1) : -1
    if (!isName || text.charCodeAt(equalsAt) !== equals || close < 0)
      return { rejected: 'not-xml', detail: `no attribute at ${begin}` }
    const value = text.slice(open + 1, close)
    if (value.length > longestAttribute) return { rejected: 'too-large', detail: `an attribute at ${begin}` }
    if (value.includes('<')) return { rejected: 'not-xml', detail: `no attribute at ${begin}` }
    const fault = attributeFault(reading, begin, value)
    if (fault !== undefined) return fault
    at = close + 1
  }
}

function attributeFault({ text, name, ids }: Tags, begin: number, value: string): Rejected | undefined {
  const isPrefixed = name.local !== begin
  if (text.startsWith('xmlns', begin) && (isPrefixed ? name.local === begin + 6 : name.end === begin + 5))
    return namespaceFault(value)
  const isId = name.end - name.local === 2 && text.slice(name.local, name.end).toLowerCase() === 'id'
  return isId ? idFault(isPrefixed, value, ids) : undefined
}

/** A relative namespace has no canonical form; an undeclared one and one spelled with references are read in two ways. */
function namespaceFault(value: string): Rejected | undefined {
  if (value.length > longestNamespace) return { rejected: 'too-large', detail: 'a namespace that is too long' }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:[^&\s]*$/.test(value)) return undefined
  return { rejected: 'namespace', detail: 'a namespace that is no absolute URI' }
}

function idFault(prefixed: boolean, value: string, ids: Set<string>): Rejected | undefined {
  // Some libraries find an ID by its local name alone, and then two attributes of one element are one.
  if (prefixed) return { rejected: 'id-attribute', detail: 'an ID in a namespace' }
  if (!idValue.test(value)) return { rejected: 'id-attribute', detail: 'an ID that is no name' }
  if (ids.has(value)) return { rejected: 'duplicate-id', detail: `${value} twice` }
  ids.add(value)
  return undefined
}
