// A server that signs people in, for tests of the command line: it speaks the wire of src/wire/sign-in-oauth.ts and broker-api.ts, and
// says and checks what a test wants. The real one is tried in conformance/clients.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import type { CredentialsAnswer, CredentialsRequest, OfferedRole, RolesAnswer } from '../../wire/broker-api.ts'
import { brokerPaths } from '../../wire/broker-api.ts'
import { deviceGrant, oauthPaths } from '../../wire/sign-in-oauth.ts'

export interface FakeServer {
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly requests: string[]
  /** What was sent to each, in order. */
  readonly sent: { readonly path: string; readonly body: Readonly<Record<string, string>> | CredentialsRequest }[]
  now: Date
  roles: OfferedRole[]
  region: string
  /** Seconds. */
  lifetime: number
  accessLifetime: number
  /** Why nothing is renewed any more. */
  over: string | undefined
  /** Answers of `device`'s polls that come before the tokens. */
  pending: string[]
  devices: boolean
  /** Every token that was given. */
  readonly secrets: string[]
}

const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

export const role = (name: string, account = '111122223333', more: Partial<OfferedRole> = {}): OfferedRole => ({
  ...{ arn: `arn:aws:iam::${account}:role/${name}`, name, account, sessionSeconds: 3600, multiFactor: false },
  ...more,
})

export async function fakeSignInServer(): Promise<FakeServer> {
  const codes = new Map<string, { challenge: string; redirectUri: string }>()
  const refreshTokens = new Set<string>()
  const accessTokens = new Map<string, number>()
  const fresh = () => {
    const secret = randomBytes(32).toString('base64url')
    fake.secrets.push(secret)
    return secret
  }
  const fake = {
    ...{ url: '', requests: [] as string[], sent: [] as FakeServer['sent'], now: new Date(), roles: [role('reader')] },
    ...{ lifetime: 3600, accessLifetime: 600, over: undefined as string | undefined, pending: [] as string[] },
    ...{ region: 'eu-west-1', devices: false, secrets: [] as string[] },
  }
  function tokens(response: ServerResponse) {
    const [access, refresh] = [fresh(), fresh()]
    refreshTokens.add(refresh)
    accessTokens.set(access, fake.now.getTime() + fake.accessLifetime * 1000)
    return json(response, 200, {
      ...{ access_token: access, token_type: 'Bearer', expires_in: fake.accessLifetime, refresh_token: refresh },
      ...{ sign_in_expires_in: 43_200, connector: 'corp', login: 'ann' },
    })
  }
  const invalid = (response: ServerResponse, error: string, error_description: string) =>
    json(response, 400, { error, error_description })

  function token(form: URLSearchParams, response: ServerResponse) {
    const kind = form.get('grant_type')
    if (fake.over !== undefined) return invalid(response, 'invalid_grant', fake.over)
    if (kind === 'authorization_code') {
      const code = codes.get(form.get('code') ?? '')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      codes.delete(form.get('code') ?? '')
      const holds = code?.challenge === challenge && code.redirectUri === form.get('redirect_uri')
      return holds ? tokens(response) : invalid(response, 'invalid_grant', 'The code is not good.')
    }
    if (kind === 'refresh_token' && refreshTokens.delete(form.get('refresh_token') ?? '')) return tokens(response)
    if (kind === deviceGrant) {
      const next = fake.pending.shift()
      return next === undefined ? tokens(response) : invalid(response, next, next)
    }
    return invalid(response, 'invalid_grant', 'The refresh token was used before.')
  }

  function broker(
    path: string,
    body: CredentialsRequest,
    headers: IncomingMessage['headers'],
    response: ServerResponse,
  ) {
    const ends = accessTokens.get(headers.authorization?.replace('Bearer ', '') ?? '') ?? 0
    if (ends <= fake.now.getTime() || fake.over !== undefined)
      return json(response, 401, { code: 'UnauthorizedException', message: 'Sign in.', requestId: 'r-1' })
    const place = { apiUrl: `${fake.url}/api`, region: fake.region, requestId: 'r-1' }
    if (path === brokerPaths.console) return json(response, 200, { url: `${fake.url}/console/once`, requestId: 'r-1' })
    if (path === brokerPaths.roles) {
      const answer: RolesAnswer = { ...place, connector: 'corp', login: 'ann', roles: fake.roles, entitlements: [] }
      return json(response, 200, answer)
    }
    const wanted = 'role' in body ? body.role : undefined
    if (!fake.roles.some(({ arn }) => arn === wanted))
      return json(response, 403, { code: 'AccessDenied', message: 'You may not have this role.', requestId: 'r-2' })
    const answer: CredentialsAnswer = {
      ...place,
      Credentials: {
        ...{ AccessKeyId: `ASIA${fake.requests.length}`, SecretAccessKey: fresh(), SessionToken: fresh() },
        Expiration: new Date(fake.now.getTime() + fake.lifetime * 1000).toISOString().replace(/\.\d+/, ''),
      },
    }
    return json(response, 200, answer)
  }

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const { pathname, searchParams: query } = new URL(incoming.url ?? '', fake.url)
    fake.requests.push(pathname)
    if (pathname === oauthPaths.authorize) {
      const code = randomBytes(8).toString('hex')
      const redirectUri = query.get('redirect_uri') ?? ''
      codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri })
      const back = new URLSearchParams({ code, state: query.get('state') ?? '' })
      if (redirectUri.startsWith(fake.url)) return response.end(code)
      return response.writeHead(303, { location: `${redirectUri}?${back}` }).end()
    }
    const isBroker = pathname.startsWith('/broker/')
    const form = new URLSearchParams(text)
    const body = isBroker ? (JSON.parse(text) as CredentialsRequest) : Object.fromEntries(form)
    fake.sent.push({ path: pathname, body })
    if (isBroker) return broker(pathname, body as CredentialsRequest, incoming.headers, response)
    if (pathname === oauthPaths.token) return token(form, response)
    if (pathname === oauthPaths.device) {
      if (!fake.devices)
        return json(response, 403, {
          error: 'unauthorized_client',
          error_description: 'Device codes are not given here.',
        })
      return json(response, 200, {
        ...{
          device_code: 'd',
          user_code: 'ABCD-EFGH',
          verification_uri: `${fake.url}/signin/device`,
          expires_in: 600,
          interval: 0,
        },
      })
    }
    return json(response, 200, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return fake
}

/** What a browser does with the page: follows it to where it leads. Resolves to the body of the last page. */
export const visit = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { location } = response.headers
        if (location !== undefined) return visit(location).then(resolve, reject)
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
    })
      .on('error', reject)
      .end()
  })
