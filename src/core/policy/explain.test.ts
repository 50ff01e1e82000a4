import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'
import { placeOf } from './document.ts'
import { applicable, explain, other, own, policy, request, role } from './testing/policies.ts'

const first = <T>(list: readonly T[]): T => list[0] as T

test('each element says whether it matched, with what was wanted and what was there', () => {
  const keys = new Map<string, string | readonly string[]>([['aws:sourceip', '10.0.0.1']])
  const statement = {
    Sid: 'One',
    Action: ['s3:Put*', 's3:Get*'],
    NotResource: 'arn:aws:s3:::bucket/key',
    Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] }, StringEquals: { 'aws:RequestTag/K': 'v' } },
  }
  const { decision, policies } = explain(request({ keys }), applicable({ identity: [policy('identity', statement)] }))
  assert.equal(decision.allow, false)
  const explained = first(first(policies).statements)
  assert.deepEqual(
    [explained.sid, explained.outcome, ...explained.elements.map(({ element, outcome }) => [element, outcome])],
    ['One', 'not matched', ['Action', 'matched'], ['NotResource', 'not matched']],
  )
  assert.deepEqual(explained.conditions, [
    {
      operator: 'IpAddress',
      key: 'aws:SourceIp',
      outcome: 'matched',
      present: true,
      values: ['10.0.0.0/8'],
      actual: '10.0.0.1',
    },
    { operator: 'StringEquals', key: 'aws:RequestTag/K', outcome: 'not matched', present: false, values: ['v'] },
  ])
})

test('a principal that matched says what the grant may bypass', () => {
  for (const [principal, by] of [
    [own, 'account'],
    [role.principalArn, 'principal'],
    [role.arn, 'exact'],
  ]) {
    const resource = policy('resource', { Principal: { AWS: principal } })
    const { policies } = explain(request(), applicable({ resource }))
    assert.equal(first(first(first(policies).statements).elements).by, by)
  }
})

test('policies stand in the order of the votes, with their owners and levels', () => {
  const { decision, policies } = explain(request({ owner: other }), {
    identity: [policy('identity', {}), policy('identity', { Action: 'x:y' })],
    boundary: policy('boundary', {}),
    session: [policy('session', {})],
    resource: policy('resource', { Principal: '*' }),
    scps: [[policy('scp', {})], [policy('scp', {})]],
    rcps: [[policy('rcp', { Principal: '*' })]],
  })
  assert.deepEqual(
    policies.map(({ kind, vote, owner, policy }) => ({ kind, vote, owner, policy })),
    decision.because.map(({ kind, vote, owner, policy }) => ({ kind, vote, owner, policy })),
  )
  assert.deepEqual(
    policies.map(({ level }) => level),
    [0, 0, 1, undefined, undefined, undefined, undefined, undefined],
  )
})

const secrets: readonly (readonly [string, unknown])[] = [
  ['in StringEquals', { StringEquals: { 'sts:ExternalId': 'planted-secret' } }],
  ['in any case', { StringEquals: { 'STS:externalID': ['x', 'planted-secret'] } }],
  ['under a set operator', { 'ForAnyValue:StringLike': { 'sts:ExternalId': 'planted-*' } }],
  ['under an operator that does not exist', { StringEqual: { 'sts:ExternalId': 'planted-secret' } }],
  ['as a variable for another key', { StringEquals: { 'x:Copy': '$' + '{sts:ExternalId}' } }],
]
for (const [name, condition] of secrets) {
  test(`an external id is never shown: ${name}`, () => {
    const keys = new Map([
      ['sts:externalid', 'planted-secret'],
      ['x:copy', 'planted-secret'],
    ])
    const trust = policy('trust', { Principal: { AWS: own }, Condition: condition })
    const sent = request({ action: 'sts:AssumeRole', resource: `arn:aws:iam::${own}:role/T`, keys })
    const explained = explain(sent, applicable({ resource: trust }))
    assert.doesNotMatch(JSON.stringify(explained), /planted/)
    assert.equal(first(first(first(explained.policies).statements).conditions).present, true)
  })
}

test('an absent external id is distinguished from a wrong one', () => {
  const trust = policy('trust', { Principal: { AWS: own }, Condition: { StringEquals: { 'sts:ExternalId': 'a' } } })
  const shown = [new Map(), new Map([['sts:externalid', 'b']])].map((keys) => {
    const { policies } = explain(request({ action: 'sts:AssumeRole', keys }), applicable({ resource: trust }))
    const { outcome, present } = first(first(first(policies).statements).conditions)
    return [outcome, present]
  })
  assert.deepEqual(shown, [
    ['not matched', false],
    ['not matched', true],
  ])
})

test('statements carry their place in the text', () => {
  const text = '{\n "Version": "2012-10-17",\n "Statement": [\n  {"Effect":"Allow","Action":"*","Resource":"*"}\n ]\n}'
  const compiled = compile(text, { kind: 'identity', source: 'x' })
  const { start, end } = first(compiled.statements)
  assert.equal(text.slice(start, end), '{"Effect":"Allow","Action":"*","Resource":"*"}')
  assert.deepEqual(placeOf(text, start), { line: 4, column: 3 })
})

test('malformed text is explained as such', () => {
  const compiled = compile('{', { kind: 'identity', source: 'x' })
  const { policies } = explain(request(), applicable({ identity: [compiled] }))
  assert.deepEqual([first(policies).vote, first(policies).malformed !== undefined], ['malformed', true])
})
