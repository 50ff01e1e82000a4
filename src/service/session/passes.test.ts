// Opening a pass: every way in which a session ends early ends it at the next request, opened before or not.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Ancestor, Pass } from '../../core/identity.ts'
import { Secret } from '../../core/secret.ts'
import { masterOf } from '../../keys/master.ts'
import { pooledRandom } from '../../keys/random.ts'
import { keyCollections } from '../../keys/records.ts'
import { openRing, type Ring } from '../../keys/ring.ts'
import { chaos } from '../../store/chaos.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { type Store, Unavailable } from '../../store/store.ts'
import { loadSubject, type Subject } from '../access/load-subject.ts'
import type { Opened, Passes } from '../parts.ts'
import { accounts, attachments, managedPolicies, type Role, roles, type User, users } from '../records.ts'
import { createPasses, tokenIdentity } from './passes.ts'
import { openRevocations, type Revocations, revocations } from './revocations.ts'
import { type Means, revoke, revokeEverything } from './revoke.ts'

const start = new Date('2026-03-01T12:00:00Z')
const issuedAt = start.getTime() / 1000
const later = (seconds: number) => new Date(start.getTime() + seconds * 1000)
const A = '111122223333'
const B = '444455556666'
const master = masterOf(randomBytes(32).toString('base64'))

const holder = { path: '/', createdAt: '2026-01-01T00:00:00Z', tags: [], inline: [], attached: [] }
const trust = { text: '{"Version":"2012-10-17","Statement":[]}', principals: {} }
const role = (account: string, name: string, id: string): Role => {
  return { ...holder, account, name, id, maxSessionDuration: 3600, trust }
}
const user: User = { ...holder, account: A, name: 'ann', id: 'AIDAANN2345678901234Z' }
const reader = role(A, 'reader', 'AROAREADER23456789012')
const middle = role(A, 'middle', 'AROAMIDDLE23456789012')
const abroad = role(B, 'abroad', 'AROAABROAD23456789012')

interface World {
  readonly store: Store
  readonly ring: Ring
  readonly known: Revocations
  readonly passes: Passes
}
let world: World
let heard = start

async function newWorld(): Promise<World> {
  const collections = [accounts, users, roles, managedPolicies, attachments, revocations, ...keyCollections]
  const sqlite = await openSqlite(':memory:', collections, { now: () => heard, pollMs: 3_600_000 })
  const store = chaos(sqlite, { twice: true, yields: true })
  await store.transact(async (tx) => {
    for (const id of [A, B]) await tx.create(accounts, { id, name: id, status: 'ACTIVE', createdAt: holder.createdAt })
    for (const one of [reader, middle, abroad]) await tx.create(roles, one)
    await tx.create(users, user)
  })
  const ring = await openRing({ store, master, now: start, node: 'a' })
  const known = await openRevocations({ store })
  const subjects = { byId: (account: string, id: string) => loadSubject(store, account, id) }
  const passes = createPasses({ ring, subjects, revocations: known, random: pooledRandom() })
  return { store, ring, known, passes }
}
beforeEach(async () => {
  heard = start
  world = await newWorld()
})
afterEach(() => world.store.close())

const version = async (account: string, id: string) => (await loadSubject(world.store, account, id))?.version ?? 0

async function passOf(of: Partial<Pass> = {}): Promise<Pass> {
  const account = of.account ?? A
  const principal = of.principal ?? reader.id
  return {
    id: randomBytes(16).toString('hex'),
    accessKeyId: 'ASIAQNZGKIQY56JQ7WML',
    secret: new Secret('s'.repeat(40)),
    issuedAt,
    expiresAt: issuedAt + 3600,
    kind: 'role',
    account,
    principal,
    name: 'session',
    version: await version(account, principal),
    by: user.id,
    tags: {},
    transitive: [],
    keys: new Map(),
    ancestors: [],
    ...of,
  }
}
const asAncestor = ({ id, principal, version, account }: Pass): Ancestor => ({ id, principal, version, account })
const child = async (parent: Pass, of: Partial<Pass>): Promise<Pass> =>
  passOf({ by: parent.by, ...of, ancestors: [...parent.ancestors, asAncestor(parent)] })

function tokenOf(pass: Pass): string {
  const token = world.passes.seal(pass)
  assert(token !== undefined)
  return token
}
async function open(token: string, now = later(60), accessKeyId = 'ASIAQNZGKIQY56JQ7WML'): Promise<string> {
  const answer: Opened = await world.passes.open(token, accessKeyId, now)
  return 'pass' in answer ? 'opened' : answer.rejected
}
/** The feed was heard at that time: the node writes something. */
async function hearAt(time: Date): Promise<void> {
  heard = time
  await world.store.transact((tx) => tx.replace(users, user))
}
async function revokeNow(account: string, means: Means, now = later(30)): Promise<void> {
  await world.store.transact((tx) => revoke(tx, account, means, now))
  await world.known.settled()
}

describe('a token', () => {
  it('opens to the pass it was made of, and again from memory', async () => {
    const pass = await passOf({ policies: { inline: '{}', managed: [] }, mfaAt: 7, sourceIdentity: 'ann' })
    const token = tokenOf(pass)
    for (let i = 0; i < 2; i++) {
      const answer = await world.passes.open(token, pass.accessKeyId, later(60))
      assert('pass' in answer)
      assert.deepEqual({ ...answer.pass, secret: '' }, { ...pass, secret: '' })
      assert.equal(answer.pass.secret.reveal(), pass.secret.reveal())
    }
  })
  it('opened before is a value, in the same turn', async () => {
    const subject = await loadSubject(world.store, A, reader.id)
    const subjects = { byId: () => subject }
    const passes = createPasses({ ...world, subjects, revocations: world.known, random: pooledRandom() })
    const token = tokenOf(await passOf())
    for (let i = 0; i < 2; i++) assert('pass' in passes.open(token, 'ASIAQNZGKIQY56JQ7WML', later(1)))
  })
  it('opened before does not open with the access key id of another session', async () => {
    const token = tokenOf(await passOf())
    assert.equal(await open(token), 'opened')
    assert.equal(await open(token, later(60), 'ASIAQNZGKIQY56JQ7WMM'), 'malformed')
  })
  it('with an altered letter does not open, though the true one was opened', async () => {
    const token = tokenOf(await passOf())
    assert.equal(await open(token), 'opened')
    for (const at of [0, 3, 4, 14, 15, 40, 200, token.length - 1]) {
      const other = token[at] === 'A' ? 'B' : 'A'
      assert.equal(await open(token.slice(0, at) + other + token.slice(at + 1)), 'malformed', `${at}`)
    }
  })
  const texts: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['not base64url', '%%%'],
    ['beyond ASCII', '\u{1f511}'.repeat(20)],
    ['of 4,097 characters', `HPS1${'A'.repeat(4093)}`],
    ['of a format version not known', `HPS9${'A'.repeat(200)}`],
    ['of zeros under no key', `HPS1${'A'.repeat(200)}`],
  ]
  for (const [name, text] of texts) it(`${name} is malformed`, async () => assert.equal(await open(text), 'malformed'))
  it('with an endless access key id is malformed', async () => {
    assert.equal(await open(tokenOf(await passOf()), later(60), 'A'.repeat(129)), 'malformed')
  })
  it('of a foreign ring is malformed', async () => {
    const pass = await passOf()
    const foreign = await newWorld()
    assert.equal(await open(foreign.passes.seal(pass) ?? ''), 'malformed')
    await foreign.store.close()
  })
  it('is refused at the exact second of its expiry, opened before or not', async () => {
    const pass = await passOf()
    const token = tokenOf(pass)
    const last = new Date(pass.expiresAt * 1000 - 1)
    const first = new Date(pass.expiresAt * 1000)
    await hearAt(last)
    assert.equal(await open(token, last), 'opened')
    assert.equal(await open(token, first), 'expired')
    assert.equal(await open(tokenOf(pass), first), 'expired')
  })
  it('too large is not made', async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`, 'v'.repeat(256)]))
    assert.equal(world.passes.seal(await passOf({ tags })), undefined)
  })
  it('is known to caches by all of it and the access key id', () => {
    assert.notEqual(tokenIdentity('ab', 'c'), tokenIdentity('a', 'bc'))
    assert.equal(tokenIdentity('a', 'b'), `${createHash('sha256').update('a').digest('base64')}b`)
  })
})

describe('liveness', () => {
  const gone: readonly (readonly [string, Partial<Pass>, () => Promise<unknown>, string])[] = [
    [
      'the role is deleted',
      {},
      () => world.store.transact((tx) => tx.delete(roles, roles.key(reader))),
      'principal-gone',
    ],
    [
      'the role is deleted and made again under its name',
      {},
      async () => {
        await world.store.transact((tx) => tx.delete(roles, roles.key(reader)))
        await world.store.transact((tx) => tx.create(roles, { ...reader, id: 'AROAANOTHER2345678901' }))
      },
      'principal-gone',
    ],
    [
      'the user is deleted',
      { kind: 'user', principal: user.id },
      () => world.store.transact((tx) => tx.delete(users, users.key(user))),
      'principal-gone',
    ],
    [
      'the user behind a federated user is deleted',
      { kind: 'federated-user', principal: user.id },
      () => world.store.transact((tx) => tx.delete(users, users.key(user))),
      'principal-gone',
    ],
    ['the account is suspended', {}, () => suspend(A), 'account-suspended'],
    [
      'the account of a root task is suspended',
      { kind: 'root-task', principal: A },
      () => suspend(A),
      'account-suspended',
    ],
    [
      'the account of root’s session is suspended',
      { kind: 'user', principal: A },
      () => suspend(A),
      'account-suspended',
    ],
    [
      'the account is gone',
      { kind: 'root-task', principal: A },
      () => world.store.transact((tx) => tx.delete(accounts, [A])),
      'principal-gone',
    ],
  ]
  const suspend = (id: string) =>
    world.store.transact(async (tx) => {
      const account = await tx.get(accounts, [id])
      assert(account)
      await tx.replace(accounts, { ...account, status: 'SUSPENDED' as const })
    })
  for (const [name, of, change, rejected] of gone)
    it(`a pass dies when ${name}, opened before or not`, async () => {
      const pass = await passOf(of)
      const [before, never] = [tokenOf(pass), tokenOf(pass)]
      assert.equal(await open(before), 'opened')
      await change()
      assert.equal(await open(before), rejected)
      assert.equal(await open(never), rejected)
    })
  it('a pass lives on when its role is changed', async () => {
    const token = tokenOf(await passOf())
    await world.store.transact((tx) => tx.replace(roles, { ...reader, description: 'changed' }))
    assert.equal(await open(token), 'opened')
  })
  it('a pass of one kind is not one of another principal’s kind', async () => {
    assert.equal(await open(tokenOf(await passOf({ kind: 'role', principal: user.id }))), 'principal-gone')
    assert.equal(await open(tokenOf(await passOf({ kind: 'root-task', principal: reader.id }))), 'principal-gone')
  })
  it('a revocation heard of while the principal was read counts', async () => {
    const pass = await passOf()
    let found: (subject: Subject | undefined) => void = () => {}
    const subjects = { byId: () => new Promise<Subject | undefined>((resolve) => (found = resolve)) }
    const passes = createPasses({ ...world, subjects, revocations: world.known, random: pooledRandom() })
    const answer = passes.open(tokenOf(pass), pass.accessKeyId, later(60))
    await revokeNow(A, { kind: 'session', id: pass.id })
    found(await loadSubject(world.store, A, reader.id))
    assert.deepEqual(await answer, { rejected: 'revoked' })
  })
})

describe('revocation', () => {
  /** A chain of three: reader in A (begun by a directory), middle in A, abroad in B. */
  async function chain() {
    const by = 'arn:aws:iam::111122223333:saml-provider/corp ann@example.com'
    const first = await passOf({ by, sourceIdentity: 'ann' })
    const second = await child(first, { principal: middle.id, sourceIdentity: 'ann' })
    const third = await child(second, { account: B, principal: abroad.id, sourceIdentity: 'ann' })
    const other = await passOf({ by: 'another', sourceIdentity: 'bob' })
    return { first, second, third, other }
  }
  type Name = keyof Awaited<ReturnType<typeof chain>>
  type Chain = Readonly<Record<Name, Pass>>
  const rows: readonly (readonly [string, string, (chain: Chain) => Means, readonly Name[]])[] = [
    ['the session, and descendants at depth three', A, (c) => ({ kind: 'session', id: c.first.id }), ['other']],
    ['a session in the middle, not those above', A, (c) => ({ kind: 'session', id: c.second.id }), ['first', 'other']],
    ['the last session alone', B, (c) => ({ kind: 'session', id: c.third.id }), ['first', 'second', 'other']],
    ['the role, and descendants at depth three', A, () => ({ kind: 'principal', id: reader.id }), []],
    ['a role in the middle', A, () => ({ kind: 'principal', id: middle.id }), ['first', 'other']],
    ['the subject, wherever it went', A, (c) => ({ kind: 'subject', by: c.first.by }), ['other']],
    ['the source identity, wherever it went', A, () => ({ kind: 'source-identity', value: 'ann' }), ['other']],
    ['the whole account, and what came of it', A, () => ({ kind: 'account' }), []],
    ['what the account issued before a time', A, () => ({ kind: 'account', before: later(1) }), []],
    [
      'nothing issued at or after that time',
      A,
      () => ({ kind: 'account', before: start }),
      ['first', 'second', 'third', 'other'],
    ],
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
  for (const [name, account, means, alive] of rows)
    it(`kills ${name}, opened before or not`, async () => {
      const passes = await chain()
      const names: readonly Name[] = ['first', 'second', 'third', 'other']
      const tokens = names.map((one) => [one, tokenOf(passes[one]), tokenOf(passes[one])] as const)
      for (const [, token] of tokens) assert.equal(await open(token), 'opened')
      await revokeNow(account, means(passes))
      for (const [one, before, never] of tokens) {
        const expected = alive.includes(one) ? 'opened' : 'revoked'
        assert.equal(await open(before), expected, one)
        assert.equal(await open(never), expected, `${one}, not opened before`)
      }
    })

  it('of an access key id kills what was made with it', async () => {
    const key: Ancestor = { id: 'AKIAQNZGKIQY56JQ7WML', principal: user.id, version: 1, account: A }
    const token = tokenOf(await passOf({ ancestors: [key] }))
    await revokeNow(A, { kind: 'session', id: key.id })
    assert.equal(await open(token), 'revoked')
  })
  for (const [name, principal] of [
    ['a role', reader.id],
    ['a user', user.id],
    ['root', A],
  ] as const)
    it(`of ${name} leaves the sessions it begins from then on`, async () => {
      const kind = principal === reader.id ? 'role' : 'user'
      const before = tokenOf(await passOf({ kind, principal }))
      await revokeNow(A, { kind: 'principal', id: principal })
      const after = tokenOf(await passOf({ kind, principal }))
      assert.equal(await open(before), 'revoked')
      assert.equal(await open(after), 'opened')
    })
  it('of a principal reaches a session that a node issues later from its old reading of it', async () => {
    const stale = await version(A, reader.id)
    await revokeNow(A, { kind: 'principal', id: reader.id })
    const issued = await passOf({ version: stale, issuedAt: issuedAt + 50 })
    assert.equal(await open(tokenOf(issued)), 'revoked')
  })
  it('of a principal that is gone kills every descendant', async () => {
    const first = await passOf()
    const second = tokenOf(await child(first, { principal: middle.id }))
    await world.store.transact((tx) => tx.delete(roles, roles.key(reader)))
    assert.equal(await open(second), 'opened')
    await revokeNow(A, { kind: 'principal', id: reader.id })
    assert.equal(await open(second), 'revoked')
  })
  it('of a subject leaves the sessions it begins after the clocks’ margin', async () => {
    await revokeNow(A, { kind: 'subject', by: user.id }, start)
    assert.equal(await open(tokenOf(await passOf({ issuedAt: issuedAt + 5 }))), 'revoked')
    assert.equal(await open(tokenOf(await passOf({ issuedAt: issuedAt + 6 }))), 'opened')
  })
  it('of everything kills every earlier pass in every account, as a restored backup must', async () => {
    const passes = await chain()
    await world.store.transact((tx) => revokeEverything(tx, later(30)))
    await world.known.settled()
    for (const pass of Object.values(passes)) assert.equal(await open(tokenOf(pass)), 'revoked')
    assert.equal(await open(tokenOf(await passOf({ issuedAt: issuedAt + 36 }))), 'opened')
  })
})

describe('the ring under open passes', () => {
  it('a compromised key takes every pass with it, opened before or not', async () => {
    const pass = await passOf()
    const [before, never] = [tokenOf(pass), tokenOf(pass)]
    assert.equal(await open(before), 'opened')
    await world.ring.rotate(later(10), { compromised: true })
    assert.equal(await open(before), 'malformed')
    assert.equal(await open(never), 'malformed')
    assert.equal(await open(tokenOf(pass)), 'opened')
  })
  it('a retired key opens nothing', async () => {
    const pass = await passOf({ expiresAt: issuedAt + 1e9 })
    const token = tokenOf(pass)
    await world.ring.rotate(start)
    await world.ring.beat(start)
    assert.equal(await open(token), 'opened')
    const end = later(36 * 3600 + 600)
    heard = end
    await world.ring.beat(end)
    assert.equal(await open(token, end), 'malformed')
  })
  it('a flood of unknown key ids reads the store a few times a second, not once a token', async () => {
    let refreshed = 0
    const refresh = async (now: Date) => {
      const read = await world.ring.refresh(now)
      if (read) refreshed++
      return read
    }
    const ring = { ...world.ring, refresh }
    const subjects = { byId: async () => assert.fail('no such token has a principal') }
    const passes = createPasses({ ring, subjects, revocations: world.known, random: pooledRandom() })
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.concat([Buffer.from('HPS1', 'base64url'), randomBytes(200)])
      const answer = await passes.open(bytes.toString('base64url'), 'ASIAQNZGKIQY56JQ7WML', later(i / 1000))
      assert.deepEqual(answer, { rejected: 'malformed' })
    }
    assert.equal(refreshed, 2)
  })
})

describe('a node out of touch', () => {
  it('opens within the grace, and throws Unavailable beyond it', async () => {
    const token = tokenOf(await passOf())
    assert.equal(await open(token, later(300)), 'opened')
    assert.throws(() => world.passes.open(token, 'ASIAQNZGKIQY56JQ7WML', later(301)), Unavailable)
  })
  it('issues within its bound alone', () => {
    assert.equal(world.known.fresh(later(10)), true)
    assert.equal(world.known.fresh(later(11)), false)
  })
})
