// What in a trust policy singles out one tenant of a shared issuer: when the policy is written, and when it is used.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compile } from './compile.ts'
import { checkTrustPolicy } from './grammar.ts'
import { decide, explain, own, role, textOf } from './testing/policies.ts'

const pools = 'cognito-identity.amazonaws.com'
const provider = (issuer: string) => (issuer === pools ? issuer : `arn:aws:iam::${own}:oidc-provider/${issuer}`)
const pool = 'us-east-1:0f0f0f0f-1111-4222-8333-444444444444'
const hub = 'token.actions.githubusercontent.com'

const trusting = (issuer: string, Condition: object, more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: provider(issuer) },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition,
  ...more,
})

/** A request with whatever claims the policy asks for; a role that stored the policy decides it. */
function opens(text: string, issuer: string, keys: Readonly<Record<string, string>>): boolean {
  const request = {
    action: 'sts:AssumeRoleWithWebIdentity',
    resource: role.principalArn ?? '',
    owner: own,
    requester: { kind: 'federated', name: provider(issuer) } as const,
    keys: new Map(Object.entries(keys)),
  }
  const resource = compile(text, { kind: 'trust', source: 'trust' })
  return decide(request, { identity: [], scps: [], rcps: [], resource }).allow
}

describe('a shared issuer', () => {
  const like = (key: string, value: unknown) => ({ StringLike: { [key]: value } })
  const equal = (key: string, value: unknown) => ({ StringEquals: { [key]: value } })
  const aud = `${pools}:aud`
  const sub = `${hub}:sub`
  const acme = 'repo:acme/app:ref:refs/heads/main'
  const variable = (name: string) => `$${'{'}${name}}`
  /** The claims of a stranger that the condition would admit, or of our own tenant where the condition is accepted. */
  const rows: readonly (readonly [rule: string, issuer: string, condition: object, claim: string, taken: boolean])[] = [
    ['a whole pool', pools, equal(aud, pool), pool, true],
    ['a whole pool, by StringLike', pools, like(aud, pool), pool, true],
    ['several whole pools', pools, equal(aud, [pool, `${pool}0`]), pool, true],
    ['a key in another case', pools, equal('Cognito-Identity.amazonaws.com:AUD', pool), pool, true],
    ['any value of a list', pools, { 'ForAnyValue:StringEquals': { [aud]: pool } }, pool, true],
    ['every pool of a region', pools, like(aud, 'us-east-1:*'), pool, false],
    ['every pool', pools, like(aud, '*-*'), pool, false],
    ['every pool of 36 characters', pools, like(aud, `us-east-1:${'?'.repeat(36)}`), pool, false],
    ['a pool and more', pools, like(aud, `${pool}*`), pool, false],
    ['a pool, or any', pools, like(aud, [pool, 'eu-*']), pool, false],
    ['an empty list', pools, equal(aud, []), pool, false],
    ['a pool by variable', pools, like(aud, variable(aud)), pool, false],
    ['a pool by variable, to the letter', pools, equal(aud, variable(aud)), pool, false],
    ['if the claim is there', pools, { StringEqualsIfExists: { [aud]: pool } }, pool, false],
    ['all values', pools, { 'ForAllValues:StringEquals': { [aud]: pool } }, pool, false],
    ['all values, if there', pools, { 'ForAllValues:StringLikeIfExists': { [aud]: pool } }, pool, false],
    ['that the claim is there', pools, { Null: { [aud]: 'false' } }, pool, false],
    ['not another pool', pools, { StringNotEquals: { [aud]: `${pool}0` } }, pool, false],
    ['not like another pool', pools, { StringNotLike: { [aud]: 'eu-*' } }, pool, false],
    ['an operator for ARNs', pools, { ArnLike: { [aud]: '*' } }, pool, false],
    ['another claim', pools, like(`${pools}:sub`, pool), pool, false],
    ['the claim of another issuer', pools, equal('accounts.google.com:aud', pool), pool, false],
    ['a repository', hub, equal(sub, acme), acme, true],
    ['all of an owner', hub, like(sub, 'repo:acme/*'), acme, true],
    ['an owner whose id is in the name', hub, like(sub, 'repo:acme@1/app@2:*'), 'repo:acme@1/app@2:x', true],
    ['an owner’s id', hub, like(sub, 'repository_owner_id:7:*'), 'repository_owner_id:7:x', true],
    [
      'an owner behind what anyone may have',
      hub,
      like(sub, 'environment:p:repo:acme/*'),
      'environment:p:repo:acme/x',
      true,
    ],
    ['the rest by variable', hub, like(sub, `repo:acme/${variable('sts:RoleSessionName')}:*`), 'repo:acme/s:x', true],
    ['every repository', hub, like(sub, 'repo:*'), acme, false],
    ['every repository of every owner', hub, like(sub, 'repo:*/*'), acme, false],
    ['one character and more', hub, like(sub, '?*'), acme, false],
    ['every branch of that name', hub, like(sub, 'repo:*:ref:refs/heads/main'), acme, false],
    ['the end of a name', hub, like(sub, '*/app:*'), acme, false],
    ['owners whose names begin so', hub, like(sub, 'repo:acme*'), 'repo:acme-evil/app:x', false],
    ['owners whose ids begin so', hub, like(sub, 'repository_owner_id:7*'), 'repository_owner_id:77:x', false],
    ['an environment that anyone may have', hub, equal(sub, 'environment:production'), 'environment:production', false],
    ['an environment of anyone', hub, like(sub, 'environment:production:*'), 'environment:production:x', false],
    ['an owner by variable', hub, like(sub, `repo:${variable(`${hub}:repository`)}:*`), acme, false],
    ['the audience', hub, equal(`${hub}:aud`, 'sts.amazonaws.com'), 'sts.amazonaws.com', false],
    ['a group', 'gitlab.com', like('gitlab.com:sub', 'project_path:acme/*'), 'project_path:acme/x', true],
    ['every group', 'gitlab.com', like('gitlab.com:sub', 'project_path:*'), 'project_path:x/y', false],
    ['groups that begin so', 'gitlab.com', like('gitlab.com:sub', 'project_path:acme*'), 'project_path:acmee/y', false],
    ['an organization', 'app.terraform.io', like('app.terraform.io:sub', 'organization:a:*'), 'organization:a:x', true],
    ['any organization', 'app.terraform.io', like('app.terraform.io:sub', 'organization:*'), 'organization:a:x', false],
    ['an organization as audience', 'api.pulumi.com/oidc', equal('api.pulumi.com/oidc:aud', 'acme'), 'acme', true],
    ['audiences that begin so', 'api.pulumi.com/oidc', like('api.pulumi.com/oidc:aud', 'acme*'), 'acme-evil', false],
    ['a team', 'oidc.vercel.com', like('oidc.vercel.com:aud', 'https://vercel.com/*'), 'https://vercel.com/x', false],
  ]
  for (const [rule, issuer, condition, claim, taken] of rows) {
    test(`${taken ? 'is trusted for' : 'is not trusted for'} ${rule}`, () => {
      const text = textOf(trusting(issuer, condition))
      assert.equal(checkTrustPolicy(text) === undefined, taken)
      // Also as a policy that is stored already.
      const keys = Object.fromEntries(['aud', 'sub'].map((name) => [`${issuer}:${name}`, claim]))
      assert.equal(opens(text, issuer, { ...keys, 'sts:rolesessionname': 's' }), taken)
    })
  }

  const turbonomic = 'oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb'
  const account = 'system:serviceaccount:acme:t8c-operator'
  for (const [rule, value, taken] of [
    ['one namespace', 'system:serviceaccount:acme:*', true],
    ['a service account', account, true],
    ['every namespace', 'system:serviceaccount:*', false],
    ['every namespace of that account', 'system:serviceaccount:*:t8c-operator', false],
  ] as const) {
    test(`of IBM Turbonomic is ${taken ? '' : 'not '}trusted for ${rule}`, () => {
      const text = textOf(trusting(turbonomic, like(`${turbonomic}:sub`, value)))
      assert.equal(checkTrustPolicy(text) === undefined, taken)
      assert.equal(opens(text, turbonomic, { [`${turbonomic}:sub`]: account }), taken)
    })
  }

  test('is singled out by every statement for itself: conditions of another statement, or a Deny, do not count', () => {
    const guarded = trusting(hub, like(sub, 'repo:acme/*'))
    const denied = trusting(hub, { StringNotLike: { [sub]: 'repo:acme/*' } }, { Effect: 'Deny' })
    const open = trusting(hub, {})
    for (const other of [guarded, denied]) {
      assert.match(checkTrustPolicy(textOf(other, open))?.message ?? '', /must be present for the shared provider$/)
      assert.equal(opens(textOf(other, open), hub, { [sub]: 'repo:stranger/x:y' }), false)
    }
    assert.equal(opens(textOf(guarded, open), hub, { [sub]: acme }), true)
  })

  test('beside a provider of one’s own leaves that one trusted', () => {
    const both = { Principal: { Federated: [provider(hub), provider('idp.example')] } }
    const text = textOf(trusting(hub, {}, both))
    assert.match(checkTrustPolicy(text)?.message ?? '', /shared provider$/)
    assert.equal(opens(text, hub, { [sub]: acme }), false)
    assert.equal(opens(text, 'idp.example', {}), true)
  })

  test('keeps a Deny that names no tenant', () => {
    const text = textOf(trusting(hub, like(sub, 'repo:acme/*')), trusting(hub, {}, { Effect: 'Deny' }))
    assert.equal(checkTrustPolicy(text), undefined)
    assert.equal(opens(text, hub, { [sub]: acme }), false)
  })

  test('that is not trusted is explained', () => {
    const requester = { kind: 'federated', name: provider(hub) } as const
    const request = { action: 'sts:AssumeRoleWithWebIdentity', resource: 'r', owner: own, requester, keys: new Map() }
    const resource = compile(textOf(trusting(hub, {})), { kind: 'trust', source: 'trust' })
    const { decision, policies } = explain(request, { identity: [], scps: [], rcps: [], resource })
    assert.deepEqual([decision.blame, decision.because[0]?.vote], ['trust', 'malformed'])
    assert.deepEqual(policies[0]?.statements[0]?.elements[0], {
      element: 'Principal',
      outcome: 'malformed',
      values: [`Federated:${provider(hub)}`],
      untenanted: true,
    })
  })
})
