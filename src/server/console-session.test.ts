// A browser's console session: under which cookie it is, and which forms are its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsoleSession, ConsoleSessions, FoundSession } from '../service/console/session.ts'
import { type BrowserSessions, createBrowserSessions } from './console-session.ts'
import { tokenField } from './pages/form-guard.ts'
import { siteOf } from './pages/site.ts'
import { exchangeOf } from './pages/testing/transport.ts'

const now = new Date('2026-03-01T12:00:00Z')
const site = siteOf('https://sso.example')
let drawn = 0
const random = (bytes: number) => Buffer.alloc(bytes, ++drawn)

/** Sessions by the id of their cookie, each with a form key of its own; as one node, or several, see them. */
function world() {
  const begun = new Map<string, FoundSession>()
  let finds = 0
  const sessions = {
    async begin({ cookie }: { readonly cookie: string }) {
      begun.set(cookie, { session: { formKey: random(32) } as unknown as ConsoleSession })
      return { begun: true }
    },
    async find(cookie: string) {
      finds++
      return begun.get(cookie)
    },
    async end(session: ConsoleSession) {
      for (const [cookie, found] of begun)
        if (found && 'session' in found && found.session === session) begun.delete(cookie)
    },
  } as unknown as ConsoleSessions
  const node = (at = site, allowsHttp = false) =>
    createBrowserSessions({ site: at, allowsHttp, sessions, random, clock: () => now })
  return { begun, node, finds: () => finds }
}

const exchange = (cookie?: string, headers: Readonly<Record<string, string>> = {}) =>
  exchangeOf({
    method: 'POST',
    url: new URL('https://sso.example/console'),
    headers: { ...(cookie === undefined ? {} : { cookie: `__Host-hallpass-session=${cookie}` }), ...headers },
  })

const request = { credentials: { accessKeyId: 'ASIA', token: 'token' }, destination: '' }

async function signedIn(browsers: BrowserSessions, cookie?: string): Promise<string> {
  const begun = await browsers.begin(exchange(cookie), request, now)
  assert('headers' in begun)
  const line = begun.headers[1] ?? ''
  assert.match(line, /^__Host-hallpass-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  return line.slice('__Host-hallpass-session='.length).split(';')[0] ?? ''
}

async function sessionOf(browsers: BrowserSessions, cookie: string): Promise<ConsoleSession> {
  const found = await browsers.of(exchange(cookie), now)
  assert(found !== undefined && 'session' in found)
  return found.session
}

const tokenOf = (browsers: BrowserSessions, session: ConsoleSession, action: string) =>
  / value="([^"]*)"/.exec(browsers.field(session, action).html)?.[1] ?? ''

const issued = (browsers: BrowserSessions, cookie: string | undefined, action: string, token: string) =>
  browsers.guard.isIssued(exchange(cookie), action, new Map([[tokenField, token]]))

test('a session begins under a new cookie, whatever the browser sent', async () => {
  const { node, begun } = world()
  const planted = 'p'.repeat(43)
  const cookie = await signedIn(node(), planted)
  assert.notEqual(cookie, planted)
  assert.deepEqual([...begun.keys()], [cookie])
  const again = await signedIn(node(), cookie)
  assert.notEqual(again, cookie)
})

test('a form is taken of its own session and for its own action alone, by every node', async () => {
  const { node } = world()
  const [a, b] = [node(), node()]
  const [ann, bob] = [await signedIn(a), await signedIn(a)]
  const token = tokenOf(a, await sessionOf(a, ann), '/console/sign-out')
  assert.equal(await issued(a, ann, '/console/sign-out', token), true)
  assert.equal(await issued(b, ann, '/console/sign-out', token), true)
  assert.equal(await issued(b, ann, '/console/switch', token), false)
  assert.equal(await issued(b, bob, '/console/sign-out', token), false)
  assert.equal(await issued(b, undefined, '/console/sign-out', token), false)
  assert.equal(await issued(b, ann, '/console/sign-out', ''), false)
})

test('a form of a session that ended is not taken', async () => {
  const { node, begun } = world()
  const browsers = node()
  const ann = await signedIn(browsers)
  const session = await sessionOf(browsers, ann)
  const token = tokenOf(browsers, session, '/console/sign-out')
  begun.set(ann, { ended: 'idle' })
  assert.equal(await issued(browsers, ann, '/console/sign-out', token), false)
  begun.set(ann, { session })
  assert.deepEqual(await browsers.end(exchange(ann), session, now), [
    ...['Set-Cookie', '__Host-hallpass-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure'],
  ])
  assert.equal(await issued(browsers, ann, '/console/sign-out', token), false)
})

for (const [what, headers, taken] of [
  ['a page of ours', { 'sec-fetch-site': 'same-origin', origin: 'https://sso.example' }, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
  ['another host of the site', { 'sec-fetch-site': 'same-site', origin: 'https://a.sso.example' }, false],
  ['nowhere that is said', {}, false],
] as const) {
  test(`a form from ${what} is ${taken ? 'taken' : 'refused'}`, () =>
    assert.equal(world().node().guard.isSameOrigin(exchange(undefined, headers)), taken))
}

test('one request reads its session once', async () => {
  const { node, finds } = world()
  const browsers = node()
  const ann = await signedIn(browsers)
  const one = exchange(ann)
  assert.equal(await browsers.of(one, now), await browsers.of(one, now))
  assert.equal(finds(), 1)
})

test('without https there is no cookie for it, but in development', () => {
  const { node } = world()
  const clear = siteOf('http://localhost:4600')
  assert.throws(() => node(clear), TypeError)
  assert.doesNotThrow(() => node(clear, true))
})
