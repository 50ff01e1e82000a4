// Rules that bring programs of this machine, and peers that the operator allowed, from the addresses that SDKs know to the agent; that
// let nobody else's requests for those addresses pass through this machine; and that let the agent's answers go no further than the
// listener's hop limit. They are printed, and the operator applies them: the agent itself needs no rights over the network.
import type { ListenerEntry } from '../config/agent-file.ts'
import { knownAddresses } from './known-addresses.ts'

export type FirewallKind = 'nftables' | 'iptables'

/** One address that leads to one listener. */
interface Route {
  readonly family: 'ip' | 'ip6'
  readonly address: string
  readonly listener: ListenerEntry
  /** Of its peers, those of this family. */
  readonly peers: readonly string[]
}

const familyOf = (address: string) => (address.includes(':') ? 'ip6' : 'ip')

/** Where a listener can be reached by a family: on an address of it. */
function routesOf(listeners: readonly ListenerEntry[]): readonly Route[] {
  return listeners.flatMap((listener) => {
    const host = listener.listen.host === 'localhost' ? '127.0.0.1' : listener.listen.host
    return knownAddresses[listener.serves]
      .filter((address) => familyOf(address) === familyOf(host) || host === '::')
      .filter((address) => !(host === address && listener.listen.port === 80))
      .map((address) => ({
        ...({
          family: familyOf(address),
          address,
          listener: { ...listener, listen: { ...listener.listen, host } },
        } as const),
        peers: listener.allow.filter((range) => familyOf(range) === familyOf(address)),
      }))
  })
}

/** For programs of this machine, one listener of each address: one without peers if there is one. */
function localOf(routes: readonly Route[]): readonly Route[] {
  const byPeers = [...routes].sort((a, b) => a.listener.allow.length - b.listener.allow.length)
  return byPeers.filter(({ address }, at) => byPeers.findIndex((route) => route.address === address) === at)
}

/** Of each address, the peers of all its listeners. */
function peersOf(routes: readonly Route[]): readonly Pick<Route, 'family' | 'address' | 'peers'>[] {
  return localOf(routes).map(({ family, address }) => ({
    ...{ family, address },
    peers: routes.flatMap((route) => (route.address === address ? route.peers : [])),
  }))
}

/** The rules as text: a file for `nft -f`, or a script for `sh`. Applying them again replaces them. */
export function firewallRules(kind: FirewallKind, listeners: readonly ListenerEntry[]): string {
  const routes = routesOf(listeners)
  return (kind === 'nftables' ? nftables(routes, listeners) : iptables(routes, listeners)).join('\n')
}

const isAny = (host: string) => host === '0.0.0.0' || host === '::'

function nftables(routes: readonly Route[], listeners: readonly ListenerEntry[]): readonly string[] {
  const to = ({ family, listener: { listen } }: Route) => {
    const { host, port } = listen
    if (isAny(host)) return `redirect to :${port}`
    return family === 'ip' ? `dnat ip to ${host}:${port}` : `dnat ip6 to [${host}]:${port}`
  }
  const set = (ranges: readonly string[]) => `{ ${ranges.join(', ')} }`
  const local = localOf(routes).map((route) => `${route.family} daddr ${route.address} tcp dport 80 ${to(route)}`)
  const ofPeers = routes.flatMap((route) => {
    const { family, address, peers } = route
    return peers.length === 0
      ? []
      : [`${family} saddr ${set(peers)} ${family} daddr ${address} tcp dport 80 ${to(route)}`]
  })
  const barred = peersOf(routes).map(({ family, address, peers }) => {
    const others = peers.length === 0 ? '' : ` ${family} saddr != ${set(peers)}`
    return `iifname != "lo" ${family} daddr ${address}${others} drop`
  })
  const chain = (name: string, hook: string, rules: readonly string[]) =>
    rules.length === 0 ? [] : [`  chain ${name} {`, `    ${hook}`, ...rules.map((rule) => `    ${rule}`), '  }']
  return [
    '# Apply with `nft -f FILE`; take back with `nft delete table inet hallpass_metadata`.',
    'table inet hallpass_metadata',
    'delete table inet hallpass_metadata',
    'table inet hallpass_metadata {',
    ...chain('of_this_machine', 'type nat hook output priority -100; policy accept;', local),
    ...chain('of_peers', 'type nat hook prerouting priority -100; policy accept;', ofPeers),
    ...chain('of_nobody_else', 'type filter hook prerouting priority -150; policy accept;', barred),
    ...chain('hop_limit', 'type filter hook output priority -150; policy accept;', listeners.flatMap(nftHops)),
    '}',
  ]
}

/** The answers are known by the port that they come from. */
function nftHops({ listen: { host, port }, hopLimit }: ListenerEntry): readonly string[] {
  const families = host === '::' ? (['ip', 'ip6'] as const) : ([familyOf(host)] as const)
  return families.map((family) => {
    const from = isAny(host) || host === 'localhost' ? '' : `${family} saddr ${host} `
    return `${from}tcp sport ${port} ${family === 'ip' ? 'ip ttl' : 'ip6 hoplimit'} set ${hopLimit}`
  })
}

function iptables(routes: readonly Route[], listeners: readonly ListenerEntry[]): readonly string[] {
  const families = new Set([...routes.map(({ family }) => family)])
  return [
    '# Apply with `sh FILE`.',
    'set -e',
    ...[...families].flatMap((family) => iptablesOf(family, routes, listeners)),
  ]
}

/** Chains of our own, emptied first, each called once from the table's own chain. */
function iptablesOf(
  family: Route['family'],
  routes: readonly Route[],
  listeners: readonly ListenerEntry[],
): readonly string[] {
  const program = family === 'ip' ? 'iptables -w' : 'ip6tables -w'
  const own = routes.filter((route) => route.family === family)
  const to = ({ host, port }: ListenerEntry['listen']) => {
    if (isAny(host)) return `REDIRECT --to-ports ${port}`
    return `DNAT --to-destination ${family === 'ip' ? host : `[${host}]`}:${port}`
  }
  const local = localOf(own).map(({ address, listener }) => `-d ${address} -p tcp --dport 80 -j ${to(listener.listen)}`)
  const ofPeers = own.flatMap(({ address, listener, peers }) =>
    peers.map((peer) => `-s ${peer} -d ${address} -p tcp --dport 80 -j ${to(listener.listen)}`),
  )
  const barred = peersOf(own).flatMap(({ address, peers }) => [
    ...peers.map((peer) => `-s ${peer} -d ${address} -j RETURN`),
    `! -i lo -d ${address} -j DROP`,
  ])
  const hops = listeners
    .filter(({ listen: { host } }) => host === '::' || familyOf(host) === family)
    .map(({ listen: { host, port }, hopLimit }) => {
      const from = isAny(host) || host === 'localhost' ? '' : `-s ${host} `
      return `${from}-p tcp --sport ${port} -j ${family === 'ip' ? 'TTL --ttl-set' : 'HL --hl-set'} ${hopLimit}`
    })
  const chain = (table: string, hook: string, name: string, rules: readonly string[]) =>
    rules.length === 0
      ? []
      : [
          `${program} -t ${table} -N ${name} 2>/dev/null || ${program} -t ${table} -F ${name}`,
          ...rules.map((rule) => `${program} -t ${table} -A ${name} ${rule}`),
          `${program} -t ${table} -C ${hook} -j ${name} 2>/dev/null || ${program} -t ${table} -A ${hook} -j ${name}`,
        ]
  return [
    ...chain('nat', 'OUTPUT', 'HALLPASS-LOCAL', local),
    ...chain('nat', 'PREROUTING', 'HALLPASS-PEERS', ofPeers),
    ...chain('mangle', 'PREROUTING', 'HALLPASS-OTHERS', barred),
    ...chain('mangle', 'OUTPUT', 'HALLPASS-HOPS', hops),
  ]
}
