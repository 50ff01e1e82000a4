// The endpoint of `hallpass exec`, as the program that it runs asks it, and as others might.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { NotGiven, serveCredentials } from './container-endpoint.ts'

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

async function endpoint(seconds: number) {
  let now = Date.parse('2026-03-01T12:00:00Z')
  const asked = { times: 0, refusal: undefined as string | undefined, isAnswered: true }
  const served = await serveCredentials({
    clock: () => new Date(now),
    async ask() {
      if (asked.refusal !== undefined) throw new NotGiven(asked.refusal, asked.isAnswered)
      asked.times++
      const Expiration = new Date(now + seconds * 1000).toISOString()
      return { AccessKeyId: `ASIA${asked.times}`, SecretAccessKey: 'secret', SessionToken: 'token', Expiration }
    },
  })
  after(() => served.close())
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization = '' } =
    served.variables
  return {
    ...{ url, authorization, asked },
    get: (more: Sent = {}) => send(url, { ...more, headers: { authorization, ...more.headers } }),
    pass: (more: number) => {
      now += more * 1000
    },
  }
}

test('credentials have the names that SDKs read, and are those that were asked for at the start', async () => {
  const { get, asked } = await endpoint(3600)
  const { status, body } = await get()
  assert.equal(status, 200)
  assert.deepEqual(body, {
    ...{ AccessKeyId: 'ASIA1', SecretAccessKey: 'secret', Token: 'token', Expiration: '2026-03-01T13:00:00.000Z' },
  })
  assert.equal(asked.times, 1)
})

test('whoever does not know the token, or comes from elsewhere, gets none', async () => {
  const { url, get, authorization } = await endpoint(3600)
  assert.equal((await send(url)).status, 401)
  assert.equal((await send(url, { headers: { authorization: `${authorization}x` } })).status, 401)
  for (const name of ['origin', 'referer', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via'])
    assert.equal((await get({ headers: { [name]: 'x' } })).status, 403, name)
  const { port } = new URL(url)
  assert.equal((await get({ headers: { host: `attacker.example:${port}` } })).status, 403)
  for (const method of ['PUT', 'POST', 'DELETE']) assert.equal((await get({ method })).status, 405, method)
  assert.equal((await send(`${url}/x`, { headers: { authorization } })).status, 404)
})

test('credentials are given for a minute, and then asked for anew, once for all who ask', async () => {
  const { get, pass, asked } = await endpoint(3600)
  pass(59)
  assert.equal((await get()).body.AccessKeyId, 'ASIA1')
  pass(1)
  const answers = await Promise.all([get(), get(), get()])
  assert.deepEqual(new Set(answers.map(({ body }) => body.AccessKeyId)), new Set(['ASIA2']))
  assert.equal(asked.times, 2)
})

test('a server that gives no answer takes nothing away while twenty minutes are left', async () => {
  const { get, pass, asked } = await endpoint(3600)
  asked.refusal = 'https://sso.example did not answer'
  asked.isAnswered = false
  pass(2400)
  assert.equal((await get()).body.AccessKeyId, 'ASIA1')
  pass(1)
  assert.deepEqual(await get(), { status: 403, body: { Code: 'AccessDenied', Message: asked.refusal } })
})

test('who may not have the role any more gets no credentials, though some are left, and reads why', async () => {
  const { get, pass, asked } = await endpoint(3600)
  asked.refusal = 'The sign-in has reached its end. Sign in again with: hallpass login'
  pass(60)
  assert.deepEqual(await get(), { status: 403, body: { Code: 'AccessDenied', Message: asked.refusal } })
  asked.refusal = undefined
  assert.equal((await get()).body.AccessKeyId, 'ASIA2')
})
