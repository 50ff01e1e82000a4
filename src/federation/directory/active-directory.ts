// Values as Active Directory writes them (MS-DTYP, MS-ADTS): identifiers as bytes, and times since 1601.

/** objectGUID: its first three parts are little-endian (MS-DTYP section 2.3.4). */
export function guidText(bytes: Buffer): string | undefined {
  if (bytes.length !== 16) return undefined
  const part = (from: number, to: number) => bytes.subarray(from, to)
  const swapped = (from: number, to: number) => Buffer.from(part(from, to)).reverse().toString('hex')
  return `${swapped(0, 4)}-${swapped(4, 6)}-${swapped(6, 8)}-${part(8, 10).toString('hex')}-${part(10, 16).toString('hex')}`
}

export function guidBytes(text: string): Buffer | undefined {
  if (!/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(text)) return undefined
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ])
    bytes.subarray(from, to).reverse()
  return bytes
}

/** objectSid and tokenGroups: `S-1-5-21-…` (MS-DTYP section 2.4.2.1). */
export function sidText(bytes: Buffer): string | undefined {
  const count = bytes[1] ?? 0
  if (bytes[0] !== 1 || bytes.length !== 8 + 4 * count) return undefined
  const parts = Array.from({ length: count }, (_, at) => bytes.readUInt32LE(8 + 4 * at))
  return ['S-1', bytes.readUIntBE(2, 6), ...parts].join('-')
}

const between1601and1970Ms = 11_644_473_600_000n
const never = 0x7fff_ffff_ffff_ffffn

/** ms since 1970 of a count of 100 ns since 1601; `never` for its two ways to say so, undefined for what is no count. */
export function fileTimeMs(text: string): number | 'never' | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined
  const time = BigInt(text)
  if (time === 0n || time >= never) return 'never'
  return Number(time / 10_000n - between1601and1970Ms)
}
