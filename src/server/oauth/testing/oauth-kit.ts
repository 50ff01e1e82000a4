// What tests of `hallpass login` run on: its pages and endpoints, browsers in which people have signed in, and programs that ask.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach } from 'node:test'
import { HmacKey } from '../../../core/hmac.ts'
import { createDeviceGrants } from '../../../service/people/oauth/device-grants.ts'
import { createOauthGrants } from '../../../service/people/oauth/oauth-grants.ts'
import { oauthCollections } from '../../../service/people/oauth/oauth-records.ts'
import { createOauthTokens } from '../../../service/people/oauth/oauth-tokens.ts'
import { peopleBrowsers } from '../../../service/people/sign-ins/browser-records.ts'
import { createBrowserSignIns } from '../../../service/people/sign-ins/browsers.ts'
import { ann, newPeopleWorld, type PeopleWorld } from '../../../service/people/testing/people-kit.ts'
import { onces } from '../../../service/records.ts'
import { start as NOW } from '../../../service/session/testing/world.ts'
import { assetPages } from '../../pages/assets.ts'
import { createPages } from '../../pages/router.ts'
import { siteOf } from '../../pages/site.ts'
import { type Browser, browser, type Shown } from '../../pages/testing/browser.ts'
import { exchangeOf, toHandler } from '../../pages/testing/transport.ts'
import { createPeopleBrowsers } from '../../people/browser.ts'
import { createNextPages } from '../../people/next.ts'
import { oauthPages } from '../pages.ts'
import type { OauthParts } from '../parts.ts'

export const publicUrl = 'https://example.com/sts'
export const endpoint = (path: string) => `${publicUrl}/signin/oauth/${path}`
export const verifier = 'v'.repeat(43)
export const challenge = createHash('sha256').update(verifier).digest('base64url')
export const loopback = 'http://127.0.0.1:49152/callback'

const worlds: PeopleWorld[] = []
afterEach(async () => {
  for (const { store } of worlds.splice(0)) await store.close()
})

export async function served({
  deviceNetworks = ['192.0.2.0/24'],
}: {
  readonly deviceNetworks?: readonly string[]
} = {}) {
  const clock = { now: NOW }
  const random = (bytes: number) => randomBytes(bytes)
  const world = await newPeopleWorld([...oauthCollections, peopleBrowsers, onces])
  worlds.push(world)
  const { store, vault, told } = world
  const { signIns } = world.people
  const tokens = createOauthTokens({ store, vault, signIns, random })
  const grantOptions = { store, signIns, tokens, random }
  const site = siteOf(publicUrl)
  const people = createPeopleBrowsers({
    ...{ site, allowsHttp: false, random, clock: () => clock.now },
    signIns: createBrowserSignIns({ store, vault, signIns }),
    ownKeys: async () => ({ mac: new HmacKey(Buffer.alloc(32, 1)) }) as never,
  })
  const refused: string[] = []
  const parts: OauthParts = {
    ...{ browser: people, next: createNextPages(vault), tokens },
    people: {
      table: async () => ({
        ...{ version: 1, connectors: [], brokers: [], targets: [], assignments: [], deviceNetworks },
      }),
    },
    grants: createOauthGrants(grantOptions),
    devices: createDeviceGrants(grantOptions),
    refused: (_exchange, reason) => void refused.push(reason),
  }
  const handler = createPages({
    ...{ publicUrl, pages: [...assetPages, ...oauthPages(parts)], clock: () => clock.now },
    limits: { take: () => true, charge: () => {} },
    fail: (error) => assert.fail(String(error)),
  })

  /** A browser in which somebody has signed in. */
  async function user(person = ann): Promise<Browser> {
    const made = browser(toHandler(handler))
    const origin = exchangeOf({ method: 'GET', url: new URL(publicUrl), headers: {} })
    const signIn = await signIns.begin({ person, client: 'browser', origin }, clock.now)
    const [, cookie = ''] = await people.begin(origin, signIn, clock.now)
    made.jar.receive(new URL(publicUrl), cookie)
    return made
  }

  /** What a program asks, from an address. */
  async function ask(path: string, form: Readonly<Record<string, string>> | string, address = '192.0.2.1', more = {}) {
    const exchange = exchangeOf({
      ...{ method: 'POST', url: new URL(endpoint(path)) },
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...more },
      body: typeof form === 'string' ? form : new URLSearchParams({ client_id: 'hallpass-cli', ...form }).toString(),
    })
    const reply = await handler({ ...exchange, from: { ...exchange.from, address } })
    return { status: reply.status, answer: JSON.parse(String(reply.body)), headers: reply.headers }
  }
  const move = (ms: number) => {
    clock.now = new Date(clock.now.getTime() + ms)
  }
  /** Whose sign-ins live. */
  const live = async () => (await signIns.list(clock.now)).map(({ client }) => client).toSorted()
  return { told, vault, signIns, live, user, ask, move, refused, nobody: () => browser(toHandler(handler)) }
}

export const query = (changes: Readonly<Record<string, string | undefined>> = {}) => {
  const all = {
    ...{ response_type: 'code', client_id: 'hallpass-cli', redirect_uri: loopback, state: 'STATE' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    ...changes,
  }
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `${endpoint('authorize')}?${new URLSearchParams(given)}`
}
export const location = (shown: Shown) => new URL(shown.headers.get('location') ?? assert.fail(shown.text), publicUrl)

export const outcome = async (shown: Promise<Shown>) => {
  const { status, headers } = await shown
  return [status, headers.get('location')]
}
