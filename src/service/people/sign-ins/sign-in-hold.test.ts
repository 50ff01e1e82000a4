// Sign-ins of whom the connector cannot be asked: held with what was given, lifted by an answer, and never a way to more.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../../core/secret.ts'
import type { Person, PersonOutcome } from '../../../federation/person.ts'
import type { OidcConnector } from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import { hold } from '../../session/hold.ts'
import { openRevocations, revocations } from '../../session/revocations.ts'
import { A, abroad, B, later, start } from '../../session/testing/world.ts'
import {
  adminArn,
  admins,
  ann,
  corp,
  disabled,
  down,
  origin,
  readerArn,
  readers,
  row,
  withConnector,
} from '../testing/people-kit.ts'
import { endOf, minutes, ofSignIn, world } from '../testing/sign-ins-kit.ts'
import { signIns } from './sign-in-records.ts'

const oidc: OidcConnector = {
  ...{ name: 'corp', title: 'Corp', hidden: false, signInSeconds: 43_200, tags: new Map(), kind: 'oidc' },
  ...{ issuer: 'https://login.corp.example', clientId: 'hallpass', scopes: [], loginClaim: 'email' },
  ...{ groupsClaim: 'groups', multiFactorAmr: [], allow: [], graceSeconds: 0 },
}
const withOidc = (more: Partial<OidcConnector> = {}) => {
  const assignments = [row('Admins', { roles: [adminArn] }), row('Readers', { roles: [readerArn] })]
  world.table = { ...withConnector(world.table, { ...oidc, ...more }), assignments }
}
/** A provider's groups have no DNs. */
const annThere: Person = { ...ann, groups: ann.groups.map(({ name }) => ({ name })) }
const signedInAtProvider = (renewal?: string, person = annThere) =>
  world.people.signIns.begin(
    { person, client: 'browser', origin, ...(renewal === undefined ? {} : { renewal: new Secret(renewal) }) },
    start,
  )

/** A token as the broker gets it: of a role, with the sign-in as an ancestor. */
async function given(signIn: SignIn, now = start, person = ann): Promise<string> {
  assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(adminArn, person), now), true)
  return world.tokenOf(await world.passOf(ofSignIn(signIn)))
}

async function open(token: string, now: Date): Promise<string> {
  await world.hearAt(now)
  return world.open(token, now)
}

const check = (now: Date) => world.people.signIns.checkDue(now)
const heldOf = async (signIn: SignIn, now: Date) =>
  (await world.people.signIns.list(now)).find(({ id }) => id === signIn.id)?.held

/** Signed in, with something that was given, and held since the second minute. */
async function held(person: Person = ann) {
  const signIn = await world.begin(person)
  const token = await given(signIn)
  world.told.answer = down
  assert.equal(await check(minutes(2)), 0)
  assert.equal(await open(token, minutes(2)), 'held')
  return { signIn, token }
}

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

describe('a held sign-in', () => {
  test('gives nothing, by whichever way, and stays', async () => {
    const { signIn } = await held()
    assert.equal(await endOf(signIn, minutes(3)), 'unavailable')
    assert.equal(await world.people.signIns.noteGiven(signIn.id, world.role(readerArn), minutes(3)), false)
    assert.notEqual(await world.people.signIns.byId(signIn.id, minutes(3)), undefined)
    // Not even for a grace that an operator sets meanwhile.
    world.table = withConnector(world.table, { ...corp, graceSeconds: 86_400 })
    assert.equal(await endOf(signIn, minutes(3)), 'unavailable')
  })

  test('what is given as it is held is held: a renewal within the grace, and the check of another node', async () => {
    world.table = withConnector(world.table, { ...corp, graceSeconds: 600 })
    const signIn = await world.begin()
    world.told.answer = down
    assert.equal(await endOf(signIn, minutes(10)), 'goes on')
    const token = await given(signIn, minutes(11))
    await world.node().signIns.checkDue(minutes(12))
    await world.nodeRevocations.settled()
    assert.equal(await open(token, minutes(12)), 'held')
  })

  test('an answer that comes before the hold is written holds nobody', async () => {
    const signIn = await world.begin()
    const token = await given(signIn)
    const { signIns: other } = world.node({
      openDirectory: () => ({
        ...{ logIn: async () => down, look: async () => down, check: async () => [], close: async () => undefined },
        async findAgain() {
          await world.people.signIns.renew(signIn.id, later(121))
          return down
        },
      }),
    })
    await other.checkDue(minutes(2))
    assert.equal(await open(token, minutes(2)), 'opened')
    assert.equal(await heldOf(signIn, minutes(2)), undefined)
  })

  test('ends as every other: what was given is revoked, and the person is held no more', async () => {
    const { signIn, token } = await held()
    await world.people.signIns.endOfPerson('corp', 'guid-ann', 'by an operator', minutes(3))
    assert.equal(await open(token, minutes(3)), 'revoked')
    assert.equal((await world.store.get(signIns, ['system', signIn.id]))?.held, undefined)
  })

  test('what the table takes away meanwhile is revoked', async () => {
    const { token } = await held()
    world.table = { ...world.table, version: 2, assignments: [] }
    assert.equal(await check(minutes(4)), 1)
    assert.equal(await open(token, minutes(4)), 'revoked')
  })
})

describe('the audit', () => {
  test('has one record for all of a connector that are held at once, and one for all that are lifted', async () => {
    const all = []
    for (let n = 0; n < 60; n++) all.push(await world.begin({ ...ann, id: `guid-${n}` }))
    world.told.answer = down
    for (const minute of [2, 3, 4, 5]) await check(minutes(minute))
    const { signIns: lifting } = world.node({
      openDirectory: () => ({
        ...{ logIn: async () => down, look: async () => down, check: async () => [], close: async () => undefined },
        findAgain: async (id) => ({ person: { ...ann, id } }),
      }),
    })
    await lifting.checkDue(minutes(7))
    const [record, ...more] = await world.records('HoldSignIns')
    const lifted = await world.records('LiftSignIns')
    assert.deepEqual([more.length, lifted.length], [0, 1])
    assert(record !== undefined)
    const {
      connector,
      reason,
      signIns: held,
    } = record.requestParameters as Readonly<Record<string, unknown>> & {
      readonly signIns: readonly { readonly signIn: string }[]
    }
    assert.deepEqual([connector, reason], ['corp', 'no server of corp answers'])
    assert.deepEqual(held.map(({ signIn }) => signIn).toSorted(), all.map(({ id }) => id).toSorted())
    assert.deepEqual(record.userIdentity, { type: 'AWSService', invokedBy: 'hallpass' })
  })
})

describe('nobody is held', () => {
  test('whom no connector can be asked about: a provider without a refresh token', async () => {
    withOidc()
    const token = await given(await signedInAtProvider(), start, annThere)
    world.told.answer = down
    for (const minute of [2, 4, 60]) await check(minutes(minute))
    assert.equal(await open(token, minutes(60)), 'opened')
  })

  test('for the silence about somebody else, however many sign-ins that person has', async () => {
    withOidc()
    for (let n = 0; n < 60; n++) await signedInAtProvider(`odd ${n}`, { ...annThere, id: 'guid-of-the-odd-one' })
    const token = await given(await signedInAtProvider('good'), start, annThere)
    const asked: string[] = []
    const { signIns } = world.node({
      async refresh(_, renewal) {
        asked.push(renewal.reveal())
        return renewal.reveal() === 'good' ? { person: annThere } : down
      },
    })
    await signIns.checkDue(minutes(2))
    await world.nodeRevocations.settled()
    assert.equal(await open(token, minutes(2)), 'opened')
    // What is under way at once may be a few more.
    assert(asked.length <= 20, `${asked.length} questions`)
  })
})

describe('a connector’s name stands for another provider, which cannot be asked', () => {
  for (const by of ['renewal', 'check', 'signing in'] as const)
    test(`the sign-in ends at once, grace or not, and the other is sent nothing: by the ${by}`, async () => {
      const asked: string[] = []
      withOidc({ graceSeconds: 86_400 })
      const { signIns } = world.node({
        async refresh({ issuer }, renewal) {
          asked.push(`${issuer} ${renewal.reveal()}`)
          return down
        },
      })
      const signIn = await signedInAtProvider('token of the first')
      const token = await given(signIn, start, annThere)
      withOidc({ graceSeconds: 86_400, issuer: 'https://other.example' })
      if (by === 'renewal') {
        const renewed = await signIns.renew(signIn.id, minutes(1))
        assert.deepEqual(renewed, { ended: 'refused', detail: 'the connector is another one now' })
      } else {
        if (by === 'signing in') await signedInAtProvider('token of the other')
        assert.equal(await signIns.checkDue(minutes(2)), 1)
      }
      assert.equal(await open(token, minutes(2)), 'revoked')
      assert.deepEqual(
        asked.filter((one) => one.includes('token of the first')),
        [],
      )
    })

  test('whose person it is now, by the same id, keeps what is theirs', async () => {
    withOidc()
    await signedInAtProvider('token of the first')
    world.table = { ...withConnector(world.table, corp), assignments: [row(admins, { roles: [adminArn] })] }
    const token = await given(await world.begin())
    assert.equal(await check(minutes(2)), 1)
    assert.equal(await open(token, minutes(2)), 'opened')
  })
})
