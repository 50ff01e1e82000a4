// AWS's identifiers: unique ids (AIDA…, AROA…, 21 characters) and access key ids (AKIA…, ASIA…, 20 characters) that
// carry their account, and UUIDv7 request ids (RFC 9562) that carry their time. Randomness comes in as bytes.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** What each character stands for, by its code. */
const values: readonly (number | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const value = alphabet.indexOf(String.fromCharCode(code))
  return value < 0 ? undefined : value
})

/** RFC 4648 base32 without padding. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) text += alphabet[(held << (5 - bits)) & 31]
  return text
}

/** The bytes of RFC 4648 base32 text without padding; undefined for any text that is not what its bytes are written as. */
export function unbase32(text: string): Buffer | undefined {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const character of text) {
    const value = alphabet.indexOf(character)
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((held >>> bits) & 255)
      held &= (1 << bits) - 1
    }
  }
  const decoded = Buffer.from(bytes)
  return base32(decoded) === text ? decoded : undefined
}

export type UniqueIdPrefix = 'AIDA' | 'AROA' | 'ANPA' | 'AGPA' | 'AIPA'

/** A unique id: prefix and 17 characters from `random` (at least 11 bytes). */
export const uniqueId = (prefix: UniqueIdPrefix, random: Uint8Array) => prefix + base32(random).slice(0, 17)

export type KeyIdPrefix = 'AKIA' | 'ASIA'

/**
 * An access key id that carries its account: 16 base32 characters are ten bytes, whose first 48 bits are
 * 1 bit set, the 40-bit account from bit 46 down to bit 7, and 7 random bits; four random bytes follow.
 * `random` is at least 5 bytes.
 */
export function accessKeyId(prefix: KeyIdPrefix, account: string, random: Uint8Array): string {
  const bytes = Buffer.allocUnsafe(10)
  // 48 bits: a double holds them exactly.
  bytes.writeUIntBE(2 ** 47 + Number(account) * 128 + ((random[0] as number) & 0x7f), 0, 6)
  for (let i = 0; i < 4; i++) bytes[6 + i] = random[1 + i] as number
  return prefix + base32(bytes)
}

/** The account an access key id carries, or undefined when the id is not of that form. */
export function accountOfKeyId(id: string): string | undefined {
  if (id.length !== 20) return undefined
  // Ten characters are 50 bits, which a double holds exactly: one bit set, the account, nine bits of no interest.
  let bits = 0
  for (let at = 4; at < 14; at++) {
    const value = values[id.charCodeAt(at)]
    if (value === undefined) return undefined
    bits = bits * 32 + value
  }
  const text = String(Math.floor((bits % 2 ** 49) / 2 ** 9)).padStart(12, '0')
  return text.length === 12 ? text : undefined
}

const hex = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** A UUIDv7 from a time in milliseconds and at least 10 random bytes. */
export function uuid7(ms: number, random: Uint8Array): string {
  const h = (i: number) => hex[random[i] as number] as string
  const time = ms.toString(16).padStart(12, '0')
  const version = (0x70 | ((random[0] as number) & 0x0f)).toString(16)
  const variant = (0x80 | ((random[2] as number) & 0x3f)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${h(1)}-${variant}${h(3)}-${h(4)}${h(5)}${h(6)}${h(7)}${h(8)}${h(9)}`
}

/** The millisecond a UUIDv7 was made at, or undefined when the text is not one. */
export function timeOfUuid7(id: string): number | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) return undefined
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
