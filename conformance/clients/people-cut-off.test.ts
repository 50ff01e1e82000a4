// People of a directory who leave, or lose a group, while they are signed in: console, renewals and live credentials end within
// the stated bound, on every node, and a directory that is down ends nothing, but holds it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { invoke } from '../../src/cli/testing/world.ts'
import type { SignIn } from '../../src/service/contracts/sign-ins.ts'
import {
  adminArn,
  askForRole,
  bindPassword,
  brokerAndRoles,
  company,
  dnOf,
  passwordOf,
  personEntry,
  readerArn,
} from './company.ts'
import { textsOf } from './journals.ts'
import { type Keys, secondNode, type TestServer, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const corp = await company()
const server = await testServer({ file: 'shared.sqlite', clock, node: 'one' })
const two = await secondNode(server, { clock })
await brokerAndRoles(server.as(server.root))

/** As often as the server's timer checks people, in ms. */
const tickMs = 15_000
/** People are asked about again after two minutes; the timer adds a tick. */
const boundMs = 120_000 + tickMs

const works = (keys: Keys, at = server) =>
  at
    .as(keys)
    .sts.send(new GetCallerIdentityCommand({}))
    .then(
      () => true,
      () => false,
    )

let cookies = 0
/** A console that was opened with the credentials: whether it is open. */
async function consoleOf(keys: Keys): Promise<() => Promise<boolean>> {
  const cookie = `cookie ${++cookies}`
  const { accessKeyId, sessionToken: token = '' } = keys
  const visit = {
    ...{ requestId: 'request', now: clock.now },
    from: { address: '192.0.2.1', tls: true, userAgent: 'a browser', host: 'sso.example' },
  }
  const begun = await server.engine.consoleSessions.begin(
    { cookie, credentials: { accessKeyId, token }, destination: 'https://sso.example/console' },
    visit,
  )
  assert('begun' in begun)
  return async () => {
    const found = await server.engine.consoleSessions.find(cookie, clock.now)
    return found !== undefined && 'session' in found
  }
}

interface SignedIn {
  readonly signIn: SignIn
  readonly keys: Keys
  readonly isOpen: () => Promise<boolean>
}

/** Ann, as she is at first: signed in, with credentials of Admin and a console. */
async function signedIn({ graceMinutes = 0, arn = adminArn } = {}): Promise<SignedIn> {
  await server.move(3_600_000)
  for (const { id } of await server.engine.people.signIns.list(clock.now))
    await server.engine.people.signIns.end(id, 'of the test before', clock.now)
  corp.asAtFirst()
  await corp.apply(server, { graceMinutes })
  const signIn = await corp.signIn(server, 'ann')
  const { keys } = await askForRole(server, signIn, arn)
  assert(keys !== undefined)
  const isOpen = await consoleOf(keys)
  assert.deepEqual([await works(keys), await isOpen()], [true, true])
  return { signIn, keys, isOpen }
}

/** Time passes on the servers, which check people as their timers have them do. */
async function pass(ms: number, nodes: readonly TestServer[] = [server]): Promise<void> {
  for (let passed = 0; passed < ms; passed += tickMs) {
    await server.move(Math.min(tickMs, ms - passed))
    for (const { engine } of nodes) await engine.people.signIns.checkDue(clock.now)
  }
}

/** How long until neither credentials nor console work, in ms. */
async function cutOffAfter({ keys, isOpen }: SignedIn): Promise<number> {
  for (let passed = 0; passed <= 2 * boundMs; passed += tickMs) {
    if (!(await works(keys)) && !(await isOpen())) return passed
    await pass(tickMs)
  }
  return Number.POSITIVE_INFINITY
}

describe('nobody renews anything', () => {
  const leaving: readonly (readonly [string, () => Promise<void> | void])[] = [
    ['is disabled', () => corp.directory.change(dnOf('ann'), { state: 'disabled' })],
    ['is locked', () => corp.directory.change(dnOf('ann'), { state: 'locked' })],
    ['is deleted', () => removed('ann')],
    ['leaves the group', () => corp.setMembers('admins', ['ben'])],
    ['loses the row', () => corp.apply(server, { roles: [] })],
    ['loses the connector', () => corp.apply(server, { connector: 'other' })],
  ]
  for (const [what, leave] of leaving) {
    test(`a person who ${what} has neither credentials nor console after ${boundMs / 1000} seconds`, async () => {
      const person = await signedIn()
      await pass(60_000)
      await leave()
      const after = await cutOffAfter(person)
      assert(after > 0 && after <= boundMs, `${after / 1000} seconds`)
      const { refused } = await askForRole(server, person.signIn, adminArn)
      assert.equal(refused, 'refused')
    })
  }

  test('a person to whom nothing happens goes on for the whole sign-in', async () => {
    const person = await signedIn()
    for (let half = 0; half < 2; half++) {
      await pass(1_500_000)
      assert.deepEqual([await works(person.keys), await person.isOpen()], [true, true])
    }
    assert.notEqual((await askForRole(server, person.signIn, readerArn)).keys, undefined)
  })
})

/** Out of the directory. */
function removed(login: string): void {
  const at = corp.directory.entries.findIndex(({ dn }) => dn === dnOf(login))
  corp.directory.entries.splice(at, 1)
}

test('the next renewal of a person who is disabled is refused, and ends console and credentials at once', async () => {
  const person = await signedIn()
  await server.move(6_000)
  corp.directory.change(dnOf('ann'), { state: 'disabled' })
  const { refused } = await askForRole(server, person.signIn, readerArn)
  assert.deepEqual([refused, await works(person.keys), await person.isOpen()], ['refused', false, false])
})

test('a sign-out ends console and credentials at once', async () => {
  const person = await signedIn()
  await server.engine.people.signIns.end(person.signIn.id, 'signed out', clock.now)
  assert.deepEqual([await works(person.keys), await person.isOpen()], [false, false])
  assert.equal((await askForRole(server, person.signIn, adminArn)).refused, 'ended')
})

describe('an operator', () => {
  const hallpass = (...words: string[]) => invoke([...words, '--data', server.data])

  test('lists who is signed in and what they were given, and signs a person out by any case of the login', async () => {
    const person = await signedIn()
    const ben = await corp.signIn(server, 'ben', 'api')
    const { out } = await hallpass('people', 'list', '--json')
    const { signIns } = JSON.parse(out) as { signIns: { login: string; client: string; given: string[] }[] }
    assert.deepEqual(
      signIns.map(({ login, client, given }) => [login, client, given]),
      [
        ['ann', 'browser', [adminArn]],
        ['ben', 'api', []],
      ],
    )
    assert.match((await hallpass('people', 'list')).out, /^CONNECTOR .*\ncorp +ann +/)
    const ended = await hallpass('people', 'end', 'ANN')
    assert.equal(ended.out, `ended 1 sign-in of ${person.signIn.personId} (corp)`)
    assert.deepEqual([await works(person.keys), await person.isOpen()], [false, false])
    assert.notEqual(await server.engine.people.signIns.byId(ben.id, clock.now), undefined)
    assert.equal((await hallpass('people', 'end', ben.personId, '--connector', 'corp')).code, 0)
  })

  test('is shown a login as text, whatever it would do to the terminal', async () => {
    const login = 'ann\u001b]0;title\u0007\u009b2J\u202e'
    const origin = { requestId: 'request', from: { address: '192.0.2.1', tls: true, userAgent: '', host: '' } }
    const person = { connector: 'corp', id: 'their-own', login, groups: [], attributes: new Map(), multiFactor: false }
    await server.engine.people.signIns.begin({ person, origin, client: 'browser' }, clock.now)
    const listed = (await hallpass('people', 'list')).out
    const missing = (await hallpass('people', 'end', login, '--connector', 'other')).err
    for (const text of [listed, missing]) {
      assert.match(text, /ann\\u001b\]0;title\\u0007\\u009b2J\\u202e/)
      assert.doesNotMatch(text, /[\u0007\u001b\u009b\u202e]/)
    }
    assert.equal((await hallpass('people', 'end', 'their-own')).code, 0)
  })

  test('is told when nobody, or more than one, is meant', async () => {
    await signedIn()
    const nobody = await hallpass('people', 'end', 'zoe')
    assert.deepEqual([nobody.code, /nobody who is signed in is called zoe/.test(nobody.err)], [1, true])
    assert.equal((await hallpass('people', 'end', 'ann', '--connector', 'other')).code, 1)
    corp.directory.change(dnOf('ann'), personEntry('ann', '99999999-0000-4000-8000-000000000000'))
    await corp.signIn(server, 'ann')
    const two = await hallpass('people', 'end', 'ann')
    assert.match(two.err, /several people are called ann: \S+ at corp, \S+ at corp/)
    assert.equal((await hallpass('people', 'end', '99999999-0000-4000-8000-000000000000')).code, 0)
  })
})

describe('the directory is down', () => {
  test('without a grace: nothing more is given, all is held within the bound, nothing ends, and all goes on once it is back', async () => {
    const person = await signedIn()
    await server.move(6_000)
    await corp.directory.kill()
    assert.equal((await askForRole(server, person.signIn, adminArn)).refused, 'unavailable')
    const after = await cutOffAfter(person)
    assert(after > 0 && after <= boundMs, `${after / 1000} seconds`)
    await pass(600_000)
    assert.deepEqual([await works(person.keys), await person.isOpen()], [false, false])
    await corp.directory.restart()
    await pass(60_000 + tickMs)
    assert.deepEqual([await works(person.keys), await person.isOpen()], [true, true])
    assert.notEqual((await askForRole(server, person.signIn, adminArn)).keys, undefined)
  })

  test('with a grace of ten minutes: what is asked for is given for ten minutes, and then refused', async () => {
    const person = await signedIn({ graceMinutes: 10 })
    await server.move(6_000)
    await corp.directory.kill()
    for (const minutes of [0, 3, 6, 9]) {
      assert.notEqual((await askForRole(server, person.signIn, adminArn)).keys, undefined, `${minutes} minutes`)
      await server.move(180_000)
    }
    assert.equal((await askForRole(server, person.signIn, adminArn)).refused, 'unavailable')
    assert.deepEqual([await works(person.keys), await person.isOpen()], [true, true])
    await corp.directory.restart()
    await pass(60_000)
    assert.notEqual((await askForRole(server, person.signIn, adminArn)).keys, undefined)
  })

  test('a person who was disabled while it was down is cut off once it is back', async () => {
    const person = await signedIn({ graceMinutes: 10 })
    await corp.directory.kill()
    corp.directory.change(dnOf('ann'), { state: 'disabled' })
    await pass(300_000)
    assert.equal(await works(person.keys), true)
    await corp.directory.restart()
    const after = await cutOffAfter(person)
    assert(after <= boundMs, `${after / 1000} seconds`)
  })
})

test('a person who was made again under the same login has nothing of the old sign-in', async () => {
  const person = await signedIn()
  corp.directory.change(dnOf('ann'), personEntry('ann', '99999999-0000-4000-8000-000000000000'))
  const again = await corp.signIn(server, 'ann')
  assert.notEqual(again.personId, person.signIn.personId)
  const after = await cutOffAfter(person)
  assert(after > 0 && after <= boundMs, `${after / 1000} seconds`)
  assert.equal((await askForRole(server, person.signIn, adminArn)).refused, 'refused')
  assert.notEqual((await askForRole(server, again, adminArn)).keys, undefined)
})

test('what one node ends has ended on the other: renewals at once, credentials once its feed is read', async () => {
  const person = await signedIn()
  await two.move(0)
  assert.equal(await works(person.keys, two), true)
  corp.directory.change(dnOf('ann'), { state: 'disabled' })
  const told = new Promise<void>((resolve) => {
    const stop = two.engine.store.watch((change) => {
      if (change !== 'resync' && change.collection !== 'revocation') return
      stop()
      resolve()
    })
  })
  await pass(boundMs, [server])
  assert.equal((await askForRole(two, person.signIn, adminArn)).refused, 'refused')
  await told
  await two.engine.revocations.settled()
  assert.equal(await works(person.keys, two), false)
})

test('of two nodes one asks the directory', async () => {
  const { signIn } = await signedIn()
  const before = corp.directory.requests.length
  await server.move(boundMs)
  await Promise.all([server, two].map(({ engine }) => engine.people.signIns.checkDue(clock.now)))
  const searches = corp.directory.requests.slice(before).filter(({ kind }) => kind === 'search').length
  const again = corp.directory.requests.length
  await server.move(130_000)
  await server.engine.people.signIns.checkDue(clock.now)
  assert.equal(searches, corp.directory.requests.slice(again).filter(({ kind }) => kind === 'search').length)
  assert.notEqual(await two.engine.people.signIns.byId(signIn.id, clock.now), undefined)
})

test('no password is in the store, in the audit, or in what the servers reported', async () => {
  await signedIn()
  await corp.logIn(server, 'ann', 'planted-wrong-password')
  await corp.logIn(server, 'planted-password-in-the-login-field', 'x')
  await corp.directory.kill()
  await corp.logIn(server, 'ann')
  await corp.directory.restart()
  const texts = [
    ...(await textsOf(server.engine.store, 'audit')),
    ...(await textsOf(server.engine.store, 'refusals')),
    ...[...server.reported, ...two.reported],
    ...readdirSync(server.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')),
  ]
  // The department is no secret: it is a session tag, which AssumeRole's record has, as AWS's does.
  for (const planted of [passwordOf('ann'), bindPassword, 'planted-wrong-password', 'planted-password-in'])
    for (const text of texts) assert(!text.includes(planted), planted)
})

test('the servers reported no failure', () => {
  assert.deepEqual([...server.reported, ...two.reported], [])
})
