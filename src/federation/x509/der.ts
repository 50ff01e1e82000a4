// Distinguished encoding (X.690 10 and 11), looked through before anything of what somebody sent is read: one value, each length in its
// shortest form, nothing after the end, bounded in depth and number, and every text of the characters that its type may have. Two readers
// of bytes that pass cannot come to different values. It is read in der-values.ts.
import { isUtf8 } from 'node:buffer'

export interface DerBounds {
  readonly bytes: number
  readonly elements: number
}

const mostDepth = 24

/** Whether these bytes are one value in distinguished encoding, within the bounds. Costs one pass. */
export function isDer(bytes: Buffer, bounds: DerBounds): boolean {
  if (bytes.length > bounds.bytes) return false
  const work = { left: bounds.elements }
  return read(bytes, 0, bytes.length, 0, work) === bytes.length
}

/** The end of the value that begins at `at`; undefined if it is none. */
function read(bytes: Buffer, at: number, limit: number, depth: number, work: { left: number }): number | undefined {
  if (depth > mostDepth || --work.left < 0 || limit - at < 2) return undefined
  const tag = bytes[at] as number
  // Tags of more bytes do not occur in certificates.
  if ((tag & 0x1f) === 0x1f) return undefined
  const start = contentStart(bytes, at + 1, limit)
  if (start === undefined) return undefined
  const end = start.at + start.length
  if (end > limit) return undefined
  if ((tag & 0x20) === 0) return isPrimitive(tag, bytes.subarray(start.at, end)) ? end : undefined
  // Of the universal types only sequences and sets have parts: texts in pieces are of another encoding.
  if (tag < 0x40 && tag !== 0x30 && tag !== 0x31) return undefined
  for (let inner = start.at; inner < end; ) {
    const next = read(bytes, inner, end, depth + 1, work)
    if (next === undefined) return undefined
    inner = next
  }
  return end
}

function contentStart(bytes: Buffer, at: number, limit: number): { at: number; length: number } | undefined {
  const first = bytes[at] as number
  if (first < 0x80) return { at: at + 1, length: first }
  const count = first & 0x7f
  // 0x80 would be an indefinite length.
  if (count === 0 || count > 4 || at + 1 + count > limit) return undefined
  const length = bytes.readUIntBE(at + 1, count)
  const isShortest = length >= 0x80 && length >= 2 ** (8 * (count - 1))
  return isShortest ? { at: at + 1 + count, length } : undefined
}

const ascii = (content: Buffer) => content.every((byte) => byte >= 0x20 && byte < 0x7f)
const matches = (pattern: RegExp) => (content: Buffer) =>
  content.length < 32 && pattern.test(content.toString('latin1'))

/** By tag of the universal class: whether the content is one. */
const primitives: { readonly [tag: number]: (content: Buffer) => boolean } = {
  // BOOLEAN
  1: (content) => content.length === 1 && (content[0] === 0 || content[0] === 0xff),
  // INTEGER, ENUMERATED
  2: isInteger,
  10: isInteger,
  // BIT STRING: bits that are not used are zero.
  3: (content) => {
    const [unused = 8] = content
    if (unused > 7 || (content.length === 1 && unused > 0)) return false
    return unused === 0 || ((content.at(-1) as number) & ((1 << unused) - 1)) === 0
  },
  // OCTET STRING
  4: () => true,
  // NULL
  5: (content) => content.length === 0,
  // OBJECT IDENTIFIER
  6: isObjectIdentifier,
  // UTF8String
  12: isUtf8,
  // NumericString, PrintableString, IA5String, VisibleString. Certificates have `@`, `*` and `_` in printable ones.
  18: ascii,
  19: ascii,
  22: ascii,
  26: ascii,
  // TeletexString
  20: () => true,
  // UTCTime, GeneralizedTime, as RFC 5280 4.1.2.5 has them
  23: matches(/^\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ$/),
  24: matches(/^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ$/),
  // UniversalString, BMPString
  28: (content) => content.length % 4 === 0,
  30: (content) => content.length % 2 === 0,
}

function isPrimitive(tag: number, content: Buffer): boolean {
  // What a tag of another class holds, its reader knows.
  if (tag >= 0x40) return true
  return Object.hasOwn(primitives, tag) && primitives[tag]?.(content) === true
}

function isInteger(content: Buffer): boolean {
  const [first, second] = content
  if (first === undefined) return false
  if (second === undefined) return true
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80)
}

function isObjectIdentifier(content: Buffer): boolean {
  if (content.length === 0 || content.length > 64 || (content.at(-1) as number) >= 0x80) return false
  // A part does not begin with zeros.
  return content.every((byte, at) => byte !== 0x80 || (at > 0 && (content[at - 1] as number) >= 0x80))
}
