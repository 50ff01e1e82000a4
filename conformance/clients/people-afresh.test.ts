// A second factor at a company's provider: a login that the provider made anew sets one up, and a session that lay open there does not.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formOf, type Shown } from '../../src/server/pages/testing/browser.ts'
import { publicUrl } from './console-tools.ts'
import { ann, begin, leads, one, server, signIn, startUrl, visitor } from './oidc-connector-kit.ts'

const enrol = `${publicUrl}/signin/factor/enrol`
const seconds = (ago = 0) => Math.floor(server.now().getTime() / 1000) - ago
const asksForCode = ({ text }: Shown) => text.includes('name="enrolment-code"')

/** Signs in by what the provider says of when, and opens the page. */
async function enrolPage(authTime: unknown, more = {}) {
  const person = visitor()
  await signIn(person, 'one', one, { ...(authTime === undefined ? {} : { auth_time: authTime }), ...more })
  return { person, page: await person.open(enrol) }
}

describe('a second factor is set up without an administrator', () => {
  test('when the provider says that the person proved who they are just now', async () => {
    const { person, page } = await enrolPage(seconds(4))
    assert.equal(asksForCode(page), false)
    assert.match((await person.send(page, {})).text, /class="qr"/)
  })

  test('whatever the login is: what an app calls the account is short', async () => {
    const { person, page } = await enrolPage(seconds(4), { preferred_username: '漢'.repeat(256) })
    assert.match((await person.send(page, {})).text, /class="qr"/)
  })

  for (const [what, authTime] of [
    ['a session that lay open there for six minutes', () => seconds(360)],
    ['a session of the morning', () => seconds(4 * 3600)],
    ['a provider that does not say when', () => undefined],
    ['a time that is to come', () => seconds(-3600)],
    ['a time in milliseconds', () => server.now().getTime()],
    ['no number of seconds', () => 1e300],
  ] as const)
    test(`not by ${what}`, async () => {
      const { person, page } = await enrolPage(authTime())
      assert.equal(asksForCode(page), true)
      const { action, hidden } = formOf(page)
      const refused = await person.sendFrom(new URL(publicUrl).origin, action, hidden)
      assert.equal(refused.status, 403)
      assert.doesNotMatch(refused.text, /class="qr"/)
    })

  test('not by what UserInfo says of when', async () => {
    one.userInfo = { sub: ann.sub, auth_time: seconds(), groups: [] }
    const { page } = await enrolPage(undefined, { groups: undefined })
    assert.equal(asksForCode(page), true)
  })

  test('not by a login that is five minutes old by now', async () => {
    const { person, page } = await enrolPage(seconds())
    assert.equal(asksForCode(page), false)
    await server.move(301_000)
    const refused = await person.send(page, {})
    assert.equal(refused.status, 403)
    assert.equal(asksForCode(refused), true)
  })
})

describe('a login that is to be made anew', () => {
  test('is asked of the provider by the page, and leads back to it', async () => {
    const { person, page } = await enrolPage(seconds(3600))
    const [, link = ''] = /href="([^"]+\/with\/one\/start[^"]+)"/.exec(page.text) ?? []
    const begun = await person.ask(new URL(link.replaceAll('&amp;', '&'), publicUrl).href)
    const sent = new URL(leads(begun)).searchParams
    assert.deepEqual([sent.get('prompt'), sent.get('max_age')], ['login', '0'])
    const back = await person.ask(one.authorize(leads(begun), { auth_time: seconds() }).href)
    assert.equal(leads(back).split('?')[0], enrol)
    assert.equal(asksForCode(await person.open(leads(back))), false)
  })

  test('that the provider answers with its old session signs in, and sets up nothing', async () => {
    const person = visitor()
    const begun = await begin(person, 'one', '?afresh=yes')
    await person.ask(one.authorize(begun, { auth_time: seconds(3600) }).href)
    assert.equal(asksForCode(await person.open(enrol)), true)
  })

  test('is asked for by nobody else: a usual sign-in uses the session there', async () => {
    const sent = new URL(leads(await visitor().ask(startUrl('one')))).searchParams
    assert.deepEqual([sent.has('prompt'), sent.has('max_age')], [false, false])
  })
})
