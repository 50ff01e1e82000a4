// Revoking passes: each scope kills what it names and every descendant, opened before or not, and nothing else.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Ancestor, Pass } from '../../core/identity.ts'
import { loadSubject } from '../access/load-subject.ts'
import { roles } from '../records.ts'
import { type RevocationScope, revokeEverything } from './revoke.ts'
import { A, abroad, B, issuedAt, later, middle, newWorld, reader, start, user, type World } from './testing/world.ts'

let world: World
beforeEach(async () => {
  world = await newWorld()
})
afterEach(() => world.store.close())

describe('revocation', () => {
  /** A chain of three: reader in A (begun by a directory), middle in A, abroad in B. */
  async function chain() {
    const by = 'arn:aws:iam::111122223333:saml-provider/corp ann@example.com'
    const first = await world.passOf({ by, sourceIdentity: 'ann' })
    const second = await world.child(first, { principal: middle.id, sourceIdentity: 'ann' })
    const third = await world.child(second, { account: B, principal: abroad.id, sourceIdentity: 'ann' })
    const other = await world.passOf({ by: 'another', sourceIdentity: 'bob' })
    return { first, second, third, other }
  }
  type Name = keyof Awaited<ReturnType<typeof chain>>
  type Chain = Readonly<Record<Name, Pass>>
  const rows: readonly (readonly [string, string, (chain: Chain) => RevocationScope, readonly Name[]])[] = [
    ['the session, and descendants at depth three', A, (c) => ({ kind: 'session', id: c.first.id }), ['other']],
    ['a session in the middle, not those above', A, (c) => ({ kind: 'session', id: c.second.id }), ['first', 'other']],
    ['the last session alone', B, (c) => ({ kind: 'session', id: c.third.id }), ['first', 'second', 'other']],
    ['the role, and descendants at depth three', A, () => ({ kind: 'principal', id: reader.id }), []],
    ['a role in the middle', A, () => ({ kind: 'principal', id: middle.id }), ['first', 'other']],
    ['the subject, wherever it went', A, (c) => ({ kind: 'subject', by: c.first.by }), ['other']],
    ['the source identity, wherever it went', A, () => ({ kind: 'source-identity', value: 'ann' }), ['other']],
    ['the whole account, and every descendant', A, () => ({ kind: 'account' }), []],
    ['another account', B, () => ({ kind: 'account' }), ['first', 'second', 'other']],
    // Tenancy: whoever may revoke in an account names what they like, and reaches only what is, or came, from it.
    [
      'no session of another account by its id',
      B,
      (c) => ({ kind: 'session', id: c.first.id }),
      ['first', 'second', 'third', 'other'],
    ],
    [
      'no role of another account',
      B,
      () => ({ kind: 'principal', id: reader.id }),
      ['first', 'second', 'third', 'other'],
    ],
    [
      'another account’s share of a subject alone',
      B,
      (c) => ({ kind: 'subject', by: c.first.by }),
      ['first', 'second', 'other'],
    ],
  ]
  for (const [name, account, scope, alive] of rows)
    it(`kills ${name}, opened before or not`, async () => {
      const passes = await chain()
      const names: readonly Name[] = ['first', 'second', 'third', 'other']
      const tokens = names.map((name) => [name, world.tokenOf(passes[name]), world.tokenOf(passes[name])] as const)
      for (const [, token] of tokens) assert.equal(await world.open(token), 'opened')
      await world.revokeNow(account, scope(passes))
      for (const [name, before, never] of tokens) {
        const expected = alive.includes(name) ? 'opened' : 'revoked'
        assert.equal(await world.open(before), expected, name)
        assert.equal(await world.open(never), expected, `${name}, not opened before`)
      }
    })

  it('of an access key id kills what was issued to it', async () => {
    const key: Ancestor = { id: 'AKIAQNZGKIQY56JQ7WML', principal: user.id, version: 1, account: A }
    const token = world.tokenOf(await world.passOf({ ancestors: [key] }))
    await world.revokeNow(A, { kind: 'session', id: key.id })
    assert.equal(await world.open(token), 'revoked')
  })
  for (const [name, principal] of [
    ['a role', reader.id],
    ['a user', user.id],
    ['root', A],
  ] as const)
    it(`of ${name} leaves the sessions it begins from then on`, async () => {
      const kind = principal === reader.id ? 'role' : 'user'
      const before = world.tokenOf(await world.passOf({ kind, principal }))
      await world.revokeNow(A, { kind: 'principal', id: principal })
      const after = world.tokenOf(await world.passOf({ kind, principal }))
      assert.equal(await world.open(before), 'revoked')
      assert.equal(await world.open(after), 'opened')
    })
  it('of a principal reaches a session that a node issues later from its old reading of it', async () => {
    const stale = (await loadSubject(world.store, A, reader.id))?.version ?? 0
    await world.revokeNow(A, { kind: 'principal', id: reader.id })
    const issued = await world.passOf({ version: stale, issuedAt: issuedAt + 50 })
    assert.equal(await world.open(world.tokenOf(issued)), 'revoked')
  })
  it('of a principal that is deleted kills every descendant', async () => {
    const first = await world.passOf()
    const second = world.tokenOf(await world.child(first, { principal: middle.id }))
    await world.store.transact((tx) => tx.delete(roles, roles.key(reader)))
    assert.equal(await world.open(second), 'opened')
    await world.revokeNow(A, { kind: 'principal', id: reader.id })
    assert.equal(await world.open(second), 'revoked')
  })
  it('of a subject leaves the sessions it begins after the clocks’ margin', async () => {
    await world.revokeNow(A, { kind: 'subject', by: user.id }, start)
    assert.equal(await world.open(world.tokenOf(await world.passOf({ issuedAt: issuedAt + 15 }))), 'revoked')
    assert.equal(await world.open(world.tokenOf(await world.passOf({ issuedAt: issuedAt + 16 }))), 'opened')
  })
  it('of everything kills every earlier pass in every account, as a restored backup must', async () => {
    const passes = await chain()
    await world.store.transact((tx) => revokeEverything(tx, later(30)))
    await world.nodeRevocations.settled()
    for (const pass of Object.values(passes)) assert.equal(await world.open(world.tokenOf(pass)), 'revoked')
    assert.equal(await world.open(world.tokenOf(await world.passOf({ issuedAt: issuedAt + 46 }))), 'opened')
  })
})
