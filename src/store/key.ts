// Keys as bytes whose order is the order of the keys, and whose prefixes are the prefixes of the keys; so that a
// B-tree of blobs holds them, and a list is one range. The scheme of FoundationDB's tuple layer, with two kinds:
//   number: 10, then the IEEE 754 double, big-endian, with its bits turned so that bytes order as values do
//   string: 20, then UTF-8 with each 00 written 00 FF, then 00
// A number orders before a string.

import type { Key } from './store.ts'

const NUMBER = 0x10
const STRING = 0x20
const END = 0x00
const ESCAPE = 0xff
/** Above every tag: what follows a prefix is always lower. */
const ABOVE = 0xff

let scratch = Buffer.allocUnsafe(4096)

/** @throws TypeError for a number that is not finite and for a string with a lone surrogate: neither has an order. */
export function encodeKey(key: Key): Buffer {
  let at = 0
  for (const part of key) {
    if (typeof part === 'number') {
      reserve(at, 9)
      at = writeNumber(part, at)
    } else if (typeof part === 'string') {
      reserve(at, 3 * part.length + 2)
      at = writeString(part, at)
    } else throw new TypeError('a key is made of strings and numbers')
  }
  return Buffer.from(scratch.subarray(0, at))
}

/** @throws TypeError for bytes that encodeKey did not make. */
export function decodeKey(bytes: Uint8Array): Key {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const key: (string | number)[] = []
  let at = 0
  while (at < buffer.length) {
    const tag = buffer[at]
    if (tag === NUMBER && at + 9 <= buffer.length) {
      key.push(readNumber(buffer, at + 1))
      at += 9
    } else if (tag === STRING) {
      const end = endOfString(buffer, at + 1)
      key.push(readString(buffer, at + 1, end))
      at = end + 1
    } else throw new TypeError('these bytes are not a key')
  }
  return key
}

/** The first bytes above every key that begins with the encoded prefix. */
export function above(prefix: Uint8Array): Buffer {
  const bound = Buffer.allocUnsafe(prefix.length + 1)
  bound.set(prefix)
  bound[prefix.length] = ABOVE
  return bound
}

/** Negative, zero or positive, as keys are ordered. */
export function compareKeys(a: Key, b: Key): number {
  return Buffer.compare(encodeKey(a), encodeKey(b))
}

function reserve(at: number, more: number): void {
  if (at + more <= scratch.length) return
  const wider = Buffer.allocUnsafe(2 * (at + more))
  scratch.copy(wider, 0, 0, at)
  scratch = wider
}

function writeNumber(value: number, at: number): number {
  if (!Number.isFinite(value)) throw new TypeError('a number in a key is finite')
  scratch[at] = NUMBER
  // -0 + 0 is 0: one value, one key.
  scratch.writeDoubleBE(value + 0, at + 1)
  const sign = scratch.readUInt8(at + 1)
  if (sign < 0x80) scratch[at + 1] = sign | 0x80
  else for (let i = at + 1; i < at + 9; i++) scratch[i] = ~scratch.readUInt8(i)
  return at + 9
}

function readNumber(buffer: Buffer, at: number): number {
  const bits = Buffer.from(buffer.subarray(at, at + 8))
  const sign = bits.readUInt8(0)
  if (sign >= 0x80) bits[0] = sign & 0x7f
  else for (let i = 0; i < 8; i++) bits[i] = ~bits.readUInt8(i)
  return bits.readDoubleBE(0)
}

function writeString(text: string, start: number): number {
  let at = start
  scratch[at++] = STRING
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return writeWide(text, start)
    scratch[at++] = unit
    if (unit === END) scratch[at++] = ESCAPE
  }
  scratch[at++] = END
  return at
}

function writeWide(text: string, start: number): number {
  // Buffer would write U+FFFD for a lone surrogate, and two different keys would be one.
  if (!text.isWellFormed()) throw new TypeError('a string in a key is well-formed Unicode')
  let at = start
  scratch[at++] = STRING
  const pieces = text.split('\0')
  for (const [i, piece] of pieces.entries()) {
    at += scratch.write(piece, at, 'utf8')
    scratch[at++] = END
    if (i < pieces.length - 1) scratch[at++] = ESCAPE
  }
  return at
}

function endOfString(buffer: Buffer, start: number): number {
  let end = buffer.indexOf(END, start)
  while (end >= 0 && buffer[end + 1] === ESCAPE) end = buffer.indexOf(END, end + 2)
  if (end < 0) throw new TypeError('these bytes are not a key')
  return end
}

function readString(buffer: Buffer, start: number, end: number): string {
  let text = ''
  let from = start
  for (let nul = buffer.indexOf(END, from); nul >= 0 && nul < end; nul = buffer.indexOf(END, from)) {
    text += `${buffer.toString('utf8', from, nul)}\0`
    from = nul + 2
  }
  return text + buffer.toString('utf8', from, end)
}
