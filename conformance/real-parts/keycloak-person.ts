// A person at Keycloak's sign-in page: the code flow with PKCE by a stock OpenID Connect client, the page walked as a
// browser would, with its cookies.
import assert from 'node:assert/strict'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  type IDToken,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { type Person, redirectUri } from './keycloak-realm.ts'

export interface SignedIn {
  readonly idToken: string
  readonly claims: IDToken & { readonly groups?: readonly string[]; readonly azp?: string }
}

/** Signs a person in with a public client of the realm. */
export async function signInAt(issuer: string, client: string, person: Person): Promise<SignedIn> {
  const config = await discovery(new URL(issuer), client, undefined, None())
  const pkceCodeVerifier = randomPKCECodeVerifier()
  const [expectedState, expectedNonce] = [randomState(), randomNonce()]
  const start = buildAuthorizationUrl(config, {
    ...{ redirect_uri: redirectUri, scope: 'openid', state: expectedState, nonce: expectedNonce },
    ...{ code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' },
  })
  const back = await walk(start, person)
  const tokens = await authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce })
  return { idToken: tokens.id_token ?? '', claims: tokens.claims() as SignedIn['claims'] }
}

/** Fills the form in; answers where Keycloak sends the browser then. */
async function walk(start: URL, { username, password }: Person): Promise<URL> {
  const page = await fetch(start, { redirect: 'manual' })
  assert.equal(page.status, 200)
  const cookie = page.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const action = /id="kc-form-login"[^>]*action="([^"]+)"/.exec(await page.text())?.[1]?.replaceAll('&amp;', '&')
  assert.ok(action, 'a sign-in form')
  const body = new URLSearchParams({ username, password })
  const answer = await fetch(action, { method: 'POST', headers: { cookie }, body, redirect: 'manual' })
  assert.equal(answer.status, 302)
  return new URL(answer.headers.get('location') ?? '')
}
