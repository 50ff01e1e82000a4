import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'
import { decide } from './decide.ts'
import type { AccessRequest, Applicable, Requester } from './model.ts'
import { refusalReason } from './reason.ts'
import {
  anonymous,
  applicable,
  federated,
  federatedUser,
  other,
  outcome,
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

interface Row {
  readonly rule: string
  readonly who?: Requester
  readonly ask?: Partial<AccessRequest>
  readonly policies?: Partial<Applicable>
  readonly gives: string
}

const bucket = (...statements: StatementText[]) => ({ resource: policy('resource', ...statements) })
const trusts = (...statements: StatementText[]) => ({
  resource: policy('trust', ...statements.map((statement) => ({ Action: 'sts:*', ...statement }))),
})
const assume = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${own}:role/T` }
const assumeOther = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${other}:role/T`, owner: other }
const webIdentity = { ...assume, action: 'sts:AssumeRoleWithWebIdentity' }
const nothing = policy('identity', {})

const rows: readonly Row[] = [
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
  // Role trust
  {
    rule: 'an identity policy alone never opens a role',
    ask: assume,
    policies: { identity: [allow] },
    gives: 'deny trust',
  },
  {
    rule: 'nor does it when the trust policy is silent',
    ask: assume,
    policies: { identity: [allow], ...trusts({ Principal: { AWS: other } }) },
    gives: 'deny trust',
  },
  { rule: 'nor root', who: root, ask: assume, policies: trusts({ Principal: { AWS: other } }), gives: 'deny trust' },
  {
    rule: 'trust that names the user suffices',
    who: user,
    ask: assume,
    policies: trusts({ Principal: { AWS: user.arn } }),
    gives: 'allow',
  },
  {
    rule: 'trust that names the role suffices for its sessions',
    ask: assume,
    policies: trusts({ Principal: { AWS: role.principalArn } }),
    gives: 'allow',
  },
  {
    rule: 'trust that names the session suffices',
    ask: assume,
    policies: trusts({ Principal: { AWS: role.arn } }),
    gives: 'allow',
  },
  { rule: 'trust that names the account delegates', ask: assume, policies: trusts(account), gives: 'deny identity' },
  {
    rule: 'and the identity policy then decides',
    ask: assume,
    policies: { identity: [nothing], ...trusts(account) },
    gives: 'allow',
  },
  { rule: 'trust in the account lets root in', who: root, ask: assume, policies: trusts(account), gives: 'allow' },
  {
    rule: 'a role does not trust itself',
    ask: { ...assume, resource: role.principalArn as string },
    policies: { identity: [allow], ...trusts({ Principal: { Service: service.name } }) },
    gives: 'deny trust',
  },
  {
    rule: 'across accounts trust needs the identity side',
    ask: assumeOther,
    policies: trusts({ Principal: { AWS: role.arn } }),
    gives: 'deny identity',
  },
  {
    rule: 'across accounts the identity side needs trust',
    ask: assumeOther,
    policies: { identity: [allow], ...trusts({ Principal: { AWS: other } }) },
    gives: 'deny trust',
  },
  {
    rule: 'across accounts both open the role',
    ask: assumeOther,
    policies: { identity: [allow], ...trusts(account) },
    gives: 'allow',
  },
  {
    rule: 'a Deny in trust wins',
    ask: assume,
    policies: { identity: [allow], ...trusts({ Principal: { AWS: role.arn } }, { ...denyAll, ...account }) },
    gives: 'explicit trust',
  },
  {
    rule: 'a boundary limits what a role ARN in trust grants',
    ask: assume,
    policies: { boundary: policy('boundary', { Action: 'x:y' }), ...trusts({ Principal: { AWS: role.principalArn } }) },
    gives: 'deny boundary',
  },
  {
    rule: 'a service is trusted by name',
    who: service,
    ask: assume,
    policies: trusts({ Principal: { Service: service.name } }),
    gives: 'allow',
  },
  {
    rule: 'another service is not',
    who: service,
    ask: assume,
    policies: trusts({ Principal: { Service: 'lambda.amazonaws.com' } }),
    gives: 'deny trust',
  },
  {
    rule: 'trust in everyone is not trust in services',
    who: service,
    ask: assume,
    policies: trusts(everyone),
    gives: 'deny trust',
  },
  {
    rule: 'a provider is trusted by name',
    who: federated,
    ask: webIdentity,
    policies: trusts({ Principal: { Federated: federated.name } }),
    gives: 'allow',
  },
  {
    rule: 'another provider is not',
    who: federated,
    ask: webIdentity,
    policies: trusts({ Principal: { Federated: 'idp.example' } }),
    gives: 'deny trust',
  },
  {
    rule: 'trust in everyone is not trust in providers',
    who: federated,
    ask: webIdentity,
    policies: trusts(everyone),
    gives: 'deny trust',
  },
  {
    rule: 'a Deny for everyone meets providers',
    who: federated,
    ask: webIdentity,
    policies: trusts({ Principal: { Federated: federated.name } }, { ...denyAll, Principal: { AWS: '*' } }),
    gives: 'explicit trust',
  },
  {
    rule: 'a provider ARN under AWS is no provider',
    who: federated,
    ask: webIdentity,
    policies: trusts({ Principal: { AWS: federated.name } }),
    gives: 'deny trust',
  },
  {
    rule: 'sts:TagSession of a federated user needs no trust',
    who: user,
    ask: { action: 'sts:TagSession', resource: `arn:aws:sts::${own}:federated-user/fred` },
    policies: { identity: [allow] },
    gives: 'allow',
  },
  {
    rule: 'sts:TagSession of a role does',
    ask: { ...assume, action: 'sts:TagSession' },
    policies: { identity: [allow] },
    gives: 'deny trust',
  },
  // Principals
  { rule: 'anonymous callers match everyone', who: anonymous, policies: bucket(everyone), gives: 'allow' },
  {
    rule: 'anonymous callers match AWS everyone',
    who: anonymous,
    policies: bucket({ Principal: { AWS: '*' } }),
    gives: 'allow',
  },
  { rule: 'anonymous callers match no account', who: anonymous, policies: bucket(account), gives: 'deny resource' },
  {
    rule: 'anonymous callers have no aws:PrincipalArn',
    who: anonymous,
    policies: bucket({ ...everyone, Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:*:*:*:*:*' } } }),
    gives: 'deny resource',
  },
  {
    rule: 'a federated user without session policies has none of its user’s permissions',
    who: federatedUser,
    policies: { identity: [allow], session: [] },
    gives: 'deny session',
  },
  {
    rule: 'but what its own ARN is granted',
    who: federatedUser,
    policies: { session: [], ...bucket({ Principal: { AWS: federatedUser.arn } }) },
    gives: 'allow',
  },
  {
    rule: 'and not what its user’s ARN is granted',
    who: federatedUser,
    policies: { session: [], ...bucket({ Principal: { AWS: user.arn } }) },
    gives: 'deny session',
  },
  {
    rule: 'a deleted and recreated role is not trusted',
    ask: { ...assume, requester: { ...role, principalId: 'AROANEWROLE0123456789' } },
    policies: trusts({ Principal: { AWS: role.principalArn } }),
    gives: 'deny trust',
  },
  {
    rule: 'an orphaned id trusts only that id',
    ask: assume,
    policies: trusts({ Principal: { AWS: role.principalId } }),
    gives: 'allow',
  },
  {
    rule: 'another orphaned id does not',
    ask: assume,
    policies: trusts({ Principal: { AWS: 'AROANEWROLE0123456789' } }),
    gives: 'deny trust',
  },
  {
    rule: 'a name that was never resolved matches nothing',
    ask: assume,
    policies: trusts({ Principal: { AWS: `arn:aws:iam::${own}:role/R` } }),
    gives: 'deny trust',
  },
  {
    rule: 'a user named like a role session is not it',
    who: { ...user, arn: role.arn as string },
    ask: assume,
    policies: trusts({ Principal: { AWS: role.arn } }),
    gives: 'deny trust',
  },
  {
    rule: 'denying the role ARN hits its sessions',
    policies: { identity: [allow], ...bucket({ ...denyAll, Principal: { AWS: role.principalArn } }) },
    gives: 'explicit resource',
  },
  {
    rule: 'denying one session ARN hits only it',
    ask: { requester: { ...role, arn: `${role.arn}2` } },
    policies: { identity: [allow], ...bucket({ ...denyAll, Principal: { AWS: role.arn } }) },
    gives: 'allow',
  },
  {
    rule: 'denying the account hits all in it',
    policies: { identity: [allow], ...bucket({ ...denyAll, ...account }) },
    gives: 'explicit resource',
  },
  // NotPrincipal
  {
    rule: 'NotPrincipal spares who is named at every level',
    policies: {
      identity: [allow],
      ...bucket({ ...denyAll, NotPrincipal: { AWS: [own, role.principalArn, role.arn] } }),
    },
    gives: 'allow',
  },
  {
    rule: 'NotPrincipal without the session denies',
    policies: { identity: [allow], ...bucket({ ...denyAll, NotPrincipal: { AWS: [own, role.principalArn] } }) },
    gives: 'explicit resource',
  },
  {
    rule: 'NotPrincipal without the role denies',
    policies: { identity: [allow], ...bucket({ ...denyAll, NotPrincipal: { AWS: [own, role.arn] } }) },
    gives: 'explicit resource',
  },
  {
    rule: 'NotPrincipal without the account denies',
    policies: { identity: [allow], ...bucket({ ...denyAll, NotPrincipal: { AWS: [role.arn, role.principalArn] } }) },
    gives: 'explicit resource',
  },
  {
    rule: 'NotPrincipal always denies who has a boundary',
    policies: {
      identity: [allow],
      boundary: policy('boundary', {}),
      ...bucket({ ...denyAll, NotPrincipal: { AWS: [own, role.principalArn, role.arn] } }),
    },
    gives: 'explicit resource',
  },
  {
    rule: 'NotPrincipal spares a user named with its account',
    who: user,
    policies: { identity: [allow], ...bucket({ ...denyAll, NotPrincipal: { AWS: [own, user.arn] } }) },
    gives: 'allow',
  },
  {
    rule: 'NotPrincipal spares a service by name',
    who: service,
    policies: bucket({ Principal: { Service: service.name } }, { ...denyAll, NotPrincipal: { Service: service.name } }),
    gives: 'allow',
  },
  {
    rule: 'NotPrincipal denies anonymous callers',
    who: anonymous,
    policies: bucket(everyone, { ...denyAll, NotPrincipal: { AWS: own } }),
    gives: 'explicit resource',
  },
  { rule: 'NotPrincipal never grants', policies: bucket({ NotPrincipal: { AWS: other } }), gives: 'deny identity' },
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

for (const { rule, who, ask, policies, gives } of rows) {
  test(rule, () => {
    const decision = decide(request({ ...(who && { requester: who }), ...ask }), applicable(policies))
    assert.equal(outcome(decision), gives)
  })
}

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
    const asked = request()
    assert.equal(refusalReason(decide(asked, applicable(policies)), asked), reason)
  })
}
