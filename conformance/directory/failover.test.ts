// Several servers of one directory: one that does not answer delays nobody for long, and lets nobody in or out.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import type { DirectoryRequest } from '../../src/dev/directory/messages.ts'
import { restMs } from '../../src/federation/directory/servers.ts'
import { connector, detailOf, groups, kindOf, now, people, plainServer, secret, server } from './kit.ts'
import { rawServer } from './raw-server.ts'

const never = new Promise<never>(() => {})
const isAnnsBind = (request: DirectoryRequest) => request.kind === 'bind' && request.name === `uid=ann,${people}`
const isSearch = (request: DirectoryRequest) => request.kind === 'search'
const isOwnBind = (request: DirectoryRequest) => request.kind === 'bind' && !isAnnsBind(request)

describe('Two servers, of which the first', () => {
  test('is not there: the second is asked', async () => {
    const [first, second] = [await server(), await server()]
    await first.kill()
    assert.equal(kindOf(await connector([first, second]).logIn('ann', secret, now)), 'person')
  })

  for (const [title, when] of [
    ['before its own bind is answered', isOwnBind],
    ['at the search', isSearch],
    ['between search and bind', isAnnsBind],
    ['at the search for groups', (request: DirectoryRequest) => request.kind === 'search' && request.base === groups],
  ] as const) {
    test(`dies ${title}: the second is asked`, async () => {
      const [first, second] = [await server(), await server()]
      first.always = (request) => {
        if (!when(request)) return undefined
        void first.kill()
        return { share: 0, close: true }
      }
      assert.equal(kindOf(await connector([first, second]).logIn('ann', secret, now)), 'person')
    })
  }

  for (const [title, when] of [
    ['at its own bind', isOwnBind],
    ['at the search', isSearch],
    ['at the bind', isAnnsBind],
  ] as const) {
    test(`does not answer ${title}: the second is asked in time`, async () => {
      const [first, second] = [await server(), await server()]
      first.always = (request) => (when(request) ? { after: never } : undefined)
      assert.equal(kindOf(await connector([first, second], { deadlineMs: 900 }).logIn('ann', secret, now)), 'person')
    })
  }

  test('says that it is busy: the second is asked', async () => {
    const [first, second] = [await server(), await server()]
    first.always = (request) => (isAnnsBind(request) ? { answer: { code: 51 } } : undefined)
    assert.equal(kindOf(await connector([first, second]).logIn('ann', secret, now)), 'person')
  })

  test('answers that the password is wrong: the second is not asked', async () => {
    const [first, second] = [await server(), await server()]
    assert.equal(kindOf(await connector([first, second]).logIn('ann', new Secret('wrong'), now)), 'password')
    assert.equal(second.requests.length, 0)
  })

  test('refuses the connector: the second is asked, and the first not again before it rested', async () => {
    const [first, second] = [await server(), await server()]
    let time = now.getTime()
    const directory = connector([first, second], {}, () => new Date(time))
    first.always = (request) => (isOwnBind(request) ? { answer: { code: 49 } } : undefined)
    for (let count = 0; count < 5; count++) assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    assert.equal(first.requests.filter(isOwnBind).length, 1)
    time += restMs
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    assert.equal(first.requests.filter(isOwnBind).length, 2)
  })

  test('hangs: for half a minute no sign-in asks it, then one does, and the others do not wait for that', async () => {
    const [hanging, second] = [await rawServer(() => {}), await server()]
    let time = now.getTime()
    const directory = connector([hanging, second], { deadlineMs: 900 }, () => new Date(time))
    const signIn = async () => assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    await signIn()
    for (let count = 0; count < 5; count++) await signIn()
    assert.equal(hanging.accepted, 1)
    time += restMs - 1
    await signIn()
    assert.equal(hanging.accepted, 1)
    time += 1
    await Promise.all(Array.from({ length: 5 }, signIn))
    assert.equal(hanging.accepted, 2)
  })

  test('is there again: it is asked first again after its rest', async () => {
    const [first, second] = [await server(), await server()]
    let time = now.getTime()
    const directory = connector([first, second], {}, () => new Date(time))
    await first.kill()
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    await first.restart()
    time += restMs
    const before = second.requests.filter(isSearch).length
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    assert.equal(second.requests.filter(isSearch).length, before)
  })
})

describe('No server answers', () => {
  test('nobody is let in, and nobody is gone; when one is back it answers at once', async () => {
    const [first, second] = [await server(), await server()]
    const directory = connector([first, second])
    const before = await directory.logIn('ann', secret, now)
    assert.ok('person' in before)
    await Promise.all([first.kill(), second.kill()])
    for (let count = 0; count < 3; count++) {
      assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unavailable')
      assert.equal(kindOf(await directory.findAgain(before.person.id, now)), 'unavailable')
      assert.equal(kindOf(await directory.look('ann', now)), 'unavailable')
    }
    await first.restart()
    // All of them rest: each question asks the one that rests the longest.
    const outcomes = [await directory.logIn('ann', secret, now), await directory.logIn('ann', secret, now)]
    assert.ok(outcomes.some((outcome) => 'person' in outcome))
  })

  test('one that hangs ends at the deadline, with its name', async () => {
    const hanging = await rawServer(() => {})
    const outcome = await connector([hanging], { deadlineMs: 200 }).logIn('ann', secret, now)
    assert.equal(kindOf(outcome), 'unavailable')
    assert.ok(detailOf(outcome).includes(hanging.url))
  })

  test('while it hangs, no more than sixty-four questions wait for it', async () => {
    const hanging = await rawServer(() => {})
    const directory = connector([hanging], { deadlineMs: 400 })
    const waiting = Array.from({ length: 64 }, () => directory.logIn('ann', secret, now))
    assert.match(detailOf(await directory.logIn('ann', secret, now)), /64 questions are waiting/)
    for (const outcome of await Promise.all(waiting)) assert.equal(kindOf(outcome), 'unavailable')
    assert.equal(hanging.accepted <= 64, true)
  })

  test('a search for groups that takes too long says nothing of the server', async () => {
    const corp = await server()
    const directory = connector([corp], { deadlineMs: 600 })
    corp.always = (request) => (request.kind === 'search' && request.base === groups ? { after: never } : undefined)
    const outcome = await directory.logIn('ann', secret, now)
    assert.equal(kindOf(outcome), 'unavailable')
    assert.match(detailOf(outcome), /the groups of uid=ann/)
    corp.always = undefined
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
  })
})

describe('Connections that are kept', () => {
  test('one that died while it rested is replaced without a failed sign-in', async () => {
    const corp = await server()
    const directory = connector([corp])
    for (let count = 0; count < 3; count++) {
      assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
      await corp.kill()
      await corp.restart()
    }
  })

  test('one whose bind the server forgot is replaced (Active Directory: operationsError)', async () => {
    const corp = await server({ kind: 'active-directory' })
    const directory = connector([corp], { people: { idAttribute: 'objectGUID' } })
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    corp.next('search', { answer: { code: 1 } })
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'person')
    assert.equal(corp.requests.filter(isOwnBind).length, 2)
  })

  test('one is used again, and not after it rested for a minute', async () => {
    const corp = await server()
    let time = now.getTime()
    const directory = connector([corp], {}, () => new Date(time))
    await directory.logIn('ann', secret, now)
    await directory.logIn('ann', secret, now)
    assert.equal(corp.requests.filter(isOwnBind).length, 1)
    time += 60_000
    await directory.logIn('ann', secret, now)
    assert.equal(corp.requests.filter(isOwnBind).length, 2)
  })

  test('they are few, however many sign in at once, and none is left when the connector is closed', async () => {
    const corp = await server()
    const directory = connector([corp])
    await Promise.all(Array.from({ length: 20 }, () => directory.logIn('ann', secret, now)))
    const closed = (most: number) =>
      new Promise<void>((resolve) => {
        const look = () => (corp.connections <= most ? resolve() : void setImmediate(look))
        look()
      })
    await closed(4)
    await directory.close()
    await closed(0)
    assert.equal(kindOf(await directory.logIn('ann', secret, now)), 'unavailable')
  })
})

test('the check says of each server what is wrong with it', async () => {
  const [good, refusing, gone] = [await server(), await server(), await server()]
  refusing.always = (request) => (request.kind === 'bind' ? { answer: { code: 49, message: 'no' } } : undefined)
  await gone.kill()
  const plain = await plainServer()
  const checks = await connector([good, refusing, gone, plain]).check(now)
  assert.deepEqual(
    checks.map((check) => check.server),
    [good, refusing, gone, plain].map(({ url }) => url),
  )
  const problems = checks.map(({ problem }) => problem)
  assert.equal(problems[0], undefined)
  assert.match(problems[1] ?? '', /the connector's own bind/)
  assert.match(problems[2] ?? '', /ECONNREFUSED/)
  assert.match(problems[3] ?? '', /StartTLS/)
  const [base] = await connector([good], { groups: { base: 'ou=nowhere,dc=corp,dc=example' } }).check(now)
  assert.match(base?.problem ?? '', /ou=nowhere,dc=corp,dc=example/)
})
