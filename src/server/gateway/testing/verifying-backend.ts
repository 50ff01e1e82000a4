// A backend for tests that believes nothing: it verifies the gateway's signature (key, region, service, body), refuses a session token
// and every header that the gateway should not send, notes what came, and answers from a script or passes the request on to a server
// that verifies nothing.
import { hash } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  request as passOn,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { readHeaders } from '../../../core/http.ts'
import { Secret } from '../../../core/secret.ts'
import { readAuthorization } from '../../../core/sigv4/credential.ts'
import { verify } from '../../../core/sigv4/verify.ts'

export interface Seen {
  readonly target: string
  /** By lower-cased name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** The access key that signed it; undefined of an unsigned one. */
  readonly accessKeyId: string | undefined
}

export interface Scripted {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export interface VerifyingOptions {
  /** Access key ids and their secrets; `none`: requests must not be signed. */
  readonly keys: Readonly<Record<string, string>> | 'none'
  readonly region: string
  readonly service?: string
  readonly now: () => Date
  /** URL of the server that answers what was verified, `http://127.0.0.1:…`. Or `answer`, below. */
  readonly before?: string
  readonly tls?: ServerOptions
  readonly port?: number
}

export interface VerifyingBackend {
  /** `http://127.0.0.1:…`; with TLS, `https://localhost:…`. */
  readonly url: string
  /** Requests that were verified, in order. */
  readonly seen: Seen[]
  /** Why others were refused: a test asks that this is empty. */
  readonly refused: string[]
  /** Connections that were ever made, and that are open. */
  connections(): { readonly made: number; readonly open: number }
  /** How requests are answered, unless it stands before a server. A promise holds the answer back. */
  answer: (seen: Seen) => Scripted | Promise<Scripted>
  /** Closes all connections, without a word. */
  cut(): void
  close(): Promise<void>
}

const sentAlways = ['host', 'content-type', 'content-length', 'x-amz-target', 'accept-encoding', 'connection']
const sentSigned = [...sentAlways, 'x-amz-date', 'authorization'].sort()

export async function verifyingBackend(options: VerifyingOptions): Promise<VerifyingBackend> {
  const { before, tls, port = 0 } = options
  const sockets = new Set<Socket>()
  let made = 0
  const listener: RequestListener = async (request, response) => {
    const body = await bytesOf(request)
    const checked = check(request, body, options)
    if (typeof checked === 'string') {
      backend.refused.push(checked)
      return write(response, {
        status: 400,
        body: JSON.stringify({ __type: 'com.amazon.coral.service#InvalidSignatureException', message: checked }),
      })
    }
    backend.seen.push(checked)
    if (before === undefined) write(response, await backend.answer(checked))
    else relay(before, request, body, response)
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.on('connection', (socket: Socket) => {
    made++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: opened } = server.address() as AddressInfo
  const backend: VerifyingBackend = {
    url: tls === undefined ? `http://127.0.0.1:${opened}` : `https://localhost:${opened}`,
    seen: [],
    refused: [],
    connections: () => ({ made, open: sockets.size }),
    answer: () => ({ body: '{}' }),
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  return backend
}

/** The request, or why it is refused. */
function check(request: IncomingMessage, body: Buffer, options: VerifyingOptions): Seen | string {
  const { keys, region, service = 'dynamodb', now } = options
  const headers = readHeaders(request.rawHeaders)
  if (!('get' in headers)) return `${headers.repeated} stands twice`
  const { method = '', url = '' } = request
  if (method !== 'POST' || url !== '/') return `${method} ${url} is no such request`
  if (headers.has('x-amz-security-token')) return 'a session token has come'
  const names = [...headers.keys()].sort()
  const expected = keys === 'none' ? [...sentAlways].sort() : sentSigned
  if (names.join() !== expected.join()) return `the headers are ${names.join()}`
  if (headers.get('content-type') !== 'application/x-amz-json-1.0') return `type ${headers.get('content-type')}`
  if (headers.get('accept-encoding') !== 'identity') return `accepts ${headers.get('accept-encoding')}`
  const seen = { target: headers.get('x-amz-target') ?? '', headers, body: body.toString() }
  if (keys === 'none') return { ...seen, accessKeyId: undefined }
  const message = { method, target: url, headers }
  const presented = readAuthorization(message)
  if (presented === undefined || 'rejected' in presented) return `not signed: ${JSON.stringify(presented)}`
  const secret = keys[presented.keyId]
  if (secret === undefined) return `${presented.keyId} is no key of this backend`
  const verdict = verify(message, presented, {
    secret: new Secret(secret),
    payloadHash: hash('sha256', body, 'hex'),
    now: now(),
    services: [service],
    regions: new Set([region]),
  })
  if (!('ok' in verdict)) return `the signature is refused: ${verdict.rejected}`
  for (const name of ['x-amz-target', 'content-type', 'content-length', 'x-amz-date'])
    if (!presented.signedHeaders.includes(name)) return `${name} is not signed`
  return { ...seen, accessKeyId: presented.keyId }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    // The gateway went away: there is nobody to answer.
  }
  return Buffer.concat(chunks)
}

function write(response: ServerResponse, { status = 200, headers = {}, body }: Scripted): void {
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'content-length': length, ...headers })
  response.end(body)
}

/** Sends the same request to another server, and its answer back. */
function relay(to: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const outgoing = passOn(to, { method: 'POST', headers: request.headers, agent: false }, (answer) => {
    const { statusCode = 500, headers } = answer
    const kept = ['content-type', 'content-length', 'x-amz-crc32', 'x-amzn-requestid']
    for (const name of kept) if (headers[name] !== undefined) response.setHeader(name, headers[name])
    response.writeHead(statusCode)
    answer.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  response.on('close', () => outgoing.destroy())
  outgoing.end(body)
}
