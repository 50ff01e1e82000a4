// Opaque access tokens, against a local server that speaks the providers' protocol.
import { deepEqual, equal, match } from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, beforeEach, describe, test } from 'node:test'
import { createFetch } from '../fetch.ts'
import { reachOf } from '../reach.ts'
import { authority, type Idp, startIdp } from '../testing/idp.ts'
import { createInspector, type Inspector, type OauthProvider } from './inspect.ts'

const now = new Date('2026-03-01T12:00:00Z')
const seconds = now.getTime() / 1000
const there = '198.51.100.7'
let idp: Idp
let inspector: Inspector
let queries: { token: string | null; authorization: string | undefined }[] = []

const answering = (path: string, parameter: string, answer: object | string, status = 200) =>
  void idp.answers.set(path, (request, response: ServerResponse) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    queries.push({ token: searchParams.get(parameter), authorization: request.headers.authorization })
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
const amazonSays = (answer: object | string, status = 200) =>
  answering('/auth/o2/tokeninfo', 'access_token', answer, status)
const facebookSays = (data: object | string, status = 200) =>
  answering('/debug_token', 'input_token', typeof data === 'string' ? data : { data }, status)

before(async () => {
  idp = await startIdp()
})
after(() => idp.close())
beforeEach(() => {
  queries = []
  const trust = { reach: reachOf(['127.0.0.0/8']), ca: [authority] }
  const endpoint = idp.issuer
  inspector = createInspector(createFetch({ timeoutMs: 500 }), {
    'www.amazon.com': { endpoint, apps: new Map([['amzn1.application.ours', '']]), trust },
    'graph.facebook.com': { endpoint, apps: new Map([['1234', 'its secret']]), trust },
  })
})

async function outcome(provider: OauthProvider, token = 'Atza|token', address = there, at = now): Promise<string> {
  const answer = await inspector.inspect(provider, token, at, address)
  return 'rejected' in answer ? answer.rejected : `${answer.subject} of ${answer.app}`
}

const profile = {
  iss: 'https://www.amazon.com',
  user_id: 'amzn1.account.X',
  app_id: 'amzn1.application.ours',
  exp: 3597,
}
const debugged = { app_id: '1234', user_id: '42', is_valid: true, expires_at: seconds + 60, type: 'USER' }

describe('Login with Amazon', () => {
  test('a token for our app identifies the user that Amazon names', async () => {
    amazonSays(profile)
    equal(await outcome('www.amazon.com'), 'amzn1.account.X of amzn1.application.ours')
    deepEqual(queries, [{ token: 'Atza|token', authorization: undefined }])
  })
  const rows: [string, object | string, number, string][] = [
    ['for another app', { ...profile, app_id: 'amzn1.application.theirs' }, 200, 'app'],
    ['without an app', { ...profile, app_id: undefined }, 200, 'not-a-document'],
    ['without a user', { ...profile, user_id: '' }, 200, 'not-a-document'],
    ['with no time left', { ...profile, exp: 0 }, 200, 'expired'],
    ['without a time', { ...profile, exp: undefined }, 200, 'expired'],
    ['that Amazon does not know', { error: 'invalid_token' }, 400, 'revoked'],
    ['answered with HTML', '<html>', 200, 'not-a-document'],
    ['while Amazon fails', {}, 503, 'failing'],
    ['answered with a redirect', {}, 302, 'redirect'],
  ]
  for (const [name, answer, status, why] of rows) {
    test(`a token ${name}: ${why}`, async () => {
      amazonSays(answer, status)
      equal(await outcome('www.amazon.com'), why)
    })
  }
})

describe('Facebook', () => {
  test('a token of our app is inspected with the app’s own secret', async () => {
    facebookSays(debugged)
    equal(await outcome('graph.facebook.com', 'EAAB'), '42 of 1234')
    deepEqual(queries, [{ token: 'EAAB', authorization: 'Bearer 1234|its secret' }])
  })
  const rows: [string, object | string, number, string][] = [
    ['of another app', { ...debugged, app_id: '9' }, 200, 'app'],
    ['that is not valid', { ...debugged, is_valid: false }, 200, 'revoked'],
    ['whose is_valid is a text', { ...debugged, is_valid: 'true' }, 200, 'revoked'],
    ['of an app instead of a user', { ...debugged, type: 'APP' }, 200, 'malformed'],
    ['without a user', { ...debugged, user_id: undefined }, 200, 'not-a-document'],
    ['that has expired', { ...debugged, expires_at: seconds }, 200, 'expired'],
    ['without a time', { ...debugged, expires_at: undefined }, 200, 'not-a-document'],
    ['that Facebook does not know', { error: {} }, 400, 'revoked'],
    ['answered with a member twice', '{"data":{"is_valid":false,"is_valid":true}}', 200, 'not-a-document'],
  ]
  for (const [name, answer, status, why] of rows) {
    test(`a token ${name}: ${why}`, async () => {
      facebookSays(answer, status)
      equal(await outcome('graph.facebook.com', 'EAAB'), why)
    })
  }
  test('a token that never expires is accepted', async () => {
    facebookSays({ ...debugged, expires_at: 0 })
    equal(await outcome('graph.facebook.com', 'EAAB'), '42 of 1234')
  })
})

describe('questions to a provider:', () => {
  test('none, when no app is configured', async () => {
    inspector = createInspector(createFetch(), {})
    equal(await outcome('www.amazon.com'), 'not-offered')
  })
  test('none about what cannot be a token', async () => {
    amazonSays(profile)
    for (const text of ['a b c d', 'a\r\nb: c', 'x'.repeat(5_000), 'é é é'])
      equal(await outcome('www.amazon.com', text), 'malformed')
    deepEqual(queries, [])
  })
  test('a token is a value of the query and nothing else of the URL', async () => {
    amazonSays(profile)
    await outcome('www.amazon.com', 'x&access_token=y#z/../../')
    equal(queries[0]?.token, 'x&access_token=y#z/../../')
  })
  test('no more than its rate allows', async () => {
    amazonSays(profile)
    const ask = (at: number) => outcome('www.amazon.com', `Atza|${at}`, `198.51.100.${at}`)
    const answers = []
    for (let at = 0; at < 62; at++) answers.push(await ask(at))
    equal(answers.filter((answer) => answer === 'busy').length, 2)
  })
  test('few for one address whose tokens are rejected, however many it sends: others keep theirs', async () => {
    amazonSays({}, 400)
    const flood = (address: string) => outcome('www.amazon.com', `Atza|junk-${queries.length}-${address}`, address)
    for (let at = 0; at < 200; at++) await flood('2001:db8::1')
    equal(queries.length, 10)
    equal(await flood('2001:db8::2'), 'busy', 'an address of the same network')
    amazonSays(profile)
    equal(await outcome('www.amazon.com', 'Atza|honest', '2001:db8:1::1'), 'amzn1.account.X of amzn1.application.ours')
    const later = new Date(now.getTime() + 1000)
    equal(
      await outcome('www.amazon.com', 'Atza|late', '2001:db8::1', later),
      'amzn1.account.X of amzn1.application.ours',
    )
  })
  test('any number, for an address whose tokens are valid', async () => {
    amazonSays(profile)
    for (let at = 0; at < 30; at++)
      equal(await outcome('www.amazon.com', `Atza|${at}`), 'amzn1.account.X of amzn1.application.ours')
  })
  test('one a minute about a token that was rejected; one each time about a valid one', async () => {
    amazonSays({}, 400)
    for (const address of [there, there, '203.0.113.9'])
      equal(await outcome('www.amazon.com', 'Atza|a', address), 'revoked')
    equal(queries.length, 1)
    amazonSays(profile)
    equal(await outcome('www.amazon.com', 'Atza|a', there, new Date(now.getTime() + 59_000)), 'revoked')
    const minute = new Date(now.getTime() + 60_000)
    for (let at = 0; at < 2; at++) match(await outcome('www.amazon.com', 'Atza|a', there, minute), /ours$/)
    equal(queries.length, 3)
  })
  test('one for all who send the same token at once', async () => {
    amazonSays(profile)
    const answers = await Promise.all(Array.from({ length: 20 }, () => outcome('www.amazon.com')))
    deepEqual(new Set(answers), new Set(['amzn1.account.X of amzn1.application.ours']))
    equal(queries.length, 1)
  })
  test('few at once while it hangs: documents of others are fetched meanwhile', async () => {
    const held: (() => void)[] = []
    const hanging = () =>
      new Promise<{ rejected: 'timeout'; detail: string }>((end) => {
        held.push(() => end({ rejected: 'timeout', detail: '' }))
      })
    const trust = { reach: reachOf([]) }
    const apps = new Map([['amzn1.application.ours', '']])
    inspector = createInspector(hanging, { 'www.amazon.com': { endpoint: idp.issuer, apps, trust } })
    const answers = Array.from({ length: 50 }, (_, at) => outcome('www.amazon.com', `Atza|${at}`, `198.51.100.${at}`))
    equal(held.length, 24)
    for (const end of held) end()
    equal((await Promise.all(answers)).filter((answer) => answer === 'busy').length, 26)
    equal(held.length, 24)
    void outcome('www.amazon.com', 'Atza|later')
    equal(held.length, 25)
  })
  test('another, when the first was not answered', async () => {
    amazonSays({}, 503)
    for (let at = 0; at < 2; at++) equal(await outcome('www.amazon.com'), 'failing')
    equal(queries.length, 2)
  })
  test('one for each app of Facebook', async () => {
    const apps = new Map(Array.from({ length: 5 }, (_, at) => [String(at), 'secret']))
    const trust = { reach: reachOf(['127.0.0.0/8']), ca: [authority] }
    inspector = createInspector(createFetch(), { 'graph.facebook.com': { endpoint: idp.issuer, apps, trust } })
    facebookSays({ error: {} }, 400)
    const answers = []
    for (let at = 0; at < 3; at++) answers.push(await outcome('graph.facebook.com', `EAAB${at}`))
    deepEqual([answers, queries.length], [['revoked', 'revoked', 'busy'], 10])
  })
  test('none is answered while the provider is down', async () => {
    idp.down = true
    equal(await outcome('www.amazon.com'), 'unreachable')
    idp.down = false
  })
})
