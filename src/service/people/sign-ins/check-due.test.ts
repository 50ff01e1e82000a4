// People with live sign-ins are asked about unasked.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { later, start } from '../../session/testing/world.ts'
import { ann, disabled, down, readerArn, readers, row } from '../testing/people-kit.ts'
import { endOf, given, minutes, silentDirectory, world } from '../testing/sign-ins-kit.ts'
import { signIns } from './sign-in-records.ts'

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
