// Which credentials open a console, for how long, and what the console's own pass has of theirs.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Pass } from '../../core/identity.ts'
import { Secret } from '../../core/secret.ts'
import { consolePass, consoleProblem } from './console-pass.ts'

const account = '111122223333'
const key = { id: 'AKIAQNZGKIQY56JQ7WML', principal: 'AIDAANN', version: 3, account }
const session = { id: '0'.repeat(32), principal: 'AROAFIRST', version: 4, account }

const role: Pass = {
  id: '1'.repeat(32),
  accessKeyId: 'ASIAQNZGKIQY56JQ7WML',
  secret: new Secret('s'.repeat(40)),
  issuedAt: 1000,
  expiresAt: 4600,
  kind: 'role',
  account,
  principal: 'AROAREADER',
  name: 'ann',
  version: 7,
  by: 'AIDAANN',
  vouched: true,
  tags: { team: 'blue' },
  transitive: ['team'],
  keys: new Map(),
  sourceIdentity: 'ann',
  policies: { inline: '{}', managed: [] },
  ancestors: [key],
}

for (const [what, pass, duration, problem] of [
  ['a role assumed with a long-term key, for twelve hours', {}, 43_200, undefined],
  ['the same for a quarter of an hour', {}, 900, undefined],
  ['the same for as long as it lasts', {}, undefined, undefined],
  ['the same for less than a quarter of an hour', {}, 899, /from 900 to 43200/],
  ['the same for more than twelve hours', {}, 43_201, /from 900 to 43200/],
  ['a role assumed by a proof', { ancestors: [], by: 'idp.example ann' }, 43_200, undefined],
  [
    'one whose proof says when it ends, for as long as it lasts',
    { ancestors: [], by: 'arn:saml ann', bounded: true },
    undefined,
    undefined,
  ],
  ['the same for less', { ancestors: [], by: 'arn:saml ann', bounded: true }, 3600, undefined],
  ['the same for longer', { ancestors: [], by: 'arn:saml ann', bounded: true }, 3601, /proof/],
  ['a role assumed from a session', { ancestors: [key, session] }, 900, /role chaining/],
  [
    'a role assumed from a session that a proof began',
    { ancestors: [session], by: 'idp.example ann' },
    900,
    /chaining/,
  ],
  ['the same for as long as it lasts', { ancestors: [key, session] }, undefined, undefined],
  ['a role that a service delivers', { ancestors: [], by: 'ec2.amazonaws.com' }, 900, /instance/],
  [
    'a role on an instance',
    { ancestors: [], by: 'a b', keys: new Map([['ec2:roledelivery', '2.0']]) },
    900,
    /instance/,
  ],
  ['credentials of GetFederationToken', { kind: 'federated-user' }, undefined, undefined],
  ['the same for longer', { kind: 'federated-user' }, 3600, /GetFederationToken/],
  ['credentials of GetSessionToken', { kind: 'user' }, undefined, /GetSessionToken/],
  ['credentials of AssumeRoot', { kind: 'root-task' }, undefined, /AssumeRoot/],
  ['a guest’s', { vouched: false, ancestors: [] }, undefined, /vouches/],
  ['the end of the longest chain', { ancestors: Array.from({ length: 11 }, () => session) }, undefined, /too long/],
] as const) {
  test(`${what}: ${problem === undefined ? 'a console' : 'none'}`, () => {
    const said = consoleProblem({ ...role, ...(pass as Partial<Pass>) }, duration, new Date(1_000_000))
    if (problem === undefined) assert.equal(said, undefined)
    else assert.match(said ?? '', problem)
  })
}

test('a console’s pass may what the credentials may, and has an identity of its own', () => {
  const own = consolePass(role, 9000, randomBytes)
  const { id, accessKeyId, secret, expiresAt, ancestors, ...rest } = own
  const { id: _, accessKeyId: __, secret: ___, expiresAt: ____, ancestors: _____, ...theirs } = role
  assert.deepEqual(rest, theirs)
  assert.equal(expiresAt, 9000)
  assert.match(id, /^[0-9a-f]{32}$/)
  assert.match(accessKeyId, /^ASIA[A-Z2-7]{16}$/)
  assert.notEqual(secret.reveal(), role.secret.reveal())
  const { principal, version } = role
  assert.deepEqual(ancestors, [key, { id: role.id, principal, version, account }])
})
