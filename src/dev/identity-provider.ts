// The identity provider of development mode, Example Corp's: an OpenID Connect provider on the host of the pages, where a
// visitor signs in by choosing a person. Its keys last as long as the process. Only `hallpass dev` serves it.
import { generateKeyPair } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import type { Context, Provider } from 'oidc-provider'
import type { Reply } from '../server/exchange.ts'
import { createCookie } from '../server/pages/cookie.ts'
import type { FormFields } from '../server/pages/form.ts'
import { createFormGuard } from '../server/pages/form-guard.ts'
import type { Page, PageRequest } from '../server/pages/page.ts'
import type { Site } from '../server/pages/site.ts'
import { type InProcess, innerOf, inProcess } from './in-process.ts'
import { memory } from './memory-adapter.ts'
import { called, type Person } from './people.ts'
import { chooser, refusal } from './sign-in-page.ts'

export interface ProviderOptions {
  /** The public URL followed by `providerPath`. */
  readonly issuer: string
  readonly site: Site
  readonly people: readonly Person[]
  readonly client: Client
  readonly clock: () => Date
  readonly random: (bytes: number) => Buffer
  readonly fail: (error: unknown) => void
}

/** The one application that signs people in with it. It has no secret: PKCE binds a code to the application that began the sign-in. */
export interface Client {
  readonly id: string
  readonly redirect: string
}

export interface IdentityProvider {
  readonly pages: readonly Page[]
  /** Exchanges an authorization code (RFC 6749, 4.1.3) for the ID token; undefined when the code is refused. */
  redeem(code: string, verifier: string): Promise<string | undefined>
}

/** Below the public URL. */
export const providerPath = '/idp'
/** Where an application sends a browser to sign in (RFC 6749, 3.1). */
export const authorizationPath = `${providerPath}/auth`
const peoplePath = `${providerPath}/people`
/** Claims that set the session tags and the source identity of a session (STS API Reference). */
const tagsClaim = 'https://aws.amazon.com/tags'
const sourceClaim = 'https://aws.amazon.com/source_identity'

const makePair = promisify(generateKeyPair)

/** Makes the provider. It loads the oidc-provider package when the first request comes. */
export function createIdentityProvider(options: ProviderOptions): IdentityProvider {
  const { issuer, client, site, people, random } = options
  const at = new URL(issuer)
  // From the configured URL, never from a request's own headers.
  const fixed = { host: at.host, 'x-forwarded-proto': at.protocol.slice(0, -1) }
  let made: Promise<Running> | undefined
  const running = () => {
    made ??= start(options).then((provider) => ({
      endpoints: inProcess(endpointsOf(provider, options)),
      interactions: inProcess(interactionsOf(provider, options)),
    }))
    return made
  }
  // This cookie identifies no person: it binds forms to a browser. The package has its own cookies for sign-ins.
  const cookie = createCookie({ site, name: 'hallpass_idp', allowsHttp: true, random })
  const guard = createFormGuard({ site, cookie, key: random(32) })
  const names = new Set(people.map(({ name }) => name))

  /** Asks about the sign-in that this browser has begun, or ends it as the named person. */
  const interaction = async ({ exchange }: PageRequest, method: 'GET' | 'POST', name = '') =>
    (await running()).interactions({
      ...(await innerOf(exchange, at.pathname, fixed)),
      method,
      body: Buffer.from(name),
    })

  async function choose(request: PageRequest, fields?: FormFields): Promise<Reply> {
    if ((await interaction(request, 'GET')).status !== 204) return refusal(site, 'This sign-in is over. Start again.')
    const form = guard.issue(request.exchange, request.path)
    if (fields === undefined) return chooser(site, people, form)
    const name = fields.get('person') ?? ''
    if (!names.has(name)) return chooser(site, people, form, { problem: 'Choose one of these people.' })
    return interaction(request, 'POST', name)
  }

  return {
    pages: [
      { method: 'GET', path: `${peoplePath}/:uid`, handle: (request) => choose(request) },
      { method: 'POST', path: `${peoplePath}/:uid`, guard, fields: ['person'], handle: choose },
      {
        method: '*',
        path: `${providerPath}/*`,
        handle: async ({ exchange }) => (await running()).endpoints(await innerOf(exchange, at.pathname, fixed)),
      },
    ],
    async redeem(code, verifier) {
      const form = { grant_type: 'authorization_code', client_id: client.id, redirect_uri: client.redirect }
      const reply = await (await running()).endpoints({
        method: 'POST',
        target: '/token',
        headers: { ...fixed, 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(new URLSearchParams({ ...form, code, code_verifier: verifier }).toString()),
      })
      return reply.status === 200 ? (JSON.parse(String(reply.body)) as { id_token: string }).id_token : undefined
    },
  }
}

/** The running package: the endpoints for browsers and clients, and the interactions that only our own page may use. */
interface Running {
  readonly endpoints: InProcess
  readonly interactions: InProcess
}

async function start({ issuer, site, people, client, clock, random, fail }: ProviderOptions): Promise<Provider> {
  const { Provider } = await import('oidc-provider')
  const { privateKey } = await makePair('rsa', { modulusLength: 2048 })
  const byName = new Map(people.map((person) => [person.name, person]))
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
      const person = byName.get(name)
      return person && { accountId: person.name, claims: () => claimsOf(person) }
    },
    claims: {
      openid: ['sub', tagsClaim, sourceClaim],
      profile: ['name'],
      email: ['email', 'email_verified'],
    },
    // The claims must be in the ID token itself, because STS gets only that.
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'email'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `${at(issuer)}/people/${uid}` },
    loadExistingGrant: grantAll,
    renderError(context: Context, error: { error: string; error_description?: string }) {
      const { headers, body } = refusal(site, error.error_description ?? error.error)
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

/** The company's own application needs no consent. */
async function grantAll({ oidc: { session, client, provider } }: Context) {
  if (session?.accountId === undefined || client === undefined) return undefined
  const grantId = session.grantIdFor(client.clientId)
  if (grantId !== undefined) return provider.Grant.find(grantId)
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
  grant.addOIDCScope('openid profile email')
  await grant.save()
  return grant
}

function endpointsOf(provider: Provider, { issuer }: ProviderOptions): RequestListener {
  const callback = provider.callback()
  return (request, response) => {
    // This tells the package that it is mounted below a path.
    Object.assign(request, { originalUrl: at(issuer) + (request.url ?? '/') })
    callback(request, response)
  }
}

/** GET: 204 when this browser has begun the sign-in, else 404. POST: ends it as the person that the body names. */
function interactionsOf(provider: Provider, { fail }: ProviderOptions): RequestListener {
  async function answer(request: IncomingMessage, response: ServerResponse) {
    // Rejects unless the request has the cookie of this very interaction: no other browser can choose for somebody.
    const interaction = await provider.interactionDetails(request, response).catch(() => undefined)
    if (interaction === undefined || request.method === 'GET') {
      response.writeHead(interaction === undefined ? 404 : 204).end()
      return
    }
    let name = ''
    for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) name += chunk
    await provider.interactionFinished(request, response, { login: { accountId: name } })
  }
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      fail(error)
      response.destroy()
    })
  }
}
