// The contract of kinds of proof: which kind a proof is of, and what holds whatever its kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ProofInput, type ProofKind, type VerifiedProof, verifyProof } from './proof.ts'

const now = new Date('2026-03-01T12:00:00Z')
const given = (text: string, more: Partial<ProofInput> = {}): ProofInput => ({
  ...{ account: '111122223333', text, address: '198.51.100.7' },
  ...more,
})

/** A verified proof of a toy kind. */
const holds = (provider: string, audience?: string): VerifiedProof => ({
  ...{ provider, subject: 'ann', voucher: 'account' },
  ...(audience !== undefined && { audience }),
  claims: new Map(),
  conditionKeys: () => ({ prefix: provider, wholeSession: new Map(), others: 'absent' }),
  sessionAttributes: () => ({ tags: [], transitive: [], sourceIdentity: undefined }),
})

/** A kind of the proofs that begin with its name; records its calls. */
function kind(name: string, calls: string[], audience?: string): ProofKind {
  return {
    name,
    read({ text }) {
      calls.push(`${name} reads`)
      if (!text.startsWith(name)) return undefined
      if (text.endsWith('broken')) return { rejected: 'malformed', detail: text }
      return {
        verify() {
          calls.push(`${name} verifies`)
          return text.endsWith('forged') ? { rejected: 'signature', detail: text } : holds(name, audience)
        },
      }
    },
  }
}

const rows: readonly (readonly [rule: string, text: string, outcome: string | undefined, calls: readonly string[]])[] =
  [
    ['is verified by the first kind that it is of', 'a', 'a', ['a reads', 'a verifies']],
    ['is read by no kind after that one', 'b', 'b', ['a reads', 'b reads', 'b verifies']],
    ['that is not of a kind’s form is rejected unverified', 'a broken', 'malformed', ['a reads']],
    ['that one kind rejects is tried by no other', 'a forged', 'signature', ['a reads', 'a verifies']],
    ['of no kind is not rejected: no kind claims it', 'c', undefined, ['a reads', 'b reads']],
  ]
for (const [rule, text, outcome, expected] of rows) {
  test(`a proof ${rule}`, async () => {
    const calls: string[] = []
    const answer = await verifyProof([kind('a', calls), kind('b', calls)], given(text), now)
    assert.equal(answer && ('rejected' in answer ? answer.rejected : answer.provider), outcome)
    assert.deepEqual(calls, expected)
  })
}

for (const [rule, audience, audiences, outcome] of [
  ['issued for one of the accepted audiences holds', 'app', ['other', 'app'], 'a'],
  ['issued for somebody else is rejected, whatever its kind says', 'app', ['other'], 'audience'],
  ['issued for nobody in particular is rejected', undefined, ['app'], 'audience'],
  ['is rejected where no audience is accepted', 'app', [], 'audience'],
  ['is judged by its provider’s record where the caller names no audiences', undefined, undefined, 'a'],
] as const) {
  test(`a proof ${rule}`, async () => {
    const expected = { provider: 'a', ...(audiences && { audiences }) }
    const answer = await verifyProof([kind('a', [], audience)], given('a', { expected }), now)
    assert.equal(answer && ('rejected' in answer ? answer.rejected : answer.provider), outcome)
  })
}

test('a text is parsed as a token once, however many kinds read it', () => {
  const seen: unknown[] = []
  const reader: ProofKind = { name: 'reader', read: ({ token }) => void seen.push(token()) }
  assert.equal(verifyProof([reader, reader], given('no token'), now), undefined)
  assert.equal(seen.length, 2)
  assert.equal(seen[0], seen[1])
})
