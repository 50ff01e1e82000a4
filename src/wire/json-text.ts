// Reads JSON strictly (RFC 8259): UTF-8, no duplicate names, bounded depth, no lone surrogates. Objects become Maps, so that a
// name such as `__proto__` is only a name.
import { isUtf8 } from 'node:buffer'

export type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>

/** How much a text may hold: the reader recurses, and a body of small values costs most per byte. */
export interface JsonBounds {
  readonly values: number
  readonly depth: number
}

/** More than any request has of the services that are answered here; unsigned callers may send one. */
const usualBounds: JsonBounds = { values: 50_000, depth: 64 }

/** The value of a text, or what is wrong with it. */
export function readJson(
  bytes: Uint8Array,
  { values, depth }: JsonBounds = usualBounds,
): { readonly value: Json } | { readonly wrong: string } {
  if (!isUtf8(bytes)) return { wrong: 'not UTF-8' }
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  try {
    const reader: Reader = { source, at: 0, values }
    const value = readValue(reader, depth)
    skipSpace(reader)
    if (reader.at < source.length) throw new Malformed('text after the value')
    return { value }
  } catch (error) {
    if (error instanceof Malformed) return { wrong: error.message }
    throw error
  }
}

/** Thrown and caught in this file only, to leave the recursion. */
class Malformed extends Error {}

interface Reader {
  readonly source: string
  at: number
  /** How many more values may come. */
  values: number
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** A string without escapes is taken as it is; the rest is JSON.parse's. */
const string = /"[^"\\\u0000-\u001f]*(?:\\[^\u0000-\u001f][^"\\\u0000-\u001f]*)*"/y

function skipSpace(reader: Reader): void {
  for (;;) {
    const code = reader.source.charCodeAt(reader.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    reader.at++
  }
}

/** `depth`: how many levels may be below. */
function readValue(reader: Reader, depth: number): Json {
  if (depth < 0) throw new Malformed('nested too deeply')
  if (--reader.values < 0) throw new Malformed('too many values')
  skipSpace(reader)
  switch (reader.source[reader.at]) {
    case '{':
      return readObject(reader, depth)
    case '[':
      return readArray(reader, depth)
    case '"':
      return readString(reader)
    case 't':
      return readWord(reader, 'true', true)
    case 'f':
      return readWord(reader, 'false', false)
    case 'n':
      return readWord(reader, 'null', null)
    default:
      return readNumber(reader)
  }
}

function readWord<T extends Json>(reader: Reader, word: string, value: T): T {
  if (!reader.source.startsWith(word, reader.at)) throw new Malformed('not a value')
  reader.at += word.length
  return value
}

function readNumber(reader: Reader): number {
  number.lastIndex = reader.at
  const digits = number.exec(reader.source)
  if (digits === null) throw new Malformed('not a value')
  reader.at = number.lastIndex
  return Number(digits[0])
}

function readString(reader: Reader): string {
  string.lastIndex = reader.at
  if (!string.test(reader.source)) throw new Malformed('not a string')
  const text = reader.source.slice(reader.at, string.lastIndex)
  reader.at = string.lastIndex
  if (!text.includes('\\')) return text.slice(1, -1)
  let value: string
  try {
    value = JSON.parse(text) as string
  } catch {
    throw new Malformed('not a string')
  }
  if (!value.isWellFormed()) throw new Malformed('a lone surrogate')
  return value
}

function readObject(reader: Reader, depth: number): ReadonlyMap<string, Json> {
  const members = new Map<string, Json>()
  reader.at++
  skipSpace(reader)
  if (take(reader, '}')) return members
  do {
    skipSpace(reader)
    if (reader.source[reader.at] !== '"') throw new Malformed('not a name')
    const name = readString(reader)
    skipSpace(reader)
    if (!take(reader, ':')) throw new Malformed('no colon after a name')
    if (members.has(name)) throw new Malformed('a name stands twice')
    members.set(name, readValue(reader, depth - 1))
    skipSpace(reader)
  } while (take(reader, ','))
  if (!take(reader, '}')) throw new Malformed('an object is not closed')
  return members
}

function readArray(reader: Reader, depth: number): readonly Json[] {
  const items: Json[] = []
  reader.at++
  skipSpace(reader)
  if (take(reader, ']')) return items
  do {
    items.push(readValue(reader, depth - 1))
    skipSpace(reader)
  } while (take(reader, ','))
  if (!take(reader, ']')) throw new Malformed('an array is not closed')
  return items
}

function take(reader: Reader, character: string): boolean {
  if (reader.source[reader.at] !== character) return false
  reader.at++
  return true
}
