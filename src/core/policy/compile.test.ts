// Ways in which a policy could allow more than its author, or AWS, means: each must fail closed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCase } from './casing.ts'
import { compile } from './compile.ts'
import type { AccessRequest, PolicyKind } from './model.ts'
import {
  applicable,
  decide,
  outcome,
  own,
  policy,
  request,
  role,
  type StatementText,
  under,
} from './testing/policies.ts'

const variable = (inside: string) => ['$', '{', inside, '}'].join('')
const bucket = 'arn:aws:s3:::bucket'
const keysOf = (keys: Readonly<Record<string, string | readonly string[]>>) => ({ keys: new Map(Object.entries(keys)) })

interface Row {
  readonly rule: string
  readonly statement: StatementText
  readonly ask?: Partial<AccessRequest>
  /** What an Allow of this gives; a Deny matches in the same cases, and in those of `broken` and `refuses`. */
  readonly gives: 'matches' | 'misses' | 'broken' | 'refuses'
}

const tag = (value: string | readonly string[]) => keysOf({ 'aws:principaltag/team': value })
const team = variable('aws:PrincipalTag/Team')
const rows: readonly Row[] = [
  // Actions
  { rule: 'actions in any case', statement: { Action: 'S3:getOBJECT' }, gives: 'matches' },
  {
    rule: 'the Kelvin sign is no k',
    statement: { Action: 'kms:*' },
    ask: { action: '\u212Ams:Decrypt' },
    gives: 'misses',
  },
  { rule: 'nor in the policy', statement: { Action: '\u212Ams:*' }, ask: { action: 'kms:Decrypt' }, gives: 'broken' },
  { rule: 'the long s is no s', statement: { Action: '\u017F3:*' }, gives: 'broken' },
  { rule: 'a star in the name', statement: { Action: 's3:Get*' }, gives: 'matches' },
  { rule: 'a question mark in the name', statement: { Action: 's3:?etObject' }, gives: 'matches' },
  { rule: 'a question mark is not nothing', statement: { Action: 's3:GetObject?' }, gives: 'misses' },
  { rule: 'a star as the service', statement: { Action: '*:GetObject' }, gives: 'matches' },
  { rule: 'a wildcard in the service is not of the language', statement: { Action: 's*:GetObject' }, gives: 'broken' },
  { rule: 'nor is a bare name', statement: { Action: 'GetObject' }, gives: 'broken' },
  { rule: 'nor two colons', statement: { Action: 's3:Get:Object' }, gives: 'broken' },
  { rule: 'nor two stars', statement: { Action: '**' }, gives: 'broken' },
  { rule: 'nor no text', statement: { Action: '' }, gives: 'broken' },
  {
    rule: 'no variables in actions',
    statement: { Action: `s3:${variable('x')}` },
    ask: keysOf({ x: 'GetObject' }),
    gives: 'misses',
  },
  { rule: 'NotAction leaves out what it names', statement: { NotAction: 's3:*' }, gives: 'misses' },
  { rule: 'NotAction takes the rest', statement: { NotAction: 'iam:*' }, gives: 'matches' },
  { rule: 'a broken NotAction takes nothing', statement: { NotAction: 'iam' }, gives: 'broken' },
  // Resources
  { rule: 'a resource is case-sensitive', statement: { Resource: `${bucket}/KEY` }, gives: 'misses' },
  {
    rule: 'a star crosses slashes',
    statement: { Resource: `${bucket}/*` },
    ask: { resource: `${bucket}/a/b` },
    gives: 'matches',
  },
  {
    rule: 'a star crosses later colons',
    statement: { Resource: `${bucket}/*c` },
    ask: { resource: `${bucket}/a:b:c` },
    gives: 'matches',
  },
  {
    rule: 'a star that ends the region takes further parts where that refuses, and stays where it grants',
    statement: { Resource: 'arn:aws:dynamodb:*:table/x' },
    ask: { resource: 'arn:aws:dynamodb:r:1:table/x' },
    gives: 'refuses',
  },
  {
    rule: 'so does one that ends the account',
    statement: { Resource: 'arn:aws:iam::*:admin' },
    ask: { resource: 'arn:aws:iam::1:x:admin' },
    gives: 'refuses',
  },
  {
    rule: 'and one of two that do, with parts between them',
    statement: { Resource: 'arn:aws:*:r-*:1:x' },
    ask: { resource: 'arn:aws:s3:q:r-1:z:1:x' },
    gives: 'refuses',
  },
  {
    rule: 'with a variable behind it as well',
    statement: { Resource: `arn:aws:iam::*:${team}/*` },
    ask: { resource: 'arn:aws:iam::1:x:red/y', ...tag('red') },
    gives: 'refuses',
  },
  {
    rule: 'what follows it must be there all the same',
    statement: { Resource: 'arn:aws:dynamodb:*:table/x' },
    ask: { resource: 'arn:aws:dynamodb:r:1:table/y' },
    gives: 'misses',
  },
  {
    rule: 'a star within a part stays there',
    statement: { Resource: 'arn:aws:s3:a*b:1:role/x' },
    ask: { resource: 'arn:aws:s3:ax:b:1:role/x' },
    gives: 'misses',
  },
  {
    rule: 'a question mark is one character of its part',
    statement: { Resource: 'arn:aws:iam::?:role/x' },
    ask: { resource: 'arn:aws:iam:::role/x' },
    gives: 'misses',
  },
  {
    rule: 'a question mark is no colon',
    statement: { Resource: 'arn:aws:iam:?1:role/x' },
    ask: { resource: 'arn:aws:iam::1:role/x' },
    gives: 'misses',
  },
  { rule: 'a wildcard for every part', statement: { Resource: 'arn:*:*:*:*:*' }, gives: 'matches' },
  {
    rule: 'is none for operations without a resource',
    statement: { Resource: 'arn:*:*:*:*:*' },
    ask: { resource: '*' },
    gives: 'misses',
  },
  { rule: 'a single star is', statement: {}, ask: { resource: '*' }, gives: 'matches' },
  { rule: 'two stars are no ARN', statement: { Resource: '**' }, gives: 'broken' },
  { rule: 'a text that is no ARN', statement: { Resource: 'bucket/key' }, gives: 'broken' },
  { rule: 'an ARN in capitals', statement: { Resource: 'ARN:aws:s3:::*' }, gives: 'broken' },
  { rule: 'a wildcard as arn', statement: { Resource: '*:aws:s3:::*' }, gives: 'broken' },
  { rule: 'short ARNs stand for what begins with them', statement: { Resource: 'arn:aws:s3' }, gives: 'matches' },
  { rule: 'and not for other services', statement: { Resource: 'arn:aws:s' }, gives: 'misses' },
  {
    rule: 'with five parts too',
    statement: { Resource: 'arn:aws:x:r:1' },
    ask: { resource: 'arn:aws:x:r:1:y' },
    gives: 'matches',
  },
  { rule: 'NotResource leaves out what it names', statement: { NotResource: `${bucket}/*` }, gives: 'misses' },
  { rule: 'a broken NotResource takes nothing', statement: { NotResource: 'bucket' }, gives: 'broken' },
]

for (const { rule, statement, ask, gives } of rows) {
  test(`${rule}: ${JSON.stringify(statement)} ${gives}`, () => {
    const quiet = new Map<string, string>()
    const sent = { keys: quiet, ...ask }
    assert.equal(under(statement, sent), gives === 'matches' ? 'allow' : 'deny identity')
    assert.equal(
      under({ Effect: 'Deny', ...statement }, sent),
      gives === 'misses' ? 'deny identity' : 'explicit identity',
    )
  })
}

test('NotResource with a variable without a value spares nothing, so an Allow does not grant', () => {
  const statement = { NotResource: `${bucket}/${team}/*` }
  assert.equal(under(statement), 'deny identity')
  assert.equal(under({ Effect: 'Deny', ...statement }), 'explicit identity')
  assert.equal(under(statement, tag('red')), 'allow')
})

test('without version 2012-10-17 a variable is the text it is', () => {
  for (const version of [{}, { Version: '2008-10-17' }]) {
    const text = JSON.stringify({
      ...version,
      Statement: { Effect: 'Allow', Action: '*', Resource: `${bucket}/${team}` },
    })
    const identity = [compile(text, { kind: 'identity', source: 'x' })]
    const ask = (resource: string) => decide(request({ resource, ...tag('red') }), applicable({ identity })).allow
    assert.deepEqual([ask(`${bucket}/red`), ask(`${bucket}/${team}`)], [false, true])
  }
})

// Short ARNs in the other kinds of policy.
const short: readonly (readonly [PolicyKind, string, boolean])[] = [
  ['boundary', 'arn:aws:s3', true],
  ['session', 'arn:aws:s3', true],
  ['resource', 'arn:aws:s3', false],
  ['resource', 'arn:aws:s3:*', true],
  ['scp', 'arn:aws:s3', false],
  ['scp', 'arn:aws:s3:*', true],
  ['rcp', 'arn:aws:s3:*', false],
]
for (const [kind, resource, pads] of short) {
  test(`${resource} in a ${kind} policy ${pads ? 'stands for what begins with it' : 'is broken'}`, () => {
    const principal = kind === 'resource' || kind === 'rcp' ? { Principal: '*' } : {}
    const made = (effect: string) => {
      const compiled = policy(kind, { Effect: effect, Resource: resource, ...principal })
      const place = {
        ...(kind === 'boundary' && { boundary: compiled }),
        ...(kind === 'session' && { session: [compiled] }),
        ...(kind === 'resource' && { resource: compiled }),
        ...(kind === 'scp' && { scps: [[compiled]] }),
        ...(kind === 'rcp' && { rcps: [[compiled]] }),
      }
      const identity = kind === 'resource' && effect === 'Allow' ? [] : [policy('identity', {})]
      return decide(request(), applicable({ identity, ...place }))
    }
    assert.equal(made('Allow').allow, pads)
    assert.equal(made('Deny').explicit, true)
  })
}

// Documents that mean nothing grant nothing, and deny.
const allowed = '"Effect":"Allow","Action":"*","Resource":"*"'
const malformed: readonly (readonly [string, string, PolicyKind?])[] = [
  ['no text', ''],
  ['no JSON', 'allow everything'],
  ['a repeated name', `{"Statement":[{"Effect":"Deny",${allowed}}]}`],
  ['a repeated name by escapes', `{"Statement":[{${allowed},"\\u0045ffect":"Allow"}]}`],
  ['text after the end', `{"Statement":[{${allowed}}]}{}`],
  ['a trailing comma', `{"Statement":[{${allowed},}]}`],
  ['a comment', `{"Statement":[{${allowed}}]}//`],
  ['a byte order mark', `\uFEFF{"Statement":[{${allowed}}]}`],
  ['an unknown element', `{"Statement":[{${allowed},"Conditions":{}}]}`],
  ['an unknown element at the top', `{"Statement":[{${allowed}}],"Default":1}`],
  ['__proto__', `{"Statement":[{${allowed},"__proto__":{}}]}`],
  ['elements in another case', `{"statement":[{${allowed}}]}`],
  ['an unknown version', `{"Version":"2012-10-18","Statement":[{${allowed}}]}`],
  ['an effect in another case', '{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}'],
  ['no effect', '{"Statement":[{"Action":"*","Resource":"*"}]}'],
  ['no action', '{"Statement":[{"Effect":"Allow","Resource":"*"}]}'],
  ['an empty NotAction', '{"Statement":[{"Effect":"Allow","NotAction":[],"Resource":"*"}]}'],
  ['an empty NotResource', '{"Statement":[{"Effect":"Allow","Action":"*","NotResource":[]}]}'],
  ['a NotResource of null', '{"Statement":[{"Effect":"Allow","Action":"*","NotResource":[null]}]}'],
  ['both Action and NotAction', `{"Statement":[{${allowed},"NotAction":"x:y"}]}`],
  ['both Resource and NotResource', `{"Statement":[{${allowed},"NotResource":"arn:aws:s3:::x"}]}`],
  ['no resource', '{"Statement":[{"Effect":"Allow","Action":"*"}]}'],
  ['a number as an action', '{"Statement":[{"Effect":"Allow","Action":1,"Resource":"*"}]}'],
  ['a condition that is a list', `{"Statement":[{${allowed},"Condition":[]}]}`],
  ['a null in a condition', `{"Statement":[{${allowed},"Condition":{"StringEquals":{"a":null}}}]}`],
  ['a principal in an identity policy', `{"Statement":[{${allowed},"Principal":"*"}]}`],
  ['no principal in a resource policy', `{"Statement":[{${allowed}}]}`, 'resource'],
  ['a resource in a trust policy', `{"Statement":[{${allowed},"Principal":"*"}]}`, 'trust'],
  ['both Principal and NotPrincipal', `{"Statement":[{${allowed},"Principal":"*","NotPrincipal":"*"}]}`, 'resource'],
  ['a hundred thousand brackets', '['.repeat(100_000)],
]
for (const [name, text, kind = 'identity'] of malformed) {
  test(`${name} is malformed, grants nothing and denies`, () => {
    const compiled = compile(text, { kind, source: 'x' })
    assert.notEqual(compiled.malformed, undefined)
    assert.deepEqual(compiled.statements, [])
    const decision = decide(request(), applicable({ identity: [policy('identity', {}), compiled] }))
    assert.equal(decision.explicit, true)
  })
}

test('a document without statements says nothing', () => {
  const identity = [compile('{"Version":"2012-10-17","Statement":[]}', { kind: 'identity', source: 'x' })]
  assert.equal(outcome(decide(request(), applicable({ identity }))), 'deny identity')
})

test('a policy that compile() did not make denies', () => {
  const forged = { kind: 'identity', source: 'x', statements: [] } as const
  assert.equal(
    outcome(decide(request(), applicable({ identity: [policy('identity', {}), forged] }))),
    'explicit identity',
  )
})

test('a principal’s name is trusted by the id it was resolved to, and not without one', () => {
  const text = JSON.stringify({
    Statement: { Effect: 'Allow', Action: 'sts:*', Principal: { AWS: role.principalArn } },
  })
  const ask = (principals?: ReadonlyMap<string, string>) => {
    const resource = compile(text, { kind: 'trust', source: 'x', ...(principals && { principals }) })
    const sent = request({ action: 'sts:AssumeRole', resource: `arn:aws:iam::${own}:role/T` })
    return decide(sent, applicable({ resource })).allow
  }
  const arn = role.principalArn as string
  assert.equal(ask(), false)
  assert.equal(ask(new Map()), false)
  assert.equal(ask(new Map([[arn, 'AROAOTHER890123456789']])), false)
  assert.equal(ask(new Map([[arn, role.principalId as string]])), true)
})

test('a session’s name is trusted with the role it was resolved to; a Deny meets whoever has the name', () => {
  const session = { ...role, arn: `arn:aws:sts::${own}:assumed-role/Role/one` }
  const ask = (Effect: string, id?: string) => {
    const text = JSON.stringify({ Statement: { Effect, Action: 'sts:*', Principal: { AWS: session.arn } } })
    const principals = new Map(id === undefined ? [] : [[session.arn, id]])
    const sent = request({ action: 'sts:AssumeRole', resource: `arn:aws:iam::${own}:role/T`, requester: session })
    return decide(sent, applicable({ resource: compile(text, { kind: 'trust', source: 'x', principals }) }))
  }
  const id = role.principalId as string
  assert.deepEqual(
    [ask('Allow'), ask('Allow', id), ask('Allow', 'AROAOTHER890123456789')].map(({ allow }) => allow),
    [true, true, false],
  )
  assert.deepEqual(
    [ask('Deny'), ask('Deny', id), ask('Deny', 'AROAOTHER890123456789')].map(({ explicit }) => explicit),
    [true, true, true],
  )
})

test('a pattern made to be slow uses its allowance up: the Deny applies, the Allow does not', () => {
  const pattern = `arn:aws:s3:::${`*${'a'.repeat(900)}b`.repeat(4)}`
  const resource = `arn:aws:s3:::${'a'.repeat(2000)}`
  const many = { Resource: Array.from({ length: 30 }, (_, index) => `${pattern}${index}`) }
  assert.equal(under(many, { resource }), 'deny identity')
  assert.equal(under({ Effect: 'Deny', ...many }, { resource }), 'explicit identity')
})

test('so do conditions with more comparisons than a request has, of whatever operator', () => {
  const names = Array.from({ length: 1500 }, (_, index) => `arn:aws:s3:::v${index}`)
  const others = { 'aws:TagKeys': names.map((name) => `${name}x`) }
  const rows = [
    ['StringEquals', 'StringNotEquals'],
    ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
    ['StringLike', 'StringNotLike'],
    ['ArnLike', 'ArnNotLike'],
  ]
  for (const [plain, negated] of rows) {
    const ask = keysOf({ 'aws:tagkeys': names })
    const elements = { Condition: { [`ForAnyValue:${plain}`]: others } }
    const spared = { Condition: { [`ForAllValues:${negated}`]: others } }
    assert.equal(under({ Effect: 'Deny', Resource: '*', ...elements }, ask), 'explicit identity', plain)
    assert.equal(under({ Resource: '*', ...spared }, ask), 'deny identity', negated)
  }
})

test('so do patterns of a value that a policy names again and again', () => {
  const ask = keysOf({ 'aws:useragent': `${'a'.repeat(500)}b`, 'aws:principaltag/team': 'a'.repeat(2_000) })
  const stars = `*${variable('aws:UserAgent')}`.repeat(3)
  const never = { Resource: '*', Condition: { StringLike: { 'aws:PrincipalTag/Team': [stars] } } }
  assert.equal(under({ Effect: 'Deny', ...never }, ask), 'explicit identity')
  const resource = `${bucket}/${'a'.repeat(2_000)}`
  const resources = { Resource: `${bucket}/${stars}` }
  assert.equal(under({ Effect: 'Deny', ...resources }, { resource, ...ask }), 'explicit identity')
  assert.equal(under({ NotResource: resources.Resource }, { resource, ...ask }), 'deny identity')
})

test('a star that may take further parts is looked at in NotResource too: it spares where that refuses', () => {
  const sent = { resource: 'arn:aws:dynamodb:r:1:table/x' }
  const rest = { NotResource: 'arn:aws:dynamodb:*:table/x' }
  assert.equal(under(rest, sent), 'deny identity')
  assert.equal(under({ Effect: 'Deny', ...rest }, sent), 'explicit identity')
  assert.equal(under(rest, { resource: 'arn:aws:dynamodb:r:1:table/y' }), 'allow')
})

test('case folds letter by letter, and never from outside ASCII into it', () => {
  assert.deepEqual(['ABC', 'ÀÉ', '\u212A', '\u017F', '\u0130', 'ΑΣ'].map(foldCase), [
    'abc',
    'àé',
    '\u212A',
    '\u017F',
    '\u0130',
    'ας'.replace('ς', 'σ'),
  ])
})
