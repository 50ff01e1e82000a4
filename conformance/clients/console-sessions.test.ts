// Console sessions on two nodes of one store: what ends them, and what other people, sites and cookies try.
import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { revokeSessions } from '../../src/app/operator/sessions.ts'
import { type Browser, browser, formOf, type Shown } from '../../src/server/pages/testing/browser.ts'
import { consoleUrl, publicUrl, sessionText, signInNames, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, manager, type Person, person, role, trusts } from './people.ts'
import { type Keys, secondNode, type TestServer, testServer } from './server.ts'

const cookieName = '__Host-hallpass-session'
const settings = { 'public-url': publicUrl, 'signin-names': signInNames }
const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const one = await testServer({ file: 'shared.sqlite', settings, clock, node: 'one' })
const two = await secondNode(one, { settings, clock })
const admin = await manager(one)
const ann = await person(admin, 'ann', allow(['sts:*']))
const bob = await person(admin, 'bob', allow(['sts:*']))
const reader = await role(admin, 'Reader', trusts([ann.arn, bob.arn]), { permissions: allow('iam:ListRoles') })

async function assumed(who: Person, arn = reader): Promise<Keys> {
  const answer = await one.as(who.keys).sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: who.name }))
  return keysOf(answer.Credentials)
}

async function linkFor(keys: Keys): Promise<string> {
  const asked = new URLSearchParams({ Action: 'getSigninToken', Session: sessionText(keys) })
  const { text } = await browser(toServer(one)).ask(`${publicUrl}/federation?${asked}`)
  const { SigninToken } = JSON.parse(text) as { SigninToken: string }
  return `${publicUrl}/federation?${new URLSearchParams({ Action: 'login', Destination: consoleUrl, SigninToken })}`
}

interface SignedIn {
  readonly browser: Browser
  readonly keys: Keys
  readonly home: Shown
}

async function signedIn(who: Person, arn = reader): Promise<SignedIn> {
  const keys = await assumed(who, arn)
  const person = browser(toServer(one))
  const home = await person.open(await linkFor(keys))
  equal(home.status, 200, home.text)
  return { browser: person, keys, home }
}

const cookieOf = ({ jar }: Browser) => jar.value(consoleUrl, cookieName) ?? ''

/** Asks a node for the console with a cookie, as a load balancer might. */
const consoleAt = (node: TestServer, cookie: string) =>
  toServer(node)({ method: 'GET', url: new URL(consoleUrl), headers: { cookie: `${cookieName}=${cookie}` } })

const lives = async (keys: Keys): Promise<boolean> =>
  one
    .as(keys)
    .sts.send(new GetCallerIdentityCommand({}))
    .then(
      () => true,
      () => false,
    )

/** What the last login sealed for the console. */
async function lastConsolePass(): Promise<string> {
  const texts = await textsOf(one.engine.store, 'audit')
  const login = texts.findLast((text) => text.includes('"eventName":"ConsoleLogin"')) ?? ''
  return (JSON.parse(login) as { issued: { sessionId: string } }).issued.sessionId
}

test('a session that began on one node is one on the other, with the forms of both', async () => {
  const { browser: person, home } = await signedIn(ann)
  equal((await consoleAt(two, cookieOf(person))).status, 200)
  const { action, hidden } = formOf(home)
  const answer = await toServer(two)({
    method: 'POST',
    url: new URL(action),
    headers: {
      ...{ 'content-type': 'application/x-www-form-urlencoded', cookie: `${cookieName}=${cookieOf(person)}` },
      ...{ origin: new URL(publicUrl).origin, 'sec-fetch-site': 'same-origin' },
    },
    body: new URLSearchParams(hidden).toString(),
  })
  equal(answer.status, 303)
  equal((await consoleAt(one, cookieOf(person))).status, 401)
})

test('a sign-out ends the session on the other node with its next request, and leaves a program its credentials', async () => {
  const { browser: person, keys, home } = await signedIn(ann)
  const cookie = cookieOf(person)
  const id = await lastConsolePass()
  const shown = await person.submit(home, {})
  match(shown.text, /You are not signed in/)
  equal(cookieOf(person), '')
  deepEqual([(await consoleAt(one, cookie)).status, (await consoleAt(two, cookie)).status], [401, 401])
  equal(await lives(keys), true)
  // The console’s own pass is revoked: the record is in the store for every node.
  const { revocations } = one.engine
  const killed = { id, principal: '', version: 0, account: one.account, issuedAt: 0, by: '', ancestors: [] }
  equal(revocations.kills(killed), true)
})

test('a session of a role that is deleted is dead with its next request', async () => {
  const arn = await role(admin, 'Passing', trusts([ann.arn]), { permissions: allow('iam:ListRoles') })
  const { browser: person } = await signedIn(ann, arn)
  await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Passing', PolicyName: 'own' }))
  await admin.iam.send(new DeleteRoleCommand({ RoleName: 'Passing' }))
  const shown = await person.ask(consoleUrl)
  equal(shown.status, 401)
  match(shown.text, /role of your session no longer exists/)
})

test('revoking the credentials that the link was made with ends the console', async () => {
  const { browser: person, keys } = await signedIn(ann)
  await revokeSessions(one.engine, { session: keys.accessKeyId })
  const shown = await person.ask(consoleUrl)
  deepEqual([shown.status, await lives(keys)], [401, false])
  match(shown.text, /Your session was revoked/)
})

test('the console’s own pass is in the index of sessions: revoking it leaves a program its credentials', async () => {
  const { browser: person, keys } = await signedIn(ann)
  await revokeSessions(one.engine, { session: await lastConsolePass() })
  deepEqual([(await person.ask(consoleUrl)).status, await lives(keys)], [401, true])
})

test('a link leads into the public URL that it was made for, and no other of the same store', async () => {
  const elsewhere = 'https://other.example'
  const other = await testServer({
    file: join(one.data, 'shared.sqlite'),
    clock,
    node: 'other',
    settings: { 'public-url': elsewhere, 'master-key-file': join(one.data, 'master.key') },
  })
  const link = new URL(await linkFor(await assumed(ann)))
  link.searchParams.set('Destination', '/console')
  const shown = await browser(toServer(other)).ask(`${elsewhere}/federation${link.search}`)
  equal(shown.status, 400)
  match(shown.text, /no sign-in token of this server/)
})

describe('cookies', () => {
  test('one that the browser had before is never the session’s, and opens nothing', async () => {
    const person = browser(toServer(one))
    const planted = 'p'.repeat(43)
    person.jar.plant(consoleUrl, `${cookieName}=${planted}; Path=/; Secure`)
    equal((await person.open(await linkFor(await assumed(ann)))).status, 200)
    notEqual(cookieOf(person), planted)
    equal((await consoleAt(one, planted)).status, 401)
  })

  test('one’s own session is begun anew under a new one, and the old is nobody’s', async () => {
    const { browser: person } = await signedIn(ann)
    const before = cookieOf(person)
    equal((await person.open(await linkFor(await assumed(ann)))).status, 200)
    notEqual(cookieOf(person), before)
    equal((await consoleAt(one, before)).status, 401)
  })

  test('two of the name are none', async () => {
    const [a, b] = [cookieOf((await signedIn(ann)).browser), cookieOf((await signedIn(bob)).browser)]
    equal((await consoleAt(one, `${a}; ${cookieName}=${b}`)).status, 401)
  })

  test('they are for the public URL’s host alone', async () => {
    const { browser: person } = await signedIn(ann)
    const answer = await toServer(one)({
      ...{ method: 'GET', url: new URL('https://signin.aws.amazon.com/federation?Action=logout') },
      headers: { cookie: `${cookieName}=${cookieOf(person)}`, 'sec-fetch-site': 'none' },
    })
    deepEqual([answer.status, answer.headers.getSetCookie()], [302, []])
    equal((await person.ask(consoleUrl)).status, 200)
  })
})

describe('a link that signs in as somebody else', () => {
  const sentence = /You must first log out before logging into a different AWS account\./

  test('asks first, and neither replaces nor uses up anything', async () => {
    const { browser: person } = await signedIn(ann)
    const before = cookieOf(person)
    const link = await linkFor(await assumed(bob))
    const shown = await person.open(link)
    equal(shown.status, 200)
    match(shown.text, sentence)
    match(shown.text, /Reader\/ann/)
    match(shown.text, /Reader\/bob/)
    equal(cookieOf(person), before)
    match((await person.ask(consoleUrl)).text, /Reader\/ann/)
  })

  test('who then says so is the other, and the first session is over', async () => {
    const { browser: person } = await signedIn(ann)
    const before = cookieOf(person)
    const id = await lastConsolePass()
    const asked = await person.open(await linkFor(await assumed(bob)))
    const shown = await person.submit(asked, {})
    match(shown.text, /Reader\/bob/)
    equal((await consoleAt(two, before)).status, 401)
    const killed = { id, principal: '', version: 0, account: one.account, issuedAt: 0, by: '', ancestors: [] }
    equal(one.engine.revocations.kills(killed), true)
  })

  test('another site cannot say so in their place, nor with a form of another session', async () => {
    const { browser: person } = await signedIn(ann)
    const link = await linkFor(await assumed(bob))
    const asked = await person.open(link)
    const { action, hidden } = formOf(asked)
    const cross = await person.sendFrom('https://evil.example', action, hidden)
    equal(cross.status, 403)
    const other = await signedIn(bob)
    const elsewhere = await other.browser.open(await linkFor(await assumed(ann)))
    const swapped = await person.send(asked, { 'form-token': formOf(elsewhere).hidden['form-token'] ?? '' })
    equal(swapped.status, 403)
    match((await person.ask(consoleUrl)).text, /Reader\/ann/)
  })
})

describe('a sign-out', () => {
  const logout = `${publicUrl}/federation?Action=logout`
  const oauth = (to: string) => `${publicUrl}/oauth?${new URLSearchParams({ Action: 'logout', redirect_uri: to })}`
  const own = { headers: { 'sec-fetch-site': 'none' } }

  for (const [what, url] of [
    ['logout', logout],
    ['oauth', oauth('https://console.aws.amazon.com/')],
  ] as const) {
    test(`by ${what} that a person opened ends the session`, async () => {
      const { browser: person } = await signedIn(ann)
      const cookie = cookieOf(person)
      const { status, headers } = await person.ask(url, own)
      deepEqual([status, headers.get('location')], [302, '/hallpass/console'])
      equal((await consoleAt(two, cookie)).status, 401)
    })

    test(`by ${what} on another site asks first`, async () => {
      const { browser: person } = await signedIn(ann)
      for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, {}]) {
        const asked = await person.ask(url, { headers })
        equal(asked.status, 200)
        match(asked.text, /Sign out\?/)
      }
      equal((await person.ask(consoleUrl)).status, 200)
      const asked = await person.ask(url)
      equal((await person.send(asked, {})).status, 303)
      equal((await person.ask(consoleUrl)).status, 401)
    })
  }

  for (const site of ['none', 'cross-site']) {
    test(`that leads to a further login, as tools have it (${site}), asks who has a session, and nobody else`, async () => {
      const { browser: person } = await signedIn(ann)
      const before = cookieOf(person)
      const link = (await linkFor(await assumed(bob))).replace(
        `${publicUrl}/federation`,
        'https://signin.aws.amazon.com/federation',
      )
      const headers = { 'sec-fetch-site': site }
      const asked = await person.ask(oauth(link), { headers })
      equal(asked.status, 200)
      match(asked.text, /The link then signs you in again/)
      match((await person.ask(consoleUrl)).text, /Reader\/ann/)
      const left = await person.send(asked, {})
      match(left.headers.get('location') ?? '', /^\/hallpass\/federation\?Action=login&/)
      equal((await consoleAt(two, before)).status, 401)
      match((await person.open(new URL(left.headers.get('location') ?? '', publicUrl).href)).text, /Reader\/bob/)
      const nobody = browser(toServer(one))
      match((await nobody.ask(oauth(link), { headers })).headers.get('location') ?? '', /\?Action=login&/)
    })
  }

  test('is not what a browser loads in advance, while an address is typed, nor an image or a HEAD', async () => {
    const { browser: person } = await signedIn(ann)
    for (const more of [
      { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' },
      { purpose: 'prefetch' },
      { 'x-moz': 'prefetch' },
      { 'x-purpose': 'preview' },
      { 'sec-fetch-dest': 'image' },
    ]) {
      for (const url of [logout, oauth('')]) {
        for (const site of ['none', 'same-origin']) {
          equal((await person.ask(url, { headers: { 'sec-fetch-site': site, ...more } })).status, 403)
        }
      }
    }
    equal((await person.ask(logout, { method: 'HEAD', ...own })).status, 405)
    equal((await person.ask(consoleUrl)).status, 200)
  })

  test('to another site is none: the session goes on', async () => {
    const { browser: person } = await signedIn(ann)
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      'https://sso.example@evil.example/',
      'javascript:alert(1)',
    ]) {
      equal((await person.ask(oauth(to), own)).status, 400)
    }
    equal((await person.ask(consoleUrl)).status, 200)
  })

  test('from a form of another site is refused, and one of a session that is over too', async () => {
    const { browser: person, home } = await signedIn(ann)
    const { action, hidden } = formOf(home)
    equal((await person.sendFrom('https://evil.example', action, hidden)).status, 403)
    equal((await person.ask(consoleUrl)).status, 200)
    await person.submit(home, {})
    equal((await person.send(home, {})).status, 403)
  })

  test('by the person ends one that went unused too; by another site’s link it is left as it is', async () => {
    const { browser: person } = await signedIn(ann)
    const cookie = cookieOf(person)
    const before = clock.now
    clock.now = new Date(before.getTime() + 1_801_000)
    await one.engine.ring.beat(clock.now)
    const unused = async () => /was not used for too long/.test((await consoleAt(one, cookie)).text)
    equal(await unused(), true)
    equal(await unused(), true)
    const linked = await person.ask(logout, { headers: { 'sec-fetch-site': 'cross-site' } })
    deepEqual([linked.status, cookieOf(person), await unused()], [302, cookie, true])
    equal((await person.ask(logout, own)).status, 302)
    deepEqual([await unused(), cookieOf(person)], [false, ''])
    clock.now = before
  })

  test('without a session leads on', async () => {
    const { status, headers } = await browser(toServer(one)).ask(logout)
    deepEqual([status, headers.get('location')], [302, '/hallpass/console'])
  })
})
