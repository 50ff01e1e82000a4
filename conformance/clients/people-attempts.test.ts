// Guessing the passwords of a company's people: how often its directory hears of it.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { company, dnOf, passwordOf } from './company.ts'
import { secondNode, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const corp = await company()
const one = await testServer({ file: 'shared.sqlite', clock, node: 'one' })
const two = await secondNode(one, { clock })
await corp.apply(one)
const nodes = [one, two]

/** Each test begins when all before it is forgotten. */
beforeEach(() => one.move(3_600_000))

/** How often a password was tried as that person. */
const triedAs = (login: string) =>
  corp.directory.requests.filter((request) => request.kind === 'bind' && request.name.toLowerCase() === dnOf(login))
    .length

async function guess(count: number, login: (n: number) => string, address = (n: number) => `192.0.2.${n}`) {
  const outcomes = await Promise.all(
    Array.from({ length: count }, (_, n) => corp.logIn(nodes[n % 2] ?? one, login(n), `guess ${n}`, address(n))),
  )
  return outcomes.map((one) => ('rejected' in one ? one.rejected : 'person' in one ? 'in' : 'unavailable'))
}

test('a person’s password is tried four times in fifteen minutes, by each of their logins, on all nodes and from all addresses', async () => {
  const before = triedAs('ann')
  const forms = ['ann', 'ANN', 'ann.surname@corp.example', 'Ann.Surname@corp.example']
  const outcomes = await guess(40, (n) => forms[n % forms.length] ?? '')
  assert.equal(triedAs('ann') - before, 4)
  assert.deepEqual(new Set(outcomes), new Set(['password', 'attempts']))
  // Right or wrong is not said any more, and another person is let in.
  assert.equal((await guess(1, () => 'ann'))[0], 'attempts')
  assert('person' in (await corp.logIn(one, 'ben')))
  await one.move(900_001)
  assert('person' in (await corp.logIn(two, 'ann', passwordOf('ann'))))
})

test('one password is not tried for everybody: twenty attempts of one address fail in fifteen minutes', async () => {
  const before = corp.directory.requests.length
  const outcomes = await guess(
    60,
    (n) => `person${n}`,
    () => '203.0.113.9',
  )
  assert.equal(outcomes.filter((one) => one === 'unknown').length, 20)
  assert.equal(outcomes.filter((one) => one === 'attempts').length, 40)
  assert(corp.directory.requests.slice(before).filter(({ kind }) => kind === 'search').length <= 20)
})

test('a directory that is down costs nobody an attempt', async () => {
  await corp.directory.kill()
  for (let n = 0; n < 10; n++) assert.deepEqual(await guess(1, () => 'ann'), ['unavailable'])
  await corp.directory.restart()
  await one.move(60_000)
  assert('person' in (await corp.logIn(one, 'ann')))
})

test('the servers reported no failure', () => assert.deepEqual([...one.reported, ...two.reported], []))
