// The certificates that a request brings: what is read of them, and what is kept.
import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { createKnownCertificates } from './presented.ts'
import { rootAuthority } from './testing/authority.ts'

const root = rootAuthority({ subject: ['CN=Root'] })
const text = ({ der }: { readonly der: Buffer }) => der.toString('base64')
const leaf = text(root.issue({ subject: ['CN=web'] }))
const chain = text(root)

test('what was not kept is read again, and what was kept is not', () => {
  const known = createKnownCertificates()
  const first = known.read(leaf, chain)
  ok(first)
  ok(known.read(leaf, chain) !== first)
  known.keep(first)
  equal(known.read(leaf, chain), first)
  ok(known.read(leaf, undefined) !== first)
  // The same bytes in other places are read, and refused, as what they are there.
  equal(known.read(`${leaf},${chain}`, undefined), undefined)
  known.keep(known.read(leaf, undefined) ?? first)
  equal(known.read(leaf, ''), undefined)
})

test('what is kept is bounded', () => {
  const known = createKnownCertificates(20_000)
  const all = Array.from({ length: 20 }, (_, at) => text(root.issue({ subject: [`CN=${at}`] })))
  const kept = all.map((one) => {
    const read = known.read(one, undefined)
    ok(read)
    known.keep(read)
    return read
  })
  ok(all.filter((one, at) => known.read(one, undefined) === kept[at]).length < 5)
})

for (const [what, certificate, others] of [
  ['a blank in base64', ` ${leaf}`, undefined],
  ['base64url', leaf.replaceAll('+', '-').replaceAll('/', '_').replace(/=*$/, ''), undefined],
  ['no certificate', '', undefined],
  ['an empty chain', leaf, ''],
  ['a comma at the end of the chain', leaf, `${chain},`],
  ['a blank after a comma', leaf, `${chain}, ${chain}`],
  ['six in the chain', leaf, Array(6).fill(chain).join(',')],
  ['a chain of a million commas', leaf, ','.repeat(1_000_000)],
] as const) {
  test(`not read: ${what}`, () => equal(createKnownCertificates().read(certificate, others), undefined))
}
