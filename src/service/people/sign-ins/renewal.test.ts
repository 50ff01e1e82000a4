// The connector is asked again about somebody: what goes on, what ends, and what a connector that cannot be asked means.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PersonRejection } from '../../../federation/person.ts'
import { A, later, start } from '../../session/testing/world.ts'
import {
  adminArn,
  admins,
  ann,
  corp,
  disabled,
  down,
  readerArn,
  readers,
  row,
  withConnector,
} from '../testing/people-kit.ts'
import { endOf, fromNowhere, given, minutes, renew, world } from '../testing/sign-ins-kit.ts'

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
