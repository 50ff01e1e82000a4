// Encodes keys as bytes whose order is the order of the keys, and whose prefixes are the prefixes of the keys, so that a
// B-tree of blobs can hold them and a list is one range.
//   number: 10, then the IEEE 754 double, big-endian, with its bits inverted so that bytes order as values do
//   string: 20, then UTF-8 with 00 written 01 01 and 01 written 01 02, then 00
// A number orders before a string. The only 00 in a string is its last byte, so no string is the beginning of another.

import type { Key } from './store.ts'

const NUMBER = 0x10
const STRING = 0x20
const END = 0x00
/** Written in place of END and ESCAPE inside a string, and followed by the value one greater. */
const ESCAPE = 0x01
/** Higher than every tag: every key that begins with a prefix is lower than the prefix and this byte. */
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
    } else throw new TypeError('a key consists of strings and numbers')
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
      const end = buffer.indexOf(END, at + 1)
      if (end < 0) throw new TypeError('these bytes are not a key')
      key.push(readString(buffer, at + 1, end))
      at = end + 1
    } else throw new TypeError('these bytes are not a key')
  }
  return key
}

/** The lowest bytes above every key that begins with the encoded prefix. */
export function above(prefix: Uint8Array): Buffer {
  const bound = Buffer.allocUnsafe(prefix.length + 1)
  bound.set(prefix)
  bound[prefix.length] = ABOVE
  return bound
}

function reserve(at: number, more: number): void {
  if (at + more <= scratch.length) return
  const wider = Buffer.allocUnsafe(2 * (at + more))
  scratch.copy(wider, 0, 0, at)
  scratch = wider
}

function writeNumber(value: number, at: number): number {
  if (!Number.isFinite(value)) throw new TypeError('a number in a key must be finite')
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
    if (unit <= ESCAPE) scratch[at++] = ESCAPE
    scratch[at++] = unit <= ESCAPE ? unit + 1 : unit
  }
  scratch[at++] = END
  return at
}

function writeWide(text: string, start: number): number {
  // Buffer would write U+FFFD for a lone surrogate, and two different keys would become one.
  if (!text.isWellFormed()) throw new TypeError('a string in a key must be well-formed Unicode')
  let at = start
  scratch[at++] = STRING
  for (const piece of text.split(/([\x00\x01])/)) {
    if (piece === '\0' || piece === '\x01') {
      scratch[at++] = ESCAPE
      scratch[at++] = piece.charCodeAt(0) + 1
    } else at += scratch.write(piece, at, 'utf8')
  }
  scratch[at++] = END
  return at
}

function readString(buffer: Buffer, start: number, end: number): string {
  let text = ''
  let from = start
  for (let at = buffer.indexOf(ESCAPE, from); at >= 0 && at < end; at = buffer.indexOf(ESCAPE, from)) {
    const escaped = buffer[at + 1]
    if (escaped !== 1 && escaped !== 2) throw new TypeError('these bytes are not a key')
    text += buffer.toString('utf8', from, at) + String.fromCharCode(escaped - 1)
    from = at + 2
  }
  return text + buffer.toString('utf8', from, end)
}
