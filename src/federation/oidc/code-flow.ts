// An OpenID Connect provider as a connector of people: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC
// 6749, 7636, 9207, 9700), and its refresh tokens. The flow's own rules are oauth4webapi's; tokens are verified by our verifier.
import type { AuthorizationServer, TokenEndpointResponse } from 'oauth4webapi'
import { digest } from '../../core/digest.ts'
import { challengeMethod, challengeOf } from '../../core/pkce.ts'
import { Secret } from '../../core/secret.ts'
import type { Json } from '../../wire/json-text.ts'
import type { Person, PersonOutcome } from '../person.ts'
import { accessTokenMark, type IdToken, type NoIdToken, type TokenParty, verifyIdToken } from './id-token.ts'
import { type ClaimNames, lacksClaims, personOfClaims } from './person.ts'
import { failureOf, openProvider, type ProviderAccess, tokenRequest, userInfoOf } from './provider.ts'
import type { VerifyOptions } from './verify.ts'

/** The connector, as the table has it. */
export interface OidcClient extends ClaimNames {
  readonly issuer: string
  readonly clientId: string
  /** Absent: a public client, which PKCE alone binds. */
  readonly clientSecret?: Secret
  readonly scopes: readonly string[]
  /** PEM; instead of the public authorities. */
  readonly ca?: string
  /** Addresses (CIDR) that may be asked beside the public ones. */
  readonly allow: readonly string[]
}

/** What one sign-in is held against; the browser that began it alone can have it. */
export interface Flow {
  /** To the letter as the provider knows it. */
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  /** PKCE's, of 43 to 128 characters. */
  readonly verifier: string
}

/** A token that may count once: what it is remembered by, and until when (ms). */
export interface TokenUse {
  readonly key: string
  readonly until: number
}

type NoPerson = Exclude<PersonOutcome, { readonly person: Person }>

export interface CodeFlow {
  /** Where the browser is sent. `isAfresh`: the person is to prove who they are now, whatever session they have at the provider. */
  begin(
    flow: Flow,
    now: Date,
    how?: { readonly isAfresh: boolean },
  ): Promise<{ readonly location: string } | { readonly unavailable: string }>
  /** The person, by the parameters with which the browser came back. Never rejects. */
  finish(callback: URLSearchParams, flow: Flow, now: Date): Promise<PersonOutcome>
  /**
   * The person as the provider has them now. INVARIANT: `renewal` is used up, and the outcome's is kept before anything is given:
   * providers take a refresh token that comes again for stolen. Those who ask at once share one answer. Never rejects.
   */
  renew(renewal: Secret, personId: string, now: Date): Promise<PersonOutcome>
  /** The person of an ID token that a program brings: ten minutes old at most. Never rejects. */
  prove(idToken: string, now: Date): Promise<{ readonly person: Person; readonly use: TokenUse } | NoPerson>
}

/** How old an ID token may be that a program brings, in seconds. Older ones are told to be fetched anew. */
const longestAge = 600

export function createCodeFlow(client: OidcClient, access: ProviderAccess, verifying: VerifyOptions): CodeFlow {
  const provider = openProvider(client, access)
  const party: TokenParty = { id: provider.id, issuer: client.issuer, clientId: client.clientId, trust: provider.trust }
  const renewing = new Map<string, Promise<PersonOutcome>>()

  const verify = (text: string, checks: Parameters<typeof verifyIdToken>[2], now: Date) =>
    verifyIdToken(text, party, checks, now, verifying)

  /** The person of a token response, with what is asked again with. */
  async function personOf(
    server: AuthorizationServer,
    response: TokenEndpointResponse,
    verified: IdToken | NoIdToken | undefined,
    personId?: string,
  ): Promise<PersonOutcome> {
    // INVARIANT: kept whatever comes of the rest: what was asked with is used up.
    const renewal = renewalOf(response)
    if (isNone(verified)) return { ...verified, ...renewal }
    const subject = verified?.subject ?? personId ?? ''
    const token = verified?.claims ?? new Map<string, Json>()
    const asks = verified === undefined || lacksClaims(client, token)
    const userInfo = asks ? await userInfoOf(access.ask, server, provider.trust, response.access_token) : undefined
    if (userInfo !== undefined && 'unavailable' in userInfo) return { ...userInfo, ...renewal }
    if (verified === undefined && userInfo === undefined)
      return { rejected: 'proof', detail: 'the provider answers neither an ID token nor UserInfo' }
    if (userInfo !== undefined && userInfo.get('sub') !== subject)
      return { rejected: 'proof', detail: 'sub: UserInfo is about another person' }
    const person = personOfClaims(client, { subject, token, ...(userInfo === undefined ? {} : { userInfo }) })
    return 'rejected' in person ? { ...person, ...renewal } : { person, ...renewal }
  }

  async function renewed(renewal: Secret, personId: string, now: Date): Promise<PersonOutcome> {
    const known = await provider.server(now)
    if ('unavailable' in known) return known
    const { server } = known
    try {
      const response = await tokenRequest(access.ask, provider, client, server, now, (oauth, how) =>
        oauth
          .refreshTokenGrantRequest(server, how.client, how.authentication, renewal.reveal(), how.options)
          .then((answer) => oauth.processRefreshTokenResponse(server, how.client, answer)),
      )
      const { id_token: text, access_token: accessToken } = response
      const verified = text === undefined ? undefined : await verify(text, { subject: personId, accessToken }, now)
      return await personOf(server, response, verified, personId)
    } catch (error) {
      return failureOf(error)
    }
  }

  return {
    async begin({ redirectUri, state, nonce, verifier }, now, { isAfresh } = { isAfresh: false }) {
      const known = await provider.server(now)
      if ('unavailable' in known) return known
      const { server } = known
      const url = new URL(server.authorization_endpoint ?? '')
      const parameters = {
        ...{ response_type: 'code', client_id: client.clientId, redirect_uri: redirectUri },
        ...{ scope: ['openid', ...client.scopes.filter((scope) => scope !== 'openid')].join(' '), state, nonce },
        ...{ code_challenge: challengeOf(verifier), code_challenge_method: challengeMethod },
        // Core 3.1.2.1: with max_age the token must say when (auth_time); some providers know the one, some the other.
        ...(isAfresh ? { prompt: 'login', max_age: '0' } : {}),
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return { location: url.href }
    },

    async finish(callback, flow, now) {
      const known = await provider.server(now)
      if ('unavailable' in known) return known
      const { server } = known
      try {
        const response = await tokenRequest(access.ask, provider, client, server, now, async (oauth, how) => {
          const parameters = oauth.validateAuthResponse(server, how.client, callback, flow.state)
          const answer = await oauth.authorizationCodeGrantRequest(
            server,
            how.client,
            how.authentication,
            parameters,
            flow.redirectUri,
            flow.verifier,
            how.options,
          )
          return oauth.processAuthorizationCodeResponse(server, how.client, answer, {
            expectedNonce: flow.nonce,
            requireIdToken: true,
          })
        })
        const { id_token: text = '', access_token: accessToken } = response
        const verified = await verify(text, { nonce: flow.nonce, accessToken }, now)
        return await personOf(server, response, verified)
      } catch (error) {
        return failureOf(error)
      }
    },

    renew(renewal, personId, now) {
      const key = digest(`${personId}\n${renewal.reveal()}`)
      const running = renewing.get(key)
      if (running !== undefined) return running
      const answer = renewed(renewal, personId, now).finally(() => renewing.delete(key))
      renewing.set(key, answer)
      return answer
    },

    async prove(idToken, now) {
      const verified = await verify(idToken, { longestAge }, now)
      if (isNone(verified)) return verified
      const { token, claims, subject } = verified
      const mark = accessTokenMark(token)
      if (mark !== undefined) return { rejected: 'proof', detail: `an access token (${mark}), no ID token` }
      const person = personOfClaims(client, { subject, token: claims })
      if ('rejected' in person) return person
      // Without the signature: an ECDSA signature has a second spelling.
      const key = digest(token.text.slice(0, token.text.lastIndexOf('.')))
      const until = (Number(claims.get('iat')) + longestAge + 2 * verifying.skewSeconds + 1) * 1000
      return { person, use: { key, until } }
    },
  }
}

const renewalOf = ({ refresh_token: token }: TokenEndpointResponse) =>
  token === undefined ? {} : { renewal: new Secret(token) }

const isNone = (verified: IdToken | NoIdToken | undefined): verified is NoIdToken =>
  verified !== undefined && !('claims' in verified)
