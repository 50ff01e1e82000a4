// The whole way with a real provider: oidc-provider signs a person in for our page, gives refresh tokens that it takes once, and knows
// the person no more when they have left. It is on plain http of this machine, as in development.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { Secret } from '../../src/core/secret.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import type { OidcConnector, PeopleTable } from '../../src/service/contracts/people-table.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { browse } from './provider-browser.ts'
import { leads } from './saml-messages.ts'
import { testServer } from './server.ts'

const at = (name: string) => `${publicUrl}/signin/with/${name}`
const { privateKey } = await generateKeyPair('ES256', { extractable: true })
const listening = createServer((request, response) => provider.callback()(request, response))
await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
const issuer = `http://localhost:${(listening.address() as AddressInfo).port}`
const groupsOf = new Map([['ann', ['Engineers']]])
const secret = 'a secret of some length, with signs: +/%&'
const client = (name: string, token_endpoint_auth_method: string) => ({
  ...{ client_id: name, redirect_uris: [`${at(name)}/callback`], token_endpoint_auth_method },
  ...(token_endpoint_auth_method === 'none' ? {} : { client_secret: secret }),
  ...{ grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'ES256' },
})
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: 'now' }] },
  clients: [client('basic', 'client_secret_basic'), client('public', 'none')],
  cookies: { keys: ['test'] },
  claims: { openid: ['sub', 'groups'], profile: ['preferred_username'] },
  scopes: ['openid', 'profile'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  features: { devInteractions: { enabled: true } },
  findAccount: (_context: unknown, accountId: string) => {
    const groups = groupsOf.get(accountId)
    return groups && { accountId, claims: async () => ({ sub: accountId, preferred_username: accountId, groups }) }
  },
} as never)

const connector = (name: string, more: Partial<OidcConnector> = {}): OidcConnector => ({
  ...{ kind: 'oidc', name, title: name, hidden: false, signInSeconds: 3600, issuer, clientId: name },
  ...{ scopes: ['openid', 'profile'], loginClaim: 'preferred_username', groupsClaim: 'groups' },
  ...{ multiFactorAmr: [], tags: new Map(), graceSeconds: 0, allow: ['127.0.0.0/8', '::1'], ...more },
})
const table: PeopleTable = {
  ...{ version: 1, brokers: [], targets: [], assignments: [], deviceNetworks: [] },
  connectors: [connector('basic', { clientSecret: new Secret(secret) }), connector('public')],
}
// The provider's clock is the machine's.
const server = await testServer({
  clock: { now: new Date() },
  settings: { 'public-url': publicUrl },
  people: { table: async () => table },
})
const { signIns } = server.engine.people
after(async () => {
  listening.closeAllConnections()
  await new Promise((resolve) => listening.close(resolve))
})
afterEach(async () => {
  for (const { id } of await signIns.list(server.now())) await signIns.end(id, 'test', server.now())
})

async function signIn(name: string, more = ''): Promise<string> {
  const person = browser(toServer(server))
  const begun = leads(await person.ask(`${at(name)}/start${more}`))
  const back = await browse(new URL(begun), 'ann', ({ href }) => href.startsWith(publicUrl))
  const shown = await person.ask(back.href)
  assert.deepEqual([shown.status, leads(shown)], [303, `${publicUrl}/signin/roles`], shown.text)
  const [only] = await signIns.list(server.now())
  await server.move(10_000)
  return only?.id ?? assert.fail()
}

for (const name of ['basic', 'public']) {
  test(`a ${name} client signs a person in, and asks again with a new refresh token each time`, async () => {
    groupsOf.set('ann', ['Engineers'])
    const id = await signIn(name)
    for (const groups of [['Engineers'], ['Readers'], []]) {
      groupsOf.set('ann', groups)
      const renewed = await signIns.renew(id, server.now())
      assert.ok('signIn' in renewed, JSON.stringify(renewed))
      assert.deepEqual(
        renewed.signIn.groups,
        groups.map((group) => ({ name: group })),
      )
      await server.move(10_000)
    }
    groupsOf.delete('ann')
    const left = await signIns.renew(id, server.now())
    assert.ok('ended' in left && left.ended === 'refused', JSON.stringify(left))
    assert.match(left.detail, /invalid_grant/)
  })
}

test('a login that is asked for anew says when it was made', async () => {
  groupsOf.set('ann', ['Engineers'])
  const id = await signIn('basic', '?afresh=yes')
  const { authenticatedAt } = (await signIns.byId(id, server.now())) ?? assert.fail()
  // By the provider's clock, which is the machine's.
  assert.ok(authenticatedAt !== undefined && Math.abs(Date.now() - authenticatedAt.getTime()) < 60_000)
})
