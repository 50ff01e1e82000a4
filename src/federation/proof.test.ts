// The contract of kinds of proof: whose a proof is, and what holds whatever its kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GivenProof, type ProofKind, type VerifiedProof, verifyProof } from './proof.ts'

const now = new Date('2026-03-01T12:00:00Z')
const given = (text: string, more: Partial<GivenProof> = {}): GivenProof => ({
  ...{ account: '111122223333', text, address: '198.51.100.7' },
  ...more,
})

/** A proof that holds, of a toy's kind. */
const holds = (provider: string, audience?: string): VerifiedProof => ({
  ...{ provider, subject: 'ann', voucher: 'account' },
  ...(audience !== undefined && { audience }),
  claims: new Map(),
  keys: () => ({ prefix: provider, lasting: new Map(), others: 'absent' }),
  limits: () => ({ tags: [], transitive: [], sourceIdentity: undefined }),
})

/** Takes texts that begin so; notes what it was asked. */
function kind(name: string, asked: string[], audience?: string): ProofKind {
  return {
    name,
    read({ text }) {
      asked.push(`${name} reads`)
      if (!text.startsWith(name)) return undefined
      if (text.endsWith('broken')) return { rejected: 'malformed', detail: text }
      return {
        verify() {
          asked.push(`${name} verifies`)
          return text.endsWith('forged') ? { rejected: 'signature', detail: text } : holds(name, audience)
        },
      }
    },
  }
}

const rows: readonly (readonly [rule: string, text: string, is: string | undefined, asked: readonly string[]])[] = [
  ['is verified by the first kind that it is of', 'a', 'a', ['a reads', 'a verifies']],
  ['is no other kind’s to read then', 'b', 'b', ['a reads', 'b reads', 'b verifies']],
  ['that is not of a kind’s form is rejected unverified', 'a broken', 'malformed', ['a reads']],
  ['that one kind rejects is tried by no other', 'a forged', 'signature', ['a reads', 'a verifies']],
  ['of no kind is not rejected, but nobody’s', 'c', undefined, ['a reads', 'b reads']],
]
for (const [rule, text, is, expected] of rows) {
  test(`a proof ${rule}`, async () => {
    const asked: string[] = []
    const found = await verifyProof([kind('a', asked), kind('b', asked)], given(text), now)
    assert.equal(found && ('rejected' in found ? found.rejected : found.provider), is)
    assert.deepEqual(asked, expected)
  })
}

for (const [rule, made, audiences, is] of [
  ['holds for one of those it may be made for', 'app', ['other', 'app'], 'a'],
  ['made for somebody else is rejected, whatever its kind says', 'app', ['other'], 'audience'],
  ['made for nobody in particular is rejected', undefined, ['app'], 'audience'],
  ['that may be made for nobody is rejected', 'app', [], 'audience'],
  ['is the provider’s record’s to judge where nothing is settled', undefined, undefined, 'a'],
] as const) {
  test(`a proof ${rule}`, async () => {
    const expected = { provider: 'a', ...(audiences && { audiences }) }
    const found = await verifyProof([kind('a', [], made)], given('a', { expected }), now)
    assert.equal(found && ('rejected' in found ? found.rejected : found.provider), is)
  })
}

test('a text is read as a token once, however many kinds look', () => {
  const seen: unknown[] = []
  const looks: ProofKind = { name: 'looks', read: ({ token }) => void seen.push(token()) }
  assert.equal(verifyProof([looks, looks], given('no token'), now), undefined)
  assert.equal(seen.length, 2)
  assert.equal(seen[0], seen[1])
})
