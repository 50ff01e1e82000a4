// What programs ask to sign a person in (RFC 6749 3.2, 7009).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { disabled, down } from '../../service/people/testing/people-kit.ts'
import { location, loopback, query, served, verifier } from './testing/oauth-kit.ts'

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
