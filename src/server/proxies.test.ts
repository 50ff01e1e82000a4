import { strictEqual as equal, ok, deepStrictEqual as same } from 'node:assert/strict'
import { test } from 'node:test'
import { addressNetwork } from '../core/address-network.ts'
import { canonicalAddress, type ForwardedHeader, originOf, type Proxies, peerOf, trustedProxies } from './proxies.ts'

function proxies(list: readonly string[], header: ForwardedHeader = 'x-forwarded-for'): Proxies {
  const compiled = trustedProxies(list, header)
  if ('invalid' in compiled) throw new Error(compiled.invalid)
  return compiled
}

const trusted = ['10.0.0.0/8', '2001:db8:1::/48']

const rows: readonly {
  rule: string
  remote?: string
  tls?: boolean
  header?: ForwardedHeader
  headers: Readonly<Record<string, string>>
  is: readonly [string, boolean]
}[] = [
  { rule: 'no header: the socket', headers: {}, is: ['10.0.0.1', false] },
  {
    rule: 'an untrusted peer is not believed',
    remote: '9.9.9.9',
    headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' },
    is: ['9.9.9.9', false],
  },
  {
    rule: 'a Unix socket is not a trusted peer',
    remote: '',
    headers: { 'x-forwarded-for': '1.1.1.1' },
    is: ['', false],
  },
  { rule: 'one hop', headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' }, is: ['1.1.1.1', true] },
  {
    rule: 'a mapped peer is its IPv4 self',
    remote: '::ffff:10.0.0.1',
    headers: { 'x-forwarded-for': '1.1.1.1' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'what the client wrote before is not read',
    headers: { 'x-forwarded-for': '10.0.0.9, <script>, 1.1.1.1' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'trusted hops are walked over',
    headers: { 'x-forwarded-for': '6.6.6.6, 1.1.1.1, 10.1.1.1, 2001:db8:1::5' },
    is: ['1.1.1.1', false],
  },
  { rule: 'all trusted: the left-most', headers: { 'x-forwarded-for': '10.9.9.9, 10.1.1.1' }, is: ['10.9.9.9', false] },
  {
    rule: 'IPv6 is compressed and lower-cased',
    headers: { 'x-forwarded-for': '2001:DB8:0:0::0:1' },
    is: ['2001:db8::1', false],
  },
  { rule: 'a mapped hop is IPv4', headers: { 'x-forwarded-for': '::ffff:1.1.1.1' }, is: ['1.1.1.1', false] },
  {
    rule: 'a mapped hop in hexadecimal is IPv4',
    headers: { 'x-forwarded-for': '::FFFF:101:101' },
    is: ['1.1.1.1', false],
  },
  { rule: 'a port is dropped', headers: { 'x-forwarded-for': '1.1.1.1:5555' }, is: ['1.1.1.1', false] },
  {
    rule: 'brackets and a port are dropped',
    headers: { 'x-forwarded-for': '[2001:db8::1]:443' },
    is: ['2001:db8::1', false],
  },
  {
    rule: 'malformed: the proxy itself',
    headers: { 'x-forwarded-for': '1.1.1.1, unknown', 'x-forwarded-proto': 'https' },
    is: ['10.0.0.1', false],
  },
  {
    rule: 'malformed behind a trusted hop: the proxy itself',
    headers: { 'x-forwarded-for': '999.1.1.1, 10.1.1.1' },
    is: ['10.0.0.1', false],
  },
  { rule: 'empty: the proxy itself', headers: { 'x-forwarded-for': '' }, is: ['10.0.0.1', false] },
  { rule: 'octal is no address', headers: { 'x-forwarded-for': '01.1.1.1' }, is: ['10.0.0.1', false] },
  { rule: 'a zone is no address', headers: { 'x-forwarded-for': 'fe80::1%eth0' }, is: ['10.0.0.1', false] },
  {
    rule: 'malformed over TLS with http in front is not secure',
    tls: true,
    headers: { 'x-forwarded-for': 'x', 'x-forwarded-proto': 'http' },
    is: ['10.0.0.1', false],
  },
  {
    rule: 'https of one hop of two is not secure',
    headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https,http' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'http in front of TLS is not secure',
    tls: true,
    headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'http' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'an unknown scheme is not secure',
    headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'wss' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'Forwarded is not read unless configured',
    headers: { forwarded: 'for=1.1.1.1;proto=https' },
    is: ['10.0.0.1', false],
  },
  {
    rule: 'X-Forwarded-For is not read when Forwarded is configured',
    header: 'forwarded',
    headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' },
    is: ['10.0.0.1', false],
  },
  {
    rule: 'Forwarded: one hop',
    header: 'forwarded',
    headers: { forwarded: 'for=1.1.1.1;proto=https;by=10.0.0.1' },
    is: ['1.1.1.1', true],
  },
  {
    rule: 'Forwarded: quoted IPv6 with a port',
    header: 'forwarded',
    headers: { forwarded: 'For="[2001:DB8::1]:4711";Proto=HTTPS' },
    is: ['2001:db8::1', true],
  },
  {
    rule: 'Forwarded: trusted hops are walked over, each must be https',
    header: 'forwarded',
    headers: { forwarded: 'for=1.1.1.1;proto=http, for=10.1.1.1;proto=https' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'Forwarded: what a client wrote before is not read',
    header: 'forwarded',
    headers: { forwarded: 'for=10.2.2.2;proto=https, for=1.1.1.1;proto=http' },
    is: ['1.1.1.1', false],
  },
  {
    rule: 'Forwarded: a quote left open by the client swallows nothing',
    header: 'forwarded',
    headers: { forwarded: 'for=10.2.2.2;by=", for=1.1.1.1;proto=https' },
    is: ['1.1.1.1', true],
  },
  {
    rule: 'Forwarded: an obfuscated name is the proxy itself',
    header: 'forwarded',
    headers: { forwarded: 'for=_hidden;proto=https' },
    is: ['10.0.0.1', false],
  },
  {
    rule: 'Forwarded: without for is the proxy itself',
    header: 'forwarded',
    headers: { forwarded: 'proto=https' },
    is: ['10.0.0.1', false],
  },
]
for (const { rule, remote = '10.0.0.1', tls = false, header = 'x-forwarded-for', headers, is } of rows) {
  test(`origin: ${rule}`, () => {
    const config = proxies(trusted, header)
    const origin = originOf(peerOf(remote, tls, config), new Map(Object.entries(headers)), config)
    same([origin.address, origin.tls], is)
  })
}

const ranges: readonly { rule: string; list: readonly string[]; valid: boolean }[] = [
  { rule: 'an address', list: ['10.0.0.1'], valid: true },
  { rule: 'a range', list: ['10.0.0.0/8', 'fd00::/8'], valid: true },
  { rule: 'a mapped range', list: ['::ffff:10.0.0.0/104'], valid: true },
  { rule: 'everything in IPv4', list: ['0.0.0.0/0'], valid: false },
  { rule: 'everything in IPv6', list: ['::/0'], valid: false },
  { rule: 'everything in IPv4, mapped', list: ['::ffff:0.0.0.0/96'], valid: false },
  { rule: 'a prefix that is too long', list: ['10.0.0.0/33'], valid: false },
  { rule: 'an empty prefix', list: ['10.0.0.0/'], valid: false },
  { rule: 'a name', list: ['proxy.internal'], valid: false },
  { rule: 'two slashes', list: ['10.0.0.0/8/8'], valid: false },
  { rule: 'nothing', list: [''], valid: false },
]
for (const { rule, list, valid } of ranges) {
  test(`trusted proxies: ${rule} is ${valid ? 'taken' : 'refused'}`, () => {
    equal('invalid' in trustedProxies(list), !valid)
  })
}

test('trusted proxies: a mapped range means its IPv4 range', () => {
  const config = proxies(['::ffff:10.0.0.0/104'])
  ok(config.trusts('10.255.0.1'))
  ok(!config.trusts('11.0.0.1'))
})

test('a link-local socket address loses its zone', () => {
  equal(peerOf('fe80::1%eth0', false, proxies(['10.0.0.1'])).address, 'fe80::1')
})

test('addresses: what is not one is undefined', () => {
  for (const text of ['', ' 1.1.1.1', '1.1.1', '1.1.1.1.1', '0x1.1.1.1', ':::', '[::1]', '1.1.1.1/8']) {
    equal(canonicalAddress(text), undefined, text)
  }
})

const networks: readonly (readonly [string, string])[] = [
  ['1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
  ['fe80::', 'fe80:0:0:0::/64'],
  ['', ''],
]
for (const [address, network] of networks) {
  test(`network of ${address || 'a Unix socket'}`, () => equal(addressNetwork(address), network))
}
