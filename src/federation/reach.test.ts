import { equal, throws } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reachOf } from './reach.ts'

describe('which addresses may be fetched', () => {
  const plain = reachOf([])
  const rows: [string, string, boolean][] = [
    ['a public IPv4 address', '93.184.216.34', true],
    ['a public IPv6 address', '2606:2800:220:1:248:1893:25c8:1946', true],
    ['loopback', '127.0.0.1', false],
    ['all of loopback', '127.8.9.10', false],
    ['IPv6 loopback', '::1', false],
    ['loopback as IPv4-mapped IPv6', '::ffff:127.0.0.1', false],
    ['loopback as IPv4-compatible IPv6', '::127.0.0.1', false],
    ['the metadata service', '169.254.169.254', false],
    ['the metadata service on IPv6', 'fd00:ec2::254', false],
    ['the metadata service mapped', '::ffff:169.254.169.254', false],
    ['the metadata service behind NAT64', '64:ff9b::a9fe:a9fe', false],
    ['the metadata service behind 6to4', '2002:a9fe:a9fe::1', false],
    ['private 10', '10.1.2.3', false],
    ['private 172.16', '172.31.255.255', false],
    ['next to private 172.16', '172.32.0.1', true],
    ['private 192.168', '192.168.0.1', false],
    ['shared address space', '100.64.0.1', false],
    ['"this" host', '0.0.0.0', false],
    ['unspecified IPv6', '::', false],
    ['link-local IPv6', 'fe80::1', false],
    ['unique local IPv6', 'fc00::1', false],
    ['multicast', '224.0.0.1', false],
    ['multicast IPv6', 'ff02::1', false],
    ['broadcast', '255.255.255.255', false],
    ['Teredo', '2001:0:53aa:64c::1', false],
    ['what is no address', 'localhost', false],
    ['nothing', '', false],
    ['a zone', 'fe80::1%eth0', false],
    ['octal octets', '0177.0.0.1', false],
  ]
  for (const [name, address, may] of rows) {
    test(`${name}: ${may ? 'may' : 'may not'}`, () => equal(plain(address), may))
  }

  test('what the operator allows may be fetched, and no more', () => {
    const reach = reachOf(['10.1.0.0/16', '127.0.0.1', 'fd00::/8'])
    equal(reach('10.1.2.3'), true)
    equal(reach('::ffff:10.1.2.3'), true)
    equal(reach('10.2.2.3'), false)
    equal(reach('127.0.0.1'), true)
    equal(reach('127.0.0.2'), false)
    equal(reach('fd12::1'), true)
  })

  test('a text that is no range is an error of the operator', () => {
    throws(() => reachOf(['intranet']), TypeError)
    throws(() => reachOf(['10.0.0.0/40']), TypeError)
  })
})
