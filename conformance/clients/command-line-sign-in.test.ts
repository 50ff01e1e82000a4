// `hallpass login` from the link to the last refresh, at two nodes of one store, with a real directory behind the sign-in page.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { oauthPaths } from '../../src/wire/sign-in-oauth.ts'
import { allowed, askBroker, askOauth, loggedIn, loopback, newLink, refreshed } from './command-line-kit.ts'
import { adminArn, brokerAndRoles, company, dnOf, passwordOf, readerArn } from './company.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { secondNode, testServer } from './server.ts'

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }
const settings = { 'public-url': publicUrl }
const corp = await company()
const one = await testServer({ file: 'shared.sqlite', clock, node: 'one', settings })
const two = await secondNode(one, { clock, settings })
await brokerAndRoles(one.as(one.root))
await corp.apply(one)
beforeEach(async () => {
  corp.asAtFirst()
  await one.move(60_000)
  await two.move(0)
})

describe('a person', () => {
  test('signs in on the page that the link leads to, and the command line has what they may have, at any node', async () => {
    const { tokens } = await loggedIn(one, 'ann', two)
    assert.deepEqual([tokens.connector, tokens.login, tokens.expires_in], ['corp', 'ann', 600])
    for (const node of [one, two]) {
      const { status, body } = await askBroker(node, 'roles', {}, tokens.access_token)
      assert.equal(status, 200)
      assert.deepEqual(
        (body.roles as { arn: string }[]).map(({ arn }) => arn),
        [adminArn, readerArn],
      )
    }
    assert.equal((await refreshed(two, tokens.refresh_token)).status, 200)
  })

  test('who does not allow it gives the program nothing', async () => {
    const { back } = await allowed(one, 'ann', newLink().url, 'deny')
    assert.equal(back.origin + back.pathname, loopback)
    assert.deepEqual([back.searchParams.get('error'), back.searchParams.get('code')], ['access_denied', null])
  })

  test('who leaves is refused at the next refresh and request, and told why', async () => {
    const { tokens } = await loggedIn(one, 'ben')
    corp.directory.change(dnOf('ben'), { state: 'disabled' })
    await one.move(10_000)
    assert.equal((await askBroker(two, 'roles', {}, tokens.access_token)).status, 401)
    const { status, body } = await refreshed(one, tokens.refresh_token)
    assert.deepEqual([status, body.error], [400, 'invalid_grant'])
    assert.match(String(body.error_description), /no longer lets this person in/)
  })

  test('whose group is gone has its roles no more', async () => {
    const { tokens } = await loggedIn(one, 'ann')
    corp.setMembers('admins', [])
    await one.move(10_000)
    const { body } = await askBroker(one, 'roles', {}, tokens.access_token)
    assert.deepEqual(
      (body.roles as { arn: string }[]).map(({ arn }) => arn),
      [readerArn],
    )
  })

  test('whose directory is down keeps the refresh token for later', async () => {
    const { tokens } = await loggedIn(one, 'ann')
    await corp.directory.kill()
    await one.move(10_000)
    const down = await refreshed(one, tokens.refresh_token)
    assert.deepEqual([down.status, down.body.error], [503, 'temporarily_unavailable'])
    assert.equal((await askBroker(one, 'roles', {}, tokens.access_token)).status, 503)
    await corp.directory.restart()
    await one.move(60_000)
    assert.equal((await refreshed(one, tokens.refresh_token)).status, 200)
  })
})

describe('a code', () => {
  test('that comes twice, at another node, ends what it gave', async () => {
    const { tokens, form } = await loggedIn(one, 'ann')
    assert.equal((await askOauth(two, 'token', form)).body.error, 'invalid_grant')
    assert.equal((await askBroker(one, 'roles', {}, tokens.access_token)).status, 401)
    assert.equal((await refreshed(one, tokens.refresh_token)).body.error, 'invalid_grant')
  })

  test('that two nodes are shown at once gives nothing that lasts', async () => {
    const { url, verifier } = newLink()
    const { back } = await allowed(one, 'ann', url)
    const form = {
      ...{ grant_type: 'authorization_code', redirect_uri: loopback, code_verifier: verifier },
      code: back.searchParams.get('code') ?? '',
    }
    const answers = await Promise.all([one, two, one, two].map((node) => askOauth(node, 'token', form)))
    for (const { body } of answers.filter(({ status }) => status === 200)) {
      assert.equal((await askBroker(one, 'roles', {}, String(body.access_token))).status, 401)
    }
  })
})

describe('a refresh token', () => {
  test('that two nodes are shown at once gives the same next one', async () => {
    const { tokens } = await loggedIn(one, 'ann')
    const answers = await Promise.all([one, two, one, two].map((node) => refreshed(node, tokens.refresh_token)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
  })

  test('that a thief uses later ends the sign-in at every node', async () => {
    const { tokens } = await loggedIn(one, 'ann')
    const next = (await refreshed(one, tokens.refresh_token)).body
    await one.move(31_000)
    assert.equal((await refreshed(two, tokens.refresh_token)).body.error, 'invalid_grant')
    assert.equal((await refreshed(one, String(next.refresh_token))).body.error, 'invalid_grant')
    assert.equal((await askBroker(two, 'roles', {}, String(next.access_token))).status, 401)
  })

  test('that is revoked ends the command line’s sign-in, and not the browser’s', async () => {
    const { tokens, person } = await loggedIn(one, 'ann')
    assert.equal((await askOauth(two, 'revoke', { token: tokens.refresh_token })).status, 200)
    assert.equal((await refreshed(one, tokens.refresh_token)).body.error, 'invalid_grant')
    assert.match((await person.open(newLink().url)).text, /Sign in the command line\?/)
  })
})

test('no device code is given where the table names no networks', async () => {
  assert.equal((await askOauth(one, 'device', {})).body.error, 'unauthorized_client')
  assert.equal((await browser(toServer(one)).ask(publicUrl + oauthPaths.devicePage)).status, 404)
})

test('no password, code or token is in a journal, a record of the store’s audit, or a report', async () => {
  const { url, verifier } = newLink()
  const { back } = await allowed(one, 'ann', url)
  const code = back.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', redirect_uri: loopback, code_verifier: verifier, code }
  const { body } = await askOauth(one, 'token', form)
  await askOauth(one, 'token', form)
  await refreshed(one, String(body.refresh_token))
  const proof = { connector: 'corp', login: 'ann', password: passwordOf('ann') }
  assert.equal((await askBroker(one, 'roles', proof)).status, 200)
  assert.equal((await askBroker(one, 'roles', { ...proof, password: 'planted-wrong' })).status, 401)
  assert.equal((await askBroker(one, 'credentials', { ...proof, role: 'planted-role' })).status, 400)
  const texts = [...(await textsOf(one.engine.store, 'audit')), ...one.reported, ...two.reported]
  const secrets = [code, verifier, String(body.access_token), String(body.refresh_token), 'planted-']
  for (const secret of secrets) assert.ok(!texts.some((text) => text.includes(secret)), secret)
  assert.deepEqual([...one.reported, ...two.reported], [])
})
