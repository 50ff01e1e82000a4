// What DynamoDB takes as a policy of a table or stream, and its sentences about the rest.
import { equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../../wire/errors.ts'
import { checkTablePolicy, mostBytes, type PolicyKind } from './policy-grammar.ts'

const account = '444455556666'
const base = { Effect: 'Allow', Principal: { AWS: account }, Action: 'dynamodb:GetItem', Resource: '*' }
const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const music = 'arn:aws:dynamodb:us-east-1:111122223333:table/Music'

function says(text: string, kind: PolicyKind = 'table'): string {
  try {
    checkTablePolicy(text, kind)
    return 'taken'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    equal(error.code, 'ValidationException')
    return error.message
  }
}

const invalid = 'One or more parameter values were invalid: '
const malformed = `${invalid}Invalid policy document: `

describe('documents', () => {
  for (const [what, text, sentence] of [
    ['no JSON', '{not json', `${malformed}This policy contains invalid Json`],
    ['nothing', '', `${malformed}This policy contains invalid Json`],
    ['a member twice', '{"Statement":[],"Statement":[]}', `${malformed}This policy contains invalid Json`],
    ['no statements', policy(), `${malformed}Could not parse the policy: Statement is empty!`],
    ['an unknown element', policy({ ...base, Actions: 'x' }), `${malformed}Syntax error in policy.`],
    [
      'a Sid twice',
      policy({ ...base, Sid: 'a' }, { ...base, Sid: 'a' }),
      `${malformed}The Statement Ids in the policy are not unique`,
    ],
    ['an account by its bare number', policy({ ...base, Principal: account }), `${malformed}Syntax error in policy.`],
    ['no principal', policy({ ...base, Principal: undefined }), `${malformed}Missing required field Principal`],
    [
      'a principal by wildcard',
      policy({ ...base, Principal: { AWS: 'arn:aws:iam::444455556666:role/*' } }),
      `${invalid}Invalid principal in policy document.`,
    ],
    ['no resource', policy({ ...base, Resource: undefined }), `${malformed}Missing required field Resource`],
    [
      'an operator that does not exist',
      policy({ ...base, Condition: { StringIs: { a: 'b' } } }),
      `${malformed}Syntax error in policy.`,
    ],
  ] as const) {
    test(`not taken: ${what}`, () => equal(says(text), sentence))
  }
  test('20 KB are taken, white space included, and not a byte more', () => {
    const text = policy(base)
    equal(says(text.padEnd(mostBytes)), 'taken')
    equal(says(text.padEnd(mostBytes + 1)), `${invalid}Maximum policy size of 20480 bytes exceeded`)
  })
  test('bytes count, not characters', () => {
    const text = policy({ ...base, Condition: { StringEquals: { 'aws:PrincipalTag/a': 'é'.repeat(10_200) } } })
    equal(text.length < mostBytes, true)
    match(says(text), /Maximum policy size/)
  })
})

describe('actions', () => {
  for (const [action, kind, taken] of [
    ['dynamodb:*', 'table', true],
    ['*', 'table', true],
    ['DynamoDB:getitem', 'table', true],
    ['dynamodb:Get*', 'table', true],
    ['dynamodb:PartiQLSelect', 'table', true],
    ['dynamodb:ConditionCheckItem', 'table', true],
    ['dynamodb:PutResourcePolicy', 'stream', true],
    ['dynamodb:GetRecords', 'stream', true],
    ['dynamodb:*', 'stream', true],
    ['dynamodb:GetRecords', 'table', false],
    ['dynamodb:ListStreams', 'stream', false],
    ['dynamodb:GetItem', 'stream', false],
    ['dynamodb:CreateTable', 'table', false],
    ['dynamodb:RestoreTableFromBackup', 'table', false],
    ['dynamodb:ExecuteStatement', 'table', false],
    ['dynamodb:TransactWriteItems', 'table', false],
    ['s3:GetObject', 'table', false],
    ['dynamodb:Gett*', 'table', false],
  ] as const) {
    test(`${action} of a ${kind} is ${taken ? '' : 'not '}taken`, () => {
      const sentence = `${malformed}The following action names are invalid: "${action}"`
      equal(says(policy({ ...base, Action: ['dynamodb:GetResourcePolicy', action] }), kind), taken ? 'taken' : sentence)
      const { Action: _, ...rest } = base
      equal(says(policy({ ...rest, NotAction: action }), kind), taken ? 'taken' : sentence)
    })
  }
  test('all that are wrong are named', () => {
    const Action = ['dynamodb:GetRecords', 'dynamodb:GetItem', 'dynamodb:DescribeStream']
    match(says(policy({ ...base, Action })), /invalid: "dynamodb:GetRecords", "dynamodb:DescribeStream"$/)
  })
  test('hundreds of patterns are compared; a text that is made to cost more is refused', () => {
    const listed = (count: number, pattern: string) =>
      says(policy({ ...base, Action: Array.from({ length: count }, () => pattern) }))
    equal(listed(300, 'dynamodb:*Item'), 'taken')
    match(listed(300, `dynamodb:${'*e'.repeat(20)}*Item`), /action names are invalid/)
  })
})

describe('resources', () => {
  for (const [resource, kind, taken] of [
    ['*', 'table', true],
    [music, 'table', true],
    [`${music}/index/ByDay`, 'table', true],
    [`${music}/index/*`, 'table', true],
    [`${music}Other`, 'table', true],
    [`${music}/stream/2026-02-01T00:00:00.000`, 'table', false],
    [`${music}/stream/2026-02-01T00:00:00.000`, 'stream', true],
    [`${music}/stream/*`, 'stream', true],
    [music, 'stream', false],
  ] as const) {
    test(`${resource} of a ${kind} is ${taken ? '' : 'not '}taken`, () => {
      const said = says(policy({ ...base, Action: 'dynamodb:*', Resource: resource }), kind)
      if (taken) equal(said, 'taken')
      else match(said, /The relative-id "table\/Music.*" is invalid for ARN/)
    })
  }
})

describe('who is let in', () => {
  const unbounded =
    'Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure least-privilege form of access'
  const toAll = (Condition?: object, Principal: unknown = '*') =>
    policy({ ...base, Principal, ...(Condition === undefined ? {} : { Condition }) })
  for (const [what, text] of [
    ['everybody', toAll()],
    ['everybody, as an object', toAll(undefined, { AWS: '*' })],
    ['everybody beside somebody', toAll(undefined, { AWS: [account, '*'] })],
    ['whoever comes over TLS', toAll({ Bool: { 'aws:SecureTransport': 'true' } })],
    ['an address', toAll({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })],
    ['whoever has no account, too', toAll({ StringEqualsIfExists: { 'aws:PrincipalAccount': account } })],
    ['whoever is in none', toAll({ 'ForAllValues:StringEquals': { 'aws:PrincipalOrgPaths': 'o-a/r-b/' } })],
    ['everybody but one', toAll({ StringNotEquals: { 'aws:PrincipalAccount': account } })],
    ['all roles of a name', toAll({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Reader' } })],
    ['whom the request says', toAll({ StringEquals: { 'aws:PrincipalAccount': '$' + '{aws:PrincipalAccount}' } })],
    [
      'one of a list with a wildcard',
      toAll({ StringLike: { 'aws:PrincipalArn': [`arn:aws:iam::${account}:root`, '*'] } }),
    ],
    ['nobody, or whoever has none', toAll({ Null: { 'aws:PrincipalAccount': 'false' } })],
    ['what is no service', toAll({ Bool: { 'aws:PrincipalIsAWSService': 'false' } })],
    ['an empty list', toAll({ StringEquals: { 'aws:PrincipalAccount': [] } })],
    ['a second statement', policy(base, { ...base, Principal: '*' })],
  ] as const) {
    test(`not: ${what}`, () => equal(says(text), unbounded))
  }
  for (const [what, text] of [
    ['an account', toAll({ StringEquals: { 'AWS:principalaccount': account } })],
    ['a role', toAll({ ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/Reader` } })],
    ['an organization', toAll({ StringEquals: { 'aws:PrincipalOrgID': 'o-abc' } })],
    ['services', toAll({ Bool: { 'aws:PrincipalIsAWSService': true } })],
    ['a Deny of everybody', policy({ ...base, Effect: 'Deny', Principal: '*' })],
    ['those who are named', policy(base)],
  ] as const) {
    test(`taken: ${what}`, () => equal(says(text), 'taken'))
  }
})
