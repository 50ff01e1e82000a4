// The SAML sign-in endpoint as browsers use it: from the provider's page to a console, and what is tried on the way.
import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Browser } from '../../src/server/pages/testing/browser.ts'
import { keptResponses } from '../../src/service/console/records.ts'
import { everything } from '../../src/store/everything.ts'
import { consoleUrl, publicUrl } from './console-tools.ts'
import { allow, role } from './people.ts'
import { leads, messageIn } from './saml-messages.ts'
import { attributeName, pairOf, type Stated, trustingSaml } from './saml-servers.ts'
import {
  admin,
  all,
  company,
  explained,
  made,
  mine,
  one,
  post,
  reader,
  samlUrl,
  server,
  sessionOf,
  signIn,
  visitor,
} from './saml-sign-in-kit.ts'

describe('from the provider’s page to a console', () => {
  test('with one role, straight through', async () => {
    const person = visitor()
    const shown = await signIn(person, one())
    deepEqual([shown.status, shown.url], [200, consoleUrl])
    match(shown.text, /assumed-role\/Reader\/jane/)
  })

  test('the post reads no cookie and sets none: a browser with a session of anybody is answered the same', async () => {
    const person = visitor()
    await signIn(person, one())
    const posted = await post(person, one({ nameId: 'joe@example.com' }))
    equal(posted.status, 303)
    deepEqual(posted.headers.getSetCookie(), [])
    match(posted.headers.get('location') ?? '', /^\/hallpass\/saml\/signin\?handle=[\w-]{43}$/)
    equal(posted.headers.get('cache-control'), 'no-store')
    match((await person.ask(consoleUrl)).text, /Reader\/jane/)
  })

  test('at the provider’s own address', async () => {
    const url = `${samlUrl}/acs/${mine.uuid}`
    const shown = await signIn(visitor(), one({ recipient: url }), {}, url)
    match(shown.text, /assumed-role\/Reader\/jane/)
  })

  test('for as long as the provider says, and no longer than the role’s maximum; an hour when it says nothing', async () => {
    for (const [said, seconds] of [
      [undefined, 3600],
      ['900', 900],
      ['43200', 7200],
    ] as const) {
      const more = said === undefined ? [] : [[attributeName('SessionDuration'), [said]] as Stated]
      const shown = await signIn(visitor(), one({}, ...more))
      const end = new Date((Math.floor(server.now().getTime() / 1000) + seconds) * 1000)
      match(shown.text, new RegExp(end.toISOString()))
    }
  })

  test('the page says whose session it is, and a role that is deleted ends it', async () => {
    const passing = await role(admin, 'Passing', trustingSaml(mine.arn), { permissions: allow('iam:ListRoles') })
    const person = visitor()
    await signIn(person, made([pairOf(passing, mine.arn)]))
    await admin.iam.send(new DeleteRolePolicyCommand({ RoleName: 'Passing', PolicyName: 'own' }))
    await admin.iam.send(new DeleteRoleCommand({ RoleName: 'Passing' }))
    equal((await person.ask(consoleUrl)).status, 401)
  })
})

describe('a RelayState', () => {
  for (const [relay, destination] of [
    [`${consoleUrl}/roles?a=1`, '/hallpass/console/roles?a=1'],
    ['https://console.aws.amazon.com/s3/home', '/hallpass/console'],
    ['https://evil.example/', '/hallpass/console'],
    ['//evil.example', '/hallpass/console'],
    ['/\\evil.example', '/hallpass/console'],
    ['javascript:alert(1)', '/hallpass/console'],
    ['"><script>alert(1)</script>', '/hallpass/console'],
    [`${publicUrl}/saml/logout/x`, '/hallpass/console'],
  ] as const) {
    test(`${relay} leads to ${destination}`, async () => {
      const person = visitor()
      const posted = await post(person, one(), { RelayState: relay })
      const { headers, status } = await person.ask(leads(posted))
      deepEqual([status, headers.get('location')], [303, destination])
    })
  }
})

describe('a handle', () => {
  async function handed(person: Browser, response = one()) {
    const posted = await post(person, response)
    return leads(posted)
  }

  test('is for one sign-in', async () => {
    const url = await handed(visitor())
    equal((await visitor().open(url)).status, 200)
    const again = await visitor().open(url)
    equal(again.status, 400)
    match(await explained(again), /used before/)
  })

  test('two at the same moment: one of them signs in', async () => {
    const url = await handed(visitor())
    const answers = await Promise.all([visitor().ask(url), visitor().ask(url), visitor().ask(url)])
    deepEqual(answers.map(({ status }) => status).sort(), [303, 400, 400])
  })

  test('belongs to the browser that asked first, which may load the chooser again', async () => {
    const person = visitor()
    const url = await handed(person, made(all))
    equal((await person.open(url)).status, 200)
    equal((await person.open(url)).status, 200)
    const thief = await visitor().open(url)
    equal(thief.status, 400)
    match(await explained(thief), /another browser/)
  })

  test('lives for a minute, and in its browser for five', async () => {
    const [first, second, third] = [
      await handed(visitor()),
      await handed(visitor()),
      await handed(visitor(), made(all)),
    ]
    const person = visitor()
    const shown = await person.open(third)
    await server.move(60_000)
    equal((await visitor().open(first)).status, 200)
    await server.move(1)
    equal((await visitor().open(second)).status, 400)
    await server.move(239_998)
    equal((await person.send(shown, { roleIndex: reader })).status, 303)
  })

  test('is not used up by what a browser fetches in advance, an image or a frame', async () => {
    const url = await handed(visitor())
    for (const headers of [
      { 'sec-fetch-dest': 'image' },
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' },
    ])
      equal((await visitor().ask(url, { headers })).status, 403)
    equal((await visitor().ask(url, { method: 'HEAD' })).status, 403)
    equal((await visitor().open(url)).status, 200)
  })

  test('of other making is none', async () => {
    for (const handle of ['', 'x', 'A'.repeat(43), '../x'])
      equal((await visitor().open(`${samlUrl}/signin?${new URLSearchParams({ handle })}`)).status, 400)
  })

  test('a flood of one person’s responses keeps eight', async () => {
    const response = one({ nameId: 'flood@example.com' })
    const urls: string[] = []
    for (let times = 0; times < 20; times++) {
      urls.push(await handed(visitor(), response))
      await server.move(1)
    }
    const records = await everything(server.engine.store, keptResponses)
    equal(Math.max(...[...Map.groupBy(records, ({ person }) => person).values()].map(({ length }) => length)), 8)
    equal((await visitor().open(urls[0] ?? '')).status, 400)
    equal((await visitor().open(urls[19] ?? '')).status, 200)
  })

  test('no response and no handle stands in the store in the clear', async () => {
    const response = one({ nameId: 'sealed@example.com' })
    const handle = new URL(await handed(visitor(), response)).searchParams.get('handle') ?? ''
    const records = JSON.stringify(await everything(server.engine.store, keptResponses))
    for (const secret of [handle, response.slice(0, 60), 'sealed@example.com']) equal(records.includes(secret), false)
  })
})

describe('somebody else’s session', () => {
  test('is replaced only when the person says so; one’s own is begun anew', async () => {
    const person = visitor()
    await signIn(person, one())
    const before = sessionOf(person)
    const asked = await signIn(person, one({ nameId: 'joe@example.com' }))
    match(asked.text, /You must first log out before logging into a different AWS account/)
    equal(sessionOf(person), before)
    match((await person.ask(consoleUrl)).text, /Reader\/jane/)
    match((await person.submit(asked, {})).text, /assumed-role\/Reader\/jane/)
    notEqual(sessionOf(person), before)
    const again = await signIn(person, one({ nameId: 'joe@example.com' }))
    equal(again.url, consoleUrl)
  })

  test('is asked about in words that a NameID cannot turn round, push away or break', async () => {
    const person = visitor()
    await signIn(person, one())
    const asked = await signIn(person, one({ nameId: `joe\u202e<b>${'x'.repeat(20_000)}` }))
    match(asked.text, /<dd><bdi>joe\u202e&lt;b&gt;x{200,260}<\/bdi>, as jane in arn:aws:iam::\d{12}:role\/Reader<\/dd>/)
  })

  test('an answer to another browser’s request neither replaces nor reuses it', async () => {
    const attacker = visitor()
    const begun = await attacker.ask(`${samlUrl}/login/${mine.uuid}`)
    const inResponseTo = messageIn(leads(begun)).id
    const victim = visitor()
    await signIn(victim, one())
    const before = sessionOf(victim)
    const response = one({ nameId: 'attacker@example.com', inResponseTo })
    for (const person of [victim, visitor()]) {
      const shown = await signIn(person, response)
      equal(shown.status, 403)
      match(shown.text, /begun in another browser/)
      match(await explained(shown), /InResponseTo/)
    }
    equal(sessionOf(victim), before)
    match((await victim.ask(consoleUrl)).text, /Reader\/jane/)
    // The victim's own cookie of a sign-in that they began does not help either.
    await victim.ask(`${samlUrl}/login/${mine.uuid}`)
    equal((await signIn(victim, response)).status, 403)
    equal((await signIn(attacker, response)).url, consoleUrl)
  })
})

test('no other page takes a form of another site', async () => {
  const person = visitor()
  await signIn(person, one())
  for (const path of ['/console/sign-out', '/federation/replace', '/federation/sign-out', '/saml/signin'])
    equal((await person.sendFrom(company, publicUrl + path, { SAMLResponse: one() })).status, 403, path)
  for (const path of [`/saml/login/${mine.uuid}`, `/saml/logout/${mine.uuid}`, '/saml/metadata', '/console'])
    equal((await person.sendFrom(company, publicUrl + path, {})).status, 405, path)
})
