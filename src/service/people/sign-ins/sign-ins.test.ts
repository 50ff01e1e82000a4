// Sign-ins: begun, and everything that ends one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../../core/secret.ts'
import type { PersonOutcome } from '../../../federation/person.ts'
import { Unavailable } from '../../../store/store.ts'
import { A, abroad, B, later, reader, start, user } from '../../session/testing/world.ts'
import { admins, ann, origin, type PeopleWorld, row } from '../testing/people-kit.ts'
import { endOf, fromNowhere, given, minutes, renew, world } from '../testing/sign-ins-kit.ts'
import { countId, type SignInCount, signInCounts } from './sign-in-counts.ts'
import { endRestored } from './sign-in-end.ts'
import { signIns } from './sign-in-records.ts'

describe('a sign-in', () => {
  test('lasts as long as its connector says, and no longer than the proof that began it', async () => {
    assert.equal((await world.begin()).endsAt.getTime(), later(12 * 3600).getTime())
    const short = await world.begin({ ...ann, endsAt: start.getTime() / 1000 + 600 })
    assert.equal(short.endsAt.getTime(), later(600).getTime())
    assert.equal(await endOf(short, later(599)), 'goes on')
    assert.equal(await endOf(short, later(600)), 'over')
    assert.equal(await world.people.signIns.byId(short.id, later(600)), undefined)
  })

  test('has what the connector said of the person, sealed in the store', async () => {
    const renewal = new Secret('refresh-token-planted')
    const attributes = new Map([['department', ['attribute-planted']]])
    const { id } = await world.people.signIns.begin(
      {
        person: { ...ann, attributes },
        client: 'command-line',
        origin: { requestId: 'r', from: fromNowhere },
        renewal,
      },
      start,
    )
    const signIn = await world.people.signIns.byId(id, later(1))
    assert.deepEqual([signIn?.groups, signIn?.attributes], [ann.groups, attributes])
    assert.equal(signIn?.renewal?.reveal(), 'refresh-token-planted')
    const stored = JSON.stringify(await world.store.get(signIns, ['system', id]))
    for (const planted of ['refresh-token-planted', 'attribute-planted', 'CN=Admins'])
      assert(!stored.includes(planted), planted)
  })

  test('is recorded with who, where from, and which', async () => {
    const { id } = await world.begin()
    const [record] = await world.records('UserAuthentication')
    assert.deepEqual(
      [record?.userIdentity.userName, record?.userIdentity.principalId, record?.sourceIPAddress],
      ['ann', 'connector/corp guid-ann', '192.0.2.1'],
    )
    assert.deepEqual(record?.additionalEventData, { signIn: id, client: 'browser', MFAUsed: 'No' })
  })

  test('a second factor is noted, and survives renewal', async () => {
    const signIn = await world.begin()
    assert.equal(signIn.multiFactorAt, undefined)
    await world.people.signIns.confirmFactor(signIn.id, later(30))
    const renewed = await renew(signIn, later(60))
    assert('signIn' in renewed)
    assert.deepEqual(renewed.signIn.multiFactorAt, later(30))
  })

  test('a node that does not hear of changes begins and gives nothing', async () => {
    const { signIns } = world.node({ revocations: { fresh: () => false, learn: () => undefined } })
    const signIn = await world.begin()
    await assert.rejects(
      signIns.begin({ person: ann, client: 'api', origin: { requestId: '', from: fromNowhere } }, start),
      Unavailable,
    )
    await assert.rejects(signIns.noteGiven(signIn.id, world.role(), start), Unavailable)
  })

  test('a person begins a thousand in an hour, on all nodes together: more would fill every node with revocations', async () => {
    await world.begin()
    const [counted] = (await world.store.list(signInCounts, 'key', { prefix: [], limit: 2 })).items
    assert.deepEqual([counted?.count, counted?.id], [1, countId('corp', ann.id)])
    await world.store.transact((tx) => tx.replace(signInCounts, { ...(counted as SignInCount), count: 999 }))
    const begin = (node: Pick<PeopleWorld['people'], 'signIns'>, now: Date, person = ann) =>
      node.signIns.begin({ person, client: 'api', origin }, now)
    const both = await Promise.allSettled([world.people, world.node()].map((node) => begin(node, later(60))))
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await assert.rejects(begin(world.people, later(3599)), Unavailable)
    await begin(world.people, later(3599), { ...ann, id: 'guid-ben' })
    await begin(world.people, later(3600))
    await world.people.signIns.sweep(later(30 * 3600))
    assert.equal((await world.store.list(signInCounts, 'key', { prefix: [], limit: 2 })).items.length, 0)
  })

  test('of one person by one kind of client there are 200: one more ends the oldest', async () => {
    const first = await world.begin(ann, start)
    const other = await world.people.signIns.begin(
      { person: ann, client: 'api', origin: { requestId: '', from: fromNowhere } },
      start,
    )
    for (let n = 1; n <= 200; n++) await world.begin(ann, later(n))
    assert.equal(await world.people.signIns.byId(first.id, later(300)), undefined)
    assert.notEqual(await world.people.signIns.byId(other.id, later(300)), undefined)
    assert.equal((await world.people.signIns.list(later(300))).length, 201)
  })
})

describe('an end', () => {
  test('is on every node, and kills what descends from the sign-in in other accounts too', async () => {
    const signIn = await world.begin()
    const parent = await world.passOf({
      ancestors: [{ id: signIn.id, principal: user.id, version: 0, account: A }],
      principal: reader.id,
    })
    await world.people.signIns.noteGiven(signIn.id, world.role(), start)
    const child = await world.child(parent, { account: B, principal: abroad.id })
    assert.equal(await world.node().signIns.end(signIn.id, 'signed out', later(30)), true)
    await world.nodeRevocations.settled()
    for (const pass of [parent, child]) assert.equal(await world.open(world.tokenOf(pass)), 'revoked')
    assert.equal(await endOf(signIn, later(31)), 'ended')
    assert.equal(await world.people.signIns.end(signIn.id, 'again', later(32)), false)
    const records = await world.records('EndSignIn')
    assert.equal(records.length, 1)
    assert.deepEqual(records[0]?.additionalEventData, {
      ...{ signIn: signIn.id, client: 'browser', end: 'ended', reason: 'signed out', revokedIn: [A] },
    })
  })

  test('nothing more is given, and what is issued after it all the same is dead', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    await world.people.signIns.end(signIn.id, 'signed out', later(30))
    assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(), later(31)), false)
    assert.equal(await world.people.signIns.confirmFactor(signIn.id, later(31)), undefined)
    const late = await world.passOf({
      ancestors: [{ id: signIn.id, principal: user.id, version: 0, account: A }],
      issuedAt: later(40).getTime() / 1000,
    })
    assert.deepEqual([await world.open(token), await world.open(world.tokenOf(late))], ['revoked', 'revoked'])
  })

  test('what a target gave cannot be taken back: the record of the end says so', async () => {
    const target = {
      ...{ name: 'aws', accounts: ['999900001111'], sts: 'https://sts.us-east-1.amazonaws.com', region: 'us-east-1' },
      ...{ federation: 'https://signin.aws.amazon.com/federation', console: 'https://console.aws.amazon.com/' },
      ...{ audience: 'sts.amazonaws.com', allow: [] },
    }
    const there = 'arn:aws:iam::999900001111:role/Admin'
    world.table = { ...world.table, targets: [target], assignments: [row(admins, { roles: [there] })] }
    const signIn = await world.begin()
    await world.people.signIns.noteGiven(signIn.id, world.role(there), start)
    await world.people.signIns.end(signIn.id, 'signed out', later(1))
    const [record] = await world.records('EndSignIn')
    assert.deepEqual(record?.additionalEventData, {
      ...{ signIn: signIn.id, client: 'browser', end: 'ended', reason: 'signed out' },
      ...{ revokedIn: [], lastsUntilItExpiresAt: ['aws'] },
    })
  })

  test('of a person is of that person alone, at that connector', async () => {
    const [one, two] = [await world.begin(), await world.begin()]
    const ben = await world.begin({ ...ann, id: 'guid-ben' })
    assert.equal(await world.people.signIns.endOfPerson('corp', 'guid-ann', 'by the operator', later(1)), 2)
    for (const { id } of [one, two]) assert.equal(await world.people.signIns.byId(id, later(2)), undefined)
    assert.notEqual(await world.people.signIns.byId(ben.id, later(2)), undefined)
    assert.deepEqual(
      (await world.people.signIns.list(later(2))).map(({ personId }) => personId),
      ['guid-ben'],
    )
  })

  test('a record that is over goes after a day', async () => {
    const signIn = await world.begin()
    await world.people.signIns.end(signIn.id, 'signed out', later(1))
    assert.equal(await world.people.signIns.sweep(later(36 * 3600)), 0)
    assert.equal(await world.people.signIns.sweep(later(36 * 3600 + 1)), 1)
    assert.equal(await endOf(signIn, later(36 * 3600 + 2)), 'over')
  })
})

test('a restored backup has no sign-in that lives: it knows no end that came after it', async () => {
  const signIn = await world.begin()
  await world.store.transact(endRestored)
  assert.equal(await endOf(signIn, later(1)), 'ended')
  assert.deepEqual(await world.people.signIns.list(later(1)), [])
})

test('a person who was made again has another id: the old sign-in and what it gave are dead', async () => {
  const signIn = await world.begin()
  const token = await given(signIn)
  const gone: PersonOutcome = { rejected: 'unknown', detail: 'nobody has that id' }
  world.told.answer = gone
  assert.equal(await world.people.signIns.checkDue(minutes(2)), 1)
  const again = await world.begin({ ...ann, id: 'guid-ann-again' }, minutes(3))
  assert.equal(await world.open(token, minutes(3)), 'revoked')
  assert.equal((await world.people.signIns.byId(again.id, minutes(3)))?.personId, 'guid-ann-again')
})
