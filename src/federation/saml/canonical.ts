// Reads exclusive canonical XML and nothing else: what libxml2 wrote and a digest vouches for. Canonical form has one spelling for everything
// (W3C Canonical XML 1.0, 1.1 and 2.3), so this reader knows just that spelling; the least deviation means the text is not what we think.
//
// INVARIANT: a text that is read is the canonical form of what was read: there are no two readings of it.
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

const startTag = /<([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?/y
const attribute = / ([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?="([^"<\t\n\r]*)"/y
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
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'

/** Undefined: this is not canonical XML. */
export function readCanonical(bytes: Uint8Array): CanonicalElement | undefined {
  const reader = { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), at: 0 }
  const root = element(reader, new Map([['xml', xmlNamespace]]))
  return root !== undefined && reader.at === reader.text.length ? root : undefined
}

interface Reader {
  readonly text: string
  at: number
}

function element(reader: Reader, outer: Scope): CanonicalElement | undefined {
  const { text } = reader
  startTag.lastIndex = reader.at
  const name = startTag.exec(text)
  if (name === null) return undefined
  reader.at = startTag.lastIndex
  const tag = name[0].slice(1)
  const raw = attributesOf(reader)
  if (raw === undefined || text[reader.at] !== '>') return undefined
  reader.at++
  const scope = raw.declared.length === 0 ? outer : new Map([...outer, ...raw.declared])
  const own = named(raw.others, scope)
  const prefix = name[2] === undefined ? '' : (name[1] ?? '')
  const namespace = scope.get(prefix) ?? (prefix === '' ? '' : undefined)
  if (own === undefined || namespace === undefined) return undefined
  const inside = content(reader, scope, `</${tag}>`)
  return inside && { namespace, local: name[2] ?? name[1] ?? '', ...own, ...inside }
}

interface RawAttributes {
  readonly declared: readonly (readonly [string, string])[]
  readonly others: readonly (readonly [string | undefined, string, string])[]
}
const noAttributes: RawAttributes = { declared: [], others: [] }

function attributesOf(reader: Reader): RawAttributes | undefined {
  if (reader.text[reader.at] === '>') return noAttributes
  const declared: [string, string][] = []
  const others: [string | undefined, string, string][] = []
  for (;;) {
    attribute.lastIndex = reader.at
    const found = attribute.exec(reader.text)
    if (found === null) return { declared, others }
    reader.at = attribute.lastIndex
    const [, first = '', second, spelled = ''] = found
    const value = decoded(spelled, attributeReference)
    if (value === undefined) return undefined
    if (second === undefined && first === 'xmlns') declared.push(['', value])
    else if (first === 'xmlns' && second !== undefined) declared.push([second, value])
    else others.push([second === undefined ? undefined : first, second ?? first, value])
  }
}

function named(
  others: RawAttributes['others'],
  scope: Scope,
): Pick<CanonicalElement, 'attributes' | 'qualified'> | undefined {
  const attributes = new Map<string, string>()
  const qualified = new Map<string, string>()
  for (const [prefix, local, value] of others) {
    const namespace = prefix === undefined ? '' : scope.get(prefix)
    if (namespace === undefined) return undefined
    const [into, key] =
      prefix === undefined ? ([attributes, local] as const) : ([qualified, `${namespace} ${local}`] as const)
    if (into.has(key)) return undefined
    into.set(key, value)
  }
  return { attributes, qualified }
}

function content(reader: Reader, scope: Scope, close: string): Pick<CanonicalElement, 'children' | 'text'> | undefined {
  const children: CanonicalElement[] = []
  let text = ''
  for (;;) {
    const next = reader.text.indexOf('<', reader.at)
    if (next < 0) return undefined
    if (next > reader.at) {
      const spelled = reader.text.slice(reader.at, next)
      const value = spelled.includes('>') ? undefined : decoded(spelled, textReference)
      if (value === undefined) return undefined
      text += value
      reader.at = next
    }
    if (reader.text.startsWith(close, next)) {
      reader.at = next + close.length
      return { children, text: children.length === 0 ? text : /^[ \t\r\n]*$/.test(text) ? '' : undefined }
    }
    const child = element(reader, scope)
    if (child === undefined) return undefined
    children.push(child)
  }
}

/** Undefined: a character stands raw that canonical form writes as a reference, or a reference is not one of its few. */
function decoded(spelled: string, references: RegExp): string | undefined {
  if (spelled.includes('\r')) return undefined
  if (!spelled.includes('&')) return spelled
  let count = 0
  const value = spelled.replace(references, (reference) => {
    count++
    return characters[reference] ?? ''
  })
  return spelled.split('&').length - 1 === count ? value : undefined
}
