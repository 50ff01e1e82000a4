// What the vectors (conformance/vectors/policy-grammar) leave out of the write-time checks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf, readDocument, readJson } from './document.ts'
import {
  checkIdentityPolicy,
  checkResourcePolicy,
  checkSessionPolicy,
  checkTrustPolicy,
  policySize,
} from './grammar.ts'
import { own, type StatementText, textOf } from './testing/policies.ts'

const identity = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b' }
const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: own } }
const bucket = { ...identity, Principal: '*' }
const syntax = 'Syntax errors in policy.'
const legacy = 'The policy failed legacy parsing'
const when = (operator: string, value: unknown) => ({ ...identity, Condition: { [operator]: { 'x:K': value } } })

const identityRows: readonly (readonly [rule: string, text: string, message: string | undefined])[] = [
  [
    'inline policies may be of the old version',
    `{"Version":"2008-10-17","Statement":${JSON.stringify(identity)}}`,
    undefined,
  ],
  ['or of none', `{"Statement":${JSON.stringify(identity)}}`, undefined],
  ['a repeated name', `{"Statement":[],"Statement":${JSON.stringify(identity)}}`, syntax],
  ['no principals', textOf({ ...identity, Principal: '*' }), 'Policy document should not specify a principal.'],
  ['nor their negation', textOf({ ...identity, NotPrincipal: '*' }), 'Policy document should not specify a principal.'],
  ['numbers as values', textOf(when('NumericLessThan', 5)), undefined],
  ['numbers that are none', textOf(when('NumericLessThan', 'five')), legacy],
  ['addresses that are none', textOf(when('IpAddress', '10.0.0')), legacy],
  ['addresses under a set operator', textOf(when('ForAnyValue:NotIpAddressIfExists', '10.0.0.0/99')), legacy],
  ['null as a value', textOf(when('StringEquals', null)), syntax],
  ['a list in a list', textOf(when('StringEquals', [['a']])), syntax],
  ['Null with IfExists', textOf(when('NullIfExists', 'true')), syntax],
  ['operators in any case', textOf(when('stringequals', 'a')), undefined],
  [
    'a wildcard in the service of a resource',
    textOf({ ...identity, Resource: 'arn:aws:s*:::b' }),
    'Resource vendor must be fully qualified and cannot contain regexes.',
  ],
  ['every IAM resource', textOf({ ...identity, Resource: 'arn:aws:iam::*:*' }), undefined],
  ['a wildcard in the service of an action', textOf({ ...identity, Action: 's*:Get' }), 'Vendor s* is not valid'],
  ['every service', textOf({ ...identity, Action: '*:Get*' }), undefined],
  [
    'Sids of letters and digits',
    textOf({ ...identity, Sid: 'a b' }),
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  ],
]
for (const [rule, text, message] of identityRows) {
  test(`identity and session policies, ${rule}: ${message ?? 'accepted'}`, () => {
    assert.equal(checkIdentityPolicy(text, { managed: false })?.message, message)
    assert.equal(checkSessionPolicy(text)?.message, message)
  })
}

const bucketsAreNot = 'arn:aws:s3:us-east-1:111122223333:jobs'
for (const [resource, message] of [
  ['arn:aws:s3:us-east-1:111122223333:job/*', undefined],
  ['arn:aws:s3:*:111122223333:storage-lens/daily', undefined],
  ['arn:aws:s3:us-east-1:111122223333:storage-lens-group/team', undefined],
  ['arn:aws:s3:us-east-1:111122223333:access-grants/default/location/*', undefined],
  ['arn:aws:s3:us-east-1:111122223333:accesspoint/one/object/*', undefined],
  ['arn:aws:s3:us-west-2:111122223333:async-request/mrap/createmultiregionaccesspoint/*', undefined],
  ['arn:aws:s3::111122223333:accesspoint/alias.mrap', undefined],
  [bucketsAreNot, `Resource ${bucketsAreNot} can not contain region information.`],
] as const) {
  test(`of S3 in a region, ${resource}: ${message ?? 'accepted'}`, () => {
    assert.equal(checkIdentityPolicy(textOf({ ...identity, Resource: resource }))?.message, message)
  })
}

const provider = (host: string) => `arn:aws:iam::${own}:oidc-provider/${host}`
const invalid = (type: string, value: string) => `Invalid principal in policy: "${type}":"${value}"`
const trustRows: readonly (readonly [rule: string, statement: StatementText, message: string | undefined])[] = [
  ['everyone under AWS', { ...trust, Principal: { AWS: '*' } }, undefined],
  [
    'a wildcard in an ARN',
    { ...trust, Principal: { AWS: `arn:aws:iam::${own}:role/*` } },
    invalid('AWS', `arn:aws:iam::${own}:role/*`),
  ],
  [
    'a group',
    { ...trust, Principal: { AWS: `arn:aws:iam::${own}:group/g` } },
    invalid('AWS', `arn:aws:iam::${own}:group/g`),
  ],
  [
    'an orphaned id',
    { ...trust, Principal: { AWS: 'AROAROLE67890123456AB' } },
    invalid('AWS', 'AROAROLE67890123456AB'),
  ],
  ['every service', { ...trust, Principal: { Service: '*' } }, invalid('SERVICE', '*')],
  ['every provider', { ...trust, Principal: { Federated: '*' } }, invalid('FEDERATED', '*')],
  ['an empty list', { ...trust, Principal: { AWS: [] } }, 'Missing required field Principal cannot be empty!'],
  ['actions in any case', { ...trust, Action: 'STS:assumerole' }, undefined],
  [
    'a shared issuer in another case',
    { ...trust, Principal: { Federated: provider('GitLab.com') } },
    'A condition on GitLab.com:sub that names a tenant must be present for the shared provider',
  ],
  ...[
    ['gitlab.com', 'StringLikeIfExists', 'the shared provider'],
    ['gitlab.com', 'ForAllValues:StringLike', 'the shared provider'],
    ['gitlab.com', 'StringNotEquals', 'the shared provider'],
    ['cognito-identity.amazonaws.com', 'StringEqualsIfExists', 'the Cognito provider'],
    ['cognito-identity.amazonaws.com', 'ForAllValues:StringEquals', 'the Cognito provider'],
  ].map(([issuer = '', operator = '', whose]): (typeof trustRows)[number] => {
    const key = `${issuer}:${issuer === 'gitlab.com' ? 'sub' : 'aud'}`
    const value = issuer === 'gitlab.com' ? 'project_path:acme/app:*' : 'us-east-1:11111111-2222-4333-8444-555555555555'
    return [
      `${operator} on the key of a shared issuer is said not to count, rather than to be missing`,
      {
        ...trust,
        Principal: { Federated: issuer === 'gitlab.com' ? provider(issuer) : issuer },
        Condition: { [operator]: { [key]: value } },
      },
      `A condition on ${key} that does not hold where the key is absent, as it does under IfExists, ForAllValues and negated operators, must be present for ${whose}`,
    ]
  }),
  [
    'a Deny of a shared issuer needs no condition',
    { ...trust, Effect: 'Deny', Principal: { Federated: provider('gitlab.com') } },
    undefined,
  ],
]
for (const [rule, statement, message] of trustRows) {
  test(`trust policies, ${rule}: ${message ?? 'accepted'}`, () => {
    assert.equal(checkTrustPolicy(textOf(statement))?.message, message)
  })
}

const resourceRows: readonly (readonly [rule: string, text: string, message: string | undefined])[] = [
  ['a bucket’s', textOf(bucket), undefined],
  ['a key’s, which is about what it hangs on', textOf({ ...bucket, Resource: '*' }), undefined],
  ['a repository’s, which names no resource', textOf({ Effect: 'Allow', Principal: '*', Action: 'ecr:*' }), undefined],
  ['a queue’s, of 2008', textOf({ ...bucket, Action: 'SQS:SendMessage' }), undefined],
  ['a canonical user', textOf({ ...bucket, Principal: { CanonicalUser: '79a59df900b949e5' } }), undefined],
  ['a service', textOf({ ...bucket, Principal: { Service: 'sns.amazonaws.com' } }), undefined],
  ['a principal that is gone', textOf({ ...bucket, Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' } }), undefined],
  [
    'everyone but one',
    textOf({ ...bucket, Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: '1'.repeat(12) } }),
    undefined,
  ],
  ['no JSON', '{', 'Syntax error in policy.'],
  ['no statements', '{"Version":"2012-10-17","Statement":[]}', 'Could not parse the policy: Statement is empty!'],
  ['no principal', textOf(identity), 'Missing required field Principal'],
  ['two of them', textOf({ ...bucket, NotPrincipal: '*' }), 'Missing required field Principal'],
  [
    'users by wildcard',
    textOf({ ...bucket, Principal: { AWS: 'arn:aws:iam::111122223333:user/*' } }),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
  ],
  [
    'a principal of no kind',
    textOf({ ...bucket, Principal: { Someone: 'a' } }),
    'Invalid principal in policy: "SOMEONE":"a"',
  ],
  [
    'a canonical user by wildcard',
    textOf({ ...bucket, Principal: { CanonicalUser: '*' } }),
    'Invalid principal in policy: "CANONICALUSER":"*"',
  ],
  ['no action', textOf({ ...bucket, Action: [] }), 'Missing required field Action'],
  ['an empty resource', textOf({ ...bucket, Resource: '' }), 'Syntax error in policy.'],
  ['a condition that is none', textOf({ ...bucket, Condition: { Is: { a: 'b' } } }), 'Syntax error in policy.'],
]
for (const [rule, text, message] of resourceRows) {
  test(`resource policies, ${rule}: ${message ?? 'accepted'}`, () => {
    assert.equal(checkResourcePolicy(text)?.message, message)
  })
}

test('whitespace counts inside strings only', () => {
  assert.equal(policySize('{ "a b" :\n\t"\\" c" }'), '{"a b":"\\" c"}'.length)
})

test('numbers keep their text, and everything its place', () => {
  const text = '{"Statement": {"Condition": {"NumericEquals": {"a": 5.50}}}}'
  const document = readDocument(text)
  assert.ok(!('error' in document))
  assert.equal(text.slice(document.statements[0]?.start, document.statements[0]?.end), text.slice(14, -1))
  const number = readJson('5.50')
  assert.ok('text' in number && number.text === '5.50')
})

test('an error says where', () => {
  const text = '{\n  "Version": "2012-10-17",\n  "Version": 1\n}'
  const document = readDocument(text)
  assert.ok('error' in document)
  assert.deepEqual(placeOf(text, document.at), { line: 3, column: 3 })
})
