// Reads policy text: a strict JSON reader (RFC 8259) that refuses duplicate names, keeps the text of numbers and
// remembers where everything stands, and the outer shape of a policy (IAM User Guide, "Grammar of the IAM JSON policy
// language"): a document of Version, Id and Statement, whose statements hold only known elements.
// Total: any text gives a value, never an exception.

interface Place {
  /** Offset of the first character, and one past the last, in UTF-16 units. */
  readonly start: number
  readonly end: number
}

export interface JsonObject extends Place {
  readonly type: 'object'
  readonly members: ReadonlyMap<string, Json>
}

export interface JsonArray extends Place {
  readonly type: 'array'
  readonly items: readonly Json[]
}

/** `text` is a string's contents, or a number, boolean or null as written (`5.50` stays `5.50`). */
export interface JsonScalar extends Place {
  readonly type: 'string' | 'number' | 'boolean' | 'null'
  readonly text: string
}

export type Json = JsonObject | JsonArray | JsonScalar

export interface Unreadable {
  readonly error: string
  /** Offset at which reading stopped. */
  readonly at: number
}

/** Policies nest seven deep; the cap keeps hostile input from exhausting the stack. */
const maximumDepth = 32

const numberText = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const hexText = /^[0-9a-fA-F]{4}$/
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const words: Readonly<Record<string, JsonScalar['type']>> = { true: 'boolean', false: 'boolean', null: 'null' }

interface Cursor {
  readonly text: string
  at: number
  error: string | undefined
}

function fail(cursor: Cursor, error: string): undefined {
  cursor.error ??= error
  return undefined
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    cursor.at++
  }
}

function readString(cursor: Cursor): JsonScalar | undefined {
  const { text } = cursor
  const start = cursor.at++
  let value = ''
  let from = cursor.at
  for (;;) {
    const code = text.charCodeAt(cursor.at)
    if (Number.isNaN(code)) return fail(cursor, 'a string does not end')
    if (code < 0x20) return fail(cursor, 'a control character in a string')
    if (code === 0x22) {
      value += text.slice(from, cursor.at++)
      return { type: 'string', text: value, start, end: cursor.at }
    }
    if (code !== 0x5c) {
      cursor.at++
      continue
    }
    value += text.slice(from, cursor.at)
    const letter = text.charAt(cursor.at + 1)
    if (letter === 'u') {
      const hex = text.slice(cursor.at + 2, cursor.at + 6)
      if (!hexText.test(hex)) return fail(cursor, 'a broken \\u escape')
      value += String.fromCharCode(Number.parseInt(hex, 16))
      cursor.at += 6
    } else {
      if (!Object.hasOwn(escapes, letter)) return fail(cursor, 'an unknown escape')
      value += escapes[letter]
      cursor.at += 2
    }
    from = cursor.at
  }
}

function readObject(cursor: Cursor, depth: number): JsonObject | undefined {
  const start = cursor.at++
  const members = new Map<string, Json>()
  skipSpace(cursor)
  if (cursor.text[cursor.at] === '}') return { type: 'object', members, start, end: ++cursor.at }
  for (;;) {
    skipSpace(cursor)
    if (cursor.text[cursor.at] !== '"') return fail(cursor, 'a member name is missing')
    const at = cursor.at
    const name = readString(cursor)
    if (name === undefined) return undefined
    if (members.has(name.text)) {
      cursor.at = at
      return fail(cursor, 'a member name is repeated')
    }
    skipSpace(cursor)
    if (cursor.text[cursor.at] !== ':') return fail(cursor, 'a colon is missing')
    cursor.at++
    const value = readValue(cursor, depth + 1)
    if (value === undefined) return undefined
    members.set(name.text, value)
    skipSpace(cursor)
    const next = cursor.text[cursor.at]
    if (next === '}') return { type: 'object', members, start, end: ++cursor.at }
    if (next !== ',') return fail(cursor, 'a comma or closing brace is missing')
    cursor.at++
  }
}

function readArray(cursor: Cursor, depth: number): JsonArray | undefined {
  const start = cursor.at++
  const items: Json[] = []
  skipSpace(cursor)
  if (cursor.text[cursor.at] === ']') return { type: 'array', items, start, end: ++cursor.at }
  for (;;) {
    const value = readValue(cursor, depth + 1)
    if (value === undefined) return undefined
    items.push(value)
    skipSpace(cursor)
    const next = cursor.text[cursor.at]
    if (next === ']') return { type: 'array', items, start, end: ++cursor.at }
    if (next !== ',') return fail(cursor, 'a comma or closing bracket is missing')
    cursor.at++
  }
}

function readValue(cursor: Cursor, depth: number): Json | undefined {
  if (depth > maximumDepth) return fail(cursor, 'nested too deeply')
  skipSpace(cursor)
  const start = cursor.at
  const first = cursor.text[start]
  if (first === '"') return readString(cursor)
  if (first === '{') return readObject(cursor, depth)
  if (first === '[') return readArray(cursor, depth)
  for (const word of Object.keys(words)) {
    if (cursor.text.startsWith(word, start)) {
      cursor.at += word.length
      return { type: words[word] as JsonScalar['type'], text: word, start, end: cursor.at }
    }
  }
  numberText.lastIndex = start
  const number = numberText.exec(cursor.text)
  if (number === null) return fail(cursor, 'a value is missing')
  cursor.at += number[0].length
  return { type: 'number', text: number[0], start, end: cursor.at }
}

/** Reads one JSON value and nothing after it. */
export function readJson(text: string): Json | Unreadable {
  const cursor: Cursor = { text, at: 0, error: undefined }
  const value = readValue(cursor, 0)
  skipSpace(cursor)
  if (value !== undefined && cursor.at < text.length) fail(cursor, 'text after the end')
  if (value === undefined || cursor.error !== undefined) return { error: cursor.error ?? 'unreadable', at: cursor.at }
  return value
}

export type Version = '2008-10-17' | '2012-10-17'

export interface Statement extends Place {
  readonly index: number
  /** Elements by AWS's names; only known ones. */
  readonly elements: ReadonlyMap<string, Json>
}

export interface Document {
  /** Absent when the text has none; the language then is that of 2008-10-17. */
  readonly version?: Version
  readonly id?: string
  /** May be empty, which no write-time check takes and which says nothing. */
  readonly statements: readonly Statement[]
}

const topElements: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
const statementElements: ReadonlySet<string> = new Set([
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
])

const isVersion = (text: string): text is Version => text === '2008-10-17' || text === '2012-10-17'

/** Reads the outer shape of a policy: everything down to which elements each statement has, but not their contents. */
export function readDocument(text: string): Document | Unreadable {
  const json = readJson(text)
  if ('error' in json) return json
  if (json.type !== 'object') return { error: 'a policy is an object', at: json.start }
  for (const [name, value] of json.members) {
    if (!topElements.has(name)) return { error: 'an unknown element', at: value.start }
  }
  const version = json.members.get('Version')
  if (version !== undefined && (version.type !== 'string' || !isVersion(version.text)))
    return { error: 'an unknown Version', at: version.start }
  const id = json.members.get('Id')
  if (id !== undefined && id.type !== 'string') return { error: 'Id is not a string', at: id.start }
  const list = json.members.get('Statement')
  if (list === undefined) return { error: 'Statement is missing', at: json.start }
  const items = list.type === 'array' ? list.items : [list]
  const statements: Statement[] = []
  for (const [index, item] of items.entries()) {
    if (item.type !== 'object') return { error: 'a statement is not an object', at: item.start }
    for (const [name, value] of item.members) {
      if (!statementElements.has(name)) return { error: 'an unknown element in a statement', at: value.start }
    }
    statements.push(Object.freeze({ index, elements: item.members, start: item.start, end: item.end }))
  }
  return Object.freeze({
    ...(version !== undefined && { version: (version as JsonScalar).text as Version }),
    ...(id !== undefined && { id: (id as JsonScalar).text }),
    statements: Object.freeze(statements),
  })
}

/** The strings of an element that is one string or an array of strings; undefined when it is anything else. */
export function stringsOf(json: Json): readonly string[] | undefined {
  if (json.type === 'string') return [json.text]
  if (json.type !== 'array') return undefined
  const strings: string[] = []
  for (const item of json.items) {
    if (item.type !== 'string') return undefined
    strings.push(item.text)
  }
  return strings
}

/** Line and column, both from 1, of an offset. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  const newline = before.lastIndexOf('\n')
  return { line: before.split('\n').length, column: offset - newline }
}
