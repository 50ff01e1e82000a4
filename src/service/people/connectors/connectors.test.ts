// Connectors by name: which is asked, by what, and when a directory is opened anew.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { Secret } from '../../../core/secret.ts'
import type { OidcConnector, SamlConnector } from '../../contracts/people-table.ts'
import { later, start } from '../../session/testing/world.ts'
import {
  ann,
  corp,
  disabled,
  newPeopleWorld,
  origin,
  type PeopleWorld,
  pause,
  withConnector,
} from '../testing/people-kit.ts'

let world: PeopleWorld
beforeEach(async () => {
  world = await newPeopleWorld()
})
afterEach(() => world.store.close())

const common = { title: 'T', hidden: false, signInSeconds: 3600, tags: new Map() }
const oidc: OidcConnector = {
  ...{ ...common, name: 'corp', kind: 'oidc', issuer: 'https://idp.example', clientId: 'hallpass', scopes: [] },
  ...{ loginClaim: 'preferred_username', multiFactorAmr: [], allow: [], graceSeconds: 0 },
}
const saml: SamlConnector = {
  ...{ ...common, name: 'corp', kind: 'saml', multiFactorContexts: [] },
  provider: 'arn:aws:iam::111122223333:saml-provider/corp',
}
const password = new Secret('password')
const logIn = () => world.people.connectors.logIn('corp', 'ann', password, '192.0.2.1', start)

test('a name that the table does not have, or that is no directory, lets nobody in', async () => {
  for (const connector of [{ ...corp, name: 'other' }, oidc, saml]) {
    world.table = withConnector(world.table, connector)
    const outcome = await logIn()
    assert.equal('rejected' in outcome && outcome.rejected, 'no-connector', connector.kind)
  }
  assert.deepEqual([world.told.asked, world.told.opened], [[], []])
})

test('a directory is opened once for a table, anew for the next, and the old one is closed', async () => {
  await logIn()
  await logIn()
  assert.equal(world.told.opened.length, 1)
  world.table = withConnector(world.table, corp)
  await logIn()
  assert.equal(world.told.opened.length, 2)
  assert.deepEqual(world.told.closed, [world.told.opened[0]])
})

test('one that is in use is closed after its last use', async () => {
  const letGo = pause(world.told)
  const both = [logIn(), logIn()]
  while (world.told.asked.length < 2) await new Promise(setImmediate)
  world.table = { ...world.table, version: 2, connectors: [] }
  await logIn()
  assert.deepEqual(world.told.closed, [])
  letGo()
  await Promise.all(both)
  assert.deepEqual(world.told.closed, world.told.opened)
})

test('all are closed at the end', async () => {
  await logIn()
  await world.people.close()
  assert.deepEqual(world.told.closed, world.told.opened)
})

test('a SAML person is who they were: the provider cannot be asked', async () => {
  world.table = withConnector(world.table, saml)
  world.told.answer = disabled
  const signIn = await world.begin()
  const renewed = await world.people.signIns.renew(signIn.id, later(60))
  assert.deepEqual('signIn' in renewed && renewed.signIn.groups, ann.groups)
})

test('another provider under the connector’s name has other people: their sign-ins end', async () => {
  world.table = withConnector(world.table, saml)
  const signIn = await world.begin()
  world.table = withConnector(world.table, { ...saml, provider: `${saml.provider}-other` })
  const renewed = await world.people.signIns.renew(signIn.id, later(60))
  assert.equal('ended' in renewed && renewed.ended, 'refused')
})

test('of an OIDC person the provider is asked by the refresh token, and by the next one from then on, in every sign-in that has it', async () => {
  const asked: string[] = []
  const { signIns } = world.node({
    async refresh(_connector, renewal, personId) {
      asked.push(`${personId} ${renewal.reveal()}`)
      return { ...world.told.answer, renewal: new Secret(`token ${asked.length}`) }
    },
  })
  world.table = withConnector(world.table, oidc)
  const begin = (client: 'browser' | 'command-line', renewal: string) =>
    signIns.begin({ person: ann, client, origin, renewal: new Secret(renewal) }, start)
  const [browser, commandLine, other] = [
    await begin('browser', 'token 0'),
    await begin('command-line', 'token 0'),
    await begin('browser', 'of another sign-in'),
  ]
  await signIns.renew(browser.id, later(60))
  // A provider that could not say who it is has used the token up all the same.
  world.told.answer = { unavailable: 'UserInfo does not answer' }
  await signIns.renew(commandLine.id, later(120))
  world.told.answer = { person: ann }
  await signIns.renew(browser.id, later(180))
  assert.deepEqual(asked, ['guid-ann token 0', 'guid-ann token 1', 'guid-ann token 2'])
  world.told.answer = { rejected: 'proof', detail: 'invalid_grant' }
  await signIns.renew(commandLine.id, later(240))
  for (const { id } of [browser, commandLine]) assert.equal(await signIns.byId(id, later(240)), undefined)
  assert.notEqual(await signIns.byId(other.id, later(240)), undefined)
})

test('the check asks once with a refresh token that two sign-ins have', async () => {
  let count = 0
  const { signIns } = world.node({
    async refresh() {
      count++
      return { person: ann, renewal: new Secret(`token ${count}`) }
    },
  })
  world.table = withConnector(world.table, oidc)
  for (const client of ['browser', 'command-line'] as const)
    await signIns.begin({ person: ann, client, origin, renewal: new Secret('token 0') }, start)
  await signIns.checkDue(later(120))
  assert.equal(count, 1)
  for (const { id } of await signIns.list(later(121)))
    assert.equal((await signIns.byId(id, later(121)))?.renewal?.reveal(), 'token 1')
})

test('a person who is disabled loses every sign-in with the renewal of one', async () => {
  const [one, two] = [await world.begin(), await world.begin()]
  world.told.answer = disabled
  await world.people.signIns.renew(one.id, later(60))
  assert.equal(await world.people.signIns.byId(two.id, later(60)), undefined)
  assert.deepEqual(world.told.asked, ['guid-ann'])
})

test('an attempt whose password a directory was sent counts, though it did not answer', async () => {
  world.told.answer = { unavailable: 'no answer in time' }
  for (let n = 0; n < corp.attempts.failures + 1; n++) assert.ok('unavailable' in (await logIn()))
  world.told.answer = { unavailable: 'no answer in time', tried: true }
  for (let n = 0; n < corp.attempts.failures; n++) assert.ok('unavailable' in (await logIn()))
  const outcome = await logIn()
  assert.equal('rejected' in outcome && outcome.rejected, 'attempts')
})

test('a refresh token is used by one node at a time: the others wait for its answer, and a node that died is waited for a minute', async () => {
  world.table = withConnector(world.table, oidc)
  let count = 0
  let looks = 0
  const asking = Promise.withResolvers<void>()
  const answering = Promise.withResolvers<void>()
  const one = world.node({
    async refresh() {
      count++
      asking.resolve()
      await answering.promise
      return { person: ann, renewal: new Secret(`token ${count}`) }
    },
  })
  const two = world.node({
    async refresh(_connector, renewal) {
      count++
      return { person: ann, renewal: new Secret(`${renewal.reveal()} and more`) }
    },
    async wait() {
      looks++
      if (looks === 3) answering.resolve()
    },
  })
  const { id } = await one.signIns.begin(
    { person: ann, client: 'browser', origin, renewal: new Secret('token 0') },
    start,
  )
  const first = one.signIns.renew(id, later(100))
  await asking.promise
  // The check leaves it to the node that asks.
  assert.equal(await two.signIns.checkDue(later(120)), 0)
  assert.equal(count, 1)
  const second = await two.signIns.renew(id, later(100))
  assert.ok('signIn' in second && 'signIn' in (await first))
  assert.equal(count, 1)
  // One that never answers.
  await new Promise<void>((begins) => {
    const dead = world.node({
      refresh() {
        begins()
        return new Promise(() => {})
      },
    })
    void dead.signIns.renew(id, later(180))
  })
  looks = 3
  const waited = await two.signIns.renew(id, later(180))
  assert.ok('ended' in waited && waited.ended === 'unavailable')
  assert.ok(looks > 50 && looks < 200)
  assert.equal(count, 1)
  assert.ok('signIn' in (await two.signIns.renew(id, later(241))))
  assert.equal(count, 2)
})
