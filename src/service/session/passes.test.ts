// Opening a pass: every way in which a session ends early ends it at the next request, opened before or not. Revocation has
// a file of its own: revoke.test.ts.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Pass } from '../../core/identity.ts'
import { pooledRandom } from '../../keys/random.ts'
import { Unavailable } from '../../store/store.ts'
import { loadSubject } from '../access/load-subject.ts'
import type { Subject } from '../contracts/subject.ts'
import { accounts, roles, users } from '../records.ts'
import { attestationsOf } from './attestations.ts'
import { personBy } from './lineage.ts'
import { createPasses, tokenIdentity } from './passes.ts'
import {
  A,
  abroad,
  accessKeyId,
  B,
  issuedAt,
  later,
  newWorld,
  reader,
  start,
  user,
  type World,
} from './testing/world.ts'

const attestations = attestationsOf({})

let world: World
beforeEach(async () => {
  world = await newWorld()
})
afterEach(() => world.store.close())

describe('a token', () => {
  it('opens to the pass it was made of, and again from memory', async () => {
    const pass = await world.passOf({ policies: { inline: '{}', managed: [] }, mfaAt: 7, sourceIdentity: 'ann' })
    const token = world.tokenOf(pass)
    for (let i = 0; i < 2; i++) {
      const answer = await world.passes.open(token, pass.accessKeyId, later(60))
      assert('pass' in answer)
      assert.deepEqual({ ...answer.pass, secret: '' }, { ...pass, secret: '' })
      assert.equal(answer.pass.secret.reveal(), pass.secret.reveal())
    }
  })
  it('opened before opens synchronously', async () => {
    const subject = await loadSubject(world.store, A, reader.id)
    const subjects = { byId: () => subject }
    const passes = createPasses({
      ...world,
      subjects,
      revocations: world.nodeRevocations,
      attestations,
      random: pooledRandom(),
    })
    const token = world.tokenOf(await world.passOf())
    for (let i = 0; i < 2; i++) assert('pass' in passes.open(token, accessKeyId, later(1)))
  })
  it('opened before does not open with the access key id of another session', async () => {
    const token = world.tokenOf(await world.passOf())
    assert.equal(await world.open(token), 'opened')
    assert.equal(await world.open(token, later(60), 'ASIAQNZGKIQY56JQ7WMM'), 'malformed')
  })
  it('with an altered letter does not open, though the true one was opened', async () => {
    const token = world.tokenOf(await world.passOf())
    assert.equal(await world.open(token), 'opened')
    for (const at of [0, 3, 4, 14, 15, 40, 200, token.length - 1]) {
      const other = token[at] === 'A' ? 'B' : 'A'
      assert.equal(await world.open(token.slice(0, at) + other + token.slice(at + 1)), 'malformed', `${at}`)
    }
  })
  const texts: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['not base64url', '%%%'],
    ['beyond ASCII', '\u{1f511}'.repeat(20)],
    ['of 4,097 characters', `HPS2${'A'.repeat(4093)}`],
    ['of a format version not known', `HPS9${'A'.repeat(200)}`],
    ['of zeros under no key', `HPS2${'A'.repeat(200)}`],
    ['of zeros under no key, of the version before', `HPS1${'A'.repeat(200)}`],
  ]
  for (const [name, text] of texts)
    it(`${name} is malformed`, async () => assert.equal(await world.open(text), 'malformed'))
  it('with an endless access key id is malformed', async () => {
    assert.equal(await world.open(world.tokenOf(await world.passOf()), later(60), 'A'.repeat(129)), 'malformed')
  })
  it('of a foreign ring is malformed', async () => {
    const pass = await world.passOf()
    const foreign = await newWorld()
    assert.equal(await world.open(foreign.passes.seal(pass) ?? ''), 'malformed')
    await foreign.store.close()
  })
  it('is refused at the exact second of its expiry, opened before or not', async () => {
    const pass = await world.passOf()
    const token = world.tokenOf(pass)
    const last = new Date(pass.expiresAt * 1000 - 1)
    const first = new Date(pass.expiresAt * 1000)
    await world.hearAt(last)
    assert.equal(await world.open(token, last), 'opened')
    assert.equal(await world.open(token, first), 'expired')
    assert.equal(await world.open(world.tokenOf(pass), first), 'expired')
  })
  it('too large is not sealed', async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`, 'v'.repeat(256)]))
    assert.equal(world.passes.seal(await world.passOf({ tags })), undefined)
  })
  it('has a name in caches that is made of all of it and the access key id', () => {
    assert.notEqual(tokenIdentity('ab', 'c'), tokenIdentity('a', 'bc'))
    assert.equal(tokenIdentity('a', 'b'), `${createHash('sha256').update('a').digest('base64')}b`)
  })
})

describe('two versions of tokens', () => {
  const over = (version: 1 | 2, random = pooledRandom()) => {
    const ring = { ...world.ring, tokenVersion: () => version }
    const subjects = { byId: (account: string, id: string) => loadSubject(world.store, account, id) }
    return createPasses({ ring, subjects, revocations: world.nodeRevocations, attestations, random })
  }
  it('open on a node that seals either, and one dies with its role as the other does', async () => {
    const pass = await world.passOf()
    for (const version of [1, 2] as const) {
      const token = over(version).seal(pass) ?? ''
      assert.ok(token.startsWith(version === 1 ? 'HPS1' : 'HPS2'))
      for (const node of [over(1), over(2)]) assert.deepEqual(await node.open(token, accessKeyId, later(60)), { pass })
    }
    const tokens = ([1, 2] as const).map((version) => over(version).seal(pass) ?? '')
    for (const token of tokens) assert.equal(await world.open(token), 'opened')
    await world.store.transact((tx) => tx.delete(roles, roles.key(reader)))
    for (const token of tokens) assert.equal(await world.open(token), 'principal-gone')
  })
  it('a guest’s session is a guest’s in either', async () => {
    const by = 'cognito-identity.amazonaws.com us-east-1:0198f3a2-1111-7222-8333-444455556666'
    const pass = await world.passOf({ by, vouched: false })
    for (const version of [1, 2] as const) {
      const opened = await over(2).open(over(version).seal(pass) ?? '', accessKeyId, later(60))
      assert.equal('pass' in opened && opened.pass.vouched, false, `${version}`)
    }
  })
  it('a salt serves 65,536 seals of the newest, and one of the version before', async () => {
    const drawn: number[] = []
    const counting = (bytes: number) => {
      drawn.push(bytes)
      return randomBytes(bytes)
    }
    const pass = await world.passOf()
    const newest = over(2, counting)
    for (let i = 0; i < 65_537; i++) newest.seal(pass)
    assert.deepEqual([drawn.filter((n) => n === 16).length, drawn.filter((n) => n === 12).length], [2, 65_537])
    drawn.length = 0
    const before = over(1, counting)
    for (let i = 0; i < 3; i++) before.seal(pass)
    assert.deepEqual(drawn, [16, 16, 16])
  })
  it('another ring key has another salt', async () => {
    const pass = await world.passOf()
    const saltOf = (token: string | undefined) => Buffer.from(token ?? '', 'base64url').toString('hex', 11, 27)
    const node = over(2)
    const first = saltOf(node.seal(pass))
    assert.equal(saltOf(node.seal(pass)), first)
    await world.ring.rotate(later(10), { compromised: true })
    assert.notEqual(saltOf(node.seal(pass)), first)
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
      const pass = await world.passOf(of)
      const [before, never] = [world.tokenOf(pass), world.tokenOf(pass)]
      assert.equal(await world.open(before), 'opened')
      await change()
      assert.equal(await world.open(before), rejected)
      assert.equal(await world.open(never), rejected)
    })
  const brokered = (principal = user.id, account = A): Partial<Pass> => ({
    ...{ account: B, principal: abroad.id, by: personBy('corp', 'guid-ann') },
    ancestors: [{ id: 'f'.repeat(32), principal, version: 0, account }],
  })
  it('a person’s pass dies when the broker user’s account is closed, in whatever account it is', async () => {
    const token = world.tokenOf(await world.passOf(brokered()))
    assert.equal(await world.open(token), 'opened')
    await suspend(A)
    assert.equal(await world.open(token), 'account-suspended')
  })
  it('a person’s pass without a broker user does not open', async () => {
    const passes = [brokered('AIDANOBODY2345678901Z'), brokered(abroad.id, B), { ...brokered(), ancestors: [] }]
    for (const of of passes) assert.equal(await world.open(world.tokenOf(await world.passOf(of))), 'principal-gone')
  })
  it('a workload’s pass dies with what vouches for the workload, and so does what descends from it', async () => {
    const ancestors = ['machine/i-1', 'f'.repeat(32)].map((id) => ({ id, principal: 'p', version: 1, account: A }))
    world.vouched.add('i-1')
    for (const descent of [ancestors.slice(0, 1), ancestors]) {
      const token = world.tokenOf(await world.passOf({ by: 'ec2.amazonaws.com i-1', ancestors: descent }))
      assert.equal(await world.open(token), 'opened')
      world.vouched.clear()
      assert.equal(await world.open(token), 'attestation-ended')
      world.vouched.add('i-1')
    }
  })
  it('a pass lives on when its role is changed', async () => {
    const token = world.tokenOf(await world.passOf())
    await world.store.transact((tx) => tx.replace(roles, { ...reader, description: 'changed' }))
    assert.equal(await world.open(token), 'opened')
  })
  it('a pass of one kind does not open for a principal of another', async () => {
    assert.equal(
      await world.open(world.tokenOf(await world.passOf({ kind: 'role', principal: user.id }))),
      'principal-gone',
    )
    assert.equal(
      await world.open(world.tokenOf(await world.passOf({ kind: 'root-task', principal: reader.id }))),
      'principal-gone',
    )
  })
  it('a revocation that comes while the principal is read counts', async () => {
    const pass = await world.passOf()
    let resolveRead: (subject: Subject | undefined) => void = () => {}
    const subjects = { byId: () => new Promise<Subject | undefined>((resolve) => (resolveRead = resolve)) }
    const passes = createPasses({
      ...world,
      subjects,
      revocations: world.nodeRevocations,
      attestations,
      random: pooledRandom(),
    })
    const answer = passes.open(world.tokenOf(pass), pass.accessKeyId, later(60))
    await world.revokeNow(A, { kind: 'session', id: pass.id })
    resolveRead(await loadSubject(world.store, A, reader.id))
    assert.deepEqual(await answer, { rejected: 'revoked' })
  })
})

describe('the ring under open passes', () => {
  it('a compromised key ends every pass under it, opened before or not', async () => {
    const pass = await world.passOf()
    const [before, never] = [world.tokenOf(pass), world.tokenOf(pass)]
    assert.equal(await world.open(before), 'opened')
    await world.ring.rotate(later(10), { compromised: true })
    assert.equal(await world.open(before), 'malformed')
    assert.equal(await world.open(never), 'malformed')
    assert.equal(await world.open(world.tokenOf(pass)), 'opened')
  })
  it('a retired key opens nothing', async () => {
    const pass = await world.passOf({ expiresAt: issuedAt + 1e9 })
    const token = world.tokenOf(pass)
    await world.ring.rotate(start)
    await world.ring.beat(start)
    assert.equal(await world.open(token), 'opened')
    const end = later(36 * 3600 + 600)
    await world.hearAt(end)
    await world.ring.beat(end)
    assert.equal(await world.open(token, end), 'malformed')
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
    const passes = createPasses({
      ring,
      subjects,
      revocations: world.nodeRevocations,
      attestations,
      random: pooledRandom(),
    })
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.concat([Buffer.from(i % 2 ? 'HPS1' : 'HPS2', 'base64url'), randomBytes(200)])
      const answer = await passes.open(bytes.toString('base64url'), accessKeyId, later(i / 1000))
      assert.deepEqual(answer, { rejected: 'malformed' })
    }
    assert.equal(refreshed, 2)
  })
})

describe('a node out of touch', () => {
  it('opens within the grace, and throws Unavailable beyond it', async () => {
    const token = world.tokenOf(await world.passOf())
    assert.equal(await world.open(token, later(300)), 'opened')
    assert.throws(() => world.passes.open(token, accessKeyId, later(301)), Unavailable)
  })
  it('issues only within its bound', () => {
    assert.equal(world.nodeRevocations.fresh(later(10)), true)
    assert.equal(world.nodeRevocations.fresh(later(11)), false)
  })
})
