// What an identity keeps of a proof, whatever its kind: its limits, and condition keys that cannot pass for others.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KeyClaims, VerifiedProof } from './proof.ts'
import { conditionKeys, identityOfProof } from './proof-identity.ts'

type Claims = Readonly<Record<string, string>>

interface Row {
  readonly lasting?: Claims
  readonly passing?: Claims
  readonly unread?: readonly string[]
}

const keyClaims = ({ lasting = {}, passing = {}, unread = [] }: Row, others: KeyClaims['others']): KeyClaims => ({
  ...{ prefix: 'Idp.example', others, unread },
  lasting: new Map(Object.entries(lasting)),
  passing: new Map(Object.entries(passing)),
})

const rows: readonly (readonly [rule: string, claims: Row, keys: Claims, unfilled: readonly string[]])[] = [
  ['keys are folded', { lasting: { Sub: 'ann' }, passing: { Team: 'x' } }, { sub: 'ann', team: 'x' }, []],
  ['a name with a colon is no key', { passing: { 'x:sub': 'root', team: 'x' } }, { team: 'x' }, ['x:sub']],
  ['not even where the session would keep it', { lasting: { 'x:sub': 'root' } }, {}, ['x:sub']],
  [
    'no other claim passes for one that the session keeps',
    { lasting: { sub: 'ann' }, passing: { SUB: 'root' } },
    { sub: 'ann' },
    [],
  ],
  ['two claims that policies cannot tell apart become no key', { passing: { team: 'x', Team: 'y' } }, {}, ['team']],
  ['nor do three', { passing: { team: 'x', Team: 'y', TEAM: 'z' } }, {}, ['team']],
  [
    'the name of a property of all objects is a name like others',
    { passing: { constructor: 'x' } },
    { constructor: 'x' },
    [],
  ],
  ['nothing is known of a claim that becomes no key', { unread: ['Groups'] }, {}, ['groups']],
]
describe('condition keys of a proof:', () => {
  for (const [rule, claims, keys, unfilled] of rows) {
    for (const others of ['absent', 'unknown'] as const) {
      test(`${rule}; other claims are ${others}`, () => {
        const { lasting, passing, unfilled: names } = conditionKeys(keyClaims(claims, others))
        const all = Object.fromEntries([...lasting, ...passing])
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
    keys: () => keyClaims({ lasting: { sub: 'ann' }, passing: { email: 'a@b' } }, 'absent'),
    limits: () => assert.fail('limits are read before an identity is made'),
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
      passing: new Map([['idp.example:email', 'a@b']]),
    },
  )
})
