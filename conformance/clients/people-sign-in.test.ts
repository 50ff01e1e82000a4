// A person of a company signs in with their directory's password, chooses a role and is in the console.
import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { formOf } from '../../src/server/pages/testing/browser.ts'
import { adminArn, passwordOf, readerArn } from './company.ts'
import { consoleUrl, publicUrl } from './console-tools.ts'
import { plain } from './console-world.ts'
import { textsOf } from './journals.ts'
import {
  choose,
  closedArn,
  consoleCookie,
  corp,
  explained,
  formUrl,
  leads,
  peopleCookie,
  rolesUrl,
  server,
  signedIn,
  signInUrl,
  states,
  tryLogin,
  visitor,
} from './people-pages-kit.ts'

/** Each test begins when the attempts of those before are forgotten. */
beforeEach(() => server.move(900_001))

describe('a person of the directory', () => {
  test('signs in, chooses a role that the groups give, and is in the console', async () => {
    const { person, roles } = await signedIn('ben')
    equal(roles.url, rolesUrl)
    match(plain(roles), /signed in as ben/)
    match(roles.text, new RegExp(`<label for="${readerArn}"`))
    doesNotMatch(roles.text, new RegExp(adminArn))
    const chosen = await choose(person, roles, readerArn)
    equal(leads(chosen), consoleUrl)
    const home = await person.open(leads(chosen))
    equal(home.status, 200)
    match(home.text, /as <b>Reader<\/b>/)
    match(home.text, /<dt>Authenticated by<\/dt><dd>corp<\/dd>/)
    match((await person.open(`${consoleUrl}/switch`)).text, /To take another, choose it on the page of your roles/)
  })

  test('finds the role of the last choice chosen, and another without another password', async () => {
    const { person, roles } = await signedIn('ben')
    await person.open(leads(await choose(person, roles, readerArn)))
    const again = await person.open(rolesUrl)
    match(again.text, new RegExp(`id="${readerArn}" required="" checked=""`))
    equal((await choose(person, again, readerArn)).status, 303)
  })

  test('reads with the request id which role lets them in no more', async () => {
    const { person, roles } = await signedIn('ben')
    const refused = await choose(person, roles, closedArn)
    equal(refused.status, 403)
    match(refused.text, /<b>Closed<\/b> <span class="soft">You may not use it. Request id <code>[0-9a-f-]{36}<\/code>/)
    equal(consoleCookie(person), undefined)
  })

  test('is signed out by the console’s sign-out: the browser goes on nowhere', async () => {
    const { person, roles } = await signedIn('ben')
    const home = await person.open(leads(await choose(person, roles, readerArn)))
    await person.submit(home, {}, '/sign-out')
    equal(peopleCookie(person), undefined)
    equal((await person.open(rolesUrl)).url, signInUrl)
    const gone = await person.open(consoleUrl)
    equal(gone.status, 401)
  })

  test('signs out at the chooser, and the console ends with it', async () => {
    const { person, roles } = await signedIn('ben')
    await person.open(leads(await choose(person, roles, readerArn)))
    const out = await person.send(await person.open(rolesUrl), {}, '/out')
    match(plain(out), /You are signed out/)
    equal((await person.open(consoleUrl)).status, 401)
    equal((await person.open(rolesUrl)).url, signInUrl)
  })

  test('reads how to sign in again once the console’s session is over', async () => {
    const { person, roles } = await signedIn('ben')
    await person.open(leads(await choose(person, roles, readerArn)))
    await server.move(3_700_000)
    const over = await person.open(consoleUrl)
    equal(over.status, 401)
    match(over.text, new RegExp(`href="${rolesUrl}"`))
  })

  test('who left the group is given its role no more, though the page still offers it', async () => {
    const { person, roles } = await signedIn('ben')
    corp.setMembers('readers', ['ann'])
    await server.move(6_000)
    const refused = await choose(person, roles, readerArn)
    corp.setMembers('readers', ['ann', 'ben'])
    equal(refused.status, 403)
    equal(consoleCookie(person), undefined)
  })

  test('a directory that cannot be asked is a page that says so, and nobody is signed in', async () => {
    const { person, roles } = await signedIn('ben')
    await server.move(6_000)
    await corp.directory.kill()
    const failed = await tryLogin(visitor(), 'ann')
    const choosing = await choose(person, roles, readerArn)
    await corp.directory.restart()
    await server.move(60_000)
    for (const page of [failed, choosing]) {
      equal(page.status, 503)
      match(plain(page), /directory cannot be asked now/)
    }
    equal((await choose(person, await person.open(rolesUrl), readerArn)).status, 303)
  })
})

describe('attempts that fail', () => {
  const alike = async (login: string, password?: string) => {
    const page = await tryLogin(visitor(), login, password)
    const words = plain(page)
      .replace(/[0-9a-f-]{36}/, 'ID')
      .replace(/[0-9a-f]{64}/, 'TOKEN')
    return { page, seen: [page.status, words, [...page.headers.keys()].join()] as const }
  }

  test('look alike: unknown, wrong password, disabled, locked, expired, not now', async () => {
    const expected = (await alike('nobody-of-that-name')).seen
    equal(expected[0], 403)
    match(expected[1], /The login or the password is wrong, or this account cannot sign in now/)
    const others = [
      alike('ann', 'wrong'),
      ...states.slice(0, 4).map((state) => alike(state)),
      alike('ann\u0000'),
      alike('*)(uid=*'),
      alike('x'.repeat(10_000), 'password'),
    ]
    for (const { seen } of await Promise.all(others.slice(0, 7))) deepEqual(seen, expected)
    const long = await Promise.all(others.slice(7))
    equal(long[0]?.page.status, 403)
  })

  test('too many look as the others do, and the directory is not asked', async () => {
    const expected = (await alike('nobody-of-that-name')).seen
    for (let n = 0; n < 4; n++) await alike('guessed', `guess ${n}`)
    const before = corp.directory.requests.length
    deepEqual((await alike('guessed', 'guess 5')).seen, expected)
    equal(corp.directory.requests.length, before)
  })

  test('the operator finds the reason by the request id, and it names nothing that was typed', async () => {
    const { page } = await alike('disabled')
    const reason = await explained(page)
    match(reason, /connector corp: locked: .*account locked/)
    doesNotMatch(reason, /planted-password/)
    match(await explained((await alike('planted-password-in-the-login-field')).page), /connector corp: unknown/)
  })

  for (const state of ['password-expired', 'password-must-change'] as const) {
    test(`who knew the password is told that it counts no more: ${state}`, async () => {
      match(plain(await tryLogin(visitor(), state)), /Change it where you usually do/)
      match(plain(await tryLogin(visitor(), state, 'wrong')), /The login or the password is wrong/)
    })
  }

  test('no password stands in a page, a journal or a report', async () => {
    const pages = [
      await tryLogin(visitor(), 'ann', 'planted-password-wrong'),
      await tryLogin(visitor(), 'planted-password-as-login'),
    ]
    doesNotMatch(pages[0]?.text ?? '', /planted-password/)
    await signedIn('ann')
    await server.move(3_000)
    for (const journal of ['audit', 'refusals'] as const)
      for (const text of await textsOf(server.engine.store, journal))
        doesNotMatch(text, /planted-password|planted-bind/)
    deepEqual(server.reported, [])
  })
})

describe('what other sites and other people try', () => {
  test('no form is taken from another site, without its token, or with another browser’s', async () => {
    const { person, roles } = await signedIn('ben')
    const forms = [
      [await person.open(signInUrl), '/with/corp', { login: 'ann', password: passwordOf('ann') }],
      [roles, '/roles', { roleIndex: readerArn }],
      [roles, '/out', {}],
    ] as const
    const theirs = await signedIn('ann')
    for (const [page, path, fields] of forms) {
      const { action, hidden } = formOf(page, path)
      for (const origin of ['https://evil.example', 'https://sub.sso.example', 'http://sso.example'])
        equal((await person.sendFrom(origin, action, { ...hidden, ...fields })).status, 403)
      equal((await person.sendFrom('https://sso.example', action, { ...fields })).status, 403)
      equal((await theirs.person.sendFrom('https://sso.example', action, { ...hidden, ...fields })).status, 403)
      equal((await person.send(page, { ...fields, extra: '1' }, path)).status, 400)
    }
    equal(consoleCookie(person), undefined)
    equal((await person.open(rolesUrl)).status, 200)
  })

  test('a form of the page before the sign-in is stale after it: the cookie is another', async () => {
    const person = visitor()
    const page = await person.open(signInUrl)
    const before = peopleCookie(person)
    ok(before)
    await person.submit(page, { login: 'ben', password: passwordOf('ben') })
    notEqual(peopleCookie(person), before)
    equal((await person.send(page, { login: 'ben', password: passwordOf('ben') })).status, 403)
    // Whoever planted the cookie, or knew it, has nobody's sign-in.
    const planter = visitor()
    planter.jar.receive(new URL(publicUrl), `__Host-hallpass-people=${before}; Path=/; HttpOnly; SameSite=Lax; Secure`)
    equal((await planter.open(rolesUrl)).url, signInUrl)
  })

  test('a role that is not among the person’s is refused, however the form names it', async () => {
    const { person, roles } = await signedIn('ben')
    for (const arn of [adminArn, `${readerArn} `, readerArn.toLowerCase(), '', `arn:aws:iam::${server.account}:root`]) {
      const refused = await choose(person, roles, arn)
      equal(refused.status, 403, arn)
    }
    equal(consoleCookie(person), undefined)
    match(await explained(await choose(person, roles, adminArn)), /not among the person/)
  })

  test('a page that leads on is one that we sealed, or none', async () => {
    for (const next of ['https://evil.example/', '//evil.example', '/hallpass/console', 'x'.repeat(9_000)]) {
      const person = visitor()
      const page = await person.open(`${signInUrl}?${new URLSearchParams({ next })}`)
      equal(formOf(page).hidden.next, undefined)
      const sent = await person.send(page, { login: 'ben', password: passwordOf('ben'), next })
      equal(leads(sent), rolesUrl)
    }
  })

  test('a page that is fetched in advance, framed or loaded as an image gives nothing', async () => {
    const { person } = await signedIn('ben')
    for (const headers of [
      { 'sec-fetch-dest': 'image' },
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-purpose': 'prefetch' },
    ])
      equal((await person.ask(rolesUrl, { headers })).status, 403)
  })

  test('the console session of somebody else is replaced only when the person says so', async () => {
    const { person, roles } = await signedIn('ben')
    await person.open(leads(await choose(person, roles, readerArn)))
    const sent = await tryLogin(person, 'ann')
    const asked = await choose(person, await person.open(leads(sent)), readerArn)
    match(plain(asked), /You must first log out before logging into a different AWS account/)
    match((await person.open(consoleUrl)).text, /as <b>Reader<\/b>/)
    const home = await person.submit(asked, {}, '/roles')
    match(plain(home), /ann/)
  })

  test('of two people in one browser: the sign-out of the second ends both sign-ins', async () => {
    const { person } = await signedIn('ben')
    const live = async () => (await server.engine.people.signIns.list(server.now())).length
    const before = await live()
    const { roles } = await signedIn('ann', person)
    equal(await live(), before + 1)
    await person.send(roles, {}, '/out')
    equal(await live(), before - 1)
  })

  test('a hidden connector is reached by its address alone', async () => {
    doesNotMatch((await visitor().open(`${signInUrl}/with/nowhere`)).text, /corp/)
    equal((await visitor().open(`${signInUrl}/with/nowhere`)).status, 404)
    equal((await visitor().open(formUrl)).status, 200)
    equal((await visitor().ask(`${formUrl}/start`)).status, 404)
  })
})
