// A device that is signed in by its code, and what others try with it (RFC 8628 5).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ann } from '../../service/people/testing/people-kit.ts'
import { formOf } from '../pages/testing/browser.ts'
import { publicUrl, served } from './testing/oauth-kit.ts'

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
