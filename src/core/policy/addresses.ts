// IP addresses and CIDR ranges for IpAddress and NotIpAddress (RFC 4632, RFC 4291). Written out, because what an
// operating system's parser accepts (octal octets, short forms, zone ids) differs from what policies mean.

export interface Address {
  readonly version: 4 | 6
  /** 2 or 8 groups of 16 bits. */
  readonly groups: readonly number[]
}

export interface Range extends Address {
  readonly bits: number
}

const decimal = /^(?:0|[1-9][0-9]{0,2})$/
const hextet = /^[0-9a-fA-F]{1,4}$/

function readV4(text: string): number[] | undefined {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every((octet) => decimal.test(octet) && Number(octet) <= 255)) return undefined
  const [a, b, c, d] = octets.map(Number) as [number, number, number, number]
  return [a * 256 + b, c * 256 + d]
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (hextet.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const tail = index === parts.length - 1 ? readV4(part) : undefined
      if (tail === undefined) return undefined
      groups.push(...tail)
    }
  }
  return groups
}

function readV6(text: string): number[] | undefined {
  const gap = text.indexOf('::')
  if (gap < 0) {
    const groups = readGroups(text)
    return groups?.length === 8 ? groups : undefined
  }
  const tail = text.slice(gap + 2)
  if (tail.includes('::') || text.slice(0, gap).includes('.')) return undefined
  const head = readGroups(text.slice(0, gap))
  const end = readGroups(tail)
  if (head === undefined || end === undefined || head.length + end.length > 7) return undefined
  return [...head, ...new Array<number>(8 - head.length - end.length).fill(0), ...end]
}

const isMapped = (groups: readonly number[]) => groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)

/**
 * An address, or undefined.
 * INVARIANT: an IPv4 address written as IPv6 (`::ffff:10.0.0.1`, what a dual-stack socket reports) is the IPv4 address;
 * otherwise a Deny on its range would miss it.
 */
export function readAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined
  if (!text.includes(':')) {
    const groups = readV4(text)
    return groups === undefined ? undefined : { version: 4, groups }
  }
  const groups = readV6(text)
  if (groups === undefined) return undefined
  return isMapped(groups) ? { version: 4, groups: groups.slice(6) } : { version: 6, groups }
}

/** A range in CIDR form; a bare address is a range of one. Undefined when the text is neither. */
export function readRange(text: string): Range | undefined {
  const slash = text.indexOf('/')
  const written = slash < 0 ? text : text.slice(0, slash)
  const address = readAddress(written)
  if (address === undefined) return undefined
  const mapped = address.version === 4 && written.includes(':')
  if (slash < 0) return { ...address, bits: address.version === 4 ? 32 : 128 }
  const length = text.slice(slash + 1)
  if (!decimal.test(length)) return undefined
  const bits = Number(length) - (mapped ? 96 : 0)
  if (bits < 0 || bits > (address.version === 4 ? 32 : 128)) return undefined
  return { ...address, bits }
}

/** Whether a text is an address in one of the ranges. */
export function inRanges(ranges: readonly Range[], text: string): boolean {
  const address = readAddress(text)
  return address !== undefined && ranges.some((range) => contains(range, address))
}

/** An address of the other version is outside. */
export function contains(range: Range, address: Address): boolean {
  if (range.version !== address.version) return false
  for (let group = 0, bits = range.bits; bits > 0; group++, bits -= 16) {
    const mask = bits >= 16 ? 0xffff : (0xffff << (16 - bits)) & 0xffff
    if ((((range.groups[group] as number) ^ (address.groups[group] as number)) & mask) !== 0) return false
  }
  return true
}
