// A provider's endpoints as oauth4webapi uses them: found by discovery, asked through the guarded fetch alone.
import { hash } from 'node:crypto'
import type {
  AuthorizationServer,
  Client,
  ClientAuth,
  TokenEndpointRequestOptions,
  TokenEndpointResponse,
} from 'oauth4webapi'
import type { Secret } from '../../core/secret.ts'
import { readJson } from '../../wire/json-text.ts'
import type { Ask, Trust } from '../fetch.ts'
import { fetchOver } from '../fetch.ts'
import type { PersonOutcome } from '../person.ts'
import { reachOf } from '../reach.ts'
import { type FailedDiscovery, readDiscovery, urlIn } from './discovery.ts'
import type { Claims } from './token.ts'

type Oauth = typeof import('oauth4webapi')

/** How providers are reached. */
export interface ProviderAccess {
  readonly ask: Ask
  /** Addresses (CIDR) that may be asked of any provider, beside the public ones. */
  readonly allow: readonly string[]
}

/** Whose provider it is. */
export interface ProviderClient {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: Secret
  readonly ca?: string
  readonly allow: readonly string[]
}

type Unavailable = { readonly unavailable: string; readonly renewal?: Secret }

export interface OpenedProvider {
  /** Names what is cached of it: of another trust, it is another. */
  readonly id: string
  readonly trust: Trust
  server(now: Date): Promise<{ readonly server: AuthorizationServer } | Unavailable>
}

/** What discovery said is asked for again after this. */
const refreshMs = 10 * 60_000

export function openProvider(client: ProviderClient, { ask, allow }: ProviderAccess): OpenedProvider {
  const { name, issuer, ca } = client
  const trust: Trust = { reach: reachOf([...allow, ...client.allow]), ...(ca === undefined ? {} : { ca: [ca] }) }
  const fetch = fetchOver(ask)
  let known: { readonly server: AuthorizationServer; readonly at: number } | undefined
  let running: Promise<{ readonly server: AuthorizationServer } | Unavailable> | undefined

  async function discover(at: number): Promise<{ readonly server: AuthorizationServer } | Unavailable> {
    const discovery = await readDiscovery(fetch, { issuer, trust })
    const found = 'rejected' in discovery ? discovery : serverOf(discovery, issuer)
    if ('rejected' in found) return { unavailable: `${found.rejected}: ${found.detail}` }
    known = { ...found, at }
    return found
  }

  return {
    id: `connector ${name} ${hash('sha256', JSON.stringify([issuer, ca ?? null, allow, client.allow]), 'base64url')}`,
    trust,
    async server(now) {
      const at = now.getTime()
      // A clock that is set back must not make it younger.
      if (known !== undefined && at >= known.at && at - known.at < refreshMs) return known
      running ??= discover(at).finally(() => {
        running = undefined
      })
      return running
    },
  }
}

/** The endpoints that the flow uses. INVARIANT: each of them is a URL of the issuer's scheme, or https. */
function serverOf(discovery: Claims, issuer: string): { readonly server: AuthorizationServer } | FailedDiscovery {
  const found: Record<string, string> = {}
  for (const [name, isNeeded] of [
    ['authorization_endpoint', true],
    ['token_endpoint', true],
    ['userinfo_endpoint', false],
  ] as const) {
    const url = urlIn(discovery, name, issuer)
    if (url === undefined && isNeeded) return { rejected: 'not-a-document', detail: `no ${name}` }
    if (url !== undefined && 'rejected' in url) return url
    if (url !== undefined) found[name] = url.href
  }
  const lists = ['token_endpoint_auth_methods_supported', 'id_token_signing_alg_values_supported'].flatMap((name) => {
    const list = discovery.get(name)
    return Array.isArray(list) ? [[name, list.filter((value) => typeof value === 'string')] as const] : []
  })
  const saysIssuer = discovery.get('authorization_response_iss_parameter_supported') === true
  return {
    server: {
      ...{ ...found, issuer },
      authorization_response_iss_parameter_supported: saysIssuer,
      ...Object.fromEntries(lists),
    },
  }
}

interface How {
  readonly client: Client
  readonly authentication: ClientAuth
  readonly options: TokenEndpointRequestOptions
}

/** Asks the token endpoint by one of oauth4webapi's requests. Rejects as oauth4webapi does: see failureOf. */
export async function tokenRequest(
  ask: Ask,
  { trust }: OpenedProvider,
  { clientId, clientSecret }: ProviderClient,
  server: AuthorizationServer,
  now: Date,
  request: (oauth: Oauth, how: How) => Promise<TokenEndpointResponse>,
): Promise<TokenEndpointResponse> {
  // Loaded with the first sign-in: a server without such connectors does without it.
  const oauth = await import('oauth4webapi')
  return request(oauth, {
    // Our verifier decides about times; the library is only told what time it is.
    client: {
      client_id: clientId,
      [oauth.clockSkew]: Math.round((now.getTime() - Date.now()) / 1000),
      [oauth.clockTolerance]: 600,
    },
    authentication: authenticationOf(oauth, server, clientSecret),
    options: {
      // Which addresses may be spoken to in the clear is the guarded fetch's: loopback.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (url, { method, headers, body }) => {
        const answer = await ask(new URL(url), trust, {
          ...{ method: method === 'POST' ? 'POST' : 'GET', headers: { ...headers } },
          ...(body == null ? {} : { body: String(body) }),
        })
        if ('rejected' in answer) throw new NotAnswered(`${answer.rejected}: ${answer.detail}`)
        const bodiless = answer.status === 204 || answer.status === 205 || answer.status === 304
        return new Response(bodiless ? null : new Uint8Array(answer.body), {
          status: answer.status,
          headers: { 'content-type': answer.contentType },
        })
      },
    },
  })
}

/** Basic is what every provider must take (RFC 6749 2.3.1); in the form where it says that it takes no other. */
function authenticationOf(oauth: Oauth, server: AuthorizationServer, secret: Secret | undefined): ClientAuth {
  if (secret === undefined) return oauth.None()
  const methods = server.token_endpoint_auth_methods_supported
  const isPost = methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic')
  return (isPost ? oauth.ClientSecretPost : oauth.ClientSecretBasic)(secret.reveal())
}

/** The provider did not answer. */
class NotAnswered extends Error {}

/** What the provider's refusal of a code, or of a refresh token, says of the person. Others are of the connector's own making. */
const ofPerson = new Set([
  'invalid_grant',
  'access_denied',
  'interaction_required',
  'login_required',
  'consent_required',
])
/** Of an answer that is none: a proxy's page. */
const noAnswer = new Set(['OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON', 'OAUTH_PARSE_ERROR'])
const errorCode = /^[a-z0-9_]{1,64}$/

/** What a token request rejected with. INVARIANT: no text of the provider's but an error's code is passed on. */
export function failureOf(error: unknown): Exclude<PersonOutcome, { readonly person: unknown }> {
  if (error instanceof NotAnswered) return { unavailable: error.message }
  if (!(error instanceof Error)) throw error
  const { code, error: said } = error as Error & { readonly code?: unknown; readonly error?: unknown }
  const saying = typeof said === 'string' && errorCode.test(said) ? said : undefined
  if (saying !== undefined)
    return ofPerson.has(saying)
      ? { rejected: 'proof', detail: saying }
      : { unavailable: `the provider answers ${saying}` }
  // INVARIANT: what is not the library's refusal of an answer is a fault of ours, and is told as one.
  if (typeof code !== 'string' || !code.startsWith('OAUTH_')) throw error
  return noAnswer.has(code) ? { unavailable: code } : { rejected: 'proof', detail: `${code}: ${error.message}` }
}

/** The claims of the UserInfo endpoint (Core 5.3); undefined where there is none. */
export async function userInfoOf(
  ask: Ask,
  { userinfo_endpoint: endpoint }: AuthorizationServer,
  trust: Trust,
  accessToken: string,
): Promise<Claims | Unavailable | undefined> {
  if (endpoint === undefined) return undefined
  const answer = await ask(new URL(endpoint), trust, {
    method: 'GET',
    headers: { authorization: `Bearer ${accessToken}` },
  })
  if ('rejected' in answer) return { unavailable: `UserInfo: ${answer.rejected}: ${answer.detail}` }
  if (answer.status !== 200) return { unavailable: `UserInfo: status ${answer.status}` }
  const read = readJson(answer.body)
  if ('value' in read && read.value instanceof Map) return read.value as Claims
  return { unavailable: 'UserInfo: no JSON object' }
}
