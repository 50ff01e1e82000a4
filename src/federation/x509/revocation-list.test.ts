// Lists of revoked certificates, and lists that do not count.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CRLNumber, GeneralName } from '@peculiar/asn1-x509'
import { readCertificate } from './certificate.ts'
import { issuerOf, readRevocationList } from './revocation-list.ts'
import { type Authority, ecKeys, extension, rootAuthority } from './testing/authority.ts'

const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
const read = ({ der }: { readonly der: Buffer }) => {
  const list = readRevocationList(der)
  assert.ok(list, 'the list can be read')
  return list
}
const certificateOf = ({ der }: Authority) => {
  const certificate = readCertificate(der)
  assert.ok(certificate)
  return certificate
}

test('a list says which serial numbers are revoked, and until when it holds', () => {
  const list = read(root.revoke([7n, 0xfedcba98765432100123n]))
  assert.deepEqual([...list.revoked], [7n, 0xfedcba98765432100123n])
  assert.equal(new Date(list.nextUpdate ?? 0).toISOString(), '2036-01-01T00:00:00.000Z')
  assert.equal(issuerOf(list, [certificateOf(root)])?.subjectKey, certificateOf(root).subjectKey)
})

test('a list of none, with its number, is one', () => {
  assert.equal(read(root.revoke([], { extensions: [extension('2.5.29.20', new CRLNumber(3))] })).revoked.size, 0)
})

const notIssued: readonly (readonly [string, () => boolean])[] = [
  [
    'of another authority',
    () => issuerOf(read(rootAuthority({ subject: ['CN=Other'] }).revoke([1n])), [certificateOf(root)]) === undefined,
  ],
  [
    'in its name, of another key',
    () => issuerOf(read(root.revoke([1n], { by: ecKeys() })), [certificateOf(root)]) === undefined,
  ],
  [
    'of an authority that may not sign lists',
    () => {
      const plain = rootAuthority({ subject: ['CN=Plain'], usages: ['keyCertSign'] })
      return issuerOf(read(plain.revoke([1n])), [certificateOf(plain)]) === undefined
    },
  ],
]
for (const [what, run] of notIssued) test(`a list ${what} is nobody's`, () => assert.ok(run()))

const other = new GeneralName({ dNSName: 'x' })
const { der } = root.revoke([1n])
const unreadable: readonly (readonly [string, Buffer])[] = [
  ['of changes to another', root.revoke([1n], { extensions: [extension('2.5.29.27', new CRLNumber(1), true)] }).der],
  ['for part of the certificates', root.revoke([1n], { extensions: [extension('2.5.29.28', other)] }).der],
  ['with a critical extension', root.revoke([1n], { extensions: [extension('1.3.6.1.4.1.99999.1', other, true)] }).der],
  [
    'whose entries are of another issuer',
    root.revoke([1n], { entryExtensions: [extension('2.5.29.29', other, true)] }).der,
  ],
  ['cut off', der.subarray(0, -1)],
  ['with bytes after it', Buffer.concat([der, Buffer.from([0])])],
  ['that is a certificate', root.der],
  ['longer than AWS takes', root.revoke(Array.from({ length: 9_000 }, (_, at) => BigInt(at + 1) << 100n)).der],
]
for (const [what, bytes] of unreadable)
  test(`no list: one ${what}`, () => assert.equal(readRevocationList(bytes), undefined))
