// A person who signed in at an OpenID Connect provider is asked about again, by the refresh token; and a program brings an ID token.
import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { signToken } from '../../src/federation/testing/idp.ts'
import type { OidcConnector } from '../../src/service/contracts/people-table.ts'
import { ann, noMore, one, server, signIn, table, two, visitor } from './oidc-connector-kit.ts'

const { signIns } = server.engine.people

afterEach(async () => {
  Object.assign(one, { answers: undefined, claims: {}, userInfo: noMore })
  one.down(false)
  for (const { id } of await signIns.list(server.now())) await signIns.end(id, 'test', server.now())
})

/** A sign-in that is due to be asked about, and its id. */
async function signedIn(): Promise<string> {
  assert.equal((await signIn(visitor(), 'one', one)).status, 303)
  const [only] = await signIns.list(server.now())
  await server.move(60_000)
  return only?.id ?? assert.fail()
}
const renewed = async (id: string) => {
  const answer = await signIns.renew(id, server.now())
  await server.move(60_000)
  return answer
}
const lastRefresh = () => one.asked.at(-1)?.form.get('refresh_token')

describe('renewal at a provider', () => {
  test('uses each refresh token once, and goes on with the next', async () => {
    const id = await signedIn()
    const used: (string | null | undefined)[] = []
    for (let times = 0; times < 3; times++) {
      assert.ok('signIn' in (await renewed(id)))
      used.push(lastRefresh())
    }
    assert.equal(new Set(used).size, 3)
  })

  test('those who ask at once cause one question', async () => {
    const id = await signedIn()
    const before = one.asked.length
    const answers = await Promise.all([1, 2, 3].map(() => signIns.renew(id, server.now())))
    assert.ok(answers.every((answer) => 'signIn' in answer))
    assert.equal(one.asked.length, before + 1)
  })

  test('takes the groups and the login as they are now', async () => {
    const id = await signedIn()
    one.claims = { groups: ['Readers'], preferred_username: 'ann.b' }
    const answer = await renewed(id)
    assert.ok('signIn' in answer)
    assert.deepEqual([answer.signIn.login, answer.signIn.groups], ['ann.b', [{ name: 'Readers' }]])
  })

  test('of a person whom the provider lets in no more ends the sign-in', async () => {
    const id = await signedIn()
    one.refreshes.clear()
    const answer = await renewed(id)
    assert.ok('ended' in answer && answer.ended === 'refused', JSON.stringify(answer))
    assert.match(answer.detail, /invalid_grant/)
  })

  for (const [title, claims] of [
    ['another subject', { sub: 'u-2' }],
    ['another client', { aud: 'wiki' }],
  ] as const) {
    test(`that answers a token of ${title} ends the sign-in`, async () => {
      const id = await signedIn()
      one.claims = claims
      const answer = await renewed(id)
      assert.ok('ended' in answer && answer.ended === 'refused', JSON.stringify(answer))
    })
  }

  test('that answers no ID token asks UserInfo, whose subject must be the person', async () => {
    const id = await signedIn()
    one.answers = ({ body }) => ({ body: { ...(body as object), id_token: undefined } })
    one.userInfo = { ...ann, groups: ['Readers'] }
    const answer = await renewed(id)
    assert.ok('signIn' in answer)
    assert.deepEqual(answer.signIn.groups, [{ name: 'Readers' }])
    one.userInfo = { ...ann, sub: 'u-2' }
    assert.ok('ended' in (await renewed(id)))
  })

  test('of a provider that is down ends nothing, and gives nothing', async () => {
    const id = await signedIn()
    one.down(true)
    const answer = await renewed(id)
    assert.ok('ended' in answer && answer.ended === 'unavailable', JSON.stringify(answer))
    one.down(false)
    assert.ok('signIn' in (await renewed(id)))
  })

  test('that leaves groups out is not somebody without groups', async () => {
    const id = await signedIn()
    one.claims = { groups: undefined, hasgroups: true }
    const answer = await renewed(id)
    assert.ok('ended' in answer && answer.ended === 'unavailable', JSON.stringify(answer))
  })

  test('keeps the new refresh token though the rest of the answer could not be had', async () => {
    const id = await signedIn()
    one.claims = { preferred_username: undefined }
    one.userInfo = undefined
    const answer = await renewed(id)
    assert.ok('ended' in answer && answer.ended === 'unavailable', JSON.stringify(answer))
    one.claims = {}
    one.userInfo = noMore
    const again = await renewed(id)
    assert.ok('signIn' in again, JSON.stringify(again))
  })

  test('where the connector’s own secret is wrong ends nobody’s sign-in', async () => {
    const id = await signedIn()
    one.answers = () => ({ status: 401, body: { error: 'invalid_client' } })
    const answer = await renewed(id)
    assert.ok('ended' in answer && answer.ended === 'unavailable', JSON.stringify(answer))
  })
})

describe('an ID token that a program brings', () => {
  const connector = () => table.current.connectors.find(({ name }) => name === 'one') as OidcConnector
  const prove = (token: string) => server.engine.parts.codeFlows.of(connector()).prove(token, server.now())
  const seconds = () => Math.floor(server.now().getTime() / 1000)

  test('is a person, and is remembered by what it says', async () => {
    const token = await one.idToken({ ...ann, department: 'R&D', amr: ['pwd', 'mfa'] })
    const proven = await prove(token)
    assert.ok('person' in proven, JSON.stringify(proven))
    const { id, login, multiFactor, attributes } = proven.person
    assert.deepEqual([id, login, multiFactor], ['u-1', 'ann', true])
    assert.deepEqual([...attributes], [['department', ['R&D']]])
    assert.ok(proven.use.until > server.now().getTime() + 600_000)
    // White space around it makes it no other token.
    const again = await prove(` ${token}\n`)
    assert.ok('person' in again && again.use.key === proven.use.key)
  })

  for (const [title, claims, reason] of [
    ['older than ten minutes', { iat: -1000, exp: 600 }, /iat: it was issued/],
    ['that is an access token of Keycloak', { typ: 'Bearer' }, /access token/],
    ['that is an access token of Okta', { scp: ['openid'] }, /access token/],
    ['that is an access token of RFC 9068', { client_id: 'hallpass' }, /access token/],
    ['that is an access token of Cognito', { token_use: 'access' }, /access token/],
    ['for another client', { aud: 'wiki' }, /audience/],
    ['for several', { aud: ['hallpass', 'wiki'], azp: 'hallpass' }, /another audience/],
    ['whose groups were left out', { groups: undefined, _claim_names: { groups: 'src1' } }, /groups overage/],
  ] as const) {
    test(`${title} is refused`, async () => {
      const { iat, exp, ...more } = claims as { iat?: number; exp?: number }
      const times = iat === undefined ? {} : { iat: seconds() + iat, exp: seconds() + (exp ?? 0) }
      const proven = await prove(await one.idToken({ ...ann, ...more, ...times }))
      assert.ok('rejected' in proven, JSON.stringify(proven))
      assert.match(proven.detail, reason)
    })
  }

  test('by its header an access token, or of another provider, is refused', async () => {
    const marked = await prove(await one.idToken(ann, { typ: 'at+jwt' }))
    assert.ok('rejected' in marked && /access token/.test(marked.detail))
    const foreign = await prove(await signToken(two.issuer, two.key, server.now(), { claims: ann }))
    assert.ok('rejected' in foreign && /issuer/.test(foreign.detail))
  })
})
