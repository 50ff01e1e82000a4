// Sign-ins of whom the connector cannot be asked: held with what was given, lifted by an answer, and never a way to more.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PersonOutcome } from '../../../federation/person.ts'
import { hold } from '../../session/hold.ts'
import { openRevocations, revocations } from '../../session/revocations.ts'
import { A, abroad, B, later, start } from '../../session/testing/world.ts'
import { annThere, check, given, held, heldOf, open, signedInAtProvider, withOidc } from '../testing/hold-kit.ts'
import { ann, corp, disabled, down, readers, withConnector } from '../testing/people-kit.ts'
import { endOf, minutes, ofSignIn, world } from '../testing/sign-ins-kit.ts'
import { signIns } from './sign-in-records.ts'

describe('a person about whom the connector cannot be asked', () => {
  test('is held at the first check that is later than the check’s interval after the last answer', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    await check(later(119))
    world.told.answer = { person: ann }
    assert.equal(await endOf(signIn, later(30)), 'goes on')
    world.told.answer = down
    // Whenever it was due, it is asked about again exactly when it is to be held.
    for (let second = 100; second < 150; second++) await check(later(second))
    await check(later(149))
    assert.equal(await open(token, later(149)), 'opened')
    await check(later(150))
    assert.equal(await open(token, later(150)), 'held')
    assert.deepEqual(await heldOf(signIn, later(150)), {
      since: later(150),
      detail: 'no server of corp answers',
    })
  })

  for (const [graceSeconds, at] of [
    [0, 120],
    [600, 720],
  ] as const)
    test(`is held after the grace and one interval: grace ${graceSeconds}`, async () => {
      world.table = withConnector(world.table, { ...corp, graceSeconds })
      const token = await given(await world.begin())
      world.told.answer = down
      for (let second = 90; second < at; second += 10) await check(later(second))
      await check(later(at - 1))
      assert.equal(await open(token, later(at - 1)), 'opened')
      await check(later(at))
      assert.equal(await open(token, later(at)), 'held')
    })

  test('is held too where their groups cannot be known', async () => {
    const token = await given(await world.begin())
    world.told.answer = { rejected: 'groups', detail: 'too many to be named' }
    await check(minutes(2))
    assert.equal(await open(token, minutes(2)), 'held')
  })

  test('is held though a renewal asks all the time, and good again with its answer', async () => {
    withOidc()
    const { promise, resolve } = Promise.withResolvers<PersonOutcome>()
    const { signIns: renewing } = world.node({ refresh: () => promise })
    const signIn = await signedInAtProvider('token')
    const token = await given(signIn, start, annThere)
    const renewed = renewing.renew(signIn.id, later(119))
    await check(minutes(2))
    assert.deepEqual([world.told.asked, await open(token, minutes(2))], [[], 'held'])
    resolve({ person: annThere })
    assert('signIn' in (await renewed))
    assert.equal(await open(token, minutes(2)), 'opened')
  })

  test('is held where the check itself fails, which is reported', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    const record = await world.store.get(signIns, ['system', signIn.id])
    assert(record !== undefined)
    await world.store.transact((tx) => tx.replace(signIns, { ...record, sealed: 'torn' }))
    await assert.rejects(check(minutes(2)))
    assert.equal(await open(token, minutes(2)), 'held')
  })

  test('is held with everything that descends from the sign-in, in other accounts too, and nothing else is', async () => {
    const signIn = await world.begin()
    const parent = await world.passOf(ofSignIn(signIn))
    await world.people.signIns.noteGiven(signIn.id, world.role(), start)
    const child = await world.child(parent, { account: B, principal: abroad.id, expiresAt: parent.expiresAt })
    const others = [await world.passOf(), await world.passOf({ ...ofSignIn(signIn), ancestors: [] })]
    world.told.answer = down
    await check(minutes(2))
    for (const pass of [parent, child]) assert.equal(await open(world.tokenOf(pass), minutes(2)), 'held')
    for (const pass of others) assert.equal(await open(world.tokenOf(pass), minutes(2)), 'opened')
  })

  test('is held on every node by the feed, and on one that starts', async () => {
    const { token } = await held()
    await world.nodeRevocations.settled()
    const started = await openRevocations({ store: world.store })
    assert.equal(await open(token, minutes(2)), 'held')
    const [record] = (await world.store.list(revocations, 'key', { prefix: [A, 'hold'], limit: 9 })).items
    assert(started.holds({ ancestors: [{ id: record?.value ?? '', principal: '', version: 0, account: A }] }))
    started.close()
  })

  test('is held by each node alike, and the hold of one is not written again by the others', async () => {
    const token = await given(await world.begin())
    world.told.answer = down
    const nodes = [world.node(), world.node(), world.node()]
    for (const minute of [2, 3, 4]) await Promise.all(nodes.map(({ signIns }) => signIns.checkDue(minutes(minute))))
    assert.equal(await open(token, minutes(4)), 'held')
    assert.equal((await world.records('HoldSignIns')).length, 1)
  })
})

describe('a hold is lifted', () => {
  test('by the first check that is answered', async () => {
    const { signIn, token } = await held()
    await check(minutes(3))
    assert.equal(await open(token, minutes(3)), 'held')
    world.told.answer = { person: ann }
    await check(minutes(4))
    assert.equal(await open(token, minutes(4)), 'opened')
    assert.equal(await heldOf(signIn, minutes(4)), undefined)
    assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(), minutes(4)), true)
  })

  test('of what lives longer than its sign-in, too', async () => {
    const signIn = await world.begin({ ...ann, endsAt: start.getTime() / 1000 + 60 })
    const token = await given(signIn)
    world.told.answer = down
    await check(minutes(2))
    assert.equal(await open(token, minutes(2)), 'held')
    world.told.answer = { person: ann }
    await check(minutes(4))
    assert.equal(await open(token, minutes(4)), 'opened')
  })

  test('by a renewal of any of the person’s sign-ins', async () => {
    const other = await world.begin()
    const { signIn, token } = await held()
    world.told.answer = { person: ann }
    assert.equal(await endOf(other, minutes(3)), 'goes on')
    assert.equal(await open(token, minutes(3)), 'opened')
    assert.equal(await heldOf(signIn, minutes(3)), undefined)
  })

  test('by signing in once more, and not by somebody else’s', async () => {
    const { signIn, token } = await held()
    await world.begin({ ...ann, id: 'guid-ben', login: 'ben' }, minutes(3))
    assert.equal(await open(token, minutes(3)), 'held')
    await world.begin(ann, minutes(3))
    assert.equal(await open(token, minutes(3)), 'opened')
    assert.equal(await heldOf(signIn, minutes(3)), undefined)
  })

  test('and held again at the next silence, as often as it comes', async () => {
    const { token } = await held()
    for (let round = 1; round <= 3; round++) {
      world.told.answer = { person: ann }
      await check(minutes(round * 10))
      assert.equal(await open(token, minutes(round * 10)), 'opened')
      world.told.answer = down
      await check(minutes(round * 10 + 5))
      assert.equal(await open(token, minutes(round * 10 + 5)), 'held')
    }
  })

  for (const [what, answer] of [
    ['is disabled', disabled],
    ['is another', { person: { ...ann, id: 'guid-of-another' } }],
    ['has lost the group', { person: { ...ann, groups: [{ name: 'Readers', dn: readers }] } }],
  ] as [string, PersonOutcome][])
    for (const by of ['check', 'renewal'] as const)
      test(`never for a person who ${what} meanwhile: revoked by the ${by}`, async () => {
        const { signIn, token } = await held()
        world.told.answer = answer
        if (by === 'check') assert.equal(await check(minutes(4)), 1)
        else assert.equal(await endOf(signIn, minutes(4)), 'refused')
        assert.equal(await open(token, minutes(4)), 'revoked')
      })

  test('never for a person who signs in without the group that gave it', async () => {
    const { token } = await held()
    await world.begin({ ...ann, groups: [{ name: 'Readers', dn: readers }] }, minutes(4))
    assert.equal(await open(token, minutes(4)), 'revoked')
  })

  test('and brings nothing back that was revoked, before or meanwhile', async () => {
    const { signIn, token } = await held()
    const own = await world.passOf(ofSignIn(signIn))
    await world.revokeNow(A, { kind: 'session', id: own.id }, minutes(3))
    world.told.answer = { person: ann }
    await check(minutes(4))
    assert.deepEqual([await open(world.tokenOf(own), minutes(4)), await open(token, minutes(4))], ['revoked', 'opened'])
    world.told.answer = down
    await check(minutes(8))
    await world.people.signIns.end(signIn.id, 'signed out', minutes(9))
    world.told.answer = { person: ann }
    await check(minutes(12))
    await world.store.transact(async (tx) => void (await hold(tx, A, signIn.id, false, minutes(12))))
    await world.nodeRevocations.settled()
    assert.equal(await open(token, minutes(12)), 'revoked')
  })

  test('and a late or repeated reading of what was before turns neither around', async () => {
    const { signIn, token } = await held()
    const before = await world.store.get(revocations, [A, 'hold', signIn.id])
    assert(before !== undefined)
    world.told.answer = { person: ann }
    await check(minutes(4))
    world.nodeRevocations.learn(before)
    assert.equal(await open(token, minutes(4)), 'opened')
    const lifted = await world.store.get(revocations, [A, 'hold', signIn.id])
    assert(lifted !== undefined)
    world.told.answer = down
    await check(minutes(8))
    world.nodeRevocations.learn(lifted)
    // The record is gone on one node, and a clock is behind: the next change counts all the same.
    assert.equal(await open(token, minutes(8)), 'held')
    await world.store.transact(async (tx) => void (await hold(tx, A, signIn.id, false, start)))
    await world.nodeRevocations.settled()
    assert.equal(await open(token, minutes(8)), 'opened')
  })
})
