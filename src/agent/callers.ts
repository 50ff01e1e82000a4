// Who may ask the agent, before anything else is looked at: programs of this machine and of peers that the operator named, under the
// agent's own addresses, and nobody through a browser or a proxy. A name that an attacker made lead here is none of these addresses
// (DNS rebinding).
import { networkInterfaces } from 'node:os'
import { isForeign } from '../client/foreign-headers.ts'
import { hostName, isLoopbackHost } from '../core/host-name.ts'
import type { Message } from '../core/http.ts'
import { inRanges, type Range } from '../core/policy/addresses.ts'
import { type Exchange, isRepeated } from '../server/exchange.ts'
import { canonicalAddress } from '../server/proxies.ts'

/** Why a request is answered with nothing: a header twice, a peer, a header of a browser or a proxy, a Host that is not ours. */
export type Foreign = 'repeated' | 'peer' | 'forwarded' | 'host'

/** What a request is, or why it is not looked at. */
export type Caller = { readonly message: Message } | { readonly foreign: Foreign }

export interface CallerRules {
  /** Where it listens. */
  readonly host: string
  /** The addresses that clients know: 169.254.169.254. And names that the operator gave it. */
  readonly names: readonly string[]
  /** Peers beyond this machine. */
  readonly allow: readonly Range[]
  readonly clock: () => Date
  /** This machine's addresses; the system's by default. */
  readonly ownAddresses?: () => readonly string[]
}

/** How long this machine's addresses are remembered. */
const addressesMs = 2000

export function callersOf({ host, names, allow, clock, ownAddresses = addressesOfMachine }: CallerRules) {
  const isOwn = ownAddressesOf(ownAddresses, clock)
  const hosts = new Set([...names, ...(isEvery(host) ? [] : [host])].map(bracketed))
  if (isLoopbackHost(bracketed(host))) hosts.add('localhost')
  return ({ message, from }: Pick<Exchange, 'message' | 'from'>): Caller => {
    const isHere = isLoopbackHost(bracketed(from.address)) || isOwn(from.address)
    if (!isHere && !inRanges(allow, from.address)) return { foreign: 'peer' }
    if (isRepeated(message)) return { foreign: 'repeated' }
    if (isForeign((name) => message.headers.get(name))) return { foreign: 'forwarded' }
    const asked = hostName(message.headers.get('host') ?? '')
    return asked !== undefined && hosts.has(asked) ? { message } : { foreign: 'host' }
  }
}

const isEvery = (host: string) => host === '0.0.0.0' || host === '::'
const bracketed = (host: string) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host).toLowerCase()

/** A program that asks a link-local address comes, after the firewall's redirection, from any address of the machine. */
function ownAddressesOf(read: () => readonly string[], clock: () => Date): (address: string) => boolean {
  let [readAt, own] = [Number.NEGATIVE_INFINITY, new Set<string>()]
  return (address) => {
    const now = clock().getTime()
    if (now < readAt || now - readAt > addressesMs) [readAt, own] = [now, new Set(read())]
    return own.has(address)
  }
}

const addressesOfMachine = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address }) => canonicalAddress(address.replace(/%.*$/, '')) ?? []),
  )
