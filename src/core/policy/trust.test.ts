// Who may assume a role: the trust policy and the caller's own (aws: "Granting a user permissions to switch roles").
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DecisionRow,
  federated,
  other,
  outcomeOf,
  own,
  policy,
  role,
  root,
  type StatementText,
  service,
  user,
} from './testing/policies.ts'

const allow = policy('identity', {})
const denyAll = { Effect: 'Deny' }
const everyone = { Principal: '*' }
const account = { Principal: { AWS: own } }

const trusts = (...statements: StatementText[]) => ({
  resource: policy('trust', ...statements.map((statement) => ({ Action: 'sts:*', ...statement }))),
})
const assume = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${own}:role/T` }
const assumeOther = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${other}:role/T`, owner: other }
const webIdentity = { ...assume, action: 'sts:AssumeRoleWithWebIdentity' }
const nothing = policy('identity', {})

const rows: readonly DecisionRow[] = [
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
  ...(
    [
      ['a user ARN', user, { AWS: user.arn }],
      ['a session ARN', role, { AWS: role.arn }],
      ['everyone, of a user', user, '*'],
      ['everyone, of a session', role, '*'],
    ] as const
  ).flatMap(([what, who, Principal]): DecisionRow[] => {
    const one = { who, ask: assume }
    const grant = trusts({ Principal })
    const elsewhere = { Action: 'x:y' }
    return [
      {
        ...one,
        rule: `a boundary limits what ${what} in trust grants`,
        policies: { boundary: policy('boundary', elsewhere), ...grant },
        gives: 'deny boundary',
      },
      {
        ...one,
        rule: `a boundary that allows sts:AssumeRole lets in what ${what} in trust names`,
        policies: { boundary: policy('boundary', { Action: 'sts:AssumeRole' }), ...grant },
        gives: 'allow',
      },
      {
        ...one,
        rule: `a session policy limits what ${what} in trust grants`,
        policies: { session: [policy('session', elsewhere)], ...grant },
        gives: 'deny session',
      },
      {
        ...one,
        rule: `a session policy that allows sts:AssumeRole lets in what ${what} in trust names`,
        policies: { session: [policy('session', { Action: 'sts:AssumeRole' })], ...grant },
        gives: 'allow',
      },
    ]
  }),
  ...(
    [
      ['the session', { AWS: role.arn }],
      ['the role', { AWS: role.principalArn }],
      ['everyone', '*'],
      ['the account', { AWS: own }],
    ] as const
  ).flatMap(([what, Principal]): DecisionRow[] => {
    const both = { ask: { ...assume, action: 'sts:SetSourceIdentity', bothSides: true as const } }
    const grant = trusts({ Principal })
    const elsewhere = { Action: 'x:y' }
    return [
      {
        ...both,
        rule: `asked of both sides, trust in ${what} does not suffice`,
        policies: grant,
        gives: 'deny identity',
      },
      {
        ...both,
        rule: `asked of both sides, trust in ${what} and the caller’s own policy do`,
        policies: { identity: [allow], ...grant },
        gives: 'allow',
      },
      {
        ...both,
        rule: `asked of both sides, trust in ${what} does not pass by a boundary`,
        policies: { identity: [allow], boundary: policy('boundary', elsewhere), ...grant },
        gives: 'deny boundary',
      },
      {
        ...both,
        rule: `asked of both sides, trust in ${what} does not pass by a session policy`,
        policies: { identity: [allow], session: [policy('session', elsewhere)], ...grant },
        gives: 'deny session',
      },
    ]
  }),
  {
    rule: 'asked of both sides, the caller’s own policy does not suffice',
    ask: { ...assume, action: 'sts:SetSourceIdentity', bothSides: true },
    policies: { identity: [allow], ...trusts({ Principal: { AWS: other } }) },
    gives: 'deny trust',
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
]

for (const row of rows) test(row.rule, () => assert.equal(outcomeOf(row), row.gives))
