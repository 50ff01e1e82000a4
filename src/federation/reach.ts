// Which addresses may be fetched. A URL that a tenant wrote must not make this server speak to its neighbours (cloud
// metadata, databases, itself): public addresses alone, and what the operator allows (IANA special-purpose registries,
// RFC 6890; RFC 4291).
import { inRanges, type Range, readRange } from '../core/policy/addresses.ts'

/** Whether an address, as text, may be connected to. Text that is no address may not. */
export type Reach = (address: string) => boolean

const ranges = (...texts: string[]): readonly Range[] =>
  texts.map((text) => {
    const range = readRange(text)
    if (range === undefined) throw new TypeError(`${text} is not a range of addresses`)
    return range
  })

const loopback = ranges('127.0.0.0/8', '::1/128')

/** IPv4 that is not the public's: "this" network, private, shared, link-local, documentation, benchmarks, multicast, reserved. */
const notPublic = ranges(
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  // Within IPv6's global unicast: special assignments, Teredo among them; documentation; 6to4, which wraps any IPv4.
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
)

/** All of IPv4, and IPv6's global unicast; what is outside wraps IPv4 (NAT64) or is local. */
const unicast = ranges('0.0.0.0/0', '2000::/3')

export const isLoopback = (address: string) => inRanges(loopback, address)

/**
 * Public addresses and those in `allow` (CIDR ranges or single addresses).
 * @throws TypeError for a text that is no range.
 */
export function reachOf(allow: readonly string[]): Reach {
  const allowed = ranges(...allow)
  return (address) => inRanges(allowed, address) || (inRanges(unicast, address) && !inRanges(notPublic, address))
}
