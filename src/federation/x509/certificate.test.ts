// What is read as a certificate, and bytes that only look like one.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { GeneralName } from '@peculiar/asn1-x509'
import { readPem } from '../../core/pem.ts'
import { mostCertificateBytes, readCertificate, serialHex } from './certificate.ts'
import { isDer } from './der.ts'
import { printedName } from './name.ts'
import { extension, pemOf, rootAuthority, rsaKeys } from './testing/authority.ts'

const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
const leaf = root.issue({
  subject: ['O=Example', 'OU=One', 'OU=Two', 'CN=web'],
  serial: 0xfedcba98765432100123n,
  keys: rsaKeys(),
  names: [
    { dNSName: 'web.example.com' },
    { uniformResourceIdentifier: 'spiffe://example.org/web' },
    { iPAddress: '10.0.0.1' },
  ],
})

test("it is read as OpenSSL's reader does", () => {
  const certificate = readCertificate(leaf.der)
  const reference = new X509Certificate(leaf.der)
  assert.ok(certificate)
  assert.equal(serialHex(certificate.serial), reference.serialNumber.toLowerCase())
  assert.equal(certificate.serial.toString(), '1203552815971897489490211')
  assert.equal(new Date(certificate.notAfter).getTime(), reference.validToDate.getTime())
  assert.ok(certificate.key.equals(reference.publicKey))
  assert.equal(printedName(certificate.subject), reference.subject.split('\n').reverse().join(','))
  const { dns, uri, isOther } = certificate.alternativeNames
  assert.deepEqual([dns, uri, isOther], [['web.example.com'], ['spiffe://example.org/web'], true])
})

const { der } = root.issue({ subject: ['CN=web'] })
const changed = (at: number, ...bytes: number[]) => {
  const copy = Buffer.from(der)
  copy.set(bytes, at)
  return copy
}
/** The sequence of that content, its length in as many bytes as given. */
const wrapped = (content: Buffer, count: number) => {
  const length = Buffer.alloc(count)
  length.writeUIntBE(content.length, 0, count)
  return Buffer.concat([Buffer.from([0x30, 0x80 | count]), length, content])
}
const content = der.subarray(4)
const twice = extension('2.5.29.17', new GeneralName({ dNSName: 'a' }))
const deep = Buffer.alloc(4000)
for (let at = 0; at < deep.length; at += 4)
  deep.set([0x30, 0x82, (deep.length - at - 4) >> 8, (deep.length - at - 4) & 0xff], at)

const unreadable: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte after the end', Buffer.concat([der, Buffer.from([0])])],
  ['a second certificate after it', Buffer.concat([der, der])],
  ['a byte less', der.subarray(0, -1)],
  ['half of it', der.subarray(0, der.length / 2)],
  ['an indefinite length', Buffer.concat([Buffer.from([0x30, 0x80]), content, Buffer.from([0, 0])])],
  ['a length that is longer than it need be', wrapped(content, 3)],
  ['a length beyond the end', changed(2, 0x7f, 0xff)],
  ['a length of 4 GB', Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0])],
  ['a thousand sequences in each other', deep],
  ['ten thousand empty values', wrapped(Buffer.alloc(15_000, Buffer.from([5, 0])), 2)],
  [
    'more bytes than any certificate has',
    wrapped(Buffer.concat([Buffer.from([4, 0x83, 1, 0, 0]), Buffer.alloc(65_536)]), 3),
  ],
  ['PEM in its place', Buffer.from(pemOf(der))],
  [
    'an extension twice',
    root.issue({ subject: ['CN=web'], extensions: [twice, twice], names: [{ dNSName: 'b' }] }).der,
  ],
  ['a serial number of 21 bytes', root.issue({ subject: ['CN=web'], serial: 1n << 160n }).der],
  ['the serial number 0', root.issue({ subject: ['CN=web'], serial: 0n }).der],
  ['a NUL in a host name', root.issue({ subject: ['CN=web'], names: [{ dNSName: 'a.example.com\0.evil.test' }] }).der],
]
for (const [what, bytes] of unreadable)
  test(`no certificate: ${what}`, () => assert.equal(readCertificate(bytes), undefined))

test('no single changed byte makes it another certificate that the authority signed', () => {
  const original = readCertificate(der)
  for (let at = 0; at < der.length; at++) {
    const read = readCertificate(changed(at, (der[at] as number) ^ 0x41))
    // What is read is another one, by its fingerprint: signatures decide.
    assert.notEqual(read?.fingerprint, original?.fingerprint)
  }
})

const large = { bytes: mostCertificateBytes, elements: 100 }
for (const [what, hex, is] of [
  ['true as 0xff', '0101ff', true],
  ['true as 1', '010101', false],
  ['a whole number in its shortest form', '020100', true],
  ['a whole number with a zero before it', '02020001', false],
  ['a negative one with ones before it', '0202ff80', false],
  ['a text in pieces', '2c03' + '0c0141', false],
  ['a text that is not UTF-8', '0c02c328', false],
  ['a printable text with a NUL', '130200'.padEnd(8, '0'), false],
  ['an identifier with zeros before a part', '0603550480', false],
  ['a time with an offset', `1711${Buffer.from('260101000000+0100').toString('hex')}`, false],
  ['a month 13', `170d${Buffer.from('261301000000Z').toString('hex')}`, false],
  ['a tag of two bytes', '1f8100', false],
  ['a sequence without parts', '1000', false],
  ['unused bits that are set', '03020101', false],
] as const) {
  test(`distinguished encoding: ${what}: ${is ? 'yes' : 'no'}`, () =>
    assert.equal(isDer(Buffer.from(hex, 'hex'), large), is))
}

test('PEM is whole blocks of its label', () => {
  assert.equal(readPem(`about it\n${root.pem}\n${leaf.pem}`, 'CERTIFICATE')?.length, 2)
  for (const text of [
    '',
    der.toString('base64'),
    root.pem.slice(0, -10),
    root.pem.replace('M', '*'),
    leaf.pem.replace('-----END CERTIFICATE', ''),
  ]) {
    assert.equal(readPem(text, 'CERTIFICATE'), undefined)
  }
  assert.equal(readPem(pemOf(der, 'PRIVATE KEY'), 'CERTIFICATE'), undefined)
})
