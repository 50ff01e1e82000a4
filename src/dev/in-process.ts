// Runs a node:http request handler without a port: requests reach it through a pair of streams. So a library that needs
// Node's own request and response objects runs behind our listener, and no request can bypass the listener's rules.
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import type { Exchange, Reply } from '../server/exchange.ts'
import { isRepeated } from '../server/exchange.ts'

export interface Inner {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Answers a request. Rejects when the handler closes the connection early. */
export type InProcess = (request: Inner) => Promise<Reply>

/** Headers of one connection (RFC 9110, 7.6.1), and those that our listener sets itself: they are not passed on. */
const hopHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'upgrade', 'te'])

export function inProcess(listener: RequestListener): InProcess {
  const server = createServer(listener)
  return ({ method, target, headers, body }) =>
    new Promise((resolve, reject) => {
      const [near, far] = duplexPair()
      server.emit('connection', far)
      const outgoing = request(
        {
          method,
          path: target,
          headers: { ...headers, 'content-length': String(body.length), connection: 'close' },
          createConnection: () => near as unknown as Socket,
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () => resolve(replyOf(answer, Buffer.concat(chunks))))
          answer.on('error', reject)
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
}

function replyOf({ statusCode = 500, rawHeaders }: IncomingMessage, body: Buffer): Reply {
  const headers: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!hopHeaders.has(name.toLowerCase())) headers.push(name, rawHeaders[at + 1] ?? '')
  }
  return { status: statusCode, headers, body }
}

const longestBody = 65_536

/** Turns an exchange of our listener into such a request, to the path after `from`. `headers` replace those that were sent. */
export async function innerOf(
  { message, body }: Exchange,
  from: string,
  headers: Readonly<Record<string, string>>,
): Promise<Inner> {
  if (isRepeated(message)) throw new TypeError('a repeated header is refused before any page')
  const sent = [...message.headers].filter(([name]) => !hopHeaders.has(name))
  return {
    method: message.method,
    target: message.target.slice(from.length),
    headers: { ...Object.fromEntries(sent), ...headers },
    body: await body.bytes(longestBody),
  }
}
