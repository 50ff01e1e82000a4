import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DecideInput, decide, explain, PolicyError, parse } from './policy.ts'

const account = '111122223333'
const note = `arn:aws:notes:eu-west-1:${account}:note/1`
const alice = { arn: `arn:aws:iam::${account}:user/alice` }
const reader = {
  arn: `arn:aws:sts::${account}:assumed-role/Reader/s1`,
  roleArn: `arn:aws:iam::${account}:role/team/Reader`,
}

const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const allow = (more: object = {}) => policy({ Effect: 'Allow', Action: 'notes:Read', Resource: note, ...more })
const deny = (more: object = {}) => policy({ Effect: 'Deny', Action: '*', Resource: '*', ...more })

const ask = (policies: DecideInput['policies'], more: Partial<DecideInput> = {}): DecideInput => ({
  ...{ action: 'notes:Read', resource: note, principal: alice, policies },
  ...more,
})

describe('a policy is read', () => {
  for (const [what, text, message, line, column] of [
    ['no JSON', '{"Version":', /a value is missing/, 1, 12],
    ['a member twice', '{\n  "Statement": [],\n  "Statement": []\n}', /a member name is repeated/, 3, 3],
    ['an element that there is none of', '{"Statment": []}', /an unknown element/, 1, 14],
    [
      'an Effect in the wrong case',
      '{"Statement": [\n{"Effect":"Allow","Action":"*","Resource":"*"},\n  {"Effect":"allow","Action":"*","Resource":"*"}]}',
      /statement 1: Effect is missing or malformed/,
      3,
      3,
    ],
    [
      'an operator that there is none of',
      '{"Statement": {"Effect":"Allow","Action":"*","Resource":"*",\n "Condition": {"StringEqual": {"a": "b"}}}}',
      /there is no condition operator StringEqual /,
      2,
      31,
    ],
    [
      'an action without a service',
      '{"Statement": [{"Effect":"Allow","Action":"*","Resource":"*"},\n {"Effect":"Allow","Action":"Read","Resource":"*"}]}',
      /must be prefaced by a vendor/,
      2,
      2,
    ],
  ] as const) {
    test(`${what}: refused, with its place`, () => {
      assert.throws(
        () => parse(text),
        (error) => {
          assert.ok(error instanceof PolicyError)
          assert.match(error.message, message)
          assert.deepEqual([error.line, error.column], [line, column])
          return true
        },
      )
    })
  }

  test('as the object that the text would be', () =>
    assert.equal(decide(ask({ identity: [parse(allow())] })).allowed, true))
  test('an identity policy with a Principal: refused', () =>
    assert.throws(() => parse(allow({ Principal: '*' })), PolicyError))
  test('a resource policy without one: refused', () =>
    assert.throws(() => parse(allow(), { kind: 'resource' }), PolicyError))
})

describe('a decision', () => {
  const identity = [parse(allow({ Sid: 'Notes' }), { source: 'notes' })]
  for (const [rule, input, outcome, deniedBy] of [
    ['nothing allows', ask({}), 'implicit-deny', 'identity'],
    ['an identity policy allows', ask({ identity }), 'allow', undefined],
    ['another action', ask({ identity }, { action: 'notes:Write' }), 'implicit-deny', 'identity'],
    ['a Deny wins', ask({ identity: [...identity, parse(deny())] }), 'explicit-deny', 'identity'],
    [
      'a boundary that is silent',
      ask({ identity, boundary: parse(allow({ Action: 'notes:Write' })) }),
      'implicit-deny',
      'boundary',
    ],
    ['no session policy at all', ask({ identity, session: [] }), 'implicit-deny', 'session'],
    ['a level of the organization that is silent', ask({ identity, scps: [[]] }), 'implicit-deny', 'scp'],
    ['another account’s resource', ask({ identity }, { resourceAccount: '999988887777' }), 'implicit-deny', 'resource'],
    [
      'nobody, without a policy of the resource',
      ask({ identity: [] }, { principal: undefined as never }),
      'implicit-deny',
      'resource',
    ],
    [
      'a condition on an unknown key: an Allow does not apply',
      ask(
        { identity: [parse(allow({ Condition: { StringEquals: { 'notes:Owner': 'alice' } } }))] },
        { unknown: ['notes:owner'] },
      ),
      'implicit-deny',
      'identity',
    ],
    [
      'a condition on an unknown key: a Deny applies',
      ask(
        { identity: [...identity, parse(deny({ Condition: { StringEquals: { 'notes:Owner': 'bob' } } }))] },
        { unknown: ['notes:Owner'] },
      ),
      'explicit-deny',
      'identity',
    ],
  ] as const) {
    test(`${rule}: ${outcome}`, () => {
      const decision = decide(input)
      assert.equal(decision.outcome, outcome)
      assert.equal(decision.allowed, outcome === 'allow')
      assert.equal(decision.deniedBy, deniedBy)
    })
  }

  test('says who may not do what, and why', () =>
    assert.equal(
      decide(ask({}, { principal: reader })).message,
      `User: ${reader.arn} is not authorized to perform: notes:Read on resource: ${note} because no identity-based policy allows the notes:Read action`,
    ))
  test('names the statement and its place', () => {
    const text = JSON.stringify(
      policy(
        { Effect: 'Allow', Action: 'a:B', Resource: '*' },
        { Sid: 'Mine', Effect: 'Allow', Action: 'notes:*', Resource: '*' },
      ),
      undefined,
      1,
    )
    const { reasons } = decide(ask({ identity: [parse(text, { source: 'mine' })] }))
    assert.deepEqual(reasons, [
      { kind: 'identity', source: 'mine', vote: 'allow', statement: { index: 1, sid: 'Mine', line: 9, column: 3 } },
    ])
  })

  const table = (Principal: object, more: object = {}) =>
    parse(policy({ Effect: 'Allow', Principal, Action: 'notes:Read', Resource: '*', ...more }), { kind: 'resource' })
  for (const [rule, principal, named, allowed] of [
    ['a user by ARN', alice, { AWS: alice.arn }, true],
    ['a user by unique id', { ...alice, id: 'AIDAAAAAAAAAAAAAAAAAA' }, { AWS: 'AIDAAAAAAAAAAAAAAAAAA' }, true],
    ['a user by ARN, with the id known', { ...alice, id: 'AIDAAAAAAAAAAAAAAAAAA' }, { AWS: alice.arn }, true],
    ['a role by ARN, with its path', reader, { AWS: reader.roleArn }, true],
    ['a role of that name without the path', reader, { AWS: `arn:aws:iam::${account}:role/Reader` }, false],
    ['a session by ARN', reader, { AWS: reader.arn }, true],
    ['the account alone', alice, { AWS: account }, false],
    ['somebody else', alice, { AWS: `arn:aws:iam::${account}:user/bob` }, false],
  ] as const) {
    test(`a resource's policy names ${rule}: ${allowed ? 'allowed' : 'not enough'}`, () =>
      assert.equal(decide(ask({ resource: table(named) }, { principal })).allowed, allowed))
  }

  test('keys of the principal are there, and values of any type', () => {
    const condition = {
      StringEquals: { 'aws:username': 'alice', 'aws:PrincipalAccount': account, 'aws:ResourceAccount': account },
      NumericLessThan: { 'notes:Size': '5' },
      Bool: { 'notes:Shared': 'true' },
      DateLessThan: { 'notes:At': '2027-01-01T00:00:00Z' },
      'ForAnyValue:StringEquals': { 'notes:Labels': ['b'] },
    }
    const context = { 'Notes:size': 4, 'notes:Shared': true, 'notes:At': new Date(0), 'notes:Labels': ['a', 'b'] }
    assert.equal(decide(ask({ identity: [parse(allow({ Condition: condition }))] }, { context })).allowed, true)
  })

  test('a policy that was not read: misuse', () => {
    const made = { kind: 'identity', source: 'x', text: JSON.stringify(allow()) } as const
    assert.throws(() => decide(ask({ identity: [made] })), TypeError)
  })
  for (const arn of ['alice', 'arn:aws:iam::1:user/alice', `arn:aws:iam::${account}:role/Reader`, `arn:aws:s3:::b`])
    test(`${arn} is nobody who can ask: misuse`, () =>
      assert.throws(() => decide(ask({}, { principal: { arn } })), TypeError))
})

test('an explanation shows what each statement lacked, and no secret', () => {
  const condition = { StringEquals: { 'sts:ExternalId': 'shared secret', 'notes:Owner': 'alice' } }
  const { decision, policies } = explain(
    ask(
      { identity: [parse(allow({ Condition: condition }), { source: 'notes' })] },
      { context: { 'notes:Owner': 'bob' } },
    ),
  )
  assert.equal(decision.allowed, false)
  const [statement] = policies[0]?.statements ?? []
  assert.equal(statement?.outcome, 'not matched')
  assert.deepEqual(
    statement?.elements.map(({ element, outcome }) => [element, outcome]),
    [
      ['Action', 'matched'],
      ['Resource', 'matched'],
    ],
  )
  assert.deepEqual(statement?.conditions.at(-1), {
    ...{ operator: 'StringEquals', key: 'notes:Owner', outcome: 'not matched', present: true },
    ...{ values: ['alice'], actual: 'bob' },
  })
  assert.ok(!JSON.stringify(policies).includes('shared secret'))
})
