// Sign-ins: begun, renewed, checked unasked, and everything that ends one.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Pass } from '../../core/identity.ts'
import { Secret } from '../../core/secret.ts'
import type { Directory } from '../../federation/directory/directory.ts'
import type { PersonOutcome, PersonRejection } from '../../federation/person.ts'
import { Unavailable } from '../../store/store.ts'
import type { SignIn } from '../contracts/people.ts'
import { A, abroad, B, later, reader, start, user } from '../session/testing/world.ts'
import { countId, type SignInCount, signInCounts } from './sign-in-counts.ts'
import { endRestored } from './sign-in-end.ts'
import { signIns } from './sign-in-records.ts'
import {
  adminArn,
  admins,
  ann,
  corp,
  disabled,
  down,
  newPeopleWorld,
  origin,
  type PeopleWorld,
  readerArn,
  readers,
  row,
  withConnector,
} from './testing/people-kit.ts'

let world: PeopleWorld
beforeEach(async () => {
  world = await newPeopleWorld()
})
afterEach(() => world.store.close())

const silentDirectory: Directory = {
  ...{ logIn: async () => down, look: async () => down, findAgain: async () => down, check: async () => [] },
  close: async () => undefined,
}
const minutes = (count: number) => later(count * 60)
const renew = (signIn: SignIn, now: Date) => world.people.signIns.renew(signIn.id, now)
async function endOf(signIn: SignIn, now: Date): Promise<string> {
  const renewed = await renew(signIn, now)
  return 'ended' in renewed ? renewed.ended : 'goes on'
}

/** A token as the broker gets it: of a role, with the sign-in as an ancestor. */
async function given(signIn: SignIn, of: Partial<Pass> = {}, arn = adminArn, now = start): Promise<string> {
  assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(arn), now), true)
  const ancestors = [{ id: signIn.id, principal: user.id, version: 0, account: A }]
  return world.tokenOf(await world.passOf({ ancestors, expiresAt: start.getTime() / 1000 + 36_000, ...of }))
}

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

const fromNowhere = { address: '', tls: false, userAgent: '', host: '' }

describe('a renewal', () => {
  test('answers with the groups and attributes of now', async () => {
    const signIn = await world.begin()
    world.told.answer = { person: { ...ann, login: 'ann.smith', groups: [{ name: 'Readers', dn: readers }] } }
    const renewed = await renew(signIn, later(60))
    assert('signIn' in renewed)
    assert.deepEqual([renewed.signIn.login, renewed.signIn.groups], ['ann.smith', [{ name: 'Readers', dn: readers }]])
    assert.deepEqual(renewed.signIn.confirmedAt, later(60))
    assert.deepEqual(world.told.asked, ['guid-ann'])
  })

  test('a burst asks once, and an answer counts for five seconds', async () => {
    const signIn = await world.begin()
    await renew(signIn, later(4))
    assert.deepEqual(world.told.asked, [])
    await Promise.all(Array.from({ length: 20 }, () => renew(signIn, later(5))))
    assert.deepEqual(world.told.asked, ['guid-ann'])
    await world.node().signIns.renew(signIn.id, later(9))
    assert.deepEqual(world.told.asked, ['guid-ann'])
  })

  const ends: Readonly<Record<PersonRejection, boolean>> = {
    ...{
      unknown: true,
      password: true,
      disabled: true,
      locked: true,
      'account-expired': true,
      'password-expired': true,
    },
    ...{ 'password-must-change': true, 'not-now': true, ambiguous: true, 'no-id': true, groups: false, input: true },
    ...{ attempts: false, proof: true, 'no-connector': true },
  }
  for (const [rejected, isOver] of Object.entries(ends) as [PersonRejection, boolean][]) {
    test(`${rejected}: ${isOver ? 'the sign-in ends, with all that was given' : 'nothing is given, nothing ends'}`, async () => {
      const signIn = await world.begin()
      const token = await given(signIn)
      world.told.answer = { rejected, detail: 'said the connector' }
      assert.equal(await endOf(signIn, later(60)), isOver ? 'refused' : 'unavailable')
      assert.equal(await world.open(token, later(61)), isOver ? 'revoked' : 'opened')
      assert.equal((await world.people.signIns.byId(signIn.id, later(61))) === undefined, isOver)
      world.told.answer = { person: ann }
      assert.equal(await endOf(signIn, later(120)), isOver ? 'refused' : 'goes on')
    })
  }

  test('another person under the id is nobody: the sign-in ends', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    world.told.answer = { person: { ...ann, id: 'guid-of-another' } }
    assert.equal(await endOf(signIn, later(60)), 'refused')
    assert.equal(await world.open(token), 'revoked')
  })

  test('a group that gave a role is gone: all of the sign-in is revoked', async () => {
    const signIn = await world.begin()
    const tokens = [await given(signIn), await given(signIn, {}, readerArn)]
    world.told.answer = { person: { ...ann, groups: [{ name: 'Readers', dn: readers }] } }
    assert.equal(await endOf(signIn, later(60)), 'refused')
    for (const token of tokens) assert.equal(await world.open(token), 'revoked')
  })

  test('a group that gave nothing yet is gone: the sign-in goes on', async () => {
    const signIn = await world.begin()
    const token = await given(signIn, {}, readerArn)
    world.told.answer = { person: { ...ann, groups: [{ name: 'Readers', dn: readers }] } }
    assert.equal(await endOf(signIn, later(60)), 'goes on')
    assert.equal(await world.open(token), 'opened')
  })

  const entitled = (group: string, Action: string) => {
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
    return row(group, { entitlements: [{ account: A, policyArns: [], policy }] })
  }

  test('entitlements that were given and are others now, by a row more or less, end the sign-in; in another order they are the same', async () => {
    const both = [entitled(admins, 's3:GetObject'), entitled(readers, 'sqs:SendMessage')]
    for (const [now, is] of [
      [both.toReversed(), 'goes on'],
      [both.slice(1), 'refused'],
      [[...both, entitled(readers, 's3:PutObject')], 'refused'],
    ] as const) {
      world.table = { ...world.table, version: world.table.version + 1, assignments: both }
      const signIn = await world.begin()
      const [entitlement] = world.people.allowed(world.table, ann).entitlements
      assert(entitlement !== undefined)
      await world.people.signIns.noteGiven(signIn.id, entitlement, start)
      world.table = { ...world.table, version: world.table.version + 1, assignments: now }
      world.told.answer = { person: { ...ann, groups: ann.groups.toReversed() } }
      assert.equal(await endOf(signIn, later(60)), is)
    }
  })

  for (const [what, changed] of [
    ['removed', []],
    ['given with other tags', [row(admins, { roles: [adminArn], tags: [{ Key: 'Team', Value: 'b' }] })]],
    ['asks for a second factor that was not given', [row(admins, { roles: [adminArn], multiFactor: true })]],
  ] as const) {
    test(`a row whose role was given is ${what}: all of the sign-in is revoked`, async () => {
      const signIn = await world.begin()
      const token = await given(signIn)
      world.table = { ...world.table, version: 2, assignments: changed }
      assert.equal(await endOf(signIn, later(60)), 'refused')
      assert.equal(await world.open(token), 'revoked')
    })
  }
})

describe('a connector that cannot be asked', () => {
  test('without a grace: renewals are refused, and nothing ends', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    world.told.answer = down
    assert.equal(await endOf(signIn, later(60)), 'unavailable')
    assert.equal(await world.open(token, later(61)), 'opened')
    world.told.answer = { person: ann }
    assert.equal(await endOf(signIn, minutes(4)), 'goes on')
  })

  for (const graceSeconds of [0, 600])
    test(`what a row gave ends when the row is removed meanwhile: grace ${graceSeconds}`, async () => {
      world.table = withConnector(world.table, { ...corp, graceSeconds })
      const token = await given(await world.begin())
      world.told.answer = down
      world.table = { ...world.table, version: 2, assignments: [row(readers, { roles: [readerArn] })] }
      assert.equal(await world.people.signIns.checkDue(minutes(2)), 1)
      assert.equal(await world.open(token, minutes(2)), 'revoked')
    })

  test('with a grace of ten minutes: renewals go on with the groups known, then they are refused', async () => {
    world.table = withConnector(world.table, { ...corp, graceSeconds: 600 })
    const signIn = await world.begin()
    assert.equal(await endOf(signIn, minutes(1)), 'goes on')
    world.told.answer = down
    const renewed = await renew(signIn, minutes(11))
    assert('signIn' in renewed)
    assert.deepEqual([renewed.signIn.groups, renewed.signIn.confirmedAt], [ann.groups, minutes(1)])
    assert.equal(await endOf(signIn, new Date(minutes(11).getTime() + 1)), 'unavailable')
    // The directory is back, and the person is gone: then the sign-in ends.
    world.told.answer = disabled
    assert.equal(await endOf(signIn, minutes(12)), 'refused')
  })
})

test('a sign-in that is made of another has no longer grace than that one', async () => {
  world.table = withConnector(world.table, { ...corp, graceSeconds: 600 })
  const browser = await world.begin()
  world.told.answer = down
  const { confirmedAt } = browser
  const made = await world.people.signIns.begin(
    { person: ann, client: 'command-line', origin: { requestId: '', from: fromNowhere }, confirmedAt },
    minutes(9),
  )
  assert.deepEqual([await endOf(made, minutes(10)), await endOf(made, minutes(11))], ['goes on', 'unavailable'])
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

describe('the check', () => {
  test('asks about those whose turn it is, and only then', async () => {
    await world.begin()
    assert.equal(await world.people.signIns.checkDue(later(119)), 0)
    assert.deepEqual(world.told.asked, [])
    await world.people.signIns.checkDue(later(120))
    await world.people.signIns.checkDue(later(121))
    assert.deepEqual(world.told.asked, ['guid-ann'])
    await world.people.signIns.checkDue(later(240))
    assert.deepEqual(world.told.asked, ['guid-ann', 'guid-ann'])
  })

  test('ends who is disabled, with what was given: nobody renewed anything', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    world.told.answer = disabled
    assert.equal(await world.people.signIns.checkDue(minutes(2)), 1)
    assert.equal(await world.open(token, minutes(2)), 'revoked')
    assert.equal(await endOf(signIn, minutes(2)), 'refused')
  })

  test('goes on after the sign-in itself is over, while what was given lives', async () => {
    const signIn = await world.begin({ ...ann, endsAt: start.getTime() / 1000 + 60 })
    const token = await given(signIn)
    world.told.answer = disabled
    assert.equal(await world.people.signIns.checkDue(minutes(3)), 1)
    assert.equal(await world.open(token, minutes(3)), 'revoked')
  })

  test('leaves alone what is over and gave nothing', async () => {
    await world.begin({ ...ann, endsAt: start.getTime() / 1000 + 60 })
    await world.people.signIns.checkDue(minutes(3))
    assert.deepEqual(world.told.asked, [])
  })

  for (const [what, changed] of [
    ['the connector', { connectors: [] }],
    ['the row', { assignments: [row(readers, { roles: [readerArn] })] }],
  ] as const) {
    test(`ends what ${what} gave, once it is removed`, async () => {
      const signIn = await world.begin()
      const token = await given(signIn)
      world.table = { ...world.table, version: 2, ...changed }
      assert.equal(await world.people.signIns.checkDue(minutes(2)), 1)
      assert.equal(await world.open(token, minutes(2)), 'revoked')
    })
  }

  test('a directory is asked once about a person, however many sign-ins are theirs', async () => {
    const all = [await world.begin(), await world.begin(), await world.begin()]
    world.told.answer = disabled
    assert.equal(await world.people.signIns.checkDue(minutes(2)), 3)
    assert.deepEqual(world.told.asked, ['guid-ann'])
    for (const signIn of all) assert.equal(await endOf(signIn, minutes(2)), 'refused')
  })

  test('of several nodes one asks', async () => {
    for (let n = 0; n < 5; n++) await world.begin({ ...ann, id: `guid-${n}` })
    const nodes = [world.node(), world.node(), world.node()]
    world.told.answer = disabled
    const ended = await Promise.all(nodes.map(({ signIns }) => signIns.checkDue(minutes(2))))
    assert.equal(
      ended.reduce((sum, one) => sum + one),
      5,
    )
    assert.deepEqual(world.told.asked.toSorted(), ['guid-0', 'guid-1', 'guid-2', 'guid-3', 'guid-4'])
  })

  test('a connector that cannot be asked is tried with a few people, and again within a minute', async () => {
    for (let n = 0; n < 50; n++) await world.begin({ ...ann, id: `guid-${n}` })
    world.told.answer = down
    assert.equal(await world.people.signIns.checkDue(minutes(2)), 0)
    assert(world.told.asked.length <= 40, `${world.told.asked.length} questions`)
    world.told.answer = disabled
    assert.equal(await world.people.signIns.checkDue(minutes(3)), 50)
  })

  test('people about whom it cannot be asked keep no others from being checked', async () => {
    const { signIns } = world.node({
      openDirectory: () => ({ ...silentDirectory, findAgain: async (id) => (id.startsWith('odd') ? down : disabled) }),
    })
    for (let n = 0; n < 40; n++) await world.begin({ ...ann, id: n % 4 === 0 ? `guid-${n}` : `odd-${n}` }, later(n))
    assert.equal(await signIns.checkDue(minutes(3)), 10)
  })

  test('one that fails keeps no other from being checked, and is reported', async () => {
    const [one, two] = [await world.begin({ ...ann, id: 'guid-1' }), await world.begin({ ...ann, id: 'guid-2' })]
    const record = await world.store.get(signIns, ['system', one.id])
    assert(record !== undefined)
    await world.store.transact((tx) => tx.replace(signIns, { ...record, sealed: 'torn' }))
    world.told.answer = disabled
    await assert.rejects(world.people.signIns.checkDue(minutes(2)))
    assert.equal(await endOf(two, minutes(2)), 'refused')
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
