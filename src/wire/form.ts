// Reads the parameters of an AWS Query request: application/x-www-form-urlencoded (WHATWG URL 5.1, but strict) from a
// query string and a body.
import { isAscii, isUtf8 } from 'node:buffer'
import { type Refusal, refusal } from './errors.ts'

/** The parameters of a Query request, in arrival order. Keys are kept in a Map: `__proto__` is a key like any other. */
export type Form = ReadonlyMap<string, string>

/** Beyond any real request: the largest IAM simulation has hundreds. */
const maxParameters = 10_000

/**
 * Reads the query string and, for a POST, the body.
 *
 * INVARIANT: a key stands once, in the query or in the body (`Action` included): what was signed, checked and audited
 * is what runs. `+` is a space; percent-encoding and UTF-8 are strict. Repeats and broken bytes are MalformedQueryString.
 */
export function readForm(query: string, body?: Uint8Array): Form | Refusal {
  const form = new Map<string, string>()
  const wrong = readInto(form, query) ?? (body === undefined ? undefined : readBody(form, body))
  return wrong === undefined ? form : malformed(wrong)
}

/** AWS documents the code and the sentence; one that it answers to repeated keys is not recorded. */
const malformed = (detail: string) =>
  refusal('MalformedQueryString', 400, 'The query string contains a syntax error.', detail)

function readBody(form: Map<string, string>, body: Uint8Array): string | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (isAscii(bytes)) return readInto(form, bytes.toString('latin1'))
  return isUtf8(bytes) ? readInto(form, bytes.toString()) : 'the body is not UTF-8'
}

/** Adds the parameters of `text`; answers what is wrong with it. */
function readInto(form: Map<string, string>, text: string): string | undefined {
  let at = 0
  while (at < text.length) {
    let end = text.indexOf('&', at)
    if (end < 0) end = text.length
    if (end > at) {
      let mark = text.indexOf('=', at)
      if (mark < 0 || mark > end) mark = end
      const key = decode(text.slice(at, mark))
      const value = mark < end ? decode(text.slice(mark + 1, end)) : ''
      if (key === undefined || value === undefined) return 'a parameter is not percent-encoded UTF-8'
      const before = form.size
      form.set(key, value)
      if (form.size === before) return 'a parameter is sent twice'
      if (form.size > maxParameters) return `more than ${maxParameters} parameters`
    }
    at = end + 1
  }
  return undefined
}

function decode(text: string): string | undefined {
  const plain = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!plain.includes('%')) return plain
  try {
    return decodeURIComponent(plain)
  } catch {
    return undefined
  }
}
