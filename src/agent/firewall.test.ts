import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenerEntry } from '../config/agent-file.ts'
import { firewallRules } from './firewall.ts'
import { entryOf } from './testing/agent.ts'

const local = entryOf('instance-metadata', { listen: { host: '127.0.0.1', port: 1338 } })
const bridge = entryOf('instance-metadata', { listen: { host: '172.17.0.1', port: 1338 }, allow: ['172.17.0.0/16'] })
const rules = (...listeners: ListenerEntry[]) => ({
  nft: firewallRules('nftables', listeners),
  ipt: firewallRules('iptables', listeners),
})

test('programs of this machine are led to the listener; what others send to the address goes no further', () => {
  const { nft, ipt } = rules(local)
  equal(
    nft,
    `# Apply with \`nft -f FILE\`; take back with \`nft delete table inet hallpass_metadata\`.
table inet hallpass_metadata
delete table inet hallpass_metadata
table inet hallpass_metadata {
  chain of_this_machine {
    type nat hook output priority -100; policy accept;
    ip daddr 169.254.169.254 tcp dport 80 dnat ip to 127.0.0.1:1338
  }
  chain of_nobody_else {
    type filter hook prerouting priority -150; policy accept;
    iifname != "lo" ip daddr 169.254.169.254 drop
  }
  chain hop_limit {
    type filter hook output priority -150; policy accept;
    ip saddr 127.0.0.1 tcp sport 1338 ip ttl set 1
  }
}`,
  )
  match(
    ipt,
    /-t nat -A HALLPASS-LOCAL -d 169\.254\.169\.254 -p tcp --dport 80 -j DNAT --to-destination 127\.0\.0\.1:1338/,
  )
  match(ipt, /-t mangle -A HALLPASS-OTHERS ! -i lo -d 169\.254\.169\.254 -j DROP/)
  match(ipt, /-t mangle -A HALLPASS-HOPS -s 127\.0\.0\.1 -p tcp --sport 1338 -j TTL --ttl-set 1/)
  ok(!ipt.includes('HALLPASS-PEERS'))
})

test('peers are led to the listener that allows them, and the machine itself to the one without peers', () => {
  const { nft, ipt } = rules(bridge, local)
  match(nft, /of_this_machine \{[^}]*dnat ip to 127\.0\.0\.1:1338\n {2}\}/)
  match(nft, /ip saddr \{ 172\.17\.0\.0\/16 \} ip daddr 169\.254\.169\.254 tcp dport 80 dnat ip to 172\.17\.0\.1:1338/)
  match(nft, /iifname != "lo" ip daddr 169\.254\.169\.254 ip saddr != \{ 172\.17\.0\.0\/16 \} drop/)
  equal(nft.split(' drop').length, 2)
  ok(ipt.indexOf('-s 172.17.0.0/16 -d 169.254.169.254 -j RETURN') < ipt.indexOf('! -i lo -d 169.254.169.254 -j DROP'))
  equal(ipt.split('-j DROP').length, 2)
})

test('each service has the address that SDKs know, in each family that its listener has', () => {
  const any = { listen: { host: '::', port: 8080 }, allow: ['10.0.0.0/8', 'fd12::/64'], hopLimit: 2 }
  const { nft, ipt } = rules(
    entryOf('container-credentials', { listen: { host: '127.0.0.1', port: 1339 } }),
    entryOf('pod-identity', any),
  )
  match(nft, /ip daddr 169\.254\.170\.2 tcp dport 80 dnat ip to 127\.0\.0\.1:1339/)
  match(nft, /ip saddr \{ 10\.0\.0\.0\/8 \} ip daddr 169\.254\.170\.23 tcp dport 80 redirect to :8080/)
  match(nft, /ip6 saddr \{ fd12::\/64 \} ip6 daddr fd00:ec2::23 tcp dport 80 redirect to :8080/)
  match(nft, / tcp sport 8080 ip ttl set 2\n {4}tcp sport 8080 ip6 hoplimit set 2/)
  match(
    ipt,
    /^ip6tables -w -t nat -A HALLPASS-PEERS -s fd12::\/64 -d fd00:ec2::23 -p tcp --dport 80 -j REDIRECT --to-ports 8080$/m,
  )
  match(ipt, /^ip6tables -w -t mangle -A HALLPASS-HOPS -p tcp --sport 8080 -j HL --hl-set 2$/m)
})

test('a listener on the known address itself needs no redirection, only its limits', () => {
  const { nft } = rules(entryOf('pod-identity', { listen: { host: '169.254.170.23', port: 80 } }))
  ok(!nft.includes('dnat') && !nft.includes('redirect'))
  match(nft, /ip saddr 169\.254\.170\.23 tcp sport 80 ip ttl set 1/)
})
