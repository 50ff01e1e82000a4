// Percent-encoding as SigV4 wants it (RFC 3986 2.1–2.3): unreserved characters stand for themselves, every other byte
// is %XX in upper case. Texts are byte strings, one character a byte, as `node:http` hands over targets and headers.

const hex = '0123456789ABCDEF'
const escapes = Array.from({ length: 256 }, (_, byte) => `%${hex[byte >> 4]}${hex[byte & 15]}`)

const unreserved = new Uint8Array(256)
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') unreserved[c.charCodeAt(0)] = 1

const slash = 0x2f
const percent = 0x25
const plus = 0x2b

const nibble = (code: number) =>
  code >= 48 && code <= 57
    ? code - 48
    : code >= 65 && code <= 70
      ? code - 55
      : code >= 97 && code <= 102
        ? code - 87
        : -1

/** The byte behind the escape at `at`, or -1 when two hexadecimal digits do not follow the `%`. */
function escaped(text: string, at: number): number {
  if (at + 2 >= text.length) return -1
  const high = nibble(text.charCodeAt(at + 1))
  const low = nibble(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function isUnreserved(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (unreserved[text.charCodeAt(i)] !== 1) return false
  return true
}

/** Encodes the bytes of `text`, keeping `/` where `keepSlash`. Undefined when a character is not a byte. */
export function encode(text: string, keepSlash = false): string | undefined {
  if (isUnreserved(text)) return text
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) return undefined
    out += unreserved[code] === 1 || (keepSlash && code === slash) ? text[i] : escapes[code]
  }
  return out
}

/** Decodes escapes to bytes, leaving all else. Undefined when an escape is broken. */
export function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  let out = ''
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== percent) {
      out += text[i]
      continue
    }
    const byte = escaped(text, i)
    if (byte < 0) return undefined
    out += String.fromCharCode(byte)
    i += 2
  }
  return out
}

/**
 * Decodes and encodes again, so that every spelling of the same bytes becomes one. In a query a bare `+` is a space.
 * Undefined when an escape is broken or a character is not a byte.
 */
export function reencode(text: string, within: 'path' | 'query'): string | undefined {
  if (isUnreserved(text)) return text
  let out = ''
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code === percent) {
      code = escaped(text, i)
      if (code < 0) return undefined
      i += 2
    } else if (code === plus && within === 'query') code = 0x20
    if (code > 255) return undefined
    if (unreserved[code] === 1) out += String.fromCharCode(code)
    else out += code === slash && within === 'path' ? '/' : escapes[code]
  }
  return out
}

/** True when every `%` begins an escape. */
export function hasSoundEscapes(text: string): boolean {
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 3)) if (escaped(text, at) < 0) return false
  return true
}

/** A query parameter, name and value encoded in the one canonical way. */
export interface Parameter {
  readonly name: string
  readonly value: string
}

/** The parameters of a raw query in the order sent; a name without `=` has the value ''. Undefined when malformed. */
export function readQuery(query: string): Parameter[] | undefined {
  const parameters: Parameter[] = []
  for (let from = 0; from <= query.length; ) {
    let to = query.indexOf('&', from)
    if (to < 0) to = query.length
    if (to > from) {
      const equals = query.indexOf('=', from)
      const split = equals >= 0 && equals < to ? equals : to
      const name = reencode(query.slice(from, split), 'query')
      const value = reencode(query.slice(split + 1, Math.max(to, split + 1)), 'query')
      if (name === undefined || value === undefined) return undefined
      parameters.push({ name, value })
    }
    from = to + 1
  }
  return parameters
}
