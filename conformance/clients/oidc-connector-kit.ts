// What tests of OpenID Connect connectors run on: a server whose people table has the connectors of two providers, and those
// providers, which keep to the protocol unless a test says otherwise.
import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Secret } from '../../src/core/secret.ts'
import { authority, newKey, type SigningKey, signToken } from '../../src/federation/testing/idp.ts'
import { type Browser, browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import type { OidcConnector, PeopleTable } from '../../src/service/contracts/people-table.ts'
import { publicUrl, toServer } from './console-tools.ts'
import { testServer } from './server.ts'
import { testIdp } from './web-identity-servers.ts'

export const signInUrl = `${publicUrl}/signin`
export const startUrl = (name: string) => `${signInUrl}/with/${name}/start`
export const callbackUrl = (name: string) => `${signInUrl}/with/${name}/callback`

type Claims = Readonly<Record<string, unknown>>

/** What a provider knows of a code that it gave out. */
interface Granted {
  readonly challenge: string
  readonly redirectUri: string
  readonly claims: Claims
}

export interface TokenAnswer {
  readonly status?: number
  readonly body: unknown
}

export interface Op {
  readonly issuer: string
  readonly key: SigningKey
  /** Forms that the token endpoint was sent, and the Authorization header of each. */
  readonly asked: { readonly form: URLSearchParams; readonly authorization: string | undefined }[]
  /** Signs somebody in at the provider: where it sends the browser back to. */
  authorize(location: string, claims?: Claims): URL
  /** Replaces the answer of the token endpoint. */
  answers: ((honest: TokenAnswer, form: URLSearchParams) => TokenAnswer | Promise<TokenAnswer>) | undefined
  /** Replaces the claims of the ID tokens that it signs. */
  claims: Claims
  /** Who has the refresh token that is good now. */
  readonly refreshes: Map<string, Claims>
  /** What the UserInfo endpoint answers; undefined: that it is not there. */
  userInfo: unknown
  /** While set, every connection is dropped. */
  down(is: boolean): void
  idToken(claims: Claims, header?: object): Promise<string>
}

const clock = { now: new Date('2026-09-01T12:00:05.500Z') }

async function startOp(): Promise<Op> {
  const key = await newKey()
  const idp = await testIdp({ keys: [key] })
  const { issuer } = idp
  const codes = new Map<string, Granted>()
  let drawn = 0
  const draw = (what: string) => `${what}-${++drawn}`
  idp.discovery = {
    authorization_endpoint: `${issuer}/auth?tenant=1`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: ['RS256'],
  }

  async function tokens(claims: Claims): Promise<TokenAnswer> {
    const refresh = draw('refresh')
    const { nonce: _, ...lasting } = claims
    op.refreshes.set(refresh, lasting)
    return {
      body: {
        ...{ access_token: 'access', token_type: 'Bearer', expires_in: 300, refresh_token: refresh },
        id_token: await op.idToken(claims),
      },
    }
  }

  async function honest(form: URLSearchParams): Promise<TokenAnswer> {
    if (form.get('grant_type') === 'refresh_token') {
      const token = form.get('refresh_token') ?? ''
      const claims = op.refreshes.get(token)
      op.refreshes.delete(token)
      return claims === undefined ? { status: 400, body: { error: 'invalid_grant' } } : tokens(claims)
    }
    const granted = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = hash('sha256', form.get('code_verifier') ?? '', 'base64url')
    if (granted?.challenge !== challenge || granted.redirectUri !== form.get('redirect_uri'))
      return { status: 400, body: { error: 'invalid_grant' } }
    return tokens(granted.claims)
  }

  const json = (response: ServerResponse, { status = 200, body }: TokenAnswer) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const textOf = async (request: IncomingMessage) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  }
  idp.answers.set('/token', async (request, response) => {
    const form = new URLSearchParams(await textOf(request))
    op.asked.push({ form, authorization: request.headers.authorization })
    const answer = await honest(form)
    json(response, (await op.answers?.(answer, form)) ?? answer)
  })
  idp.answers.set('/userinfo', (_request, response) =>
    op.userInfo === undefined ? json(response, { status: 404, body: {} }) : json(response, { body: op.userInfo }),
  )

  const op: Op = {
    ...{ issuer, key, asked: [], claims: {}, answers: undefined, refreshes: new Map(), userInfo: noMore },
    authorize(location, claims = {}) {
      const sent = new URL(location).searchParams
      const code = draw('code')
      codes.set(code, {
        challenge: sent.get('code_challenge') ?? '',
        redirectUri: sent.get('redirect_uri') ?? '',
        claims: { ...ann, nonce: sent.get('nonce'), ...claims },
      })
      const back = new URL(sent.get('redirect_uri') ?? '')
      for (const [name, value] of Object.entries({ code, state: sent.get('state') ?? '', iss: issuer }))
        back.searchParams.set(name, value)
      return back
    },
    down(is) {
      idp.down = is
    },
    idToken: (claims, header = {}) =>
      signToken(issuer, key, clock.now, { header, claims: { ...claims, ...op.claims } }),
  }
  return op
}

/** Whom the providers sign in. */
export const ann = { sub: 'u-1', aud: 'hallpass', preferred_username: 'ann', groups: ['Engineers', 'urn:example:all'] }

/** UserInfo that has no more than the token. */
export const noMore = { sub: 'u-1' }

export const one = await startOp()
export const two = await startOp()

const connector = (name: string, { issuer }: Op, more: Partial<OidcConnector> = {}): OidcConnector => ({
  ...{ kind: 'oidc', name, title: name, hidden: false, signInSeconds: 3600, issuer, clientId: 'hallpass' },
  ...{ scopes: ['openid', 'profile', 'offline_access'], loginClaim: 'preferred_username', groupsClaim: 'groups' },
  ...{ multiFactorAmr: ['mfa'], tags: new Map([['Department', 'department']]), graceSeconds: 0 },
  ...{ ca: authority, allow: ['127.0.0.0/8'], clientSecret: new Secret('s3cret:%') },
  ...more,
})

const { clientSecret: _, ...open } = connector('public', one)
export const table: { current: PeopleTable } = {
  current: {
    ...{ version: 1, brokers: [], targets: [], assignments: [], deviceNetworks: [] },
    connectors: [connector('one', one), connector('two', two), connector('same', one), open],
  },
}

export const server = await testServer({
  clock,
  settings: { 'public-url': publicUrl },
  bounds: { refusals: { perSecond: 10_000, perAddress: 10_000, bytesPerDay: 1 << 24 } },
  people: { table: async () => table.current },
})

export const visitor = (): Browser => browser(toServer(server))

/** Where an answer leads. */
export const leads = ({ headers, url }: Shown): string => new URL(headers.get('location') ?? '', url).href

/** Begins at a connector: where the browser is sent. */
export async function begin(person: Browser, name: string, more = ''): Promise<string> {
  const begun = await person.ask(startUrl(name) + more)
  if (begun.status !== 303) throw new Error(`${begun.status}: ${begun.text}`)
  return leads(begun)
}

/** The whole way at a connector: what the callback answers. */
export async function signIn(person: Browser, name: string, op: Op, claims?: Claims): Promise<Shown> {
  return person.ask(op.authorize(await begin(person, name), claims).href)
}

/** Who is signed in, by connector and person. */
export async function signedIn(): Promise<readonly string[]> {
  const all = await server.engine.people.signIns.list(clock.now)
  return all.map(({ connector: name, personId, login }) => `${name} ${personId} ${login}`)
}
