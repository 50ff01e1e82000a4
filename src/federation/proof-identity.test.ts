// What an identity keeps of a proof, whatever its kind: its session attributes, and condition keys that cannot pass for others.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KeyClaims, VerifiedProof } from './proof.ts'
import { conditionKeys, identityOfProof } from './proof-identity.ts'

type Claims = Readonly<Record<string, string>>

interface Row {
  readonly wholeSession?: Claims
  readonly trustPolicyOnly?: Claims
  readonly unread?: readonly string[]
}

const keyClaims = (
  { wholeSession = {}, trustPolicyOnly = {}, unread = [] }: Row,
  others: KeyClaims['others'],
): KeyClaims => ({
  ...{ prefix: 'Idp.example', others, unread },
  wholeSession: new Map(Object.entries(wholeSession)),
  trustPolicyOnly: new Map(Object.entries(trustPolicyOnly)),
})

const rows: readonly (readonly [rule: string, claims: Row, keys: Claims, unfilled: readonly string[]])[] = [
  ['keys are folded', { wholeSession: { Sub: 'ann' }, trustPolicyOnly: { Team: 'x' } }, { sub: 'ann', team: 'x' }, []],
  ['a name with a colon is no key', { trustPolicyOnly: { 'x:sub': 'root', team: 'x' } }, { team: 'x' }, ['x:sub']],
  ['not even where the session would keep it', { wholeSession: { 'x:sub': 'root' } }, {}, ['x:sub']],
  [
    'no other claim passes for one that the session keeps',
    { wholeSession: { sub: 'ann' }, trustPolicyOnly: { SUB: 'root' } },
    { sub: 'ann' },
    [],
  ],
  [
    'two claims that policies cannot tell apart become no key',
    { trustPolicyOnly: { team: 'x', Team: 'y' } },
    {},
    ['team'],
  ],
  ['nor do three', { trustPolicyOnly: { team: 'x', Team: 'y', TEAM: 'z' } }, {}, ['team']],
  [
    'the name of a property of all objects is a name like others',
    { trustPolicyOnly: { constructor: 'x' } },
    { constructor: 'x' },
    [],
  ],
  ['nothing is known of a claim that becomes no key', { unread: ['Groups'] }, {}, ['groups']],
]
describe('condition keys of a proof:', () => {
  for (const [rule, claims, keys, unfilled] of rows) {
    for (const others of ['absent', 'unknown'] as const) {
      test(`${rule}; other claims are ${others}`, () => {
        const { wholeSession, trustPolicyOnly, unfilled: names } = conditionKeys(keyClaims(claims, others))
        const all = Object.fromEntries([...wholeSession, ...trustPolicyOnly])
        const named = Object.entries(keys).map(([name, value]) => [`idp.example:${name}`, value])
        assert.deepEqual(all, Object.fromEntries(named))
        for (const name of unfilled) assert.equal(names.has(`idp.example:${name}`), true, name)
        assert.equal(names.has('idp.example:other'), others === 'unknown')
        assert.equal(names.has('aws:other'), false)
      })
    }
  }

  test('a claim that the proof could have and lacks is absent, where nothing is known of others', () => {
    const { unfilled } = conditionKeys({ ...keyClaims({}, 'unknown'), absent: ['Email'] })
    assert.deepEqual([unfilled.has('idp.example:email'), unfilled.has('idp.example:groups')], [false, true])
  })
})

test('the identity of a proof ends with it, and descends from the credentials that it was issued from', () => {
  const ancestors = [{ id: 'a', principal: 'AIDA', version: 1, account: '111122223333' }]
  const proof: VerifiedProof = {
    ...{ provider: 'idp.example', subject: 'ann', voucher: 'trust', audience: 'client', expiresAt: 7, ancestors },
    claims: new Map(),
    conditionKeys: () => keyClaims({ wholeSession: { sub: 'ann' }, trustPolicyOnly: { email: 'a@b' } }, 'absent'),
    sessionAttributes: () => assert.fail('session attributes are read before an identity is made'),
  }
  const tags = [{ Key: '__proto__', Value: 'x' }]
  const { unfilled, ...identity } = identityOfProof(proof, { tags, transitive: ['__proto__'], sourceIdentity: 'ann' })
  assert.deepEqual(Object.entries(identity.tags), [['__proto__', 'x']])
  assert.deepEqual(
    { ...identity, tags: undefined },
    {
      ...{ kind: 'proof', provider: 'idp.example', subject: 'ann', voucher: 'trust', audience: 'client', notAfter: 7 },
      ...{ ancestors, tags: undefined, transitive: ['__proto__'], sourceIdentity: 'ann' },
      keys: new Map([['idp.example:sub', 'ann']]),
      trustPolicyOnly: new Map([['idp.example:email', 'a@b']]),
    },
  )
})
