// Condition keys of an assertion: AWS's table, its vector of NameQualifier, and trust policies that ask for them.
import { deepEqual, equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { outcomeOf, policy, type StatementText } from '../../core/policy/testing/policies.ts'
import { conditionKeys } from '../proof-identity.ts'
import { doubleClaim, nameQualifier, samlKeys, subjectType } from './condition-keys.ts'
import type { SamlAssertion } from './model.ts'
import { identityOfAssertion } from './proof.ts'

const provider = { account: '123456789012', name: 'MySAMLIdP' }
const arn = 'arn:aws:iam::123456789012:saml-provider/MySAMLIdP'
const aud = 'https://signin.aws.amazon.com/saml'

type Attribute = readonly [name: string, ...values: string[]]

const assertionOf = (stated: readonly Attribute[], repeated: readonly string[] = []): SamlAssertion => ({
  ...{ id: '_a', issuer: 'https://example.com/saml', recipient: aud, audience: ['urn:amazon:webservices'] },
  nameId: { value: 'jane', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
  issueInstant: new Date(0),
  notOnOrAfter: new Date(300_000),
  attributes: new Map(stated.map(([name, ...values]) => [name, values])),
  authnContexts: [],
  repeated: new Set(repeated),
})

test('NameQualifier is AWS’s vector', () => {
  equal(nameQualifier('https://example.com/saml', provider), '1uAJanUnBc2XeUkHURMht+xam2c=')
})

const formats: readonly (readonly [format: string | undefined, is: string])[] = [
  ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'persistent'],
  ['urn:oasis:names:tc:SAML:2.0:nameid-format:transient', 'transient'],
  ['urn:oasis:names:tc:SAML:2.0:nameid-format:entity', 'entity'],
  ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress', 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
  ['persistent', 'persistent'],
  ['x:urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'x:urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
  [undefined, 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'],
]
for (const [format, is] of formats)
  test(`the subject's type of ${format} is ${is}`, () => equal(subjectType(format), is))

/** Names of attributes and the key that each becomes. */
const table: readonly (readonly [name: string, key: string])[] = [
  ...[
    ...['affiliation', 'nickname', 'orgdn', 'orgunitdn', 'primaryaffiliation', 'principalname', 'entitlement'],
    ...['primaryorgunitdn', 'scopedaffiliation', 'targetedid', 'assurance'],
  ].map((key, at) => [`urn:oid:1.3.6.1.4.1.5923.1.1.1.${at + 1}`, `eduperson${key}`] as const),
  ...['homepageuri', 'identityauthnpolicyuri', 'legalname', 'superioruri', 'whitepagesuri'].map(
    (key, at) => [`urn:oid:1.3.6.1.4.1.5923.1.2.1.${at + 2}`, `eduorg${key}`] as const,
  ),
  ['urn:oid:2.5.4.3', 'cn'],
  ['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', 'name'],
  ['http://schemas.xmlsoap.org/claims/CommonName', 'commonname'],
  ['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname', 'givenname'],
  ['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname', 'surname'],
  ['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', 'mail'],
  ['http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid', 'primarygroupsid'],
  ['2.5.4.3', 'commonname'],
  ['2.5.4.4', 'surname'],
  ['2.5.4.42', 'givenname'],
  ['2.5.4.45', 'x500uniqueidentifier'],
  ['0.9.2342.19200300.100.1.1', 'uid'],
  ['0.9.2342.19200300.100.1.3', 'mail'],
  ['0.9.2342.19200300.100.1.45', 'organizationstatus'],
]
const keysOf = (stated: readonly Attribute[], repeated: readonly string[] = []) =>
  conditionKeys(samlKeys(provider, assertionOf(stated, repeated)))
const own = ['saml:aud', 'saml:iss', 'saml:doc']

describe('attributes that become keys:', () => {
  for (const [name, key] of table) {
    test(`${name} is saml:${key}`, () => {
      const { trustPolicyOnly, unfilled } = keysOf([[name, 'x']])
      deepEqual(
        [...trustPolicyOnly.keys()].filter((one) => !own.includes(one)),
        [`saml:${key}`],
      )
      equal(trustPolicyOnly.get(`saml:${key}`), 'x')
      equal(unfilled.has(`saml:${key}`), false)
    })
  }

  test('no other attribute becomes a key: not AWS’s slips, not names that look like keys', () => {
    const names = [
      '2.4.5.42',
      '0.9.2342.19200300100.1.1',
      '0.9.2342.19200300100.1.3',
      'urn:oid:0.9.2342.19200300.100.1.3',
    ]
    const others = ['mail', 'saml:mail', 'saml:sub', 'sub', 'aws:PrincipalTag/Team', 'aws:username', 'URN:OID:2.5.4.3']
    const { trustPolicyOnly, wholeSession } = keysOf([...names, ...others].map((name) => [name, 'root'] as const))
    deepEqual([...trustPolicyOnly.keys()], own)
    equal(wholeSession.get('saml:sub'), 'jane')
  })

  test('the subject’s outlive the proof, and no others', () => {
    const { wholeSession, trustPolicyOnly } = keysOf([])
    deepEqual(Object.fromEntries(wholeSession), {
      'saml:namequalifier': '1uAJanUnBc2XeUkHURMht+xam2c=',
      'saml:sub': 'jane',
      'saml:sub_type': 'persistent',
    })
    deepEqual(Object.fromEntries(trustPolicyOnly), {
      'saml:aud': aud,
      'saml:iss': 'https://example.com/saml',
      'saml:doc': '123456789012/MySAMLIdP',
    })
  })

  test('what the assertion lacks is absent, and of other saml: keys nothing is known', () => {
    const { unfilled } = keysOf([])
    for (const [, key] of table) equal(unfilled.has(`saml:${key}`), false, key)
    for (const key of ['saml:groups', 'saml:edupersonuniqueid', 'saml:x']) equal(unfilled.has(key), true, key)
    equal(unfilled.has('aws:sourceip'), false)
  })

  test('several values are a list, in one element or in several', () => {
    const name = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.1'
    deepEqual(keysOf([[name, 'staff', 'faculty']]).trustPolicyOnly.get('saml:edupersonaffiliation'), [
      'staff',
      'faculty',
    ])
    deepEqual(keysOf([[name, 'staff', 'faculty']], [name]).trustPolicyOnly.get('saml:edupersonaffiliation'), [
      'staff',
      'faculty',
    ])
  })

  test('of several values of a key that has one, and of an empty value, nothing is known', () => {
    for (const [stated, key] of [
      [['urn:oid:1.3.6.1.4.1.5923.1.1.1.6', 'jane', 'root'], 'saml:edupersonprincipalname'],
      [['urn:oid:2.5.4.3', ''], 'saml:cn'],
      [['urn:oid:2.5.4.3', 'jane', ''], 'saml:cn'],
    ] as const) {
      const { trustPolicyOnly, unfilled } = keysOf([stated])
      deepEqual([trustPolicyOnly.has(key), unfilled.has(key)], [false, true], key)
    }
    const { trustPolicyOnly, unfilled } = keysOf(
      [['urn:oid:1.3.6.1.4.1.5923.1.1.1.6', 'jane']],
      ['urn:oid:1.3.6.1.4.1.5923.1.1.1.6'],
    )
    deepEqual(
      [trustPolicyOnly.has('saml:edupersonprincipalname'), unfilled.has('saml:edupersonprincipalname')],
      [false, true],
    )
  })

  test('two attributes for one key are named', () => {
    equal(
      doubleClaim(
        assertionOf([
          ['2.5.4.3', 'a'],
          ['http://schemas.xmlsoap.org/claims/CommonName', 'a'],
        ]),
      ),
      'commonName',
    )
    equal(
      doubleClaim(
        assertionOf([
          ['2.5.4.3', 'a'],
          ['urn:oid:2.5.4.3', 'a'],
        ]),
      ),
      undefined,
    )
  })
})

const mail = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'

/** Whether a trust policy of these statements lets the bearer of the assertion in. */
function admits(stated: readonly Attribute[], ...statements: readonly StatementText[]): string {
  const identity = identityOfAssertion(provider, assertionOf(stated), {
    ...{ pairs: [], name: 'jane', longest: undefined },
    limits: { tags: [], transitive: [], sourceIdentity: undefined },
  })
  return outcomeOf({
    rule: '',
    who: { kind: 'federated', name: identity.provider },
    ask: {
      ...{ action: 'sts:AssumeRoleWithSAML', resource: 'arn:aws:iam::123456789012:role/Reader', owner: '123456789012' },
      keys: new Map([...identity.keys, ...(identity.trustPolicyOnly ?? [])]),
      ...(identity.unfilled === undefined ? {} : { unfilled: identity.unfilled }),
    },
    policies: {
      resource: policy(
        'trust',
        ...statements.map((one) => ({ Action: 'sts:AssumeRoleWithSAML', Principal: { Federated: arn }, ...one })),
      ),
    },
    gives: '',
  })
}
const when = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } })

const trusts: readonly (readonly [
  rule: string,
  stated: readonly Attribute[],
  statement: StatementText,
  allows: boolean,
])[] = [
  ['the address, in AWS’s own spelling', [], when('StringEquals', 'SAML:aud', aud), true],
  ['another address', [], when('StringEquals', 'SAML:aud', 'https://other.example/saml'), false],
  [
    'the subject and its type',
    [],
    { Condition: { StringEquals: { 'saml:sub': 'jane', 'saml:sub_type': 'persistent' } } },
    true,
  ],
  ['another subject', [], when('StringEquals', 'saml:sub', 'john'), false],
  ['the document', [], when('StringEquals', 'saml:doc', '123456789012/MySAMLIdP'), true],
  ['the provider', [], when('StringEquals', 'saml:iss', 'https://example.com/saml'), true],
  [
    'one value of a list, any of them',
    [[mail, 'a@b', 'c@d']],
    when('ForAnyValue:StringEquals', 'saml:mail', 'c@d'),
    true,
  ],
  ['a list, all of them', [[mail, 'a@b', 'c@d']], when('ForAllValues:StringLike', 'saml:mail', '*@b'), false],
  ['one value without a set operator', [[mail, 'a@b']], when('StringEquals', 'saml:mail', 'a@b'), true],
  ['several values without a set operator', [[mail, 'a@b', 'c@d']], when('StringEquals', 'saml:mail', 'a@b'), false],
  [
    'several values, negated without a set operator',
    [[mail, 'a@b', 'c@d']],
    when('StringNotEquals', 'saml:mail', 'x'),
    false,
  ],
  [
    'several values in a variable',
    [[mail, 'jane', 'root']],
    when('StringEquals', 'saml:sub', '$' + '{saml:mail}'),
    false,
  ],
  ['one value in a variable', [[mail, 'jane']], when('StringEquals', 'saml:sub', '$' + '{saml:mail}'), true],
  ['a key of the table that the assertion lacks, negated', [], when('StringNotEquals', 'saml:mail', 'x'), true],
  ['a key that nobody fills, negated', [], when('StringNotEquals', 'saml:groups', 'x'), false],
  ['a key that nobody fills, if it exists', [], when('StringEqualsIfExists', 'saml:groups', 'x'), false],
]
describe('a trust policy that asks for', () => {
  for (const [rule, stated, statement, allows] of trusts) {
    test(`${rule} ${allows ? 'admits' : 'does not admit'}`, () =>
      equal(admits(stated, statement), allows ? 'allow' : 'deny trust'))
  }

  test('a Deny by a key that nobody fills applies', () => {
    equal(admits([], {}, { Effect: 'Deny', ...when('StringEquals', 'saml:groups', 'guests') }), 'explicit trust')
    equal(admits([], {}, { Effect: 'Deny', ...when('StringEquals', 'saml:mail', 'guest') }), 'allow')
  })
})
