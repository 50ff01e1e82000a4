// Sign-ins that are held: what they still give, who is never held, and what the audit says.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { later, start } from '../../session/testing/world.ts'
import { annThere, check, given, held, heldOf, open, signedInAtProvider, withOidc } from '../testing/hold-kit.ts'
import { adminArn, admins, ann, corp, down, readerArn, row, withConnector } from '../testing/people-kit.ts'
import { endOf, minutes, world } from '../testing/sign-ins-kit.ts'
import { signIns } from './sign-in-records.ts'

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
