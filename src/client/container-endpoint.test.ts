// The endpoint of `hallpass exec`, as the program that it runs asks it, and as others might.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { serveCredentials } from './container-endpoint.ts'
import { SourceRefused } from './credential-source.ts'

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}
const send = (url: string, { method = 'GET', headers = {} }: Sent = {}) =>
  new Promise<{ status: number; body: Record<string, string> }>((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
      .on('error', reject)
      .end()
  })

async function endpoint() {
  const state = { times: 0, refusal: undefined as string | undefined }
  const served = await serveCredentials({
    async current() {
      if (state.refusal !== undefined) throw new SourceRefused('AccessDenied', state.refusal)
      state.times++
      return {
        ...{ accessKeyId: `ASIA${state.times}`, secretAccessKey: 'secret', sessionToken: 'token' },
        expiration: new Date('2026-03-01T13:00:00Z'),
      }
    },
    close() {},
  })
  after(() => served.close())
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization = '' } =
    served.variables
  return {
    ...{ url, authorization, state },
    get: (more: Sent = {}) => send(url, { ...more, headers: { authorization, ...more.headers } }),
  }
}

test('credentials have the names that SDKs read', async () => {
  const { get } = await endpoint()
  const { status, body } = await get()
  assert.equal(status, 200)
  assert.deepEqual(body, {
    ...{ AccessKeyId: 'ASIA1', SecretAccessKey: 'secret', Token: 'token', Expiration: '2026-03-01T13:00:00Z' },
  })
})

test('whoever does not know the token, or comes from elsewhere, gets none', async () => {
  const { url, get, authorization, state } = await endpoint()
  assert.equal((await send(url)).status, 401)
  assert.equal((await send(url, { headers: { authorization: `${authorization}x` } })).status, 401)
  for (const name of ['origin', 'referer', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via'])
    assert.equal((await get({ headers: { [name]: 'x' } })).status, 403, name)
  const { port } = new URL(url)
  assert.equal((await get({ headers: { host: `attacker.example:${port}` } })).status, 403)
  for (const method of ['PUT', 'POST', 'DELETE']) assert.equal((await get({ method })).status, 405, method)
  assert.equal((await send(`${url}/x`, { headers: { authorization } })).status, 404)
  assert.equal(state.times, 0)
})

test('what cannot be given is answered with why, and what can be with the current set', async () => {
  const { get, state } = await endpoint()
  assert.equal((await get()).body.AccessKeyId, 'ASIA1')
  assert.equal((await get()).body.AccessKeyId, 'ASIA2')
  state.refusal = 'The sign-in has reached its end. Sign in again with: hallpass login'
  assert.deepEqual(await get(), { status: 403, body: { Code: 'AccessDenied', Message: state.refusal } })
})
