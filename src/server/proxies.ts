// Who the client is when proxies stand in front: `aws:SourceIp` and `aws:SecureTransport` come from the socket, or from
// what trusted proxies say (X-Forwarded-For and X-Forwarded-Proto, or RFC 7239 Forwarded: one of them, by
// configuration). A header from anyone else is not looked at.
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { Headers } from '../core/http.ts'
import { inRanges, type Range } from '../core/policy/addresses.ts'
import { readProxyRange } from '../core/range-text.ts'

export type ForwardedHeader = 'x-forwarded-for' | 'forwarded'

export interface Proxies {
  readonly header: ForwardedHeader
  /** Whether a canonical address is a trusted proxy's. */
  readonly trusts: (address: string) => boolean
}

/** Nobody is trusted: every address is the socket's. */
export const noProxies: Proxies = { header: 'x-forwarded-for', trusts: () => false }

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/

/** An address in the one form it is compared in, an IPv4-mapped one as IPv4; undefined when it is not an address. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text) || text.includes('%')) return undefined
  const compressed = new SocketAddress({ address: text, family: 'ipv6' }).address
  return mapped.exec(compressed)?.[1] ?? compressed
}

/** Compiles the configured list of addresses and CIDR ranges. */
export function trustedProxies(
  list: readonly string[],
  header: ForwardedHeader = 'x-forwarded-for',
): Proxies | { readonly invalid: string } {
  const ranges: Range[] = []
  for (const entry of list) {
    const range = readProxyRange(entry)
    if ('invalid' in range) return range
    ranges.push(range)
  }
  return {
    header,
    trusts: (text) => inRanges(ranges, text),
  }
}

/** The other end of a connection; decided once per connection. */
export interface Peer {
  /** Canonical, '' on a Unix socket. */
  readonly address: string
  readonly tls: boolean
  readonly trusted: boolean
}

/** `remote` is `socket.remoteAddress`; a link-local zone is dropped. */
export function peerOf(remote: string | undefined, tls: boolean, proxies: Proxies): Peer {
  const address = remote === undefined ? '' : (canonicalAddress(remote.replace(/%.*$/, '')) ?? '')
  return { address, tls, trusted: proxies.trusts(address) }
}

export interface Origin {
  readonly address: string
  readonly tls: boolean
}

/**
 * The client behind a peer: the right-most address that is not a trusted proxy's, or the left-most when all are.
 *
 * What is written left of it came from the client and is not read. When the part that proxies wrote is malformed, the
 * address is the socket's and the request counts as secure only if the socket is too. A request that passed several
 * proxies was secure only if each of them says https.
 */
export function originOf(peer: Peer, headers: Headers, proxies: Proxies): Origin {
  if (!peer.trusted) return peer
  return proxies.header === 'forwarded' ? fromForwarded(peer, headers, proxies) : fromXForwarded(peer, headers, proxies)
}

function fromXForwarded(peer: Peer, headers: Headers, proxies: Proxies): Origin {
  const proto = headers.get('x-forwarded-proto')
  const tls = proto === undefined ? peer.tls : proto.split(',').every(isHttps)
  const hops = headers.get('x-forwarded-for')?.split(',') ?? []
  let address = peer.address
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = hopAddress((hops[i] as string).trim())
    if (hop === undefined) return { address: peer.address, tls: tls && peer.tls }
    address = hop
    if (!proxies.trusts(hop)) break
  }
  return { address, tls }
}

const isHttps = (proto: string) => proto.trim().toLowerCase() === 'https'

/** One `name=value` of RFC 7239, the value a token or a quoted string without escapes. */
const parameter = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"([^"\\]*)")\s*$/

function fromForwarded(peer: Peer, headers: Headers, proxies: Proxies): Origin {
  let address = peer.address
  let tls = peer.tls
  let rest = headers.get('forwarded') ?? ''
  let first = true
  while (rest !== '') {
    const comma = lastComma(rest)
    const hop = element(rest.slice(comma + 1))
    if (hop === undefined) return { address: peer.address, tls: tls && peer.tls }
    if (hop.tls !== undefined) tls = first ? hop.tls : tls && hop.tls
    address = hop.address
    if (comma < 0 || !proxies.trusts(address)) break
    rest = rest.slice(0, comma)
    first = false
  }
  return { address, tls }
}

/** The last comma outside quotes, read from the right: a quote that a client left open cannot swallow a proxy's part. */
function lastComma(text: string): number {
  let quoted = false
  for (let i = text.length - 1; i >= 0; i--) {
    const c = text[i]
    if (c === '"') quoted = !quoted
    else if (c === ',' && !quoted) return i
  }
  return -1
}

function element(text: string): { readonly address: string; readonly tls?: boolean } | undefined {
  let address: string | undefined
  let tls: boolean | undefined
  for (const part of text.split(';')) {
    const [, name, token, quoted] = parameter.exec(part) ?? []
    if (name === undefined) return undefined
    const value = token ?? quoted ?? ''
    if (name.toLowerCase() === 'for') address = hopAddress(value)
    else if (name.toLowerCase() === 'proto') tls = isHttps(value)
  }
  if (address === undefined) return undefined
  return tls === undefined ? { address } : { address, tls }
}

/** An address as proxies write it: bare, IPv6 in brackets, either with a port. */
function hopAddress(text: string): string | undefined {
  if (text.startsWith('[')) return canonicalAddress(/^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? '')
  const port = /^([^:]*):\d{1,5}$/.exec(text)
  return canonicalAddress(port?.[1] ?? text)
}
