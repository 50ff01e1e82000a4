// Reads exclusive canonical XML and nothing else: what libxml2 wrote and a digest vouches for. Canonical form has one spelling
// for everything (W3C Canonical XML 1.0, 1.1 and 2.3), so this reader knows just that spelling; the least deviation means the
// text is not what we think.
//
// INVARIANT: whatever is read here can be read in one way.
import { isAscii } from 'node:buffer'
import { findName, type NamePlace } from './qualified-name.ts'

export interface CanonicalElement {
  readonly namespace: string
  readonly local: string
  /** Of attributes without a namespace. */
  readonly attributes: ReadonlyMap<string, string>
  /** Of attributes with one: `namespace name`. */
  readonly qualified: ReadonlyMap<string, string>
  readonly children: readonly CanonicalElement[]
  /** The element's text where it has no elements; undefined where it has both. White space between elements is no text. */
  readonly text: string | undefined
}

const textReference = /&(?:amp|lt|gt|#xD);/g
const attributeReference = /&(?:amp|lt|quot|#x9|#xA|#xD);/g
const characters: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x9;': '\t',
  '&#xA;': '\n',
  '&#xD;': '\r',
}
const rawInAttribute = /[<\t\n\r]/
const onlySpace = /^[ \t\r\n]*$/
const less = 0x3c
const greater = 0x3e
const slash = 0x2f
const space = 0x20
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined: this is not canonical XML. */
export function readCanonical(bytes: Uint8Array): CanonicalElement | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = isAscii(bytes) ? buffer.toString('latin1') : decoder.decode(bytes)
  const reader: Reader = { text, at: 0, name: { local: 0, end: 0 } }
  const root = element(reader, { prefix: 'xml', uri: xmlNamespace, outer: undefined })
  return root !== undefined && reader.at === text.length ? root : undefined
}

interface Reader {
  readonly text: string
  readonly name: NamePlace
  at: number
}

/** The namespaces in scope, the innermost first. */
interface Scope {
  readonly prefix: string
  readonly uri: string
  readonly outer: Scope | undefined
}

function namespaceOf(prefix: string, innermost: Scope): string | undefined {
  for (let scope: Scope | undefined = innermost; scope !== undefined; scope = scope.outer)
    if (scope.prefix === prefix) return scope.uri
  return prefix === '' ? '' : undefined
}

function element(reader: Reader, outer: Scope): CanonicalElement | undefined {
  const { text, at, name } = reader
  if (text.charCodeAt(at) !== less || !findName(text, at + 1, name)) return undefined
  const tag = text.slice(at + 1, name.end)
  const local = text.slice(name.local, name.end)
  const prefix = text.slice(at + 1, Math.max(at + 1, name.local - 1))
  reader.at = name.end
  const own = attributesOf(reader, outer)
  if (own === undefined || text.charCodeAt(reader.at) !== greater) return undefined
  reader.at++
  const namespace = namespaceOf(prefix, own.scope)
  const inside = content(reader, own.scope, tag)
  if (namespace === undefined || inside === undefined) return undefined
  return {
    namespace,
    local,
    attributes: own.attributes,
    qualified: own.qualified,
    children: inside.children,
    text: inside.text,
  }
}

interface Own {
  readonly scope: Scope
  readonly attributes: ReadonlyMap<string, string>
  readonly qualified: ReadonlyMap<string, string>
}
const none: ReadonlyMap<string, string> = new Map()

/** Each behind one space, its value in double quotes; declarations of namespaces come first. */
function attributesOf(reader: Reader, outer: Scope): Own | undefined {
  const { text, name } = reader
  let scope = outer
  let attributes: Map<string, string> | undefined
  let qualified: Map<string, string> | undefined
  while (text.charCodeAt(reader.at) === space) {
    const begin = reader.at + 1
    if (!findName(text, begin, name) || !text.startsWith('="', name.end)) return undefined
    const close = text.indexOf('"', name.end + 2)
    const spelled = text.slice(name.end + 2, Math.max(close, 0))
    const value = close < 0 || rawInAttribute.test(spelled) ? undefined : decoded(spelled, attributeReference)
    if (value === undefined) return undefined
    reader.at = close + 1
    const prefix = text.slice(begin, Math.max(begin, name.local - 1))
    const local = text.slice(name.local, name.end)
    if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns')) {
      // Behind an attribute it would come too late for that one.
      if (attributes !== undefined || qualified !== undefined) return undefined
      scope = { prefix: prefix === '' ? '' : local, uri: value, outer: scope }
      continue
    }
    const namespace = namespaceOf(prefix, scope)
    if (namespace === undefined) return undefined
    attributes ??= prefix === '' ? new Map() : undefined
    qualified ??= prefix === '' ? undefined : new Map()
    const into = prefix === '' ? attributes : qualified
    const key = prefix === '' ? local : `${namespace} ${local}`
    if (into === undefined || into.has(key)) return undefined
    into.set(key, value)
  }
  return { scope, attributes: attributes ?? none, qualified: qualified ?? none }
}

function content(reader: Reader, scope: Scope, tag: string): Pick<CanonicalElement, 'children' | 'text'> | undefined {
  const children: CanonicalElement[] = []
  let text = ''
  for (;;) {
    const next = reader.text.indexOf('<', reader.at)
    if (next < 0) return undefined
    if (next > reader.at) {
      const spelled = reader.text.slice(reader.at, next)
      const value = spelled.includes('>') || spelled.includes('\r') ? undefined : decoded(spelled, textReference)
      if (value === undefined) return undefined
      text += value
      reader.at = next
    }
    if (reader.text.charCodeAt(next + 1) === slash) {
      const end = next + 2 + tag.length
      if (!reader.text.startsWith(tag, next + 2) || reader.text.charCodeAt(end) !== greater) return undefined
      reader.at = end + 1
      return { children, text: children.length === 0 || text === '' ? text : onlySpace.test(text) ? '' : undefined }
    }
    const child = element(reader, scope)
    if (child === undefined) return undefined
    children.push(child)
  }
}

/** Undefined: an ampersand that is not the beginning of one of canonical form's few references. */
function decoded(spelled: string, references: RegExp): string | undefined {
  if (!spelled.includes('&')) return spelled
  let count = 0
  const value = spelled.replace(references, (reference) => {
    count++
    return characters[reference] ?? ''
  })
  return spelled.split('&').length - 1 === count ? value : undefined
}
