// Attempts to sign in at a directory: counted before it is asked, by login and by network, of all nodes together.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { Secret } from '../../../core/secret.ts'
import { everything } from '../../../store/everything.ts'
import { chaos } from '../../../store/testing/chaos.ts'
import { later, start } from '../../session/testing/world.ts'
import { peopleAttempts } from '../sign-ins/sign-in-records.ts'
import { ann, down, newPeopleWorld, type PeopleWorld, pause } from '../testing/people-kit.ts'
import { foldedLogin } from './attempts.ts'

let world: PeopleWorld
beforeEach(async () => {
  world = await newPeopleWorld()
  world.told.answer = wrong
})
afterEach(() => world.store.close())

const wrong = { rejected: 'password', detail: 'invalidCredentials' } as const
const password = new Secret('password-planted')

async function logIn(login: string, { address = '192.0.2.1', now = start, on = world.people } = {}): Promise<string> {
  const outcome = await on.connectors.logIn('corp', login, password, address, now)
  return 'rejected' in outcome ? outcome.rejected : 'person' in outcome ? 'in' : 'unavailable'
}
const times = async (count: number, one: (n: number) => Promise<string>) => {
  const outcomes = []
  for (let n = 0; n < count; n++) outcomes.push(await one(n))
  return outcomes
}
const count = (outcomes: readonly string[], what: string) => outcomes.filter((one) => one === what).length

describe('one login', () => {
  test('four attempts fail in fifteen minutes; more are not asked about, though the password is right', async () => {
    assert.deepEqual(await times(5, () => logIn('ann')), ['password', 'password', 'password', 'password', 'attempts'])
    world.told.answer = { person: ann }
    assert.equal(await logIn('ann'), 'attempts')
    assert.equal(world.told.asked.length, 4)
    assert.equal(await logIn('ben'), 'in')
  })

  test('from other addresses and at other nodes they are the same attempts', async () => {
    const nodes = [world.people, world.node(), world.node()]
    const outcomes = await times(8, (n) => logIn('ann', { address: `192.0.2.${n}`, on: nodes[n % 3] ?? world.people }))
    assert.equal(count(outcomes, 'password'), 4)
  })

  test('guesses at once are as few as guesses one by one', async () => {
    const letGo = pause(world.told)
    const all = Array.from({ length: 12 }, (_, n) => logIn('ann', { address: `192.0.2.${n}` }))
    const first = await Promise.race(all)
    assert.equal(first, 'attempts')
    letGo()
    assert.equal(count(await Promise.all(all), 'password'), 4)
  })

  test('no fifteen minutes have more than four: each counts for as long by itself', async () => {
    await times(2, () => logIn('ann', { now: later(0) }))
    await times(2, () => logIn('ann', { now: later(800) }))
    assert.equal(await logIn('ann', { now: later(899) }), 'attempts')
    const outcomes = await times(4, () => logIn('ann', { now: later(901) }))
    assert.deepEqual(outcomes, ['password', 'password', 'attempts', 'attempts'])
  })

  test('a right password takes back what failed before it, as the directory does', async () => {
    await times(3, () => logIn('ann'))
    world.told.answer = { person: ann }
    assert.equal(await logIn('ann'), 'in')
    world.told.answer = wrong
    assert.deepEqual(await times(5, () => logIn('ann')), ['password', 'password', 'password', 'password', 'attempts'])
  })

  test('a right password of one person takes back no guess at another whose login counts as the same', async () => {
    const other = 'ann@other.example'
    assert.equal(foldedLogin(other), foldedLogin('ann@corp.example'))
    await times(3, () => logIn('ann@corp.example'))
    world.told.answer = { person: { ...ann, id: 'another', login: other } }
    assert.equal(await logIn(other, { address: '198.51.100.1' }), 'in')
    world.told.answer = wrong
    assert.deepEqual(await times(2, () => logIn('ann@corp.example')), ['password', 'attempts'])
  })

  test('a right password takes back no guess that is under way', async () => {
    const letGo = pause(world.told)
    const guesses = Array.from({ length: 3 }, () => logIn('ann'))
    while (world.told.asked.length < 3) await new Promise(setImmediate)
    world.told.hold = Promise.resolve()
    world.told.answer = { person: ann }
    assert.equal(await logIn('ann'), 'in')
    world.told.answer = wrong
    const more = await times(3, () => logIn('ann'))
    letGo()
    assert.equal(count([...(await Promise.all(guesses)), ...more], 'password'), 4)
  })

  test('a directory that cannot be asked gives the attempt back', async () => {
    world.told.answer = down
    assert.deepEqual(new Set(await times(30, () => logIn('ann'))), new Set(['unavailable']))
    assert.deepEqual(await everything(world.store, peopleAttempts), [])
  })

  test('whether the login exists makes no difference to what is counted', async () => {
    const known = await times(5, () => logIn('ann', { address: '192.0.2.1' }))
    const kept = await everything(world.store, peopleAttempts)
    await world.store.transact(async (tx) => {
      for (const record of kept) await tx.delete(peopleAttempts, peopleAttempts.key(record))
    })
    world.told.answer = { rejected: 'unknown', detail: 'nobody' }
    const unknown = await times(5, () => logIn('nobody', { address: '192.0.2.2' }))
    assert.deepEqual([known.indexOf('attempts'), unknown.indexOf('attempts')], [4, 4])
    const shape = (records: typeof kept) => records.map(({ of, attempts }) => [of, attempts.length])
    assert.deepEqual(shape(await everything(world.store, peopleAttempts)), shape(kept))
  })

  for (const [what, login] of [
    ['case', 'ANN'],
    ['spaces', ' a nn\t'],
    ['a domain before it', 'CORP\\ann'],
    ['a domain after it', 'ann@corp.example'],
    ['characters that are not seen', 'a\u00adn\u200bn\u2060'],
    ['wide letters', 'ａｎｎ'],
    ['accents', 'ánn\u0301'],
    ['a NUL', 'ann\0'],
  ] as const) {
    test(`written with ${what} is the same login`, () => assert.equal(foldedLogin(login), 'ann'))
  }

  test('sharp s, Kelvin and final sigma are folded as directories fold them', () => {
    assert.equal(foldedLogin('STRASSE'), foldedLogin('straße'))
    assert.equal(foldedLogin('\u212Aim'), foldedLogin('kim'))
    assert.equal(foldedLogin('ΟΔΟΣ'), foldedLogin('οδος'))
  })

  test('one that is a domain alone is itself', () => {
    assert.notEqual(foldedLogin('@corp'), foldedLogin('@other'))
    assert.notEqual(foldedLogin('a\\'), foldedLogin('b\\'))
  })
})

describe('one person', () => {
  test('has as many attempts with all of their logins together, however different these are', async () => {
    world.told.finds = 'guid-ann'
    const outcomes = await times(6, (n) =>
      logIn(['ann', 'ann.smith', 'a1234'][n % 3] ?? '', { address: `192.0.2.${n}` }),
    )
    assert.deepEqual(outcomes, ['password', 'password', 'password', 'password', 'attempts', 'attempts'])
    assert.equal(world.told.tried, 4)
    world.told.finds = 'guid-ben'
    assert.equal(await logIn('ben'), 'password')
  })

  test('takes back what failed with the other logins by a right password', async () => {
    world.told.finds = 'guid-ann'
    await times(3, (n) => logIn(`form${n}`))
    world.told.answer = { person: ann }
    assert.equal(await logIn('ann'), 'in')
    world.told.answer = wrong
    assert.equal(count(await times(5, (n) => logIn(`other${n}`)), 'password'), 4)
  })

  test('is counted once for one attempt, though the directory asks at each server', async () => {
    world.told.finds = 'guid-ann'
    world.told.servers = 3
    assert.equal(count(await times(5, () => logIn('ann')), 'password'), 4)
  })

  for (const servers of [1, 3]) {
    test(`each place is read and written once as it is counted, once as it is settled, by ${servers} servers`, async () => {
      const store = chaos(world.store)
      const on = world.node({ store })
      world.told.finds = 'guid-ann'
      world.told.servers = servers
      // Login and network, the person, all three: a reading and a writing each, and a commit.
      const cost = 2 * 2 + 1 + (2 + 1) + (3 * 2 + 1)
      for (const answer of [wrong, { person: ann }]) {
        world.told.answer = answer
        const before = store.calls
        await logIn('ann', { on })
        // The world's store runs each transaction twice.
        assert.equal(store.calls - before, 2 * cost)
      }
    })
  }
})

describe('one network', () => {
  test('twenty attempts fail, over all logins: one password is not guessed for everybody', async () => {
    const outcomes = await times(25, (n) => logIn(`person${n}`))
    assert.deepEqual([count(outcomes, 'password'), count(outcomes, 'attempts')], [20, 5])
    assert.equal(await logIn('person30', { address: '198.51.100.7' }), 'password')
  })

  test('an IPv6 host is one network, whatever addresses it takes', async () => {
    const outcomes = await times(25, (n) => logIn(`person${n}`, { address: `2001:db8:1:2::${n}` }))
    assert.equal(count(outcomes, 'password'), 20)
  })

  test('a right password takes back failures of its own login alone', async () => {
    await times(16, (n) => logIn(`person${n}`))
    await times(3, () => logIn('ann'))
    world.told.answer = { person: ann }
    assert.equal(await logIn('ann'), 'in')
    world.told.answer = wrong
    assert.equal(count(await times(10, (n) => logIn(`other${n}`)), 'password'), 4)
  })
})

test('nothing that was typed is in the store: a password may have been typed as the login', async () => {
  await logIn('planted-login')
  const records = JSON.stringify(await everything(world.store, peopleAttempts))
  for (const planted of ['planted-login', 'password-planted']) assert(!records.includes(planted), planted)
})

test('records go once they count nothing', async () => {
  await logIn('ann')
  assert.equal((await everything(world.store, peopleAttempts)).length, 2)
  assert.equal(await world.people.sweepAttempts(later(900)), 0)
  assert.equal(await world.people.sweepAttempts(later(901)), 2)
})
