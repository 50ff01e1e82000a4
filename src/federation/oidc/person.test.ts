// Who claims say somebody is, and which of them say too little.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Json, readJson } from '../../wire/json-text.ts'
import { type ClaimNames, personOfClaims } from './person.ts'
import type { Claims } from './token.ts'

const names: ClaimNames = {
  ...{ name: 'corp', loginClaim: 'login', groupsClaim: 'groups', multiFactorAmr: ['mfa', 'hwk'] },
  tags: new Map([
    ['Department', 'department'],
    ['Urn', 'urn:example:team'],
    ['Level', 'LEVEL'],
  ]),
}
const claimsOf = (value: object): Claims => {
  const read = readJson(Buffer.from(JSON.stringify(value)))
  return ('value' in read ? read.value : assert.fail(read.wrong)) as ReadonlyMap<string, Json>
}
const of = (claims: object, userInfo?: object, change: Partial<ClaimNames> = {}) =>
  personOfClaims(
    { ...names, ...change },
    {
      ...{ subject: 'u-1', token: claimsOf({ login: 'ann', groups: [], ...claims }) },
      ...(userInfo === undefined ? {} : { userInfo: claimsOf(userInfo) }),
    },
  )
const groupsOf = (groups: unknown) => {
  const person = of({ groups })
  return 'rejected' in person ? person.rejected : person.groups.map(({ name }) => name)
}

describe('groups of claims', () => {
  for (const [title, value, groups] of [
    ['a list', ['A', 'B', 'A'], ['A', 'B']],
    ['a text is one group', 'A,B', ['A,B']],
    ['an empty list is none', [], []],
    ['colons, slashes and markup are a name’s signs', ['urn:a:b', '/x/y', '<b>'], ['urn:a:b', '/x/y', '<b>']],
    ['an empty text is no group', '', 'groups'],
    ['a list with an empty text', ['A', ''], 'groups'],
    ['a list with a number', ['A', 1], 'groups'],
    ['an object', { A: true }, 'groups'],
    ['null', null, 'groups'],
    ['true', true, 'groups'],
    ['a name without end', ['x'.repeat(1_025)], 'groups'],
  ] as const) {
    test(title, () => assert.deepEqual(groupsOf(value), groups))
  }

  test('ten thousand are read, one more is refused', () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `group-${at}`)
    assert.equal(groupsOf(many(10_000)).length, 10_000)
    assert.equal(groupsOf(many(10_001)), 'groups')
  })

  test('a connector without groups has none, whatever the token says', () => {
    const { groupsClaim: _, ...without } = names
    const person = personOfClaims(without, {
      subject: 'u',
      token: claimsOf({ login: 'a', groups: ['A'], hasgroups: true }),
    })
    assert.ok(!('rejected' in person) && person.groups.length === 0)
  })

  const overages: readonly (readonly [string, object, object?])[] = [
    ['named elsewhere', { groups: undefined, _claim_names: { groups: 'src1' } }],
    ['named elsewhere though there are some', { groups: ['A'], _claim_names: { groups: 'src1' } }],
    ['of an implicit flow', { groups: undefined, hasgroups: true }],
    ['of an implicit flow, as text', { groups: undefined, hasgroups: 'true' }],
    ['in the short form', { groups: undefined, 'groups:src1': { endpoint: 'https://graph.example' } }],
    ['that UserInfo would fill', { groups: undefined, hasgroups: true }, { groups: ['A'] }],
    ['at UserInfo', { groups: undefined }, { _claim_names: { groups: 'src1' } }],
    ['nothing at all', { groups: undefined }],
  ]
  for (const [title, claims, userInfo] of overages) {
    test(`left out, ${title}: refused, never none`, () => {
      const person = of(claims, userInfo)
      assert.equal('rejected' in person && person.rejected, 'groups')
    })
  }
})

describe('a person of claims', () => {
  test('is the subject; what the ID token says goes before UserInfo', () => {
    const person = of({ department: 'R&D' }, { login: 'other', department: 'Sales', groups: ['A'], amr: ['mfa'] })
    assert.deepEqual(person, {
      ...{ connector: 'corp', id: 'u-1', login: 'ann', groups: [], multiFactor: false },
      attributes: new Map([['department', ['R&D']]]),
    })
  })

  for (const [title, claims, attributes] of [
    ['numbers and truth values', { level: 7, department: true }, { level: ['7'], department: ['true'] }],
    ['a list', { department: ['a', 'b'] }, { department: ['a', 'b'] }],
    ['a name with colons', { 'urn:example:team': 'red' }, { 'urn:example:team': ['red'] }],
    ['two names that differ by case: neither', { department: 'a', Department: 'b' }, {}],
    ['a list with an object: nothing', { department: ['a', {}] }, {}],
    ['a text that no tag can hold: nothing', { department: 'x'.repeat(257) }, {}],
    ['claims that no tag is made of: nothing', { email: 'a@example.com' }, {}],
  ] as const) {
    test(`tags of ${title}`, () => {
      const person = of(claims)
      assert.deepEqual('rejected' in person || Object.fromEntries(person.attributes), attributes)
    })
  }

  for (const [amr, multiFactor] of [
    [['pwd'], false],
    [['pwd', 'hwk'], true],
    ['mfa', true],
    [[['mfa']], false],
    [undefined, false],
  ] as const) {
    test(`amr ${JSON.stringify(amr)}: ${multiFactor ? 'a' : 'no'} second factor`, () => {
      const person = of({ amr })
      assert.equal(!('rejected' in person) && person.multiFactor, multiFactor)
    })
  }

  test('a second factor is believed of nobody whose connector names no value', () => {
    const person = of({ amr: ['mfa'] }, undefined, { multiFactorAmr: [] })
    assert.equal(!('rejected' in person) && person.multiFactor, false)
  })

  for (const login of [undefined, '', 1, ['ann'], 'x'.repeat(257)]) {
    test(`the login ${JSON.stringify(login)?.slice(0, 12)} is none`, () => {
      const person = of({ login })
      assert.equal('rejected' in person && person.rejected, 'no-id')
    })
  }
})
