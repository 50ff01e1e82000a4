import { deepEqual, equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isUnfilled as isUnknownKey } from '../../core/policy/variables.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import { conditionKeys } from '../proof-identity.ts'
import { type ExtraClaims, keyClaims } from './condition-keys.ts'

const claimsOf = (claims: object) => {
  const read = readJson(Buffer.from(JSON.stringify(claims)))
  return ('value' in read ? read.value : new Map()) as ReadonlyMap<string, Json>
}

function keysOf(provider: string, claims: object, extra?: ExtraClaims) {
  const all = claimsOf(claims)
  const verified = { subject: 'ann', audience: 'client', originalAudience: 'client', expiresAt: 0, claims: all }
  const { wholeSession, trustPolicyOnly } = conditionKeys(keyClaims(provider, verified, extra))
  const { [`${provider}:oaud`]: oaud, ...more } = Object.fromEntries(trustPolicyOnly)
  equal(oaud, 'client')
  return { wholeSession: Object.fromEntries(wholeSession), trustPolicyOnly: more }
}

/** Whether policies that ask for the provider's key cannot be evaluated. */
function isUnfilled(provider: string, claims: object, name: string, extra?: ExtraClaims): boolean {
  const all = claimsOf(claims)
  const verified = { subject: 'ann', audience: 'client', originalAudience: 'client', expiresAt: 0, claims: all }
  const { wholeSession, trustPolicyOnly, unfilled } = conditionKeys(keyClaims(provider, verified, extra))
  const key = `${provider}:${name}`
  return !wholeSession.has(key) && !trustPolicyOnly.has(key) && isUnknownKey(key, unfilled)
}

describe('condition keys of a token', () => {
  const own = { 'idp.example:aud': 'client', 'idp.example:sub': 'ann' }
  const rows: [string, object, ExtraClaims, object, object?][] = [
    ['every provider has aud, oaud and sub, and nothing more', { groups: ['x'], name: 'Ann' }, undefined, {}],
    ['and email', { email: 'a@b', groups: ['x'] }, undefined, { 'idp.example:email': 'a@b' }],
    ['amr lasts', { amr: ['pwd', 'otp'] }, undefined, {}, { ...own, 'idp.example:amr': ['pwd', 'otp'] }],
    ['an amr that is no list of texts is absent', { amr: [1] }, undefined, {}],
    ['a claim that the operator lists', { name: 'Ann', groups: ['x'] }, ['groups'], { 'idp.example:groups': ['x'] }],
    ['all claims', { email: 'a@b', team: 'x' }, 'all', { 'idp.example:email': 'a@b', 'idp.example:team': 'x' }],
    ['numbers and booleans as texts', { n: 7, b: false }, 'all', { 'idp.example:n': '7', 'idp.example:b': 'false' }],
    ['no values of other types', { o: {}, l: [], m: [1], e: '', f: 1.5, z: null }, 'all', {}],
    ['never a name with a colon', { 'x:sub': 'root', ':aud': 'x' }, 'all', {}],
    [
      'never one of the name of a computed key',
      { sub: 'root', AUD: 'x', Sub: 'root', oaud: 'x', id: '1', app_id: '2' },
      'all',
      {},
    ],
    ['never two that policies cannot tell apart', { team: 'red', Team: 'blue' }, 'all', {}],
    ['nor one of them when the operator lists it', { team: 'red', Team: 'blue' }, ['team'], {}],
    ['keys are folded', { Team: 'red' }, 'all', { 'idp.example:team': 'red' }],
    ['a claim named like a property of all objects', { constructor: 'x' }, 'all', { 'idp.example:constructor': 'x' }],
  ]
  for (const [name, claims, extra, trustPolicyOnly, wholeSession = own] of rows) {
    test(name, () => deepEqual(keysOf('idp.example', claims, extra), { wholeSession, trustPolicyOnly }))
  }

  const issuers: [string, string, object, object][] = [
    [
      'GitHub Actions',
      'token.actions.githubusercontent.com',
      { repository: 'o/r', ref: 'refs/heads/main', run_id: '7', actor: 'ann' },
      { repository: 'o/r', ref: 'refs/heads/main', actor: 'ann' },
    ],
    ['a GitHub enterprise', 'token.actions.githubusercontent.com/acme', { enterprise_id: '1' }, { enterprise_id: '1' }],
    ['one with its own domain', 'token.actions.acme.ghe.com', { workflow: 'w', run_id: '7' }, { workflow: 'w' }],
    ['one named in the URL', 'github.com/enterprises/acme', { actor_id: '1', base_ref: 'x' }, { actor_id: '1' }],
    [
      'GitLab',
      'gitlab.com',
      { project_id: '7', user_login: 'ann', job_id: '1' },
      { project_id: '7', user_login: 'ann' },
    ],
    ['GitLab’s user_id is not the computed one', 'gitlab.com', { user_id: '7' }, { user_id: '7' }],
    ['Buildkite', 'agent.buildkite.com', { pipeline_slug: 'p' }, { pipeline_slug: 'p' }],
    ['Buildkite’s own domains', 'agent.acme.buildkite.dev', { cluster_id: 'c' }, { cluster_id: 'c' }],
    ['and its sites', 'agent.acme.buildkite.site', { organization_slug: 'o', step: 's' }, { organization_slug: 'o' }],
    ['Oracle', 'idcs-0a1b.identity.oraclecloud.com', { rpst_id: 'r', tenant: 't' }, { rpst_id: 'r' }],
    ['a look-alike of Oracle has none', 'idcs-0a1b.identity.oraclecloud.com.evil.example', { rpst_id: 'r' }, {}],
    ['a domain below an enterprise’s has none', 'token.actions.a.b.ghe.com', { workflow: 'w' }, {}],
    [
      'CircleCI',
      'oidc.circleci.com/org/1',
      { 'oidc.circleci.com/project-id': 'p' },
      { 'oidc.circleci.com/project-id': 'p' },
    ],
    ['a look-alike of GitHub has none', 'token.actions.githubusercontent.com.evil.example', { repository: 'o/r' }, {}],
  ]
  for (const [name, provider, claims, wanted] of issuers) {
    test(name, () => {
      const trustPolicyOnly = Object.fromEntries(
        Object.entries(wanted).map(([claim, value]) => [`${provider}:${claim}`, value]),
      )
      deepEqual(keysOf(provider, claims).trustPolicyOnly, trustPolicyOnly)
    })
  }

  test('Google has the number of an organization', () => {
    const { trustPolicyOnly } = keysOf('accounts.google.com', { google: { organization_number: 123 } })
    deepEqual(trustPolicyOnly, { 'accounts.google.com:google/organization_number': '123' })
  })

  const unknown: [string, string, object, string, ExtraClaims, boolean][] = [
    ['a claim that becomes no key of the provider', 'idp.example', { groups: ['x'] }, 'groups', undefined, true],
    ['also when the token lacks it', 'idp.example', {}, 'groups', undefined, true],
    ['a claim that AWS names for another issuer', 'idp.example', { repository: 'o/r' }, 'repository', undefined, true],
    ['a claim behind a slash', 'idp.example', {}, 'google/organization_number', undefined, true],
    ['one of an issuer with a path', 'idp.example/x', {}, 'groups', undefined, true],
    ['an email that is no text', 'idp.example', { email: { of: 'ann' } }, 'email', undefined, true],
    ['an empty email', 'idp.example', { email: '' }, 'email', undefined, true],
    ['two emails', 'idp.example', { email: 'a@b', Email: 'c@d' }, 'email', undefined, true],
    ['an amr that is no list of texts', 'idp.example', { amr: [1] }, 'amr', undefined, true],
    ['of all claims, one that cannot become a key', 'idp.example', { iss: 'x' }, 'iss', 'all', true],
    ['of all claims, two that cannot be told apart', 'idp.example', { team: 'x', Team: 'y' }, 'team', 'all', true],
    ['an email that the token lacks', 'idp.example', {}, 'email', undefined, false],
    ['an amr that the token lacks', 'idp.example', {}, 'amr', undefined, false],
    ['a named issuer’s claim that the token lacks', 'gitlab.com', {}, 'user_login', undefined, false],
    ['Google’s organization', 'accounts.google.com', {}, 'google/organization_number', undefined, false],
    ['a claim that the operator lists and the token lacks', 'idp.example', {}, 'groups', ['groups'], false],
    ['of all claims, one that the token lacks', 'idp.example', {}, 'groups', 'all', false],
  ]
  for (const [name, provider, claims, key, extra, unfilled] of unknown) {
    test(`${unfilled ? 'says nothing by its absence' : 'is absent'}: ${name}`, () => {
      equal(isUnfilled(provider, claims, key, extra), unfilled)
    })
  }
})
