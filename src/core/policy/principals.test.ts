import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  anonymous,
  type DecisionRow,
  federatedUser,
  other,
  outcomeOf,
  own,
  policy,
  role,
  type StatementText,
  service,
  user,
} from './testing/policies.ts'

const allow = policy('identity', {})
const denyAll = { Effect: 'Deny' }
const everyone = { Principal: '*' }
const account = { Principal: { AWS: own } }

const bucket = (...statements: StatementText[]) => ({ resource: policy('resource', ...statements) })
const trusts = (...statements: StatementText[]) => ({
  resource: policy('trust', ...statements.map((statement) => ({ Action: 'sts:*', ...statement }))),
})
const assume = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${own}:role/T` }

const rows: readonly DecisionRow[] = [
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
  {
    rule: 'NotPrincipal does not grant to the principals it names',
    policies: bucket({ NotPrincipal: { AWS: [own, role.principalArn, role.arn] } }),
    gives: 'deny identity',
  },
  { rule: 'NotPrincipal never grants', policies: bucket({ NotPrincipal: { AWS: other } }), gives: 'deny identity' },
]

for (const row of rows) test(row.rule, () => assert.equal(outcomeOf(row), row.gives))
