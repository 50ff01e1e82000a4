// Credentials for one program and what it starts, in the form in which containers get theirs: AWS's SDKs ask this endpoint, and ask it
// again before the credentials expire (AWS SDKs and Tools Reference Guide, "Container credential provider").
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isSameSecret } from '../core/digest.ts'
import { isoSeconds } from '../core/time.ts'
import { isForeign } from './foreign-headers.ts'
import type { RenewedCredentials } from './renewing.ts'

// Not imported: see send.ts.
const { createServer } = process.getBuiltinModule('node:http')

export interface ContainerEndpoint {
  /** AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN. */
  readonly variables: Readonly<Record<string, string>>
  close(): void
}

const path = '/credentials'

/** Listens on this machine's own address. What cannot be given is answered with why, for whoever reads the program's output. */
export async function serveCredentials({ current }: RenewedCredentials): Promise<ContainerEndpoint> {
  const secret = randomBytes(32).toString('base64url')
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, host, secret)
    if (refusal !== undefined) {
      const { status, ...body } = refusal
      return answer(response, status, body)
    }
    current().then(
      ({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token, expiration }) =>
        answer(response, 200, { AccessKeyId, SecretAccessKey, Token, Expiration: isoSeconds(expiration) }),
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

interface Refusal {
  readonly status: number
  readonly Code: string
  readonly Message: string
}

/** INVARIANT: whoever does not know the token gets no credentials, whichever way the request came. */
function refusalOf({ method, url, headers }: IncomingMessage, host: string, secret: string): Refusal | undefined {
  const refuse = (status: number, Code: string, Message: string) => ({ status, Code, Message })
  if (headers.host !== host || isForeign((name) => headers[name]))
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
