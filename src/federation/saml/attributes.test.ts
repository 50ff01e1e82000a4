// What an assertion's attributes say of a session, and what of them refuses the assertion.
import { deepEqual, equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readSamlSession } from './attributes.ts'
import type { SamlAssertion } from './model.ts'

const aws = 'https://aws.amazon.com/SAML/Attributes/'
const china = 'http://www.amazonaws.cn/SAML/Attributes/'
const role = 'arn:aws:iam::111122223333:role/team/Reader'
const provider = 'arn:aws:iam::111122223333:saml-provider/Company'
const pair = { role, provider }

type Attribute = readonly [name: string, ...values: string[]]

/** Attribute elements in order, as a verified assertion is read. */
function assertionOf(...stated: readonly Attribute[]): SamlAssertion {
  const attributes = new Map<string, string[]>()
  const repeated = new Set<string>()
  for (const [name, ...values] of stated) {
    const before = attributes.get(name)
    if (before === undefined) attributes.set(name, values)
    else {
      repeated.add(name)
      before.push(...values)
    }
  }
  return { attributes, repeated } as unknown as SamlAssertion
}

const jane: Attribute = [`${aws}RoleSessionName`, 'jane']
const tag = (key: string, ...values: string[]): Attribute => [`${aws}PrincipalTag:${key}`, ...values]
const sessionOf = (...stated: readonly Attribute[]) => {
  const session = readSamlSession(assertionOf(jane, ...stated))
  return 'rejected' in session ? session.rejected : session
}

const roles: readonly (readonly [
  rule: string,
  values: readonly string[],
  is: readonly (typeof pair)[] | 'role-value',
])[] = [
  ['the role first', [`${role},${provider}`], [pair]],
  ['the provider first', [`${provider},${role}`], [pair]],
  ['white space around both', [`\n  ${role} ,\t${provider}  `], [pair]],
  ['twice is once', [`${role},${provider}`, `${provider},${role}`], [pair]],
  ['several', [`${role},${provider}`, `${role}2,${provider}`], [pair, { role: `${role}2`, provider }]],
  ['commas in the name of a role', [`${role},a,b,${provider}`], [{ role: `${role},a,b`, provider }]],
  ['values without any ARN belong to others', ['uma_authorization', '', `${role},${provider}`], [pair]],
  [
    'a pair of another account is read',
    [`${role.replace('1111', '9999')},${provider}`],
    [{ role: role.replace('1111', '9999'), provider }],
  ],
  ['a role alone', [role], 'role-value'],
  ['a role and something else', [`${role},Company`], 'role-value'],
  ['two roles', [`${role},${role}`], 'role-value'],
  ['two providers', [`${provider},${provider}`], 'role-value'],
  ['a provider of another kind', [`${role},arn:aws:iam::111122223333:oidc-provider/x`], 'role-value'],
  ['three ARNs', [`${role},${provider},${provider}`], 'role-value'],
  ['a space within', [`arn:aws:iam::111122223333:role/a b,${provider}`], 'role-value'],
  ['an account that is none', [`arn:aws:iam::1:role/a,${provider}`], 'role-value'],
  ['one bad value beside a good one', [`${role},${provider}`, role], 'role-value'],
  ['a partition that is none of AWS’s', [`${role.replace('arn:aws:', 'arn:other:')},${provider}`], 'role-value'],
]
describe('Role:', () => {
  for (const [rule, values, is] of roles) {
    test(rule, () => {
      const session = sessionOf([`${aws}Role`, ...values])
      deepEqual(typeof session === 'string' ? session : session.pairs, is)
    })
  }

  test('repeated elements are one, as Keycloak sends them', () => {
    const session = sessionOf([`${aws}Role`, `${role},${provider}`], [`${aws}Role`, `${role}2,${provider}`])
    deepEqual(typeof session === 'string' ? session : session.pairs.length, 2)
  })

  test('none is none', () => {
    const session = sessionOf()
    deepEqual(typeof session === 'string' ? session : session.pairs, [])
  })
})

const refusals: readonly (readonly [rule: string, reason: string, ...stated: Attribute[]])[] = [
  ['no RoleSessionName', 'no-session-name', [`${aws}Role`, `${role},${provider}`]],
  ['RoleSessionName in another case', 'unknown-attribute', [`${aws}rolesessionname`, 'jane']],
  ['an empty RoleSessionName', 'session-name', [`${aws}RoleSessionName`, '']],
  ['RoleSessionName without a value', 'session-name', [`${aws}RoleSessionName`]],
  ['a RoleSessionName of one character', 'session-name', [`${aws}RoleSessionName`, 'j']],
  ['a RoleSessionName of 65', 'session-name', [`${aws}RoleSessionName`, 'j'.repeat(65)]],
  ['a RoleSessionName with a space', 'session-name', [`${aws}RoleSessionName`, 'jane doe']],
  ['a RoleSessionName with a line after it', 'session-name', [`${aws}RoleSessionName`, 'jane\n']],
  ['two values of RoleSessionName', 'session-name', [`${aws}RoleSessionName`, 'jane', 'jane']],
  ['two elements RoleSessionName', 'session-name', jane, jane],
  ['a second element RoleSessionName without a value', 'session-name', jane, [`${aws}RoleSessionName`]],
  ...['899', '43201', '3600.0', '1e3', ' 3600', '+3600', '', '0x1000', '999999', '-3600'].map(
    (value) => [`SessionDuration of ${value}`, 'session-duration', jane, [`${aws}SessionDuration`, value]] as const,
  ),
  ['two values of SessionDuration', 'session-duration', jane, [`${aws}SessionDuration`, '3600', '3600']],
  [
    'two elements SessionDuration',
    'session-duration',
    jane,
    [`${aws}SessionDuration`, '3600'],
    [`${aws}SessionDuration`, '900'],
  ],
  ['SessionDuration without a value', 'session-duration', jane, [`${aws}SessionDuration`]],
  ['two values of a tag', 'tags', jane, tag('Team', 'a', 'b')],
  ['a tag twice', 'tags', jane, tag('Team', 'a'), tag('Team', 'a')],
  ['a tag without a value', 'tags', jane, tag('Team')],
  ['a tag in two spellings', 'tags', jane, tag('Team', 'a'), tag('TEAM', 'a')],
  ['a tag of AWS', 'tags', jane, tag('AWS:Team', 'a')],
  ['a tag without a key', 'tags', jane, tag('', 'a')],
  ['a key too long', 'tags', jane, tag('k'.repeat(129), 'a')],
  ['a value too long', 'tags', jane, tag('Team', 'v'.repeat(257))],
  ['a value that no tag may have', 'tags', jane, tag('Team', 'a;b')],
  ['51 tags', 'tags', jane, ...Array.from({ length: 51 }, (_, n) => tag(`k${n}`, 'v'))],
  ['a transitive key without its tag', 'tags', jane, tag('Team', 'a'), [`${aws}TransitiveTagKeys`, 'Team', 'Unit']],
  [
    'a transitive key with its prefix',
    'tags',
    jane,
    tag('Team', 'a'),
    [`${aws}TransitiveTagKeys`, 'PrincipalTag:Team'],
  ],
  ['a SourceIdentity of one character', 'source-identity', jane, [`${aws}SourceIdentity`, 'j']],
  ['a SourceIdentity of AWS', 'source-identity', jane, [`${aws}SourceIdentity`, 'aws:jane']],
  ['two values of SourceIdentity', 'source-identity', jane, [`${aws}SourceIdentity`, 'jane', 'john']],
  [
    'two elements SourceIdentity',
    'source-identity',
    jane,
    [`${aws}SourceIdentity`, 'jane'],
    [`${aws}SourceIdentity`, 'john'],
  ],
  ['an attribute of AWS that nobody knows', 'unknown-attribute', jane, [`${aws}SessionPolicy`, '{}']],
  ['SessionDuration in another case', 'unknown-attribute', jane, [`${aws}sessionduration`, '900']],
  ['a tag in another case', 'unknown-attribute', jane, [`${aws}principaltag:Team`, 'a']],
  ['an attribute of AWS in China', 'unknown-attribute', jane, [`${china}SessionDuration`, '900']],
]
describe('an assertion is refused for', () => {
  for (const [rule, reason, ...stated] of refusals) {
    test(rule, () => {
      const session = readSamlSession(assertionOf(...stated))
      equal('rejected' in session ? session.rejected : 'read', reason)
    })
  }
})

test('name, duration, tags, transitive keys and source identity are read', () => {
  const tags = Array.from({ length: 48 }, (_, n) => tag(`k${n}`, ''))
  deepEqual(
    readSamlSession(
      assertionOf(
        [`${aws}RoleSessionName`, '_jane+x=,.@-'],
        [`${aws}SessionDuration`, '43200'],
        [`${aws}SourceIdentity`, 'jane@example.com'],
        tag('Team', 'Ä b_.:/=+-@'),
        tag('__proto__', 'x'),
        [`${aws}TransitiveTagKeys`, 'team', '__proto__', 'Team'],
        ['urn:oid:2.5.4.3', 'Jane'],
        ...tags,
      ),
    ),
    {
      pairs: [],
      name: '_jane+x=,.@-',
      longest: 43_200,
      limits: {
        tags: [
          { Key: 'Team', Value: 'Ä b_.:/=+-@' },
          { Key: '__proto__', Value: 'x' },
          ...tags.map((_, n) => ({ Key: `k${n}`, Value: '' })),
        ],
        transitive: ['Team', '__proto__'],
        sourceIdentity: 'jane@example.com',
      },
    },
  )
})

test('transitive keys come in several elements as well', () => {
  const keys = ['A', 'B'].map((key): Attribute => [`${aws}TransitiveTagKeys`, key])
  const session = sessionOf(tag('A', '1'), tag('B', '2'), ...keys)
  deepEqual(typeof session === 'string' ? session : session.limits.transitive, ['A', 'B'])
})
