// Reads the parameters of an AWS Query request: application/x-www-form-urlencoded (WHATWG URL 5.1, but strict) from a
// query string and a body.
import { isAscii, isUtf8 } from 'node:buffer'
import { type Refusal, refusal } from './errors.ts'

/** The parameters of a Query request, in arrival order. Keys are kept in a Map: `__proto__` is a key like any other. */
export type Form = ReadonlyMap<string, string>

/** More than any real request has: the largest IAM simulation has hundreds. */
const maxParameters = 10_000

/**
 * Reads the query string and, for a POST, the body.
 *
 * INVARIANT: a key appears once, in the query or in the body (`Action` included): what was signed, checked and audited is
 * what runs. `+` is a space; percent-encoding and UTF-8 are strict. Repeats and broken bytes are MalformedQueryString.
 */
export function readForm(query: string, body?: Uint8Array): Form | Refusal {
  const form = new Map<string, string>()
  const wrong = readInto(form, query) ?? (body === undefined ? undefined : readBody(form, body))
  return wrong === undefined ? form : malformed(wrong)
}

/** AWS documents the code and the sentence; what it answers to repeated keys is not recorded. */
const malformed = (detail: string) =>
  refusal('MalformedQueryString', 400, 'The query string contains a syntax error.', detail)

function readBody(form: Map<string, string>, body: Uint8Array): string | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (isAscii(bytes)) return readInto(form, bytes.toString('latin1'))
  return isUtf8(bytes) ? readInto(form, bytes.toString()) : 'the body is not UTF-8'
}

/**
 * Adds the parameters of `text`; answers what is wrong with it.
 *
 * INVARIANT: no character is searched for twice from the same place, so the time is linear: searching the whole rest of the
 * text for a missing `=`, for each of 10,000 parameters, would take seconds.
 */
function readInto(form: Map<string, string>, text: string): string | undefined {
  let equals = find(text, '=', 0)
  let percent = find(text, '%', 0)
  let plus = find(text, '+', 0)
  let at = 0
  while (at < text.length) {
    const end = Math.min(find(text, '&', at), text.length)
    if (end > at) {
      if (equals < at) equals = find(text, '=', at)
      const mark = Math.min(equals, end)
      if (percent < at) percent = find(text, '%', at)
      if (plus < at) plus = find(text, '+', at)
      // Most parameters have neither and are taken as they are.
      const coded = percent < end || plus < end
      let key: string | undefined = text.slice(at, mark)
      let value: string | undefined = text.slice(mark + 1, end)
      if (coded) {
        key = decode(key)
        value = decode(value)
        if (key === undefined || value === undefined) return 'a parameter is not percent-encoded UTF-8'
      }
      const before = form.size
      form.set(key, value)
      if (form.size === before) return 'a parameter is sent twice'
      if (form.size > maxParameters) return `more than ${maxParameters} parameters`
    }
    at = end + 1
  }
  return undefined
}

/** The next place of a character; beyond every text when there is none. */
function find(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from)
  return at < 0 ? Number.POSITIVE_INFINITY : at
}

function decode(text: string): string | undefined {
  const plain = text.includes('+') ? text.replace(/\+/g, ' ') : text
  if (!plain.includes('%')) return plain
  try {
    return decodeURIComponent(plain)
  } catch {
    return undefined
  }
}
