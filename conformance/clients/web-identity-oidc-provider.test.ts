// The whole way with a real provider: oidc-provider signs a person in (authorization code with PKCE, by openid-client),
// and its ID token, with session tags in it, is traded for a session. The provider is on plain http of this machine, as an
// operator may allow by name.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { allow, keysOf, role } from './people.ts'
import { browse } from './provider-browser.ts'
import { refused } from './refused.ts'
import { firstAccount, testServer } from './server.ts'
import { assumeWith, invalidToken, notAuthorized, register, trusting } from './web-identity-servers.ts'

const tagsClaim = 'https://aws.amazon.com/tags'
const callback = 'http://localhost/callback'

const { privateKey } = await generateKeyPair('ES256', { extractable: true })
const jwks = { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: 'now' }] }
const listening = createServer((request, response) => provider.callback()(request, response))
await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
const issuer = `http://localhost:${(listening.address() as AddressInfo).port}`
const client = {
  redirect_uris: [callback],
  grant_types: ['authorization_code'],
  response_types: ['code'] as const,
  token_endpoint_auth_method: 'none' as const,
  application_type: 'native' as const,
  id_token_signed_response_alg: 'ES256' as const,
}
const provider = new Provider(issuer, {
  jwks: jwks as never,
  clients: [
    { client_id: 'console', ...client },
    { client_id: 'wiki', ...client },
  ] as never,
  cookies: { keys: ['test'] },
  conformIdTokenClaims: false,
  claims: { openid: ['sub', tagsClaim, 'groups'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context: unknown, accountId: string) => ({
    accountId,
    claims: async () => ({
      sub: accountId,
      groups: ['engineers'],
      [tagsClaim]: { principal_tags: { Team: ['red'] }, transitive_tag_keys: ['Team'] },
    }),
  }),
} as never)
const server = await testServer({
  providers: { providers: [{ issuer, account: firstAccount, allow: ['127.0.0.1'], claims: ['groups'] }] },
})
after(async () => {
  listening.closeAllConnections()
  await new Promise((resolve) => listening.close(resolve))
})

/** Signs a person in with the provider, as a browser and an application do; answers the ID token. */
async function signIn(login: string, clientId: string): Promise<string> {
  const config: Configuration = await discovery(new URL(issuer), clientId, undefined, None(), {
    execute: [allowInsecureRequests],
  })
  const [verifier, nonce, state] = [randomPKCECodeVerifier(), randomNonce(), randomState()]
  const where = buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid',
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
    state,
  })
  const back = await browse(where, login, ({ href }) => href.startsWith(callback))
  const tokens = await authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedNonce: nonce,
    expectedState: state,
    idTokenExpected: true,
  })
  return tokens.id_token ?? ''
}

test('a person who signs in at a provider has a session with tags and a name', async () => {
  const admin = server.as(server.root)
  const arn = await register(admin, issuer, ['console'])
  const name = issuer.slice('http://'.length)
  const engineers = {
    StringEquals: { [`${name}:aud`]: 'console', 'aws:RequestTag/Team': 'red' },
    'ForAnyValue:StringEquals': { [`${name}:groups`]: 'engineers' },
  }
  const actions = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']
  const engineer = await role(admin, 'engineer', trusting(arn, engineers, actions), {
    permissions: allow('iam:ListUsers', '*', {
      StringEquals: { 'aws:PrincipalTag/Team': 'red', [`${name}:sub`]: 'alice' },
    }),
  })
  // The provider's clock is the machine's.
  await server.move(Date.now() - server.now().getTime())
  const alice = await assumeWith(server, engineer, await signIn('alice', 'console'))
  assert.equal(alice.SubjectFromWebIdentityToken, 'alice')
  const session = server.as(keysOf(alice.Credentials))
  const who = await session.sts.send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, `arn:aws:sts::${firstAccount}:assumed-role/engineer/session`)
  await session.iam.send(new ListUsersCommand({}))

  const bob = await assumeWith(server, engineer, await signIn('bob', 'console'))
  await assert.rejects(server.as(keysOf(bob.Credentials)).iam.send(new ListUsersCommand({})), { name: 'AccessDenied' })
  // Another application of the same provider, with the same people.
  await refused(assumeWith(server, engineer, await signIn('alice', 'wiki')), invalidToken('Incorrect token audience'))
  const untagged = await role(admin, 'untagged', trusting(arn))
  await refused(assumeWith(server, untagged, await signIn('alice', 'console')), notAuthorized('sts:TagSession'))
})
