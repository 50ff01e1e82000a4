// Credentials for one program and what it starts, in the form in which containers get theirs: AWS's SDKs ask this endpoint, and ask it
// again before the credentials expire (AWS SDKs and Tools Reference Guide, "Container credential provider").
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isSameSecret } from '../core/digest.ts'
import type { TemporaryCredentials } from '../wire/api-answers.ts'

// Not imported: see send.ts.
const { createServer } = process.getBuiltinModule('node:http')

/** What cannot be given, in a sentence for whoever reads the program's output. */
export class NotGiven extends Error {
  override readonly name = 'NotGiven'
  /** The server refused them; false: it gave no answer. */
  readonly isRefused: boolean
  constructor(message: string, isRefused = true) {
    super(message)
    this.isRefused = isRefused
  }
}

export interface ContainerEndpoint {
  /** AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN. */
  readonly variables: Readonly<Record<string, string>>
  close(): void
}

export interface EndpointParts {
  readonly clock: () => Date
  /** Rejects NotGiven. */
  readonly ask: () => Promise<TemporaryCredentials>
}

/**
 * Credentials are given for so long, and then asked for anew: whoever may have them no more, or cannot be asked about, is told here, and not
 * by whatever the program calls with dead ones.
 */
const givenForMs = 60_000
/** While the server gives no answer, those with more left are given. SDKs ask when they have 5 to 15 minutes, and some use shorter ones past their end. */
const freshMs = 20 * 60_000
const path = '/credentials'

/** Listens on this machine's own address, with the credentials that it has asked for already. Rejects NotGiven. */
export async function serveCredentials({ clock, ask }: EndpointParts): Promise<ContainerEndpoint> {
  let held = { credentials: await ask(), at: clock().getTime() }
  let asking: Promise<void> | undefined

  async function current(): Promise<TemporaryCredentials> {
    const now = clock().getTime()
    if (now - held.at < givenForMs) return held.credentials
    const left = Date.parse(held.credentials.Expiration) - now
    // All who ask meanwhile wait for the one request.
    asking ??= ask()
      .then((credentials) => {
        held = { credentials, at: clock().getTime() }
      })
      .finally(() => {
        asking = undefined
      })
    await asking.catch((error) => {
      if (!(error instanceof NotGiven) || error.isRefused || left < freshMs) throw error
    })
    return held.credentials
  }

  const secret = randomBytes(32).toString('base64url')
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, host, secret)
    if (refusal !== undefined) {
      const { status, ...body } = refusal
      return answer(response, status, body)
    }
    current().then(
      ({ SessionToken: Token, ...credentials }) => answer(response, 200, { ...credentials, Token }),
      (error: Error) => answer(response, 403, { Code: 'AccessDenied', Message: error.message }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    variables: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${host}${path}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: secret,
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Headers that a program's own request never has: they come from a browser, or through something that forwards. */
const foreign = ['origin', 'referer', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'via']

interface Refusal {
  readonly status: number
  readonly Code: string
  readonly Message: string
}

/** INVARIANT: whoever does not know the token gets no credentials, whichever way the request came. */
function refusalOf({ method, url, headers }: IncomingMessage, host: string, secret: string): Refusal | undefined {
  const refuse = (status: number, Code: string, Message: string) => ({ status, Code, Message })
  if (headers.host !== host || foreign.some((name) => headers[name] !== undefined))
    return refuse(403, 'AccessDenied', 'This endpoint is for programs on this machine.')
  if (method !== 'GET') return refuse(405, 'MethodNotAllowed', 'Credentials are read with GET.')
  if (url !== path) return refuse(404, 'NotFound', 'There is nothing here.')
  if (!isSameSecret(headers.authorization ?? '', secret))
    return refuse(401, 'Unauthorized', 'The authorization token is missing or wrong.')
  return undefined
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
