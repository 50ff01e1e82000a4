import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'
import type { Applicable } from './model.ts'
import { refusalReason } from './reason.ts'
import {
  applicable,
  type DecisionRow,
  decide,
  other,
  outcomeOf,
  own,
  policy,
  request,
  role,
  root,
  type StatementText,
  service,
  user,
} from './testing/policies.ts'

const allow = policy('identity', {})
const silent = policy('identity', { Action: 'x:y' })
const denyAll = { Effect: 'Deny' }
const everyone = { Principal: '*' }
const account = { Principal: { AWS: own } }
const arnIs = (arn: string | undefined) => ({ Condition: { ArnEquals: { 'aws:PrincipalArn': arn } } })

// Same account, role session, no Deny: (boundary allows, role's policy allows, resource's policy allows).
const columns = ['--A', '-AA', 'AA-', 'A-A', 'AAA', 'A--', '-A-']
const table: readonly (readonly [string, StatementText, string])[] = [
  ['the role ARN', { Principal: { AWS: role.principalArn } }, 'DDAAADD'],
  ['the session ARN', { Principal: { AWS: role.arn } }, 'AAAAADD'],
  ['the account and a condition on aws:PrincipalArn', { ...account, ...arnIs(role.principalArn) }, 'DDADADD'],
  ['everyone and a condition on aws:PrincipalArn', { ...everyone, ...arnIs(role.principalArn) }, 'AAAAADD'],
]
const keys = new Map([['aws:principalarn', role.principalArn as string]])
const when = (yes: boolean, statement: StatementText) => (yes ? statement : { ...statement, Action: 'x:y' })

for (const [name, statement, results] of table) {
  for (const [index, column] of columns.entries()) {
    const [bounded, granted, resource] = [...column].map((letter) => letter === 'A') as [boolean, boolean, boolean]
    const wanted = results[index] === 'A'
    test(`resource policy names ${name}; boundary, role, resource ${column}: ${wanted ? 'allow' : 'deny'}`, () => {
      const decision = decide(request({ keys }), {
        ...applicable({
          identity: [granted ? allow : silent],
          resource: policy('resource', when(resource, statement)),
        }),
        boundary: policy('boundary', when(bounded, {})),
      })
      assert.deepEqual([decision.allow, decision.explicit], [wanted, false])
    })
    test(`resource policy names ${name}; session policy, role, resource ${column}: ${wanted ? 'allow' : 'deny'}`, () => {
      const decision = decide(request({ keys }), {
        ...applicable({
          identity: [granted ? allow : silent],
          resource: policy('resource', when(resource, statement)),
        }),
        session: [policy('session', when(bounded, {}))],
      })
      assert.deepEqual([decision.allow, decision.explicit], [wanted, false])
    })
  }
}

const bucket = (...statements: StatementText[]) => ({ resource: policy('resource', ...statements) })

const rows: readonly DecisionRow[] = [
  { rule: 'nothing attached is an implicit deny', gives: 'deny identity' },
  { rule: 'an identity policy allows in the same account', policies: { identity: [allow] }, gives: 'allow' },
  {
    rule: 'an identity Deny wins over an Allow',
    policies: { identity: [allow, policy('identity', denyAll)] },
    gives: 'explicit identity',
  },
  {
    rule: 'a resource Deny is never bypassed',
    policies: { identity: [allow], ...bucket(everyone, { ...denyAll, ...everyone }) },
    gives: 'explicit resource',
  },
  {
    rule: 'a boundary Deny is never bypassed by a session ARN grant',
    policies: { boundary: policy('boundary', denyAll), ...bucket({ Principal: { AWS: role.arn } }) },
    gives: 'explicit boundary',
  },
  {
    rule: 'a session Deny is never bypassed by a session ARN grant',
    policies: { session: [policy('session', denyAll)], ...bucket({ Principal: { AWS: role.arn } }) },
    gives: 'explicit session',
  },
  {
    rule: 'a boundary grants nothing',
    policies: { boundary: policy('boundary', {}) },
    gives: 'deny identity',
  },
  {
    rule: 'a boundary limits',
    policies: { identity: [allow], boundary: policy('boundary', { Action: 'x:y' }) },
    gives: 'deny boundary',
  },
  { rule: 'a session policy grants nothing', policies: { session: [policy('session', {})] }, gives: 'deny identity' },
  {
    rule: 'a session policy limits',
    policies: { identity: [allow], session: [policy('session', { Action: 'x:y' })] },
    gives: 'deny session',
  },
  {
    rule: 'session policies are united',
    policies: { identity: [allow], session: [policy('session', { Action: 'x:y' }), policy('session', {})] },
    gives: 'allow',
  },
  {
    rule: 'an empty list of session policies limits to nothing',
    policies: { identity: [allow], session: [] },
    gives: 'deny session',
  },
  // Users and the root user
  {
    rule: 'a user ARN in a resource policy bypasses the boundary',
    who: user,
    policies: { boundary: policy('boundary', { Action: 'x:y' }), ...bucket({ Principal: { AWS: user.arn } }) },
    gives: 'allow',
  },
  { rule: 'root needs no policy', who: root, gives: 'allow' },
  {
    rule: 'root is bound by service control policies',
    who: root,
    policies: { scps: [[policy('scp', { Action: 'x:y' })]] },
    gives: 'deny scp',
  },
  {
    rule: 'root is bound by a resource Deny',
    who: root,
    policies: bucket({ ...denyAll, ...everyone }),
    gives: 'explicit resource',
  },
  {
    rule: 'root is bound by its task policy',
    who: root,
    policies: { session: [policy('session', { Action: 'x:y' })] },
    gives: 'deny session',
  },
  {
    rule: 'root of another account needs the resource policy',
    who: root,
    ask: { owner: other },
    gives: 'deny resource',
  },
  {
    rule: 'root of another account is let in by it',
    who: root,
    ask: { owner: other },
    policies: bucket(account),
    gives: 'allow',
  },
  // Organizations
  {
    rule: 'every level of service control policies must allow',
    policies: { identity: [allow], scps: [[policy('scp', {})], [policy('scp', { Action: 'iam:*' })]] },
    gives: 'deny scp',
  },
  {
    rule: 'one of a level suffices',
    policies: { identity: [allow], scps: [[policy('scp', { Action: 'x:y' }), policy('scp', {})]] },
    gives: 'allow',
  },
  { rule: 'a level without policies allows nothing', policies: { identity: [allow], scps: [[]] }, gives: 'deny scp' },
  {
    rule: 'a service control policy grants nothing',
    policies: { scps: [[policy('scp', {})]] },
    gives: 'deny identity',
  },
  {
    rule: 'a service control Deny wins',
    policies: { identity: [allow], scps: [[policy('scp', {}, denyAll)]] },
    gives: 'explicit scp',
  },
  {
    rule: 'a resource control policy must allow',
    policies: { identity: [allow], rcps: [[policy('rcp', { ...everyone, Action: 'x:y' })]] },
    gives: 'deny rcp',
  },
  {
    rule: 'a resource control Deny wins, for services too',
    who: service,
    policies: {
      ...bucket({ Principal: { Service: service.name } }),
      rcps: [[policy('rcp', everyone, { ...denyAll, ...everyone })]],
    },
    gives: 'explicit rcp',
  },
  {
    rule: 'the default resource control policy lets services by',
    who: service,
    policies: { ...bucket({ Principal: { Service: service.name } }), rcps: [[policy('rcp', everyone)]] },
    gives: 'allow',
  },
  // Across accounts
  {
    rule: 'across accounts the identity side alone is not enough',
    ask: { owner: other },
    policies: { identity: [allow] },
    gives: 'deny resource',
  },
  {
    rule: 'across accounts the resource side alone is not enough',
    ask: { owner: other },
    policies: bucket(everyone),
    gives: 'deny identity',
  },
  {
    rule: 'across accounts the session ARN bypasses nothing',
    ask: { owner: other },
    policies: { session: [], identity: [allow], ...bucket({ Principal: { AWS: role.arn } }) },
    gives: 'deny session',
  },
  {
    rule: 'across accounts both suffice',
    ask: { owner: other },
    policies: { identity: [allow], ...bucket(account) },
    gives: 'allow',
  },
  {
    rule: 'account trust does not cross partitions',
    ask: { owner: other },
    policies: { identity: [allow], ...bucket({ Principal: { AWS: `arn:aws-cn:iam::${own}:root` } }) },
    gives: 'deny resource',
  },
  // Broken parts
  {
    rule: 'malformed text denies',
    policies: { identity: [allow, compile('{', { kind: 'identity', source: 'x' })] },
    gives: 'explicit identity',
  },
  {
    rule: 'an element that does not belong denies',
    policies: { identity: [allow, policy('identity', everyone)] },
    gives: 'explicit identity',
  },
  {
    rule: 'a broken principal in a Deny denies',
    policies: { identity: [allow], ...bucket({ ...denyAll, Principal: { AWS: 'arn:aws:iam::*:role/R' } }) },
    gives: 'explicit resource',
  },
  {
    rule: 'a broken principal in an Allow grants nothing',
    policies: bucket({ Principal: { AWS: `arn:aws:sts::${own}:assumed-role/R/*` } }),
    gives: 'deny identity',
  },
  {
    rule: 'an empty principal in a Deny denies',
    policies: { identity: [allow], ...bucket({ ...denyAll, Principal: {} }) },
    gives: 'explicit resource',
  },
  {
    rule: 'a canonical user in a Deny denies',
    policies: { identity: [allow], ...bucket({ ...denyAll, Principal: { CanonicalUser: 'abc' } }) },
    gives: 'explicit resource',
  },
]

for (const row of rows) test(row.rule, () => assert.equal(outcomeOf(row), row.gives))

test('votes carry the account whose operator may read them', () => {
  const { because } = decide(request({ owner: other }), {
    ...applicable({
      identity: [allow],
      ...bucket(account),
      scps: [[policy('scp', {})]],
      rcps: [[policy('rcp', everyone)]],
    }),
    boundary: policy('boundary', {}),
    session: [policy('session', {})],
  })
  assert.deepEqual(
    because.map(({ kind, owner, vote, statement }) => [kind, owner, vote, statement]),
    [
      ['rcp', other, 'allow', 0],
      ['scp', own, 'allow', 0],
      ['resource', other, 'allow', 0],
      ['identity', own, 'allow', 0],
      ['boundary', own, 'allow', 0],
      ['session', own, 'allow', 0],
    ],
  )
})

test('every policy votes, even after a Deny', () => {
  const { because } = decide(request(), applicable({ identity: [policy('identity', denyAll), silent, allow] }))
  assert.deepEqual(
    because.map(({ vote }) => vote),
    ['deny', 'silent', 'allow'],
  )
})

test('an Allow lost to a broken element votes malformed without being an explicit deny', () => {
  const lost = policy('identity', { Condition: { StringEqual: { a: 'b' } } })
  const { because, explicit } = decide(request(), applicable({ identity: [lost] }))
  assert.deepEqual([because[0]?.vote, explicit], ['malformed', false])
})

const reasons: readonly (readonly [Partial<Applicable>, string])[] = [
  [{}, ' because no identity-based policy allows the s3:GetObject action'],
  [{ identity: [allow], session: [] }, ' because no session policy allows the s3:GetObject action'],
  [{ identity: [allow], boundary: policy('boundary', denyAll) }, ' with an explicit deny in a permissions boundary'],
  [{ identity: [policy('identity', denyAll)] }, ' with an explicit deny in an identity-based policy'],
  [{ identity: [allow] }, ''],
]
for (const [policies, reason] of reasons) {
  test(`AWS's sentence ends in "${reason}"`, () => {
    const sent = request()
    assert.equal(refusalReason(decide(sent, applicable(policies)), sent), reason)
  })
}
