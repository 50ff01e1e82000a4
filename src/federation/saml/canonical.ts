// Reads exclusive canonical XML and nothing else: what libxml2 wrote and a digest vouches for. Canonical form has one spelling
// for everything (W3C Canonical XML 1.0, 1.1 and 2.3), so this reader knows just that spelling; the least deviation means the
// text is not what we think.
//
// INVARIANT: a text that is read is the canonical form of what was read: there are no two readings of it.
import { isAscii } from 'node:buffer'
import { endOfName, nameReader, type QualifiedName } from './qualified-name.ts'

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

type Scope = ReadonlyMap<string, string>

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
  const reader = {
    text: isAscii(bytes) ? buffer.toString('latin1') : decoder.decode(bytes),
    at: 0,
    nameOf: nameReader(),
  }
  const root = element(reader, new Map([['xml', xmlNamespace]]))
  return root !== undefined && reader.at === reader.text.length ? root : undefined
}

interface Reader {
  readonly text: string
  readonly nameOf: (spelled: string) => QualifiedName | undefined
  at: number
}

function element(reader: Reader, outer: Scope): CanonicalElement | undefined {
  const { text, at } = reader
  const end = endOfName(text, at + 1)
  const tag = text.slice(at + 1, end)
  const name = text.charCodeAt(at) === less ? reader.nameOf(tag) : undefined
  if (name === undefined) return undefined
  reader.at = end
  const raw = attributesOf(reader)
  if (raw === undefined || text.charCodeAt(reader.at) !== greater) return undefined
  reader.at++
  const scope = raw.declared.length === 0 ? outer : new Map([...outer, ...raw.declared])
  const own = named(raw.others, scope)
  const namespace = scope.get(name.prefix) ?? (name.prefix === '' ? '' : undefined)
  if (own === undefined || namespace === undefined) return undefined
  const inside = content(reader, scope, tag)
  if (inside === undefined) return undefined
  return {
    namespace,
    local: name.local,
    attributes: own.attributes,
    qualified: own.qualified,
    children: inside.children,
    text: inside.text,
  }
}

interface RawAttribute {
  readonly name: QualifiedName
  readonly value: string
}
interface RawAttributes {
  readonly declared: readonly (readonly [string, string])[]
  readonly others: readonly RawAttribute[]
}
const noAttributes: RawAttributes = { declared: [], others: [] }

/** One space before each, double quotes around its value. */
function attributesOf(reader: Reader): RawAttributes | undefined {
  const { text } = reader
  if (text.charCodeAt(reader.at) === greater) return noAttributes
  const declared: [string, string][] = []
  const others: RawAttribute[] = []
  while (text.charCodeAt(reader.at) === space) {
    const end = endOfName(text, reader.at + 1)
    const name = reader.nameOf(text.slice(reader.at + 1, end))
    const close = text.startsWith('="', end) ? text.indexOf('"', end + 2) : -1
    if (name === undefined || close < 0) return undefined
    const spelled = text.slice(end + 2, close)
    const value = rawInAttribute.test(spelled) ? undefined : decoded(spelled, attributeReference)
    if (value === undefined) return undefined
    reader.at = close + 1
    if (name.prefix === '' && name.local === 'xmlns') declared.push(['', value])
    else if (name.prefix === 'xmlns') declared.push([name.local, value])
    else others.push({ name, value })
  }
  return { declared, others }
}

const none: ReadonlyMap<string, string> = new Map()
const unnamed = { attributes: none, qualified: none }

function named(
  others: RawAttributes['others'],
  scope: Scope,
): Pick<CanonicalElement, 'attributes' | 'qualified'> | undefined {
  if (others.length === 0) return unnamed
  const attributes = new Map<string, string>()
  const qualified = new Map<string, string>()
  for (const { name, value } of others) {
    const namespace = name.prefix === '' ? '' : scope.get(name.prefix)
    if (namespace === undefined) return undefined
    const into = name.prefix === '' ? attributes : qualified
    const key = name.prefix === '' ? name.local : `${namespace} ${name.local}`
    if (into.has(key)) return undefined
    into.set(key, value)
  }
  return { attributes, qualified }
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
