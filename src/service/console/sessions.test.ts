// Console sessions: begun, used, switched and ended; and everything that ends one early.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, test } from 'node:test'
import type { Ancestor, Pass } from '../../core/identity.ts'
import { pooledRandom } from '../../keys/random.ts'
import { createVault, VaultRefused } from '../../keys/vault.ts'
import { everything } from '../../store/everything.ts'
import { Unavailable } from '../../store/store.ts'
import { loadSubject } from '../access/load-subject.ts'
import { AUDIT_JOURNAL } from '../audit/journal.ts'
import { roles } from '../records.ts'
import { hold } from '../session/hold.ts'
import {
  A,
  abroad,
  accessKeyId,
  B,
  later,
  middle,
  newWorld,
  reader,
  start,
  type World,
} from '../session/testing/world.ts'
import { consoleSessions } from './records.ts'
import {
  type BeginSession,
  type ConsoleSession,
  type ConsoleSessions,
  type FoundSession,
  isOfAnother,
  type SessionEnd,
} from './session.ts'
import { createConsoleSessions } from './sessions.ts'
import type { Visit } from './sign-in-events.ts'

let world: World
let sessions: ConsoleSessions
beforeEach(async () => {
  world = await newWorld([consoleSessions])
  sessions = node()
})
afterEach(() => world.store.close())

/** Console sessions as one more node of the store has them. */
function node(fresh = true): ConsoleSessions {
  const { store, ring, passes, nodeRevocations } = world
  const random = pooledRandom()
  return createConsoleSessions({
    ...{ store, passes, random, idleMinutes: 30 },
    vault: createVault(ring, random),
    subjects: { byId: (account, id) => loadSubject(store, account, id) },
    revocations: { fresh: () => fresh, learn: nodeRevocations.learn },
    audit: { expiryOf: (now) => new Date(now.getTime() + 1e9) },
  })
}

let requests = 0
const visit = (now = start): Visit => ({
  requestId: `request ${++requests}`,
  now,
  from: { address: '192.0.2.1', tls: true, userAgent: 'a browser', host: 'sso.example' },
})
const newCookie = () => randomBytes(32).toString('base64url')
const credentialsOf = (pass: Pass) => ({ accessKeyId, token: world.tokenOf(pass) })

const anywhere = { destination: 'https://sso.example/console' }

async function begin(pass: Pass, more: Partial<BeginSession> = {}, now = start): Promise<string> {
  const cookie = newCookie()
  const request = { ...anywhere, cookie, credentials: credentialsOf(pass), ...more }
  assert.deepEqual(await sessions.begin(request, visit(now)), { begun: true })
  return cookie
}

async function sessionOf(cookie: string, now = later(60), of = sessions): Promise<ConsoleSession> {
  await world.hearAt(now)
  const found = await of.find(cookie, now)
  assert(found !== undefined && 'session' in found, JSON.stringify(found))
  return found.session
}

/** `session`, why it ended, or `none`. */
async function stateOf(cookie: string, now = later(60), of = sessions): Promise<string> {
  await world.hearAt(now)
  const found = await of.find(cookie, now)
  return found === undefined ? 'none' : 'session' in found ? 'session' : found.ended
}

async function events(): Promise<readonly string[]> {
  const names = []
  for await (const { text } of world.store.scan(AUDIT_JOURNAL, new Date(0))) {
    names.push(JSON.parse(text).records[0].eventName as string)
  }
  return names
}

test('a session is found by its own cookie, and says what its pass says', async () => {
  const pass = await world.passOf({ name: 'ann', tags: { team: 'blue' }, sourceIdentity: 'ann' })
  const cookie = await begin(pass)
  const session = await sessionOf(cookie)
  const { current, endsAt } = session
  assert.deepEqual(
    [current.pass.id, current.pass.name, current.pass.tags.team, current.pass.sourceIdentity, current.subject?.arn],
    [pass.id, 'ann', 'blue', 'ann', `arn:aws:iam::${A}:role/reader`],
  )
  assert.equal(current.pass.secret.reveal(), pass.secret.reveal())
  assert.equal(endsAt.getTime(), later(3600).getTime())
  assert.equal(await stateOf(newCookie()), 'none')
  assert.deepEqual(await events(), ['ConsoleLogin'])
})

test('the store holds neither the cookie nor anything of the pass in the clear', async () => {
  const pass = await world.passOf({ name: 'name-of-session' })
  const cookie = await begin(pass)
  const text = JSON.stringify(await everything(world.store, consoleSessions))
  for (const secret of [cookie, pass.secret.reveal(), world.tokenOf(pass).slice(0, 60), pass.id, pass.name]) {
    assert(!text.includes(secret), secret)
  }
})

test('a session that nobody used for half an hour is over, and says where to sign in again', async () => {
  const cookie = await begin(await world.passOf({ expiresAt: start.getTime() / 1000 + 40_000 }), {
    issuer: 'https://portal.example/',
  })
  assert.equal(await stateOf(cookie, later(1800)), 'session')
  // It was used then, so half an hour is counted from there.
  assert.equal(await stateOf(cookie, later(3600)), 'session')
  await world.hearAt(later(5401))
  const { left, ...found } = (await sessions.find(cookie, later(5401))) as Extract<FoundSession, { ended: SessionEnd }>
  assert.deepEqual(found, { ended: 'idle', issuer: 'https://portal.example/' })
  assert.equal(left?.current.pass.name, 'session')
  assert.equal(await stateOf(cookie, later(5402)), 'idle')
})

test('its use is written once a minute, whatever it is used for', async () => {
  const cookie = await begin(await world.passOf())
  const seen = async () => (await everything(world.store, consoleSessions))[0]?.seenAt
  await sessionOf(cookie, later(59))
  assert.equal(await seen(), start.getTime())
  await sessionOf(cookie, later(60))
  await sessionOf(cookie, later(119))
  assert.equal(await seen(), later(60).getTime())
})

test('it ends with its pass, or before where it was begun for less', async () => {
  const long = await begin(await world.passOf({ expiresAt: start.getTime() / 1000 + 1200 }))
  const short = await begin(await world.passOf(), { endsAt: later(900).getTime() })
  assert.deepEqual([await stateOf(short, later(899)), await stateOf(short, later(900))], ['session', 'expired'])
  assert.deepEqual([await stateOf(long, later(1199)), await stateOf(long, later(1200))], ['session', 'expired'])
})

for (const [what, end, why] of [
  ['its session is revoked', (pass: Pass) => world.revokeNow(A, { kind: 'session', id: pass.id }), 'revoked'],
  ['all sessions of its role are', () => world.revokeNow(A, { kind: 'principal', id: reader.id }), 'revoked'],
  ['its role is deleted', () => world.store.transact((tx) => tx.delete(roles, [A, 'reader'])), 'principal-gone'],
] as const) {
  test(`the next request after ${what} finds it over, on every node`, async () => {
    const pass = await world.passOf()
    const cookie = await begin(pass)
    assert.equal(await stateOf(cookie), 'session')
    await end(pass)
    assert.deepEqual([await stateOf(cookie), await stateOf(cookie, later(61), node())], [why, why])
  })
}

test('a sign-out ends the session on every node, its passes, and what was issued with them', async () => {
  const pass = await world.passOf()
  const switched = await world.child(pass, { account: B, principal: abroad.id })
  const copied = await world.child(switched, { principal: middle.id })
  const other = await world.passOf()
  const cookie = await begin(pass)
  await sessions.switchTo(await sessionOf(cookie), credentialsOf(switched), visit())
  await sessions.end(await sessionOf(cookie), visit())
  assert.deepEqual([await stateOf(cookie), await stateOf(cookie, later(60), node())], ['none', 'none'])
  const opened = await Promise.all([pass, switched, copied, other].map((one) => world.open(world.tokenOf(one))))
  assert.deepEqual(opened, ['revoked', 'revoked', 'revoked', 'opened'])
  assert.deepEqual(await events(), ['ConsoleLogin', 'SwitchRole', 'Logout'])
})

test('it goes on as another role and back, and a next switch begins with who it was at first', async () => {
  const [pass, second] = [await world.passOf(), await world.passOf({ principal: middle.id })]
  const cookie = await begin(pass)
  const first = await sessionOf(cookie)
  for (const to of [second, await world.child(pass, { account: B, principal: abroad.id })]) {
    assert.deepEqual(await sessions.switchTo(await sessionOf(cookie), credentialsOf(to), visit()), { switched: true })
    const session = await sessionOf(cookie)
    assert.deepEqual([session.current.pass.id, session.before?.pass.id], [to.id, pass.id])
    // Its forms stay good: the secret of their tokens is the session's.
    assert.deepEqual(session.formKey, first.formKey)
  }
  assert.equal(await sessions.switchBack(await sessionOf(cookie), visit()), true)
  const back = await sessionOf(cookie)
  assert.deepEqual([back.current.pass.id, back.before], [pass.id, undefined])
  assert.equal(await sessions.switchBack(back, visit()), false)
  assert.deepEqual(await events(), ['ConsoleLogin', 'SwitchRole', 'SwitchRole', 'ExitRole'])
})

test('a switch from a page that is out of date changes nothing', async () => {
  const cookie = await begin(await world.passOf())
  const stale = await sessionOf(cookie)
  const to = credentialsOf(await world.passOf({ principal: middle.id }))
  assert.deepEqual(await sessions.switchTo(stale, to, visit()), { switched: true })
  assert.deepEqual(await sessions.switchTo(stale, to, visit()), { rejected: 'changed' })
  const another = credentialsOf(await world.passOf({ principal: middle.id, by: 'another' }))
  await sessions.end(await sessionOf(cookie), visit())
  assert.deepEqual(await sessions.switchTo(stale, another, visit()), { rejected: 'changed' })
  assert.equal(await stateOf(cookie), 'none')
})

test('when the role that it switched to ends, it is who it was before, and is told so once', async () => {
  const cookie = await begin(await world.passOf({ expiresAt: start.getTime() / 1000 + 7200 }))
  const to = await world.passOf({ principal: middle.id, expiresAt: start.getTime() / 1000 + 900 })
  await sessions.switchTo(await sessionOf(cookie), credentialsOf(to), visit())
  const first = await sessionOf(cookie, later(901))
  assert.deepEqual([first.current.pass.principal, first.returned], [reader.id, 'expired'])
  const next = await sessionOf(cookie, later(902))
  assert.deepEqual([next.current.pass.principal, next.returned], [reader.id, undefined])
})

test('a session that switched does not outlive what it began with', async () => {
  const pass = await world.passOf()
  const cookie = await begin(pass)
  await sessions.switchTo(await sessionOf(cookie), credentialsOf(await world.passOf({ principal: middle.id })), visit())
  await world.revokeNow(A, { kind: 'session', id: pass.id })
  assert.equal(await stateOf(cookie), 'revoked')
})

test('one that is held is not over: it keeps what it was, is not idle while its person asks for it, and goes on when it is lifted', async () => {
  const signIn: Ancestor = { id: 'sign-in', principal: '', version: 0, account: A }
  const expiresAt = start.getTime() / 1000 + 40_000
  const first = await world.passOf({ ancestors: [signIn], expiresAt })
  const [plain, switched] = [await begin(first), await begin(first)]
  const to = await world.child(first, { principal: middle.id, expiresAt })
  assert('switched' in (await sessions.switchTo(await sessionOf(switched), credentialsOf(to), visit())))
  const holds = async (isHeld: boolean, now: Date) =>
    world.nodeRevocations.learn(await world.store.transact((tx) => hold(tx, A, signIn.id, isHeld, now)))
  await holds(true, later(120))
  for (let minute = 3; minute < 60; minute += 20)
    for (const cookie of [plain, switched]) assert.equal(await stateOf(cookie, later(minute * 60), node()), 'held')
  assert.deepEqual(
    await sessions.begin({ ...anywhere, cookie: newCookie(), credentials: credentialsOf(first) }, visit()),
    {
      rejected: 'held',
    },
  )
  await holds(false, later(3600))
  assert.equal((await sessionOf(plain, later(3600))).current.pass.id, first.id)
  const { current, before } = await sessionOf(switched, later(3600))
  assert.deepEqual([current.pass.id, before?.pass.id], [to.id, first.id])
})

test('credentials that are dead begin nothing, nor does what was used before', async () => {
  const request = { cookie: newCookie(), destination: '' }
  const dead = credentialsOf(await world.passOf({ expiresAt: start.getTime() / 1000 }))
  assert.deepEqual(await sessions.begin({ ...request, credentials: dead }, visit()), { rejected: 'expired' })
  const used = { ...request, credentials: credentialsOf(await world.passOf()), provided: async () => false }
  assert.deepEqual(await sessions.begin(used, visit()), { rejected: 'used' })
  assert.deepEqual([await everything(world.store, consoleSessions), await events()], [[], []])
})

test('who replaces somebody else’s session signs them out; one’s own is only begun anew', async () => {
  const [ann, bob] = [await world.passOf({ by: 'ann' }), await world.passOf({ by: 'bob' })]
  const annCookie = await begin(ann)
  const annSession = await sessionOf(annCookie)
  assert.deepEqual([isOfAnother(annSession, bob), isOfAnother(annSession, ann)], [true, false])
  const bobCookie = await begin(bob, { replaces: { session: annSession, signsOut: true } })
  assert.deepEqual([await stateOf(annCookie), await stateOf(bobCookie)], ['none', 'session'])
  assert.equal(await world.open(world.tokenOf(ann)), 'revoked')
  const again = await begin(bob, { replaces: { session: await sessionOf(bobCookie), signsOut: false } })
  assert.deepEqual([await stateOf(bobCookie), await stateOf(again)], ['none', 'session'])
})

test('a sign-out ends what was copied from the sessions that one’s own sign-ins replaced, too', async () => {
  const passes = [await world.passOf(), await world.passOf(), await world.passOf()] as const
  let cookie = await begin(passes[0])
  for (const pass of passes.slice(1)) {
    cookie = await begin(pass, { replaces: { session: await sessionOf(cookie), signsOut: false } })
    // Whatever it was switched to in between.
    const to = credentialsOf(await world.child(pass, { principal: middle.id }))
    await sessions.switchTo(await sessionOf(cookie), to, visit())
    await sessions.switchBack(await sessionOf(cookie), visit())
  }
  const opened = () => Promise.all(passes.map((pass) => world.open(world.tokenOf(pass))))
  assert.deepEqual(await opened(), ['opened', 'opened', 'opened'])
  await sessions.end(await sessionOf(cookie), visit())
  assert.deepEqual(await opened(), ['revoked', 'revoked', 'revoked'])
})

test('a session that nobody used for too long is signed out by its person’s next sign-out, and by nobody else’s', async () => {
  const expiresAt = start.getTime() / 1000 + 40_000
  const [pass, next, stranger] = [
    await world.passOf({ expiresAt }),
    await world.passOf({ expiresAt }),
    await world.passOf({ expiresAt, name: 'other' }),
  ]
  const cookie = await begin(pass)
  const at = later(1801)
  await world.hearAt(at)
  const leftOf = async () => {
    const found = await sessions.find(cookie, at)
    assert(found !== undefined && 'ended' in found && found.left !== undefined)
    return found.left
  }
  const endAfter = async (of: Pass) => {
    const again = await begin(of, { left: await leftOf() }, at)
    await sessions.end(await sessionOf(again, later(1802)), visit(at))
    return world.open(world.tokenOf(pass), later(1803))
  }
  assert.deepEqual([await endAfter(stranger), await endAfter(next)], ['opened', 'revoked'])
})

test('it remembers no more sessions than twenty that it replaced, and ends those before', async () => {
  const first = await world.passOf()
  let cookie = await begin(first)
  for (let at = 0; at < 20; at++) {
    const replaces = { session: await sessionOf(cookie), signsOut: false }
    cookie = await begin(await world.passOf(), { replaces })
  }
  assert.equal(await world.open(world.tokenOf(first)), 'opened')
  await begin(await world.passOf(), { replaces: { session: await sessionOf(cookie), signsOut: false } })
  assert.equal(await world.open(world.tokenOf(first)), 'revoked')
})

for (const [what, more] of [
  ['source identity', { sourceIdentity: 'bob' }],
  ['tags', { tags: { person: 'bob' } }],
] as const) {
  test(`a pass of the same name with another ${what} is somebody else’s`, async () => {
    const ann = await world.passOf({ sourceIdentity: 'ann', tags: { person: 'ann' } })
    const session = await sessionOf(await begin(ann))
    const like = { sourceIdentity: 'ann', tags: { person: 'ann' } }
    assert.equal(isOfAnother(session, await world.passOf(like)), false)
    assert.equal(isOfAnother(session, await world.passOf({ ...like, ...more })), true)
  })
}

test('what is sealed opens for its own record alone', async () => {
  const [mine, other] = [await begin(await world.passOf()), await begin(await world.passOf({ by: 'another' }))]
  const sealed = (await sessionOf(other)).sealed
  const { account, id } = await sessionOf(mine)
  await world.store.transact(async (tx) => {
    const record = await tx.get(consoleSessions, [account, id])
    if (record !== undefined) await tx.replace(consoleSessions, { ...record, sealed })
  })
  await assert.rejects(sessions.find(mine, later(60)), VaultRefused)
})

test('a node that does not hear of changes begins no session and switches none', async () => {
  const behind = node(false)
  const pass = await world.passOf()
  const session = await sessionOf(await begin(pass))
  const credentials = credentialsOf(pass)
  await assert.rejects(behind.begin({ cookie: newCookie(), credentials, destination: '' }, visit()), Unavailable)
  await assert.rejects(behind.switchTo(session, credentials, visit()), Unavailable)
})

test('a record goes a day after its end', async () => {
  await begin(await world.passOf())
  assert.equal(await sessions.sweep(later(3600 + 86_400)), 0)
  assert.equal(await sessions.sweep(later(3601 + 86_400)), 1)
})

test('that its credentials are shown is in the audit first, and not of a session that changed or ended', async () => {
  const cookie = await begin(await world.passOf())
  const session = await sessionOf(cookie)
  assert.equal(await sessions.noteShown(session, 'bash', visit()), true)
  await assert.rejects(node(false).noteShown(session, 'bash', visit()), Unavailable)
  const to = credentialsOf(await world.passOf({ principal: middle.id }))
  assert.deepEqual(await sessions.switchTo(session, to, visit()), { switched: true })
  assert.equal(await sessions.noteShown(session, 'bash', visit()), false)
  const switched = await sessionOf(cookie)
  await sessions.end(switched, visit())
  assert.equal(await sessions.noteShown(switched, 'bash', visit()), false)
  assert.deepEqual(await events(), ['ConsoleLogin', 'ShowCredentials', 'SwitchRole', 'Logout'])
})

test('it remembers the last six roles that it switched to, each once', async () => {
  const pass = await world.passOf()
  const cookie = await begin(pass)
  const arns = async () => (await sessionOf(cookie)).recentRoles
  assert.deepEqual(await arns(), [])
  const [near, far] = [
    credentialsOf(await world.passOf({ principal: middle.id })),
    credentialsOf(await world.child(pass, { account: B, principal: abroad.id })),
  ]
  for (const to of [near, far, near]) await sessions.switchTo(await sessionOf(cookie), to, visit())
  const remembered = await arns()
  assert.equal(remembered.length, 2)
  assert.match(remembered[0] ?? '', /:role\//)
  assert.equal(await sessions.switchBack(await sessionOf(cookie), visit()), true)
  assert.deepEqual(await arns(), remembered)
})
