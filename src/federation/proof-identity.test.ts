// What an identity keeps of a proof, whatever its kind: its limits, and condition keys that cannot be taken for others.
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
  ['not even what the proof is made of', { lasting: { 'x:sub': 'root' } }, {}, ['x:sub']],
  [
    'no claim passes for what the proof is made of',
    { lasting: { sub: 'ann' }, passing: { SUB: 'root' } },
    { sub: 'ann' },
    [],
  ],
  ['two that policies cannot tell apart are none', { passing: { team: 'x', Team: 'y' } }, {}, ['team']],
  ['nor three', { passing: { team: 'x', Team: 'y', TEAM: 'z' } }, {}, ['team']],
  ['a name of an object’s own property is one', { passing: { constructor: 'x' } }, { constructor: 'x' }, []],
  ['of a claim that is unread nothing is known', { unread: ['Groups'] }, {}, ['groups']],
]
describe('condition keys of a proof:', () => {
  for (const [rule, claims, keys, unfilled] of rows) {
    for (const others of ['absent', 'unknown'] as const) {
      test(`${rule}; other claims are ${others}`, () => {
        const found = conditionKeys(keyClaims(claims, others))
        const all = Object.fromEntries([...found.lasting, ...found.passing])
        const named = Object.entries(keys).map(([name, value]) => [`idp.example:${name}`, value])
        assert.deepEqual(all, Object.fromEntries(named))
        for (const name of unfilled) assert.equal(found.unfilled.has(`idp.example:${name}`), true, name)
        assert.equal(found.unfilled.has('idp.example:other'), others === 'unknown')
        assert.equal(found.unfilled.has('aws:other'), false)
      })
    }
  }

  test('a claim that the proof could have and lacks is absent, where nothing is known of others', () => {
    const { unfilled } = conditionKeys({ ...keyClaims({}, 'unknown'), absent: ['Email'] })
    assert.deepEqual([unfilled.has('idp.example:email'), unfilled.has('idp.example:groups')], [false, true])
  })
})

test('the identity of a proof ends with it, and descends from what it was had with', () => {
  const ancestors = [{ id: 'a', principal: 'AIDA', version: 1, account: '111122223333' }]
  const proof: VerifiedProof = {
    ...{ provider: 'idp.example', subject: 'ann', voucher: 'trust', audience: 'client', expiresAt: 7, ancestors },
    claims: new Map(),
    keys: () => keyClaims({ lasting: { sub: 'ann' }, passing: { email: 'a@b' } }, 'absent'),
    limits: () => assert.fail('limits are understood before an identity is made'),
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
