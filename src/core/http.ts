// A request exactly as it was sent. SigV4 signs the raw target and the raw headers, and a WHATWG Request rewrites both, so
// this is what the rest of Hallpass speaks (RFC 9112).

/** Header fields by lower-cased name. Repeats of a harmless field are joined by `,` in arrival order (RFC 9110 5.3). */
export type Headers = ReadonlyMap<string, string>

export interface Message {
  readonly method: string
  /** The request-target exactly as sent: path and, after the first `?`, query. */
  readonly target: string
  readonly headers: Headers
}

/** Fields that may appear at most once: each decides who signed what, and intermediaries disagree on which counts. */
const single = new Set([
  'host',
  'authorization',
  'content-length',
  'content-type',
  'transfer-encoding',
  'x-forwarded-for',
])

/**
 * Reads a raw header list (name, value, name, value, … as `node:http` gives it).
 *
 * INVARIANT: a second Host, Authorization, Content-Length, Content-Type or X-Amz-* is refused, never merged:
 * `node:http` silently keeps the first of two Hosts and would join two tokens.
 */
export function readHeaders(raw: readonly string[]): Headers | { readonly repeated: string } {
  const headers = new Map<string, string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    const value = raw[i + 1] as string
    const before = headers.get(name)
    if (before === undefined) headers.set(name, value)
    else if (single.has(name) || name.startsWith('x-amz-')) return { repeated: name }
    else headers.set(name, `${before},${value}`)
  }
  return headers
}

/** Splits a raw target at its first `?`; the query is '' when there is none. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}
