// Reading values in distinguished encoding that were looked through before (der.ts). Each reader throws for a value of another type than its
// own: whoever reads a whole thing answers for all of them.

/** Tags of X.690 8.1.2: universal types, and those of parts by number. */
export const tags = {
  ...{ boolean: 1, integer: 2, bits: 3, octets: 4, identifier: 6 },
  ...{ sequence: 0x30, set: 0x31 },
} as const

/** The tag of an optional part of that number: with parts of its own, or without. */
export const part = (number: number) => 0xa0 + number
export const plainPart = (number: number) => 0x80 + number

export interface Value {
  readonly tag: number
  readonly content: Buffer
  /** With tag and length. */
  readonly whole: Buffer
}

/** The value that bytes begin with. */
export function valueAt(bytes: Buffer, at = 0): Value {
  const first = bytes[at + 1] as number
  const start = at + 2 + (first < 0x80 ? 0 : first & 0x7f)
  const length = first < 0x80 ? first : bytes.readUIntBE(at + 2, first & 0x7f)
  const end = start + length
  return { tag: bytes[at] as number, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) }
}

/** The parts of a value of that tag, in order. */
export function partsOf(value: Value, tag: number): readonly Value[] {
  contentOf(value, tag)
  const parts: Value[] = []
  for (let at = 0; at < value.content.length; ) {
    const next = valueAt(value.content, at)
    parts.push(next)
    at += next.whole.length
  }
  return parts
}

/** The content of a value of that tag. */
export function contentOf({ tag, content }: Value, expected: number): Buffer {
  if (tag !== expected) throw new TypeError(`a value of tag ${tag} in place of ${expected}`)
  return content
}

/** Reads the parts of a sequence one after another. */
export class Sequence {
  readonly #parts: readonly Value[]
  #at = 0
  constructor(value: Value, tag: number = tags.sequence) {
    this.#parts = partsOf(value, tag)
  }
  next(): Value {
    const value = this.#parts[this.#at++]
    if (value === undefined) throw new TypeError('a part is missing')
    return value
  }
  /** The next part, if it has one of these tags. */
  optional(...expected: readonly number[]): Value | undefined {
    const value = this.#parts[this.#at]
    if (value === undefined || !expected.includes(value.tag)) return undefined
    this.#at++
    return value
  }
  end(): void {
    if (this.#at < this.#parts.length) throw new TypeError('there are more parts')
  }
}

/** The one value that stands in another, whose tag says which part it is. */
export function only(value: Value, tag: number): Value {
  const [first, ...more] = partsOf(value, tag)
  if (first === undefined || more.length > 0) throw new TypeError('not one value')
  return first
}

/** `2.5.4.3`. */
export function identifierOf(value: Value): string {
  const numbers: bigint[] = []
  let number = 0n
  for (const byte of contentOf(value, tags.identifier)) {
    number = (number << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    numbers.push(number)
    number = 0n
  }
  const [first = 0n, ...others] = numbers
  const top = first < 80n ? first / 40n : 2n
  return [top, first - 40n * top, ...others].join('.')
}

/** A whole number that is small. */
export function smallInteger(value: Value): number {
  const content = contentOf(value, tags.integer)
  if (content.length > 4) throw new TypeError('too large a number')
  return content.readIntBE(0, content.length)
}

/** The bits of a bit string, which are whole bytes. */
export function bytesOfBits(value: Value): Buffer {
  const content = contentOf(value, tags.bits)
  if (content[0] !== 0) throw new TypeError('bits that are no bytes')
  return content.subarray(1)
}

export const isTrue = (value: Value): boolean => contentOf(value, tags.boolean)[0] === 0xff

export const utcTime = 23
export const generalizedTime = 24

/** Milliseconds since 1970 (RFC 5280 4.1.2.5: years of two digits from 50 on are of 1900). */
export function timeOf({ tag, content }: Value): number {
  const text = content.toString('latin1')
  const isLong = tag === generalizedTime
  if (!isLong && tag !== utcTime) throw new TypeError('no time')
  const year = isLong ? Number(text.slice(0, 4)) : ((Number(text.slice(0, 2)) + 50) % 100) + 1950
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.slice(isLong ? 4 : 2).match(/\d\d/g) ?? []).map(
    Number,
  )
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC rolls 30 February over to March.
  if (new Date(time).getUTCDate() !== day || Number.isNaN(time)) throw new TypeError('no day')
  return time
}

const plainTexts: ReadonlySet<number> = new Set([12, 18, 19, 22, 26])
const basicMultilingual = 30

/** The characters of a text; undefined for a type whose characters are not certain, and for what is no text. */
export function textOf({ tag, content }: Value): string | undefined {
  if (plainTexts.has(tag)) return content.toString('utf8')
  if (tag !== basicMultilingual) return undefined
  const text = Buffer.from(content).swap16().toString('utf16le')
  return /[\ud800-\udfff]/.test(text) ? undefined : text
}
