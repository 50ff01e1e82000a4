// What reaches the listener of a login: the browser's answer, and whatever else there is on a machine.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { listenForCode } from './loopback.ts'

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}
const send = (
  url: string,
  { method = 'GET', headers = {} }: Sent = {},
): Promise<{ status: number; text: string; csp: string }> =>
  new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      const csp = String(response.headers['content-security-policy'])
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, csp }))
    })
      .on('error', reject)
      .end()
  })

const state = 's'.repeat(43)

test('an answer that came before anybody waited is asked to come again', async () => {
  const loopback = await listenForCode()
  assert.equal((await send(`${loopback.redirectUri}?code=c&state=${state}`)).status, 503)
  loopback.close()
})

test('only the state that was sent out brings a code; what else comes changes nothing', async () => {
  const loopback = await listenForCode()
  const { port } = new URL(loopback.redirectUri)
  const waiting = loopback.wait(state, 60_000)
  const base = loopback.redirectUri
  for (const [url, more] of [
    [`${base}?code=c&state=${'t'.repeat(43)}`, {}],
    [`${base}?code=c&state=`, {}],
    [`${base}?code=c`, {}],
    [`${base}?state=${state}`, {}],
    [`${base}?error=access_denied&state=x`, {}],
    [`http://127.0.0.1:${port}/?code=c&state=${state}`, {}],
    [`http://127.0.0.1:${port}/callback/x?code=c&state=${state}`, {}],
    [`${base}?code=c&state=${state}`, { method: 'POST' }],
    [`${base}?code=c&state=${state}`, { headers: { host: `hallpass.example:${port}` } }],
    [`${base}?code=c&state=${state}`, { headers: { host: `localhost:${port}` } }],
  ] as const) {
    assert.equal((await send(url, more)).status, 404, url)
  }
  const { status, text, csp } = await send(`${base}?code=the-code&state=${state}`)
  assert.equal(status, 200)
  assert.ok(!text.includes('the-code'))
  assert.match(csp, /default-src 'none'/)
  assert.deepEqual(await waiting, { code: 'the-code' })
  loopback.close()
})

test('a refusal is told in the words that came, without what a terminal would obey', async () => {
  const loopback = await listenForCode()
  const waiting = loopback.wait(state, 60_000)
  await send(`${loopback.redirectUri}?error=access_denied&error_description=No%1b%5B2J&state=${state}`)
  assert.deepEqual(await waiting, { refused: 'No [2J' })
  loopback.close()
})

test('waiting ends', async () => {
  const loopback = await listenForCode()
  assert.equal(await loopback.wait(state, 1), 'late')
  loopback.close()
  await assert.rejects(send(loopback.redirectUri))
})
