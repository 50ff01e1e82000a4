// One credential for a person: asked of the connector, decided by the table, noted, and only then issued.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { Secret } from '../../core/secret.ts'
import {
  adminArn,
  admins,
  ann,
  disabled,
  down,
  newPeopleWorld,
  type PeopleWorld,
  readerArn,
  readers,
  row,
} from '../../service/people/testing/people-kit.ts'
import { later, start } from '../../service/session/testing/world.ts'
import type { Exchange } from '../exchange.ts'
import type { Given, NotGiven } from './broker.ts'
import { giveEntitlement, giveRole } from './give.ts'

let world: PeopleWorld
/** What the broker was asked for. */
let asked: string[]
let answer: Given | NotGiven
beforeEach(async () => {
  world = await newPeopleWorld()
  asked = []
  answer = given
})
afterEach(() => world.store.close())

const exchange = {} as Exchange
const credentials = { accessKeyId: 'ASIA', secret: new Secret('s'), token: 't', expiresAt: 0 } as never
const given: Given = { credentials, arn: 'arn:aws:sts::111122223333:assumed-role/Admin/ann', requestId: 'r' }

const parts = () => ({
  people: world.people,
  broker: {
    async assumeRole(_exchange: Exchange, { login }: { login: string }, { arn }: { arn: string }) {
      const [signIn] = await world.people.signIns.list(later(60))
      asked.push(`${login} ${arn}`)
      assert.deepEqual(signIn?.given, [arn], 'noted before it is asked for')
      return answer
    },
    async federationToken(_exchange: Exchange, _signIn: object, { account }: { account: string }) {
      asked.push(account)
      return answer
    },
  },
})
const role = async (signIn: string, wanted = adminArn, now = later(60)) => {
  const outcome = await giveRole(parts(), exchange, { signIn, wanted, table: world.table }, now)
  if ('given' in outcome) return 'given'
  if ('ended' in outcome) return outcome.ended
  return 'denied' in outcome ? outcome.denied : outcome.refused.code
}

test('a role that the table gives is asked for, once the connector has said who it is', async () => {
  const { id } = await world.begin()
  assert.equal(await role(id), 'given')
  assert.deepEqual([world.told.asked, asked], [['guid-ann'], [`ann ${adminArn}`]])
})

test('the groups of now decide, not those of the sign-in', async () => {
  const { id } = await world.begin()
  world.told.answer = { person: { ...ann, groups: [{ name: 'Readers', dn: readers }] } }
  assert.equal(await role(id), 'not-theirs')
  assert.equal(await role(id, readerArn, later(61)), 'given')
})

for (const wanted of ['arn:aws:iam::111122223333:role/Other', `${adminArn} `, adminArn.toUpperCase(), '', '*']) {
  test(`a role that is not among the person's is not asked for: '${wanted}'`, async () => {
    const { id } = await world.begin()
    assert.equal(await role(id, wanted), 'not-theirs')
    assert.deepEqual(asked, [])
  })
}

test('whom the connector lets in no more, or cannot say, is given nothing', async () => {
  const { id } = await world.begin()
  world.told.answer = down
  assert.equal(await role(id), 'unavailable')
  world.told.answer = disabled
  assert.equal(await role(id, adminArn, later(90)), 'refused')
  assert.equal(await role('0'.repeat(32)), 'over')
  assert.deepEqual(asked, [])
})

test('a second factor that the row asks for comes first', async () => {
  world.table = { ...world.table, assignments: [row(admins, { roles: [adminArn], multiFactor: true })] }
  const { id } = await world.begin()
  assert.equal(await role(id), 'factor')
  await world.people.signIns.confirmFactor(id, later(61))
  assert.equal(await role(id, adminArn, later(62)), 'given')
})

test('a sign-in that ends once the connector has answered is given nothing', async () => {
  const { id } = await world.begin()
  const { people, ...rest } = parts()
  const { signIns } = people
  const ending: typeof signIns = {
    ...signIns,
    async renew(...of) {
      const renewed = await signIns.renew(...of)
      await signIns.end(id, 'signed out', later(60))
      return renewed
    },
  }
  const outcome = await giveRole(
    { people: { ...people, signIns: ending }, ...rest },
    exchange,
    { signIn: id, wanted: adminArn, table: world.table },
    start,
  )
  assert.equal('ended' in outcome && outcome.ended, 'ended')
  assert.deepEqual(asked, [])
})

test("what the role's own trust refuses is said as it is", async () => {
  const { id } = await world.begin()
  answer = { refused: { code: 'AccessDenied', status: 403, message: 'no' }, requestId: 'r' }
  assert.equal(await role(id), 'AccessDenied')
})

test('entitlements are given for an account of the table alone', async () => {
  const entitlement = { account: '111122223333', policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }
  world.table = { ...world.table, assignments: [row(readers, { entitlements: [entitlement] })] }
  const { id } = await world.begin()
  for (const [wanted, is] of [
    ['111122223333', 'given'],
    ['444455556666', 'denied'],
  ] as const)
    assert(
      is in (await giveEntitlement(parts(), exchange, { signIn: id, wanted, table: world.table }, later(60))),
      wanted,
    )
  assert.deepEqual(asked, ['111122223333'])
})
