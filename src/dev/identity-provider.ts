// The identity provider of development mode: Example Corp's, an OpenID Connect provider under the pages' name in which
// one becomes a person by choosing them. Its keys live as long as the process. No server but that of `hallpass dev` has it.
import { generateKeyPair } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import type { Context, Provider } from 'oidc-provider'
import type { Reply } from '../server/exchange.ts'
import type { Page } from '../server/pages.ts'
import { innerOf, inProcess } from './in-process.ts'
import { memory } from './memory-adapter.ts'
import { called, type Person } from './people.ts'
import { chooser, refusal } from './sign-in-page.ts'

export interface ProviderOptions {
  /** Where it is: the public URL and `providerPath`. */
  readonly issuer: string
  /** Path of the page that one begins at. */
  readonly home: string
  readonly people: readonly Person[]
  readonly client: Client
  readonly clock: () => Date
  readonly random: (bytes: number) => Buffer
  readonly fail: (error: unknown) => void
}

/** The one application that signs people in with it. It has no secret: PKCE binds a code to who asked for it. */
export interface Client {
  readonly id: string
  readonly redirect: string
}

export interface IdentityProvider {
  readonly pages: readonly Page[]
  /** Trades an authorization code (RFC 6749, 4.1.3) for the ID token; undefined when it is refused. */
  redeem(code: string, verifier: string): Promise<string | undefined>
}

/** Below the public URL. */
export const providerPath = '/idp'
/** Session tags and the source identity of whoever assumes a role with a token (STS API Reference). */
const tagsClaim = 'https://aws.amazon.com/tags'
const sourceClaim = 'https://aws.amazon.com/source_identity'

const makePair = promisify(generateKeyPair)
const longestForm = 4096

/** Makes the provider; the package behind it is loaded when the first request comes. */
export function createIdentityProvider(options: ProviderOptions): IdentityProvider {
  const { issuer, client } = options
  const at = new URL(issuer)
  // From the configured URL, never from what a request says.
  const fixed = { host: at.host, 'x-forwarded-proto': at.protocol.slice(0, -1) }
  let made: Promise<ReturnType<typeof inProcess>> | undefined
  const running = () => {
    made ??= start(options).then((provider) => inProcess(listenerOf(provider, options)))
    return made
  }
  return {
    pages: [
      {
        method: '*',
        path: `${providerPath}/*`,
        handle: async ({ exchange }) => (await running())(await innerOf(exchange, at.pathname, fixed)),
      },
    ],
    async redeem(code, verifier) {
      const form = { grant_type: 'authorization_code', client_id: client.id, redirect_uri: client.redirect }
      const reply = await (await running())({
        method: 'POST',
        target: '/token',
        headers: { ...fixed, 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(new URLSearchParams({ ...form, code, code_verifier: verifier }).toString()),
      })
      return reply.status === 200 ? (JSON.parse(String(reply.body)) as { id_token: string }).id_token : undefined
    },
  }
}

async function start({ issuer, home, people, client, clock, random, fail }: ProviderOptions): Promise<Provider> {
  const { Provider } = await import('oidc-provider')
  const { privateKey } = await makePair('rsa', { modulusLength: 2048 })
  const known = new Map(people.map((person) => [person.name, person]))
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        redirect_uris: [client.redirect],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
      },
    ],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: random(8).toString('hex') }],
    },
    cookies: { keys: [random(32).toString('hex')] },
    findAccount: (_: Context, name: string) => {
      const person = known.get(name)
      return person && { accountId: person.name, claims: () => claimsOf(person) }
    },
    claims: {
      openid: ['sub', tagsClaim, sourceClaim],
      profile: ['name'],
      email: ['email', 'email_verified'],
    },
    // Claims stand in the ID token itself: it is what STS is shown.
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'email'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `${at(issuer)}/people/${uid}` },
    loadExistingGrant: grantAll,
    renderError(context: Context, error: { error: string; error_description?: string }) {
      const { headers, body } = refusal(home, error.error_description ?? error.error)
      context.type = 'html'
      for (let i = 0; i + 1 < headers.length; i += 2) context.set(headers[i] ?? '', headers[i + 1] ?? '')
      context.body = body
    },
    ttl: { IdToken: 3600, Interaction: 600, Session: 3600, Grant: 3600, AuthorizationCode: 60, AccessToken: 600 },
    adapter: memory(() => clock().getTime()),
  })
  provider.proxy = true
  provider.on('server_error', (_, error) => fail(error))
  return provider
}

const at = (issuer: string) => new URL(issuer).pathname

function claimsOf(person: Person) {
  const { name, email, team } = person
  return {
    sub: name,
    name: called(person),
    email,
    email_verified: true,
    [tagsClaim]: { principal_tags: { team: [team] }, transitive_tag_keys: ['team'] },
    [sourceClaim]: name,
  }
}

/** The company's own application needs nobody's consent. */
async function grantAll({ oidc: { session, client, provider } }: Context) {
  if (session?.accountId === undefined || client === undefined) return undefined
  const there = session.grantIdFor(client.clientId)
  if (there !== undefined) return provider.Grant.find(there)
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
  grant.addOIDCScope('openid profile email')
  await grant.save()
  return grant
}

/** The provider's own endpoints, and the page on which a person is chosen. */
function listenerOf(provider: Provider, { home, people, fail }: ProviderOptions) {
  const callback = provider.callback()
  const names = new Set(people.map(({ name }) => name))

  async function choose(request: IncomingMessage, response: ServerResponse) {
    // Throws unless the request has the cookie of this very interaction: no other site can choose for somebody.
    const found = await provider.interactionDetails(request, response).catch(() => undefined)
    if (found === undefined) return send(response, refusal(home, 'This sign-in is over. Start again.'))
    if (request.method === 'GET') return send(response, chooser(home, people))
    const name = new URLSearchParams(await formOf(request)).get('person') ?? ''
    if (request.method !== 'POST' || !names.has(name))
      return send(response, chooser(home, people, 'Choose one of these people.'))
    await provider.interactionFinished(request, response, { login: { accountId: name } })
  }

  return (request: IncomingMessage, response: ServerResponse) => {
    const { url = '/' } = request
    if (url.startsWith('/people/')) {
      choose(request, response).catch((error: unknown) => {
        fail(error)
        response.destroy()
      })
      return
    }
    // How the package is told that it is mounted below a path.
    Object.assign(request, { originalUrl: providerPath + url })
    callback(request, response)
  }
}

function send(response: ServerResponse, { status, headers, body }: Reply) {
  response.writeHead(status, [...headers])
  response.end(body)
}

async function formOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > longestForm) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
