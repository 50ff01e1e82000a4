// A command line that signs in by the browser of a person of the company, as `hallpass login` does, without its files.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { type Browser, browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import { brokerPaths } from '../../src/wire/broker-api.ts'
import { oauthPaths, type TokenAnswer } from '../../src/wire/sign-in-oauth.ts'
import { passwordOf } from './company.ts'
import { publicUrl, toServer } from './console-tools.ts'
import type { TestServer } from './server.ts'

export const loopback = 'http://127.0.0.1:49152/callback'

/** A link as the command line opens it, and what belongs to it. */
export function newLink() {
  const verifier = randomBytes(48).toString('base64url')
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: 'hallpass-cli', redirect_uri: loopback, state: 'STATE' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return { verifier, url: `${publicUrl}${oauthPaths.authorize}?${query}` }
}

export interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

async function post(server: TestServer, path: string, type: string, body: string, authorization?: string) {
  const { status, text } = await toServer(server)({
    ...{ method: 'POST', url: new URL(publicUrl + path), body },
    headers: {
      ...{ 'content-type': type, 'content-length': String(Buffer.byteLength(body)) },
      ...(authorization === undefined ? {} : { authorization }),
    },
  })
  return { status, body: JSON.parse(text) as Answered['body'], text }
}

/** What the command line sends to an OAuth endpoint. */
export const askOauth = (server: TestServer, path: keyof typeof oauthPaths, form: Readonly<Record<string, string>>) =>
  post(
    server,
    oauthPaths[path],
    'application/x-www-form-urlencoded',
    new URLSearchParams({ client_id: 'hallpass-cli', ...form }).toString(),
  )

/** What a program sends to the broker's API. */
export const askBroker = (
  server: TestServer,
  path: keyof typeof brokerPaths,
  body: object,
  accessToken?: string,
): Promise<Answered> =>
  post(
    server,
    brokerPaths[path],
    'application/json',
    JSON.stringify(body),
    accessToken === undefined ? undefined : `Bearer ${accessToken}`,
  )

/** Opens the link in a browser in which nobody has signed in, signs in, and answers the page that asks. */
export async function allowed(server: TestServer, login: string, url: string, answer = 'allow') {
  const person: Browser = browser(toServer(server))
  const form: Shown = await person.open(url)
  const asked = await person.submit(form, { login, password: passwordOf(login) })
  assert.match(asked.text, /Hallpass command line/, asked.text)
  const back = await person.send(asked, { answer })
  return { person, back: new URL(back.headers.get('location') ?? assert.fail(back.text)) }
}

/** `hallpass login`. `at`: the node that the command line asks. */
export async function loggedIn(server: TestServer, login: string, at = server) {
  const { url, verifier } = newLink()
  const { person, back } = await allowed(server, login, url)
  const code = back.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', redirect_uri: loopback, code_verifier: verifier, code }
  const { status, body, text } = await askOauth(at, 'token', form)
  assert.equal(status, 200, text)
  return { person, form, tokens: body as unknown as TokenAnswer }
}

export const refreshed = (server: TestServer, refresh_token: string) =>
  askOauth(server, 'token', { grant_type: 'refresh_token', refresh_token })
