// `hallpass login` as the browser and the command line see it, and what others try with it (RFC 6749 10, RFC 8252 8, RFC 8628 5).
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, test } from 'node:test'
import { HmacKey } from '../../core/hmac.ts'
import { peopleBrowsers } from '../../service/people/browser-records.ts'
import { createBrowserSignIns } from '../../service/people/browsers.ts'
import { createDeviceGrants } from '../../service/people/device-grants.ts'
import { createOauthGrants } from '../../service/people/oauth-grants.ts'
import { oauthCollections } from '../../service/people/oauth-records.ts'
import { createOauthTokens } from '../../service/people/oauth-tokens.ts'
import { ann, disabled, down, newPeopleWorld, type PeopleWorld } from '../../service/people/testing/people-kit.ts'
import { onces } from '../../service/records.ts'
import { start as NOW } from '../../service/session/testing/world.ts'
import { assetPages } from '../pages/assets.ts'
import { createPages } from '../pages/router.ts'
import { siteOf } from '../pages/site.ts'
import { type Browser, browser, formOf, type Shown } from '../pages/testing/browser.ts'
import { exchangeOf, toHandler } from '../pages/testing/transport.ts'
import { createPeopleBrowsers } from '../people/browser.ts'
import { createNextPages } from '../people/next.ts'
import { oauthPages } from './pages.ts'
import type { OauthParts } from './parts.ts'

const publicUrl = 'https://example.com/sts'
const endpoint = (path: string) => `${publicUrl}/signin/oauth/${path}`
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')
const loopback = 'http://127.0.0.1:49152/callback'

const worlds: PeopleWorld[] = []
afterEach(async () => {
  for (const { store } of worlds.splice(0)) await store.close()
})

async function served({ deviceNetworks = ['192.0.2.0/24'] }: { readonly deviceNetworks?: readonly string[] } = {}) {
  const clock = { now: NOW }
  const random = (bytes: number) => randomBytes(bytes)
  const world = await newPeopleWorld([...oauthCollections, peopleBrowsers, onces])
  worlds.push(world)
  const { store, vault, told } = world
  const { signIns } = world.people
  const tokens = createOauthTokens({ store, vault, signIns, random })
  const grantOptions = { store, signIns, tokens, random }
  const site = siteOf(publicUrl)
  const people = createPeopleBrowsers({
    ...{ site, allowsHttp: false, random, clock: () => clock.now },
    signIns: createBrowserSignIns({ store, vault, signIns }),
    ownKeys: async () => ({ mac: new HmacKey(Buffer.alloc(32, 1)) }) as never,
  })
  const refused: string[] = []
  const parts: OauthParts = {
    ...{ browser: people, next: createNextPages(vault), tokens },
    people: {
      table: async () => ({
        ...{ version: 1, connectors: [], brokers: [], targets: [], assignments: [], deviceNetworks },
      }),
    },
    grants: createOauthGrants(grantOptions),
    devices: createDeviceGrants(grantOptions),
    refused: (_exchange, reason) => void refused.push(reason),
  }
  const handler = createPages({
    ...{ publicUrl, pages: [...assetPages, ...oauthPages(parts)], clock: () => clock.now },
    limits: { take: () => true, charge: () => {} },
    fail: (error) => assert.fail(String(error)),
  })

  /** A browser in which somebody has signed in. */
  async function user(person = ann): Promise<Browser> {
    const made = browser(toHandler(handler))
    const origin = exchangeOf({ method: 'GET', url: new URL(publicUrl), headers: {} })
    const signIn = await signIns.begin({ person, client: 'browser', origin }, clock.now)
    const [, cookie = ''] = await people.begin(origin, signIn, clock.now)
    made.jar.receive(new URL(publicUrl), cookie)
    return made
  }

  /** What a program asks, from an address. */
  async function ask(path: string, form: Readonly<Record<string, string>> | string, address = '192.0.2.1', more = {}) {
    const exchange = exchangeOf({
      ...{ method: 'POST', url: new URL(endpoint(path)) },
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...more },
      body: typeof form === 'string' ? form : new URLSearchParams({ client_id: 'hallpass-cli', ...form }).toString(),
    })
    const reply = await handler({ ...exchange, from: { ...exchange.from, address } })
    return { status: reply.status, answer: JSON.parse(String(reply.body)), headers: reply.headers }
  }
  const move = (ms: number) => {
    clock.now = new Date(clock.now.getTime() + ms)
  }
  /** Whose sign-ins live. */
  const live = async () => (await signIns.list(clock.now)).map(({ client }) => client).toSorted()
  return { told, vault, signIns, live, user, ask, move, refused, nobody: () => browser(toHandler(handler)) }
}

const query = (changes: Readonly<Record<string, string | undefined>> = {}) => {
  const all = {
    ...{ response_type: 'code', client_id: 'hallpass-cli', redirect_uri: loopback, state: 'STATE' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    ...changes,
  }
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `${endpoint('authorize')}?${new URLSearchParams(given)}`
}
const location = (shown: Shown) => new URL(shown.headers.get('location') ?? assert.fail(shown.text), publicUrl)

describe('a link of the command line', () => {
  test('leads through the page that asks, to the program, to a sign-in of its own', async () => {
    const { user, ask, live } = await served()
    const person = await user()
    const page = await person.open(query())
    assert.match(page.text, /Hallpass command line/)
    assert.match(page.text, /by its own word/)
    assert.match(page.text, /<dd>192\.0\.2\.1<\/dd>/)
    assert.match(page.text, /A program on this computer, port 49152/)
    const back = location(await person.send(page, { answer: 'allow' }))
    assert.equal(back.origin + back.pathname, loopback)
    assert.equal(back.searchParams.get('state'), 'STATE')
    const form = { grant_type: 'authorization_code', redirect_uri: loopback, code_verifier: verifier }
    const { status, answer } = await ask('token', { ...form, code: back.searchParams.get('code') ?? '' })
    assert.equal(status, 200)
    assert.deepEqual(
      [answer.token_type, answer.expires_in, answer.sign_in_expires_in, answer.connector, answer.login],
      ['Bearer', 600, 43_200, 'corp', 'ann'],
    )
    assert.deepEqual(await live(), ['browser', 'command-line'])
  })

  test('leads first to the sign-in page where nobody has signed in, and back', async () => {
    const { nobody, vault } = await served()
    const { status, headers } = await nobody().ask(query())
    assert.equal(status, 303)
    const to = new URL(headers.get('location') ?? '', publicUrl)
    assert.equal(to.pathname, '/sts/signin')
    const back = createNextPages(vault).open(to.searchParams.get('next'), NOW) ?? ''
    assert.equal(new URL(back, publicUrl).href, query())
  })

  test('that is refused tells the program, and gives nothing', async () => {
    const { user, live } = await served()
    const person = await user()
    const back = location(await person.send(await person.open(query()), { answer: 'deny' }))
    assert.equal(back.searchParams.get('error'), 'access_denied')
    assert.equal(back.searchParams.get('state'), 'STATE')
    assert.deepEqual(await live(), ['browser'])
  })

  test('lets the form lead to that one port and nowhere else, and stands in no frame', async () => {
    const { user } = await served()
    const { headers } = await (await user()).open(query())
    assert.match(headers.get('content-security-policy') ?? '', /form-action 'self' http:\/\/127\.0\.0\.1:49152;/)
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.equal(headers.get('x-frame-options'), 'DENY')
  })

  test('of a program on IPv6 leads on by a link', async () => {
    const { user } = await served()
    const person = await user()
    const page = await person.open(query({ redirect_uri: 'http://[::1]:49152/callback' }))
    const shown = await person.send(page, { answer: 'allow' })
    assert.match(shown.text, /href="http:\/\/\[::1\]:49152\/callback\?code=[\w-]{43}&amp;state=STATE"/)
  })

  test('without a program that waits shows the code, in no address, to be given to nobody', async () => {
    const { user, ask } = await served()
    const redirect_uri = endpoint('code')
    const person = await user()
    const shown = await person.send(await person.open(query({ redirect_uri })), { answer: 'allow' })
    assert.equal(shown.status, 200)
    assert.match(shown.text, /Give it to nobody/)
    const [, code = ''] = /<pre>([\w-]{43})<\/pre>/.exec(shown.text) ?? []
    const form = { grant_type: 'authorization_code', redirect_uri, code_verifier: verifier, code }
    assert.equal((await ask('token', form)).status, 200)
  })

  const nowhere: readonly (readonly [rule: string, redirectUri: string | undefined])[] = [
    ['another host', 'http://evil.example:49152/callback'],
    ['another host behind a user’s name', 'http://127.0.0.1@evil.example:49152/callback'],
    ['another host behind a user’s name and a port', 'http://127.0.0.1:49152@evil.example/callback'],
    ['a host that begins alike', 'http://127.0.0.1.evil.example:49152/callback'],
    ['a host behind a backslash', 'http://127.0.0.1:49152\\@evil.example/callback'],
    ['localhost, which is a name', 'http://localhost:49152/callback'],
    ['the loopback network’s other addresses', 'http://127.0.0.2:49152/callback'],
    ['another spelling of the address', 'http://127.1:49152/callback'],
    ['another spelling of the IPv6 address', 'http://[0:0:0:0:0:0:0:1]:49152/callback'],
    ['https on loopback', 'https://127.0.0.1:49152/callback'],
    ['another path', 'http://127.0.0.1:49152/other'],
    ['a longer path', 'http://127.0.0.1:49152/callback/more'],
    ['a path that leads elsewhere', 'http://127.0.0.1:49152/callback/../other'],
    ['a query', `${loopback}?next=evil`],
    ['a fragment', `${loopback}#fragment`],
    ['a user’s name', 'http://user@127.0.0.1:49152/callback'],
    ['no port', 'http://127.0.0.1/callback'],
    ['a port that is none', 'http://127.0.0.1:65536/callback'],
    ['a port with a zero before it', 'http://127.0.0.1:080/callback'],
    ['a line break at the end', `${loopback}\n`],
    ['capitals in the scheme', 'HTTP://127.0.0.1:49152/callback'],
    ['a script', 'javascript:alert(1)//127.0.0.1:49152/callback'],
    ['another page of this server', `${publicUrl}/console`],
    ['the page for codes at another host', 'https://evil.example/sts/signin/oauth/code'],
    ['the page for codes with a query', `${publicUrl}/signin/oauth/code?x=1`],
    ['nothing', ''],
    ['no redirect_uri', undefined],
  ]
  for (const [rule, redirect_uri] of nowhere) {
    test(`that leads to ${rule} is refused on a page, and leads nowhere`, async () => {
      const { user } = await served()
      const { status, headers, text } = await (await user()).ask(query({ redirect_uri }))
      assert.deepEqual([status, headers.get('location')], [400, null])
      assert.doesNotMatch(text, /<form|evil/)
    })
  }

  const wrong: readonly (readonly [
    rule: string,
    change: Readonly<Record<string, string | undefined>>,
    error: string,
  ])[] = [
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with the plain method of PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['without a method of PKCE, which would be plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['with a challenge that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'],
    ['for a token at once', { response_type: 'token' }, 'unsupported_response_type'],
  ]
  for (const [rule, change, error] of wrong) {
    test(`${rule} is refused, and the program is told`, async () => {
      const { user } = await served()
      const back = location(await (await user()).ask(query(change)))
      assert.equal(back.origin + back.pathname, loopback)
      assert.equal(back.searchParams.get('error'), error)
      assert.equal(back.searchParams.get('code'), null)
    })
  }

  for (const [rule, change] of [
    ['without a state', { state: undefined }],
    ['with an empty state', { state: '' }],
    ['with a state that is no token', { state: 'a b' }],
    ['of another client', { client_id: 'another' }],
  ] as const) {
    test(`${rule} is refused on a page`, async () => {
      const { user } = await served()
      assert.deepEqual(await outcome((await user()).ask(query(change))), [400, null])
    })
  }

  test('with a parameter twice is refused on a page', async () => {
    const { user } = await served()
    assert.deepEqual(await outcome((await user()).ask(`${query()}&redirect_uri=${encodeURIComponent(loopback)}`)), [
      400,
      null,
    ])
  })
})

const outcome = async (shown: Promise<Shown>) => {
  const { status, headers } = await shown
  return [status, headers.get('location')]
}

describe('the answer to a link', () => {
  test('that another site sends in the person’s name is refused', async () => {
    const { user } = await served()
    const person = await user()
    const { action, hidden } = formOf(await person.open(query()))
    const forged = person.sendFrom('https://evil.example', action, { ...hidden, answer: 'allow' })
    assert.deepEqual(await outcome(forged), [403, null])
  })

  test('with the form of another browser is refused', async () => {
    const { user } = await served()
    const [person, thief] = [await user(), await user({ ...ann, id: 'thief' })]
    const theirs = formOf(await thief.open(query()))
    const page = await person.open(query())
    assert.deepEqual(await outcome(person.send(page, { ...theirs.hidden, answer: 'allow' })), [403, null])
  })

  test('whose redirect_uri was changed in the form is refused', async () => {
    const { user } = await served()
    const person = await user()
    const page = await person.open(query())
    const changed = person.send(page, { redirect_uri: 'http://evil.example:49152/callback', answer: 'allow' })
    assert.deepEqual(await outcome(changed), [400, null])
  })

  test('that says neither yes nor no is no', async () => {
    const { user } = await served()
    const person = await user()
    const back = location(await person.send(await person.open(query()), {}))
    assert.equal(back.searchParams.get('error'), 'access_denied')
  })

  test('after the sign-in has ended gives nothing', async () => {
    const { user, signIns } = await served()
    const person = await user()
    const page = await person.open(query())
    for (const { id } of await signIns.list(NOW)) await signIns.end(id, 'signed out', NOW)
    assert.deepEqual(await outcome(person.send(page, { answer: 'allow' })), [400, null])
  })
})

describe('the token endpoint', () => {
  async function signedIn() {
    const made = await served()
    const person = await made.user()
    const back = location(await person.send(await person.open(query()), { answer: 'allow' }))
    const form = {
      ...{ grant_type: 'authorization_code', redirect_uri: loopback, code_verifier: verifier },
      code: back.searchParams.get('code') ?? '',
    }
    return { ...made, form }
  }

  test('repeats a refresh token in every answer', async () => {
    const { ask, form } = await signedIn()
    const first = (await ask('token', form)).answer
    const next = await ask('token', { grant_type: 'refresh_token', refresh_token: first.refresh_token })
    assert.equal(next.status, 200)
    assert.match(next.answer.refresh_token, /^[\w-]{43}$/)
    assert.notEqual(next.answer.refresh_token, first.refresh_token)
  })

  test('says which limit ended the sign-in, and tells the operator', async () => {
    const { ask, form, told, move, refused } = await signedIn()
    const { refresh_token } = (await ask('token', form)).answer
    told.answer = disabled
    move(60_000)
    const { status, answer } = await ask('token', { grant_type: 'refresh_token', refresh_token })
    assert.deepEqual([status, answer.error], [400, 'invalid_grant'])
    assert.match(answer.error_description, /no longer lets this person in.*hallpass login/)
    assert.equal(refused.length, 1)
    assert.ok(!JSON.stringify(refused).includes(refresh_token))
  })

  test('answers 503 while the directory cannot be asked', async () => {
    const { ask, form, told, move } = await signedIn()
    const { refresh_token } = (await ask('token', form)).answer
    told.answer = down
    move(60_000)
    const { status, answer } = await ask('token', { grant_type: 'refresh_token', refresh_token })
    assert.deepEqual([status, answer.error], [503, 'temporarily_unavailable'])
  })

  const refusals: readonly (readonly [rule: string, form: object | string, status: number, error: string])[] = [
    ['of another client', { client_id: 'other' }, 401, 'invalid_client'],
    ['of no client', 'grant_type=refresh_token', 401, 'invalid_client'],
    ['of a kind that is none', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['of a prototype’s name', { grant_type: 'constructor' }, 400, 'unsupported_grant_type'],
    ['without a verifier', { code_verifier: '' }, 400, 'invalid_request'],
    ['with another verifier', { code_verifier: 'w'.repeat(43) }, 400, 'invalid_grant'],
    ['for another port', { redirect_uri: 'http://127.0.0.1:1/callback' }, 400, 'invalid_grant'],
    ['with a parameter twice', 'client_id=hallpass-cli&client_id=hallpass-cli', 400, 'invalid_request'],
  ]
  for (const [rule, change, status, error] of refusals) {
    test(`refuses a form ${rule}`, async () => {
      const { ask, form } = await signedIn()
      const sent = typeof change === 'string' ? change : { ...form, ...change }
      const answer = await ask('token', sent)
      assert.deepEqual([answer.status, answer.answer.error], [status, error])
    })
  }

  test('passes over parameters that it does not know', async () => {
    const { ask, form } = await signedIn()
    assert.equal((await ask('token', { ...form, resource: 'x' })).status, 200)
  })

  test('answers no page of a browser, and allows none to read it', async () => {
    const { ask, form } = await signedIn()
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-origin' }]) {
      const { status, headers: sent } = await ask('token', form, '192.0.2.1', headers)
      assert.equal(status, 403)
      assert.doesNotMatch(sent.join(), /access-control/i)
    }
  })

  test('reads no JSON', async () => {
    const { ask } = await signedIn()
    const { status, answer } = await ask('token', '{}', '192.0.2.1', { 'content-type': 'application/json' })
    assert.deepEqual([status, answer.error], [415, 'invalid_request'])
  })

  test('has a neighbour that ends the sign-in, and says the same of a token that is none', async () => {
    const { ask, form, live } = await signedIn()
    const { refresh_token } = (await ask('token', form)).answer
    assert.equal((await ask('revoke', { token: 'nothing' })).status, 200)
    assert.deepEqual(await live(), ['browser', 'command-line'])
    assert.equal((await ask('revoke', { token: refresh_token })).status, 200)
    assert.deepEqual(await live(), ['browser'])
  })
})

describe('a device', () => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
  const devicePage = `${publicUrl}/signin/device`

  test('is signed in by a person who typed its code and read where it comes from', async () => {
    const { ask, user, move } = await served()
    const { answer } = await ask('device', {}, '192.0.2.77')
    assert.deepEqual(Object.keys(answer).toSorted(), [
      ...['device_code', 'expires_in', 'interval', 'user_code', 'verification_uri'],
    ])
    assert.equal(answer.verification_uri, devicePage)
    move(90_000)
    const person = await user()
    const asked = await person.send(await person.open(devicePage), { code: answer.user_code })
    assert.match(asked.text, /<dd>192\.0\.2\.77<\/dd>/)
    assert.match(asked.text, /90 seconds ago/)
    assert.match(asked.text, /If you did not start this, somebody else did/)
    assert.doesNotMatch(asked.text, new RegExp(answer.user_code))
    assert.match((await person.send(asked, { answer: 'allow' })).text, /The device is signed in/)
    const { status } = await ask('token', { grant_type, device_code: answer.device_code }, '192.0.2.77')
    assert.equal(status, 200)
  })

  test('is given no code outside the networks for it, nor tokens, nor is there a page without any', async () => {
    const { ask } = await served()
    const { answer } = await ask('device', {})
    for (const address of ['198.51.100.1', '2001:db8::1', '']) {
      const denied = await ask('device', {}, address)
      assert.deepEqual([denied.status, denied.answer.error], [403, 'unauthorized_client'], address)
      const polled = await ask('token', { grant_type, device_code: answer.device_code }, address)
      assert.deepEqual([polled.status, polled.answer.error], [403, 'unauthorized_client'], address)
    }
    const off = await served({ deviceNetworks: [] })
    assert.equal((await off.ask('device', {})).status, 403)
    assert.equal((await (await off.user()).ask(devicePage)).status, 404)
  })

  test('has a page that takes no code from a link', async () => {
    const { ask, user } = await served()
    const { answer } = await ask('device', {})
    const page = await (await user()).open(`${devicePage}?code=${answer.user_code}&user_code=${answer.user_code}`)
    assert.doesNotMatch(page.text, new RegExp(answer.user_code))
    assert.match(page.text, /<input id="code" name="code"/)
    assert.doesNotMatch(page.text, /<input id="code"[^>]* value=/)
  })

  test('is not allowed by another site in the person’s name', async () => {
    const { ask, user } = await served()
    const { answer } = await ask('device', {})
    const person = await user()
    const asked = await person.send(await person.open(devicePage), { code: answer.user_code })
    const { action, hidden } = formOf(asked)
    const forged = person.sendFrom('https://evil.example', action, { ...hidden, answer: 'allow' })
    assert.equal((await forged).status, 403)
    const polled = await ask('token', { grant_type, device_code: answer.device_code })
    assert.equal(polled.answer.error, 'authorization_pending')
  })

  test('is answered once', async () => {
    const { ask, user } = await served()
    const { answer } = await ask('device', {})
    const [person, other] = [await user(), await user({ ...ann, id: 'other' })]
    const asked = await person.send(await person.open(devicePage), { code: answer.user_code })
    const theirs = await other.send(await other.open(devicePage), { code: answer.user_code })
    await person.send(asked, { answer: 'deny' })
    assert.equal((await other.send(theirs, { answer: 'allow' })).status, 400)
    assert.equal((await ask('token', { grant_type, device_code: answer.device_code })).answer.error, 'access_denied')
  })

  test('is not found by guessing', async () => {
    const { ask, user } = await served()
    const { answer } = await ask('device', {})
    const person = await user()
    const page = await person.open(devicePage)
    for (let times = 0; times < 5; times++) {
      assert.match((await person.send(page, { code: 'BBBB-BBBB' })).text, /There is no such code/)
    }
    assert.match((await person.send(page, { code: answer.user_code })).text, /Too many wrong codes/)
  })

  test('has a page for people who signed in alone', async () => {
    const { nobody } = await served()
    assert.match((await nobody().ask(devicePage)).headers.get('location') ?? '', /\/sts\/signin\?next=/)
  })
})
