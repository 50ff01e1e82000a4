// The federation endpoint: tools as they are, credentials of every kind, and what is tried with sign-in tokens.
import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { AssumeRoleCommand, GetFederationTokenCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { type Browser, browser } from '../../src/server/pages/testing/browser.ts'
import { explainForOperator } from '../../src/service/audit/explain-text.ts'
import { why } from '../../src/service/audit/why.ts'
import { consoleUrl, publicUrl, sessionText, signInNames, tools, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, manager, person, role, trusts } from './people.ts'
import { type Clients, type Keys, type TestServer, testServer } from './server.ts'

const settings = { 'public-url': publicUrl, 'signin-names': signInNames }
const server = await testServer({ settings })
const stranger = await testServer({ settings })
const admin = await manager(server)
const ann = await person(admin, 'ann', allow(['sts:*']))
const trusted = [ann.arn, `arn:aws:iam::${server.account}:root`]
const reader = await role(admin, 'Reader', trusts(trusted, ['sts:AssumeRole', 'sts:TagSession']), {
  permissions: allow(['iam:ListRoles', 'sts:AssumeRole']),
})

const visitor = (of: TestServer = server) => browser(toServer(of))

/** Credentials of the role, assumed with a long-term key. */
const assumed = async (caller: Clients = server.as(ann.keys), name = 'ann'): Promise<Keys> =>
  keysOf((await caller.sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: name }))).Credentials)

const federation = (parameters: Readonly<Record<string, string>>, url = `${publicUrl}/federation`) =>
  `${url}?${new URLSearchParams(parameters)}`
const asking = (keys: Keys, more: Readonly<Record<string, string>> = {}) =>
  federation({ Action: 'getSigninToken', Session: sessionText(keys), ...more })
const loggingIn = (SigninToken: string, more: Readonly<Record<string, string>> = {}) =>
  federation({ Action: 'login', Destination: consoleUrl, SigninToken, ...more })

async function tokenOf(keys: Keys, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, text } = await visitor().ask(asking(keys, more))
  equal(status, 200, text)
  return (JSON.parse(text) as { SigninToken: string }).SigninToken
}

const sessionOf = ({ jar }: Browser) => jar.value(consoleUrl, '__Host-hallpass-session')

describe('tools that have AWS’s host in them end in a console', () => {
  for (const { name, getSignInToken, login } of tools) {
    test(name, async () => {
      const keys = await assumed()
      const given = await visitor().ask(getSignInToken(keys))
      equal(given.status, 200, given.text)
      equal(given.headers.get('content-type'), 'application/json')
      // They read it into a map of texts.
      const answer = JSON.parse(given.text) as Record<string, unknown>
      deepEqual(Object.keys(answer), ['SigninToken'])
      equal(typeof answer.SigninToken, 'string')
      const person = visitor()
      const shown = await person.open(login(String(answer.SigninToken)))
      equal(shown.status, 200, shown.text)
      equal(shown.url, consoleUrl)
      match(shown.text, /assumed-role\/Reader\/ann/)
    })
  }

  test('a broker of one’s own names our host, and may POST', async () => {
    const person = visitor()
    const body = new URLSearchParams({
      Action: 'getSigninToken',
      SessionType: 'json',
      Session: sessionText(await assumed()),
    })
    const given = await person.ask(`${publicUrl}/federation`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
    })
    equal(given.status, 200, given.text)
    const { SigninToken } = JSON.parse(given.text) as { SigninToken: string }
    match((await person.open(loggingIn(SigninToken))).text, /assumed-role\/Reader\/ann/)
  })
})

test('credentials with as much in them as there is room for have a console too', async () => {
  const Resource = Array.from({ length: 33 }, () => `arn:aws:s3:::${randomBytes(18).toString('hex')}`)
  const Tags = Array.from({ length: 6 }, (_, at) => ({ Key: `k${at}`, Value: randomBytes(66).toString('hex') }))
  const { Credentials, PackedPolicySize = 0 } = await server
    .as(ann.keys)
    .sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: 'ann', Policy: allow('s3:*', Resource), Tags }))
  equal(PackedPolicySize > 90, true, String(PackedPolicySize))
  const shown = await visitor().open(loggingIn(await tokenOf(keysOf(Credentials), { SessionDuration: '900' })))
  match(shown.text, /assumed-role\/Reader\/ann/)
})

describe('the endpoint’s other names', () => {
  for (const [what, url, leads] of [
    [
      'login',
      'https://signin.aws.amazon.com/federation?Action=login&SigninToken=a%2Bb',
      '/federation?Action=login&SigninToken=a%2Bb',
    ],
    ['logout', 'https://signin.aws.amazon.com/federation?Action=logout', '/federation?Action=logout'],
    [
      'oauth',
      'https://us-east-1.signin.aws.amazon.com/oauth?Action=logout&redirect_uri=x',
      '/oauth?Action=logout&redirect_uri=x',
    ],
  ] as const) {
    test(`${what} leads to the public URL with its parameters, and sets no cookie`, async () => {
      const { status, headers } = await visitor().ask(url)
      deepEqual([status, headers.get('location'), headers.getSetCookie()], [302, publicUrl + leads, []])
    })
  }
  for (const path of [
    '/',
    '/console',
    '/hallpass/console',
    '/hallpass/federation?Action=login',
    '/saml',
    '/oauth',
    '/federation',
  ]) {
    test(`${path} is nothing there`, async () => {
      const { status } = await visitor().ask(`https://signin.aws.amazon.com${path}`)
      equal(status === 404 || status === 400, true, String(status))
    })
  }
  test('an API is not served there, nor the endpoint under names of the APIs', async () => {
    const api = await visitor().ask('https://signin.aws.amazon.com/', {
      method: 'POST',
      body: 'Action=GetCallerIdentity',
    })
    equal(api.status, 404)
    const endpoint = await visitor().ask('https://sts.example/federation?Action=getSigninToken')
    notEqual(endpoint.status, 200)
    match(endpoint.text, /<Error|MissingAction|InvalidAction|MissingAuthenticationToken/)
  })
})

describe('credentials that open no console, or none so long, are a 400 that says why', () => {
  const user = () => server.as(ann.keys)
  for (const [what, keys, more, reason] of [
    [
      'of GetSessionToken',
      async () => keysOf((await user().sts.send(new GetSessionTokenCommand({}))).Credentials),
      {},
      /GetSessionToken/,
    ],
    ['that are long-term keys', async () => ({ ...ann.keys, sessionToken: 'none' }), {}, /long-term/],
    [
      'of role chaining, with SessionDuration',
      async () => assumed(server.as(await assumed())),
      { SessionDuration: '900' },
      /role chaining/,
    ],
    [
      'of GetFederationToken, with SessionDuration',
      async () => keysOf((await user().sts.send(new GetFederationTokenCommand({ Name: 'ann' }))).Credentials),
      { SessionDuration: '3600' },
      /GetFederationToken/,
    ],
    ['with a SessionDuration of 899', assumed, { SessionDuration: '899' }, /from 900 to 43200/],
    ['with a SessionDuration of 43201', assumed, { SessionDuration: '43201' }, /from 900 to 43200/],
    ['with a SessionDuration in words', assumed, { SessionDuration: '1h' }, /number of seconds/],
    ['with another secret', async () => ({ ...(await assumed()), secretAccessKey: 's'.repeat(40) }), {}, /secret/],
    [
      'with another’s token',
      async () => ({ ...(await assumed()), sessionToken: (await assumed()).sessionToken ?? '' }),
      {},
      /installation/,
    ],
    ['with a broken token', async () => ({ ...(await assumed()), sessionToken: 'x' }), {}, /installation/],
  ] as const) {
    test(what, async () => {
      const { status, text } = await visitor().ask(asking(await keys(), more))
      equal(status, 400)
      match(text, /^Invalid credentials parameter: /)
      match(text, reason)
    })
  }
  for (const [what, session] of [
    ['is missing', undefined],
    ['is no JSON', 'text'],
    ['is a list', '[]'],
    ['lacks a member', '{"sessionId":"a","sessionKey":"b"}'],
    ['has one more member', '{"sessionId":"a","sessionKey":"b","sessionToken":"c","more":"d"}'],
    ['has a member that is no text', '{"sessionId":"a","sessionKey":"b","sessionToken":1}'],
    ['has an empty member', '{"sessionId":"a","sessionKey":"","sessionToken":"c"}'],
  ] as const) {
    test(`a Session that ${what}`, async () => {
      const url = federation({ Action: 'getSigninToken', ...(session === undefined ? {} : { Session: session }) })
      const { status, text } = await visitor().ask(url)
      equal(status, 400)
      match(text, /Session is a JSON object/)
    })
  }
  test('a parameter that stands twice, in the query or in both, is refused', async () => {
    const twice = await visitor().ask(`${asking(await assumed())}&Action=login`)
    equal(twice.status, 400)
    const both = await visitor().ask(asking(await assumed()), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=getSigninToken',
    })
    equal(both.status, 400)
  })
  test('a login is no POST, and an Action that is none is said', async () => {
    equal((await visitor().ask(loggingIn('t'), { method: 'POST', body: '' })).status, 405)
    equal((await visitor().ask(loggingIn('t'), { method: 'HEAD' })).status, 405)
    match((await visitor().ask(federation({ Action: '__proto__' }))).text, /no such Action/)
  })
})

describe('how long a console lasts', () => {
  test('with the credentials, when no SessionDuration is given', async () => {
    const keys = keysOf(
      (
        await server
          .as(ann.keys)
          .sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: 'ann', DurationSeconds: 900 }))
      ).Credentials,
    )
    const end = server.now().getTime() + 900_000
    const shown = await visitor().open(loggingIn(await tokenOf(keys)))
    match(shown.text, new RegExp(new Date(Math.floor(end / 1000) * 1000).toISOString()))
  })

  test('for twelve hours after the login, when the role was assumed with a long-term key; its end is the console’s', async () => {
    const keys = await assumed()
    const token = await tokenOf(keys, { SessionDuration: '43200' })
    const person = visitor()
    match((await person.open(loggingIn(token))).text, /assumed-role/)
    // It is used every twenty minutes.
    for (let times = 1; times < 36; times++) {
      await server.move(1_200_000)
      equal((await person.ask(consoleUrl)).status, 200, `${times / 3} hours`)
    }
    await server.move(1_200_000)
    const over = await person.ask(consoleUrl)
    equal(over.status, 401)
    match(over.text, /reached its end/)
  })

  test('half an hour when nobody uses it; the page then leads back to the issuer, as a link', async () => {
    const person = visitor()
    await person.open(loggingIn(await tokenOf(await assumed()), { Issuer: 'https://portal.example/start?a=<b>' }))
    await server.move(1_801_000)
    const { status, text } = await person.ask(consoleUrl)
    equal(status, 401)
    match(text, /Your session was not used for too long/)
    match(text, /<a class="button inline" href="https:\/\/portal\.example\/start\?a=%3Cb%3E" rel="noreferrer">/)
  })

  for (const issuer of [
    'aws-vault',
    'http://portal.example/',
    'javascript:alert(1)',
    'https://a@b.example/',
    '//portal.example',
  ]) {
    test(`an Issuer ${issuer} is no link`, async () => {
      const person = visitor()
      await person.open(loggingIn(await tokenOf(await assumed()), { Issuer: issuer }))
      await server.move(1_801_000)
      const { status, text } = await person.ask(consoleUrl)
      deepEqual([status, /<a /.test(text)], [401, false])
    })
  }
})

describe('a sign-in token', () => {
  async function refused(url: string, words: RegExp, of: TestServer = server) {
    const person = visitor(of)
    const shown = await person.open(url)
    equal(shown.status, 400, shown.text)
    match(shown.text, words)
    equal(sessionOf(person), undefined)
  }

  test('is for one sign-in', async () => {
    const url = loggingIn(await tokenOf(await assumed()))
    equal((await visitor().open(url)).status, 200)
    await refused(url, /used before/)
  })

  test('two at the same moment: one of them signs in', async () => {
    const url = loggingIn(await tokenOf(await assumed()))
    const answers = await Promise.all([visitor().ask(url), visitor().ask(url), visitor().ask(url)])
    deepEqual(answers.map(({ status }) => status).sort(), [302, 400, 400])
  })

  test('lives for fifteen minutes and not a second longer', async () => {
    const [first, second] = [await tokenOf(await assumed()), await tokenOf(await assumed())]
    await server.move(899_000)
    equal((await visitor().open(loggingIn(first))).status, 200)
    await server.move(2_000)
    await refused(loggingIn(second), /older than fifteen minutes/)
  })

  test('is good at its own installation alone', async () => {
    await refused(loggingIn(await tokenOf(await assumed())), /no sign-in token of this server/, stranger)
  })

  test('that was changed anywhere is none', async () => {
    const token = await tokenOf(await assumed())
    for (const at of [5, 40, Math.floor(token.length / 2), token.length - 2]) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      await refused(loggingIn(changed), /no sign-in token of this server/)
    }
    for (const wrong of ['', 'x', token.slice(0, -4), `${token}AAAA`, (await assumed()).sessionToken ?? '']) {
      await refused(loggingIn(wrong), /no sign-in token of this server/)
    }
  })

  test('of credentials that ended since is none', async () => {
    const keys = keysOf(
      (
        await server
          .as(ann.keys)
          .sts.send(new AssumeRoleCommand({ RoleArn: reader, RoleSessionName: 'ann', DurationSeconds: 900 }))
      ).Credentials,
    )
    await server.move(600_000)
    const token = await tokenOf(keys, { SessionDuration: '43200' })
    await server.move(301_000)
    await refused(loggingIn(token), /have expired/)
    equal((await visitor().ask(asking(keys))).status, 400)
  })

  test('is not used up by what a browser fetches in advance, an image or a frame', async () => {
    const url = loggingIn(await tokenOf(await assumed()))
    const person = visitor()
    for (const headers of [
      { 'sec-fetch-dest': 'image' },
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' },
    ]) {
      equal((await person.ask(url, { headers })).status, 403)
      equal(sessionOf(person), undefined)
    }
    equal((await person.open(url)).status, 200)
  })
})

test('a destination that is none is refused before a cookie is set, and the token is still good', async () => {
  const token = await tokenOf(await assumed())
  const person = visitor()
  for (const Destination of [
    'https://evil.example/',
    'https://sso.example@evil.example/hallpass/console',
    '//evil.example/hallpass/console',
    '/\\evil.example/hallpass/console',
    'javascript:alert(1)',
  ]) {
    const shown = await person.ask(loggingIn(token, { Destination }))
    equal(shown.status, 400)
    match(shown.text, /destination is not a console of this server/)
    equal(sessionOf(person), undefined)
  }
  equal((await person.open(loggingIn(token))).status, 200)
})

test('the audit has the token’s issue, the login and its pass, and the sign-out, and nothing of any token', async () => {
  // Refusals are noted by the second.
  await server.move(2_000)
  const keys = await assumed()
  const token = await tokenOf(keys)
  const person = visitor()
  const shown = await person.open(loggingIn(token))
  await person.submit(shown, {})
  await visitor().open(loggingIn(token))
  // What was noted before this is on disk after it.
  await server.move(2_000)
  const texts = await textsOf(server.engine.store, 'audit')
  const entries = texts.slice(-3).map((text) => JSON.parse(text))
  deepEqual(
    entries.map(({ records: [record] }) => [
      record.eventSource,
      record.eventName,
      record.eventType,
      record.responseElements,
    ]),
    ['GetSigninToken', 'ConsoleLogin', 'Logout'].map((name) => [
      ...['signin.amazonaws.com', name, 'AwsConsoleSignIn'],
      { [name]: 'Success' },
    ]),
  )
  const [, login] = entries
  deepEqual(login.records[0].additionalEventData, { MobileVersion: 'No', LoginTo: consoleUrl, MFAUsed: 'No' })
  match(login.records[0].userIdentity.arn, /assumed-role\/Reader\/ann$/)
  match(login.issued.sessionId, /^[0-9a-f]{32}$/)
  equal(login.issued.ancestors.length, 2)
  const refusals = await textsOf(server.engine.store, 'refusals')
  const failed = JSON.parse(refusals.findLast((text) => text.includes('ConsoleLogin')) ?? '{}')
  const [{ errorMessage, userIdentity, responseElements, additionalEventData, eventType }] = failed.records
  deepEqual(
    [errorMessage, userIdentity, responseElements, additionalEventData, eventType],
    [
      'Failed authentication',
      { type: 'Unknown', userName: 'HIDDEN_DUE_TO_SECURITY_REASONS' },
      { ConsoleLogin: 'Failure' },
      { MobileVersion: 'No', LoginTo: consoleUrl, MFAUsed: 'No' },
      'AwsConsoleSignIn',
    ],
  )
  const cookie = sessionOf(person) ?? ''
  for (const text of [...texts, ...refusals, ...server.reported]) {
    for (const secret of [token.slice(0, 80), keys.sessionToken?.slice(0, 80) ?? '', keys.secretAccessKey, cookie]) {
      equal(secret !== '' && text.includes(secret), false)
    }
  }
})

test('the operator is told why a sign-in was refused, by the request id that the page shows', async () => {
  await server.move(2_000)
  const token = await tokenOf(await assumed())
  await visitor().open(loggingIn(token))
  const shown = await visitor().open(loggingIn(token))
  const id = /under request ([0-9a-f-]{36})/.exec(shown.text)?.[1] ?? ''
  await server.move(2_000)
  const found = await why(server.engine.store, id)
  if (found === undefined) throw new Error('not found')
  match(explainForOperator(found), /used before: a sign-in token is for one sign-in/)
})

test('a public URL without https has no console and no sign-in', async () => {
  const clear = 'http://sso.example'
  const other = await testServer({ settings: { 'public-url': clear, 'signin-names': signInNames } })
  const person = visitor(other)
  for (const url of [
    `${clear}/console`,
    `${clear}/federation?Action=logout`,
    'https://signin.aws.amazon.com/federation',
  ]) {
    equal((await person.ask(url)).status, 404)
  }
})
