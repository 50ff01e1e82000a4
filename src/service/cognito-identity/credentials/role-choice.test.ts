// Which role an identity with logins gets: the pool's, or one that a mapping reads from the token.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRoleOf } from '../../../core/arn.ts'
import type { Json } from '../../../wire/json-text.ts'
import type { PoolRoles, RoleMapping, Rule } from '../records.ts'
import { chooseRole, guestRole, type LoginClaims, loginsWithoutClaims } from './role-choice.ts'

const account = '111122223333'
const arn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const roles = (mappings: Record<string, RoleMapping> = {}): PoolRoles => ({
  account,
  pool: 'eu-west-1:1',
  authenticated: arn('usual'),
  unauthenticated: arn('guest'),
  mappings,
})
const token = (ambiguous: RoleMapping['ambiguous']): RoleMapping => ({ type: 'Token', ambiguous, rules: [] })
const rules = (...given: readonly (readonly [string, Rule['match'], string, string])[]): RoleMapping => ({
  type: 'Rules',
  ambiguous: 'Deny',
  rules: given.map(([claim, match, value, role]) => ({ claim, match, value, role: arn(role) })),
})
const signed = (claims: Record<string, Json>, ...names: string[]): LoginClaims => ({
  names: names.length === 0 ? ['idp'] : names,
  claims: new Map(Object.entries(claims)),
})
const signedBefore = (mappings: Record<string, RoleMapping>, amr: readonly string[]) =>
  loginsWithoutClaims(roles(mappings), amr)
const chosen = (given: PoolRoles | undefined, logins: readonly LoginClaims[], custom?: string) => {
  const choice = chooseRole(given, logins, custom)
  return 'role' in choice ? choice.role.replace(/.*\//, '') : choice.rejected
}

type Row = readonly [
  title: string,
  mapping: Record<string, RoleMapping>,
  logins: readonly LoginClaims[],
  is: string,
  custom?: string,
]
const many = rules(['x', 'Equals', '2', 'a'], ['x', 'Equals', '1', 'b'], ['x', 'StartsWith', '1', 'c'])
const preferred = 'cognito:preferred_role'
const listed = 'cognito:roles'
const rows: readonly Row[] = [
  ['without a mapping, the usual one', {}, [signed({ [preferred]: arn('boss') })], 'usual'],
  [
    "another provider's mapping is not theirs",
    { other: token('Deny') },
    [signed({ [preferred]: arn('boss') })],
    'usual',
  ],
  [
    'Token: the preferred one',
    { idp: token('Deny') },
    [signed({ [preferred]: arn('boss'), [listed]: [arn('a'), arn('b')] })],
    'boss',
  ],
  ['Token: the only one listed', { idp: token('Deny') }, [signed({ [listed]: [arn('a')] })], 'a'],
  ['Token: several listed, Deny', { idp: token('Deny') }, [signed({ [listed]: [arn('a'), arn('b')] })], 'ambiguous'],
  [
    'Token: several listed, the usual one',
    { idp: token('AuthenticatedRole') },
    [signed({ [listed]: [arn('a'), arn('b')] })],
    'usual',
  ],
  ['Token: none, Deny', { idp: token('Deny') }, [signed({})], 'ambiguous'],
  ['Token: a list of something else is none', { idp: token('Deny') }, [signed({ [listed]: [1, 2] })], 'ambiguous'],
  [
    'a custom role that the token lists',
    { idp: token('Deny') },
    [signed({ [listed]: [arn('a'), arn('b')] })],
    'b',
    arn('b'),
  ],
  [
    'a custom role that it does not list',
    { idp: token('AuthenticatedRole') },
    [signed({ [listed]: [arn('a')] })],
    'not-listed',
    arn('b'),
  ],
  [
    'a custom role that is only preferred',
    { idp: token('Deny') },
    [signed({ [preferred]: arn('b') })],
    'not-listed',
    arn('b'),
  ],
  ['a custom role without a mapping', {}, [signed({ [listed]: [arn('a')] })], 'not-listed', arn('a')],
  ['a custom role of the first rule that holds', { idp: many }, [signed({ x: '1' })], 'b', arn('b')],
  ['a custom role of a later rule that holds', { idp: many }, [signed({ x: '1' })], 'c', arn('c')],
  ['a custom role of a rule that does not hold', { idp: many }, [signed({ x: '1' })], 'not-listed', arn('a')],
  [
    'a custom role that the token lists where rules decide',
    { idp: many },
    [signed({ x: '1', [listed]: [arn('d')] })],
    'not-listed',
    arn('d'),
  ],
  [
    'a custom role of a rule for another provider',
    { idp: many, sec: rules(['x', 'Equals', '1', 'd']) },
    [signed({ x: '1' })],
    'not-listed',
    arn('d'),
  ],
  [
    'a custom role of who signed in before: no rule was read',
    { idp: many },
    signedBefore({ idp: many }, ['authenticated', 'idp']),
    'not-listed',
    arn('b'),
  ],
  ['Rules: the first that holds', { idp: many }, [signed({ x: '1' })], 'b'],
  ['Rules: Contains', { idp: rules(['x', 'Contains', 'min', 'a']) }, [signed({ x: 'admins' })], 'a'],
  ['Rules: StartsWith', { idp: rules(['x', 'StartsWith', 'adm', 'a']) }, [signed({ x: 'admins' })], 'a'],
  [
    'Rules: StartsWith is not Contains',
    { idp: rules(['x', 'StartsWith', 'min', 'a']) },
    [signed({ x: 'admins' })],
    'ambiguous',
  ],
  ['Rules: one of a list', { idp: rules(['groups', 'Equals', 'b', 'a']) }, [signed({ groups: ['a', 'b'] })], 'a'],
  ['Rules: NotEqual', { idp: rules(['x', 'NotEqual', 'staff', 'a']) }, [signed({ x: 'guest' })], 'a'],
  [
    'Rules: NotEqual of a list that has it',
    { idp: rules(['x', 'NotEqual', 'staff', 'a']) },
    [signed({ x: ['guest', 'staff'] })],
    'ambiguous',
  ],
  [
    'Rules: NotEqual of an absent claim does not hold',
    { idp: rules(['x', 'NotEqual', 'staff', 'a']) },
    [signed({})],
    'ambiguous',
  ],
  [
    'Rules: numbers and booleans are read as texts',
    { idp: rules(['x', 'Equals', 'true', 'a']) },
    [signed({ x: true })],
    'a',
  ],
  ['Rules: an object is no text', { idp: rules(['x', 'NotEqual', '1', 'a']) }, [signed({ x: new Map() })], 'ambiguous'],
  [
    'the most particular name of a provider',
    { 'idp:c1': rules(['x', 'Equals', '1', 'one']), idp: rules(['x', 'Equals', '1', 'all']) },
    [signed({ x: '1' }, 'idp:c1', 'idp')],
    'one',
  ],
  [
    'two providers that say the same',
    { idp: rules(['x', 'Equals', '1', 'a']), sec: rules(['y', 'Equals', '1', 'a']) },
    [signed({ x: '1' }), signed({ y: '1' }, 'sec')],
    'a',
  ],
  [
    'two providers that differ',
    { idp: rules(['x', 'Equals', '1', 'a']), sec: rules(['y', 'Equals', '1', 'b']) },
    [signed({ x: '1' }), signed({ y: '1' }, 'sec')],
    'ambiguous',
  ],
  [
    'one provider with a mapping, one without',
    { idp: rules(['x', 'Equals', '1', 'a']) },
    [signed({ x: '1' }), signed({}, 'plain')],
    'a',
  ],
  [
    'who signed in before, by a token of the pool: what a mapping reads is not in it',
    { 'idp:c1': rules(['x', 'NotEqual', '1', 'a']) },
    signedBefore({ 'idp:c1': rules(['x', 'NotEqual', '1', 'a']) }, ['authenticated', 'idp', 'idp:CognitoSignIn:u']),
    'ambiguous',
  ],
  [
    'who signed in before: the usual one where the mapping says so',
    { idp: token('AuthenticatedRole') },
    signedBefore({ idp: token('AuthenticatedRole') }, ['authenticated', 'idp', 'idp:OIDC:u']),
    'usual',
  ],
  [
    'who signed in before, by the ARN of the provider',
    { 'arn:idp': token('Deny') },
    signedBefore({ 'arn:idp': token('Deny') }, ['authenticated', 'idp', 'arn:idp:OIDC:u']),
    'ambiguous',
  ],
  [
    'who signed in before, at another provider',
    { idp: token('Deny') },
    signedBefore({ idp: token('Deny') }, ['authenticated', 'other', 'other:OIDC:idp']),
    'usual',
  ],
  ["a member of every object is no provider's mapping", {}, [signed({}, 'constructor', '__proto__')], 'usual'],
]

describe('the role of somebody who signed in', () => {
  for (const [title, mappings, logins, is, custom] of rows) {
    it(title, () => assert.equal(chosen(roles(mappings), logins, custom), is))
  }
  it('is none where the pool has none', () => assert.equal(chosen(undefined, [signed({})]), 'none'))
  it('is refused by the name of the provider whose mapping denies', () => {
    const mappings = { idp: token('AuthenticatedRole'), 'sec:c1': token('Deny') }
    const choice = chooseRole(roles(mappings), [signed({}), signed({}, 'sec:c1', 'sec')], undefined)
    assert.deepEqual(choice, { rejected: 'ambiguous', provider: 'sec:c1' })
  })
})

describe('the role of a guest', () => {
  it("is the pool's for guests", () => assert.deepEqual(guestRole(roles()), { role: arn('guest') }))
  it('is none where the pool has none', () => assert.deepEqual(guestRole(undefined), { rejected: 'none' }))
})

describe("a role of the pool's account", () => {
  const names: readonly (readonly [string, boolean])[] = [
    [arn('a'), true],
    [arn('path/to/a'), true],
    ['arn:aws:iam::444455556666:role/a', false],
    [`arn:aws:iam::${account}:user/a`, false],
    [`arn:aws:iam::${account}:role/`, false],
    [arn('a*'), false],
    [arn('a b'), false],
    [`${arn('a')}\n`, false],
    ['', false],
  ]
  for (const [name, is] of names) it(`${JSON.stringify(name)}: ${is}`, () => assert.equal(isRoleOf(name, account), is))
})
