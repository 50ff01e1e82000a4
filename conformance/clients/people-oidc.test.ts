// Signing in at an OpenID Connect provider as a person, and what does not sign anybody in: other browsers, other connectors, tokens
// that do not hold, and links that somebody else made.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { rawToken, signToken } from '../../src/federation/testing/idp.ts'
import { browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import { createNextPages } from '../../src/server/people/next.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { publicUrl, toServer } from './console-tools.ts'
import {
  ann,
  begin,
  callbackUrl,
  leads,
  noMore,
  type Op,
  one,
  server,
  signedIn,
  signIn,
  startUrl,
  table,
  two,
  visitor,
} from './oidc-connector-kit.ts'
import { testServer } from './server.ts'

const roles = `${publicUrl}/signin/roles`

async function endAll() {
  for (const { id } of await server.engine.people.signIns.list(server.now()))
    await server.engine.people.signIns.end(id, 'test', server.now())
}

beforeEach(endAll)
afterEach(() => {
  for (const op of [one, two]) Object.assign(op, { answers: undefined, claims: {}, userInfo: noMore })
})

/** Why the operator is told that nobody was signed in. */
async function reasonOf({ text }: Shown): Promise<string> {
  const [, id = ''] = /<code>([^<]+)<\/code>/.exec(text) ?? []
  // A refusal is noted behind the answer.
  await server.move(1)
  const found = (await why(server.engine.store, id)) ?? assert.fail(`no record of ${id}`)
  return explainForOperator(found)
}

async function assertRefused(shown: Shown, status: number, reason: RegExp): Promise<void> {
  assert.equal(shown.status, status, shown.text)
  assert.match(await reasonOf(shown), reason)
  assert.deepEqual(await signedIn(), [])
}

describe('signing in at a provider', () => {
  test('leads to the roles, as whom the token names', async () => {
    const person = visitor()
    const location = new URL(await begin(person, 'one'))
    const { state, nonce, code_challenge: challenge, ...sent } = Object.fromEntries(location.searchParams)
    assert.deepEqual(sent, {
      ...{ tenant: '1', response_type: 'code', client_id: 'hallpass', redirect_uri: callbackUrl('one') },
      ...{ scope: 'openid profile offline_access', code_challenge_method: 'S256' },
    })
    assert.match(challenge ?? '', /^[A-Za-z0-9_-]{43}$/)
    assert.notEqual(state, nonce)
    const back = await person.ask(one.authorize(location.href).href)
    assert.equal(back.status, 303, back.text)
    assert.equal(leads(back), roles)
    assert.deepEqual(await signedIn(), ['one u-1 ann'])
    const { form, authorization } = one.asked.at(-1) ?? assert.fail()
    assert.equal(form.get('redirect_uri'), callbackUrl('one'))
    assert.equal(form.has('client_secret'), false)
    // RFC 6749 2.3.1: both parts are form-encoded first.
    assert.equal(authorization, `Basic ${Buffer.from('hallpass:s3cret%3A%25').toString('base64')}`)
  })

  test('a public client proves itself by PKCE alone', async () => {
    assert.equal((await signIn(visitor(), 'public', one)).status, 303)
    const { form, authorization } = one.asked.at(-1) ?? assert.fail()
    assert.deepEqual([form.get('client_id'), authorization], ['hallpass', undefined])
  })

  test('what the token lacks is asked of UserInfo', async () => {
    one.userInfo = { sub: 'u-1', preferred_username: 'ann at UserInfo', groups: [], department: 'R&D' }
    const { preferred_username: __, ...few } = ann
    one.claims = { ...few, preferred_username: undefined }
    assert.equal((await signIn(visitor(), 'one', one)).status, 303)
    assert.deepEqual(await signedIn(), ['one u-1 ann at UserInfo'])
  })

  test('UserInfo of another person signs nobody in', async () => {
    one.userInfo = { sub: 'u-2', preferred_username: 'ben', groups: ['Admins'] }
    one.claims = { groups: undefined }
    await assertRefused(await signIn(visitor(), 'one', one), 403, /sub: UserInfo is about another person/)
  })

  test('next leads to a page of ours that was sealed, and to nowhere else', async () => {
    const next = createNextPages(server.engine.parts.vault)
    const sealed = next.seal('/hallpass/signin/device?a=1', server.now())
    const led = async (text: string) => {
      const person = visitor()
      const location = await begin(person, 'one', `?next=${encodeURIComponent(text)}`)
      return leads(await person.ask(one.authorize(location).href))
    }
    assert.equal(await led(sealed), `${publicUrl}/signin/device?a=1`)
    for (const text of ['https://evil.example', '//evil.example', '/\\evil.example', `${sealed}x`, ' ', 'javascript:1'])
      assert.equal(await led(text), roles, text)
  })

  test('the cookie of the browser is another afterwards', async () => {
    const person = visitor()
    const location = await begin(person, 'one')
    const before = person.jar.value(publicUrl, '__Host-hallpass-people')
    await person.ask(one.authorize(location).href)
    assert.notEqual(person.jar.value(publicUrl, '__Host-hallpass-people'), before)
  })
})

describe('a callback that this browser did not ask for', () => {
  test('without any cookie', async () => {
    const back = one.authorize(await begin(visitor(), 'one'))
    await assertRefused(await visitor().ask(back.href), 400, /browser that has begun no sign-in/)
  })

  test('with the state of another browser, which could sign somebody in as its own person', async () => {
    const [attacker, victim] = [visitor(), visitor()]
    await begin(victim, 'one')
    const back = one.authorize(await begin(attacker, 'one'))
    await assertRefused(await victim.ask(back.href), 400, /began no such sign-in/)
    assert.equal((await attacker.ask(back.href)).status, 303)
  })

  test('that comes a second time, though the provider would take the code again', async () => {
    const person = visitor()
    const back = one.authorize(await begin(person, 'one'))
    const jar = person.jar.header(new URL(publicUrl))
    assert.equal((await person.ask(back.href)).status, 303)
    await endAll()
    await assertRefused(await visitor().ask(back.href, { headers: { cookie: jar } }), 400, /used before/)
  })

  const otherFirst = (state: string) => (state.startsWith('0') ? '1' : '0') + state.slice(1)

  test('whose state was changed, left out, or stands there twice', async () => {
    for (const change of [
      (url: URL) => url.searchParams.set('state', otherFirst(url.searchParams.get('state') ?? '')),
      (url: URL) => url.searchParams.set('state', `${url.searchParams.get('state')}0`),
      (url: URL) => url.searchParams.delete('state'),
      (url: URL) => url.searchParams.append('state', url.searchParams.get('state') ?? ''),
      (url: URL) => url.searchParams.set('state', url.searchParams.get('state')?.replace('.', 'AAAA.') ?? ''),
    ]) {
      const person = visitor()
      const back = one.authorize(await begin(person, 'one'))
      change(back)
      await assertRefused(await person.ask(back.href), 400, /began no such sign-in/)
    }
  })

  test('that comes after five minutes', async () => {
    const person = visitor()
    const back = one.authorize(await begin(person, 'one'))
    await server.move(300_000)
    await assertRefused(await person.ask(back.href), 400, /in the last five minutes/)
  })

  test('of another connector: begun at one, ended at the other', async () => {
    for (const [from, to, op] of [
      ['one', 'two', one],
      // The same provider and client, under another connector's name.
      ['one', 'same', one],
      ['two', 'one', two],
    ] as const) {
      const person = visitor()
      const back = op.authorize(await begin(person, from))
      const other = new URL(callbackUrl(to))
      other.search = back.search
      await assertRefused(await person.ask(other.href), 400, /began no such sign-in/)
    }
  })

  test('with the issuer of another provider, or without one where the provider names itself (RFC 9207)', async () => {
    for (const iss of [two.issuer, '', undefined, `${one.issuer}/`]) {
      const person = visitor()
      const back = one.authorize(await begin(person, 'one'))
      if (iss === undefined) back.searchParams.delete('iss')
      else back.searchParams.set('iss', iss)
      const asked = one.asked.length
      await assertRefused(await person.ask(back.href), 403, /proof: OAUTH_INVALID_RESPONSE/)
      assert.equal(one.asked.length, asked, 'the code is sent nowhere')
    }
  })

  test('after the connector’s provider became another', async () => {
    const person = visitor()
    const back = one.authorize(await begin(person, 'one'))
    const before = table.current
    const connectors = before.connectors.map((each) =>
      each.name === 'one' && each.kind === 'oidc' ? { ...each, issuer: two.issuer } : each,
    )
    table.current = { ...before, connectors }
    try {
      await assertRefused(await person.ask(back.href), 400, /began no such sign-in/)
    } finally {
      table.current = before
    }
  })

  test('is taken from no frame, image, form or prefetch', async () => {
    const person = visitor()
    const back = one.authorize(await begin(person, 'one'))
    for (const headers of [
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-dest': 'image' },
      { 'sec-purpose': 'prefetch' },
    ])
      assert.equal((await person.ask(back.href, { headers })).status, 403)
    assert.equal((await person.ask(back.href, { method: 'HEAD' })).status, 403)
    assert.equal((await person.ask(back.href, { method: 'POST' })).status, 405)
    assert.equal((await person.ask(back.href)).status, 303, 'none of them used it up')
  })
})

describe('an answer of the provider', () => {
  const wrote = '<script>alert(1)</script> call +1-555-0100'
  for (const [error, status, reason] of [
    ['access_denied', 403, /proof: access_denied/],
    ['login_required', 403, /proof: login_required/],
    ['temporarily_unavailable', 503, /the provider answers temporarily_unavailable/],
    [wrote, 403, /OAUTH_AUTHORIZATION_RESPONSE_ERROR/],
  ] as const) {
    test(`with the error ${error.slice(0, 24)}: its words are not shown`, async () => {
      const person = visitor()
      const { searchParams } = new URL(await begin(person, 'one'))
      const back = new URL(callbackUrl('one'))
      for (const [name, value] of Object.entries({
        ...{ error, error_description: wrote, error_uri: 'https://evil.example' },
        ...{ state: searchParams.get('state') ?? '', iss: one.issuer },
      }))
        back.searchParams.set(name, value)
      const shown = await person.ask(back.href)
      assert.doesNotMatch(shown.text, /script>alert|555-0100|evil/)
      assert.doesNotMatch(await reasonOf(shown), /script|555-0100|evil/)
      await assertRefused(shown, status, reason)
    })
  }

  test('with a token instead of a code', async () => {
    const person = visitor()
    const back = one.authorize(await begin(person, 'one'))
    back.searchParams.set('id_token', await one.idToken(ann))
    await assertRefused(await person.ask(back.href), 403, /OAUTH_UNSUPPORTED_OPERATION/)
  })

  test('a code that is another sign-in’s is held to that one’s PKCE challenge', async () => {
    const [attacker, victim] = [visitor(), visitor()]
    const stolen = one.authorize(await begin(victim, 'one')).searchParams.get('code') ?? ''
    const back = one.authorize(await begin(attacker, 'one'))
    back.searchParams.set('code', stolen)
    await assertRefused(await attacker.ask(back.href), 403, /proof: invalid_grant/)
  })

  test('a token endpoint that says that the client is wrong is the operator’s matter', async () => {
    one.answers = () => ({ status: 401, body: { error: 'invalid_client', error_description: wrote } })
    const shown = await signIn(visitor(), 'one', one)
    assert.doesNotMatch(shown.text, /555-0100/)
    await assertRefused(shown, 503, /the provider answers invalid_client/)
  })

  const shapes: readonly (readonly [string, unknown])[] = [
    ['a text', 'tokens'],
    ['nothing', null],
    ['a list', [{}]],
    ['an object without tokens', {}],
    ['no ID token', { access_token: 'a', token_type: 'Bearer' }],
    ['an ID token that is none', { access_token: 'a', token_type: 'Bearer', id_token: 'x' }],
    ['an ID token of five parts', { access_token: 'a', token_type: 'Bearer', id_token: 'e30.e30.e30.e30.e30' }],
    ['an ID token that is a number', { access_token: 'a', token_type: 'Bearer', id_token: 1 }],
    ['an access token that is a number', { access_token: 1, token_type: 'Bearer' }],
    ['tokens of another type', { access_token: 'a', token_type: 'mac' }],
    ['a refresh token that is a list', { access_token: 'a', token_type: 'Bearer', refresh_token: [] }],
  ]
  for (const [title, body] of shapes) {
    test(`a token endpoint that answers ${title}`, async () => {
      one.answers = () => ({ body })
      const shown = await signIn(visitor(), 'one', one)
      assert.ok(shown.status === 403 || shown.status === 503, shown.text)
      assert.deepEqual([await signedIn(), server.reported], [[], []])
    })
  }

  test('a provider that is not there is said to be not there', async () => {
    const person = visitor()
    const back = two.authorize(await begin(person, 'two'))
    two.down(true)
    try {
      await assertRefused(await person.ask(back.href), 503, /unreachable/)
    } finally {
      two.down(false)
    }
  })
})

describe('an ID token', () => {
  const answering =
    (change: (op: Op, nonce: string) => Promise<string>) => async (person: ReturnType<typeof visitor>) => {
      const location = await begin(person, 'one')
      const nonce = new URL(location).searchParams.get('nonce') ?? ''
      one.answers = async ({ body }) => ({ body: { ...(body as object), id_token: await change(one, nonce) } })
      return person.ask(one.authorize(location).href)
    }
  const seconds = () => Math.floor(server.now().getTime() / 1000)
  const rows: readonly (readonly [title: string, token: (op: Op, nonce: string) => Promise<string>, reason: RegExp])[] =
    [
      ['without a nonce', (op) => op.idToken(ann), /proof/],
      ['with the nonce of another sign-in', (op) => op.idToken({ ...ann, nonce: 'f'.repeat(64) }), /proof/],
      [
        'of another issuer',
        (op, nonce) => signToken(two.issuer, op.key, server.now(), { claims: { ...ann, nonce } }),
        /proof/,
      ],
      [
        'signed by another provider',
        (op, nonce) => signToken(op.issuer, two.key, server.now(), { claims: { ...ann, nonce } }),
        /signature/,
      ],
      ['for another client', (op, nonce) => op.idToken({ ...ann, nonce, aud: 'wiki' }), /proof/],
      [
        'for another client as well',
        (op, nonce) => op.idToken({ ...ann, nonce, aud: ['hallpass', 'wiki'], azp: 'hallpass' }),
        /another audience/,
      ],
      ['that another client asked for', (op, nonce) => op.idToken({ ...ann, nonce, azp: 'wiki' }), /audience/],
      ['that has expired', (op, nonce) => op.idToken({ ...ann, nonce, exp: seconds() - 400 }), /expired/],
      [
        'of tomorrow',
        (op, nonce) => op.idToken({ ...ann, nonce, iat: seconds() + 86_400, exp: seconds() + 90_000 }),
        /not-yet/,
      ],
      ['without a subject', (op, nonce) => op.idToken({ ...ann, nonce, sub: undefined }), /proof/],
      ['with an empty subject', (op, nonce) => op.idToken({ ...ann, nonce, sub: '' }), /bad-claim: sub/],
      [
        'that nobody signed',
        async (op, nonce) =>
          rawToken(
            '{"alg":"none"}',
            JSON.stringify({ ...ann, iss: op.issuer, nonce, iat: seconds(), exp: seconds() + 60 }),
            '',
          ),
        /proof/,
      ],
      [
        'signed with the client’s secret',
        async (op, nonce) =>
          rawToken(
            '{"alg":"HS256"}',
            JSON.stringify({ ...ann, iss: op.issuer, nonce, iat: seconds(), exp: seconds() + 60 }),
          ),
        /proof/,
      ],
      ['that came with another access token', (op, nonce) => op.idToken({ ...ann, nonce, at_hash: 'AAAA' }), /at_hash/],
      [
        'that leaves its groups out (overage)',
        (op, nonce) =>
          op.idToken({
            ...ann,
            nonce,
            groups: undefined,
            _claim_names: { groups: 'src1' },
            _claim_sources: { src1: { endpoint: 'https://graph.example' } },
          }),
        /groups overage/,
      ],
      ['without groups', (op, nonce) => op.idToken({ ...ann, nonce, groups: undefined }), /no claim groups/],
      ['without a login', (op, nonce) => op.idToken({ ...ann, nonce, preferred_username: '' }), /no-id/],
    ]
  for (const [title, token, reason] of rows) {
    test(`${title} signs nobody in`, async () => {
      const shown = await answering(token)(visitor())
      assert.ok(shown.status === 403 || shown.status === 503, `${shown.status}`)
      assert.match(await reasonOf(shown), reason)
      assert.deepEqual(await signedIn(), [])
    })
  }
})

test('nothing is a connector’s start but a provider’s', async () => {
  for (const name of ['none', 'one%00', '..', 'ONE'])
    assert.equal((await visitor().ask(startUrl(name))).status, 404, name)
})

test('a provider is not asked about made-up codes without an end', async () => {
  const settings = { 'public-url': publicUrl, 'rate-per-address': '500' }
  const slow = await testServer({ settings, people: { table: async () => table.current } })
  const before = one.asked.length
  const statuses: number[] = []
  for (let times = 0; times < 100 && statuses.at(-1) !== 429; times++) {
    const person = browser(toServer(slow))
    const begun = await person.ask(startUrl('one'))
    statuses.push(begun.status)
    if (begun.status !== 303) break
    const back = one.authorize(leads(begun))
    back.searchParams.set('code', `made-up-${times}`)
    statuses.push((await person.ask(back.href)).status)
  }
  assert.equal(statuses.at(-1), 429)
  const asked = one.asked.length - before
  assert.ok(asked > 10 && asked < 50, `${asked}`)
})
