// The page to which a link of `hallpass login` leads, and what others try with it (RFC 6749 10, RFC 8252 8).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ann } from '../../service/people/testing/people-kit.ts'
import { start as NOW } from '../../service/session/testing/world.ts'
import { formOf } from '../pages/testing/browser.ts'
import { createNextPages } from '../people/next.ts'
import { endpoint, location, loopback, outcome, publicUrl, query, served, verifier } from './testing/oauth-kit.ts'

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
