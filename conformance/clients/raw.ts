// Requests that no SDK would send: signed here, changed as a test needs, and written to the socket as they are.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { Message } from '../../src/core/http.ts'
import { Secret } from '../../src/core/secret.ts'
import { presign, type Signer, signRequest } from '../../src/core/sigv4/sign.ts'
import type { Keys } from './server.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** Of a refusal; '' otherwise. */
  readonly code: string
  readonly message: string
  readonly requestId: string
}

export interface Sent {
  readonly method: string
  readonly target: string
  /** name, value, name, value, … as they go on the wire. */
  readonly headers: readonly string[]
  readonly body: string | Buffer
}

export const form = (parameters: Readonly<Record<string, string>>) => new URLSearchParams(parameters).toString()
export const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

export const versions = { sts: '2011-06-15', iam: '2010-05-08' } as const

export interface Ask {
  readonly keys: Keys
  readonly now: Date
  readonly service?: 'sts' | 'iam'
  readonly parameters?: Readonly<Record<string, string>>
  readonly method?: string
  readonly target?: string
  readonly body?: string
  /** Further headers, signed like the rest. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signer?: Partial<Signer>
}

const signerOf = ({ keys, now, service = 'sts', signer }: Ask): Signer => ({
  accessKeyId: keys.accessKeyId,
  secret: new Secret(keys.secretAccessKey),
  token: keys.sessionToken,
  region: 'us-east-1',
  service,
  now,
  ...signer,
})

const bodyOf = ({ service = 'sts', parameters = {}, body }: Ask) =>
  body ?? form({ Action: 'GetCallerIdentity', Version: versions[service], ...parameters })

/** A POST of a form, signed in its Authorization header. */
export function signed(port: number, ask: Ask): Sent {
  const body = ask.method === 'GET' ? '' : bodyOf(ask)
  const target = ask.target ?? (ask.method === 'GET' ? `/?${bodyOf(ask)}` : '/')
  const headers = new Map([
    ['host', `127.0.0.1:${port}`],
    ...(body === '' ? [] : ([['content-type', 'application/x-www-form-urlencoded']] as const)),
    ...Object.entries(ask.headers ?? {}),
  ])
  const message = { method: ask.method ?? 'POST', target, headers }
  return sentOf(signRequest(message, signerOf(ask), sha256(body)), body)
}

/** A GET with everything in its URL. */
export function presigned(port: number, ask: Ask, expires = 60): Sent {
  const headers = new Map([['host', `127.0.0.1:${port}`], ...Object.entries(ask.headers ?? {})])
  return sentOf(presign({ method: 'GET', target: `/?${bodyOf(ask)}`, headers }, signerOf(ask), expires), '')
}

const sentOf = ({ method, target, headers }: Message, body: string): Sent => ({
  method,
  target,
  headers: [...headers].flat(),
  body,
})

/** The same with a header's value replaced, in its place; added when it was not there. */
export function withHeader(sent: Sent, name: string, change: (value: string) => string): Sent {
  const headers = [...sent.headers]
  const at = headers.findIndex((one, index) => index % 2 === 0 && one === name)
  if (at < 0) headers.push(name, change(''))
  else headers[at + 1] = change(headers[at + 1] ?? '')
  return { ...sent, headers }
}

export const withoutHeader = (sent: Sent, name: string): Sent => {
  const at = sent.headers.indexOf(name)
  return { ...sent, headers: sent.headers.toSpliced(at, at < 0 ? 0 : 2) }
}

/** Sends it and reads the answer, in Query's XML, its JSON, or a JSON service's. */
export function send(port: number, { method, target, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const raw = [...headers]
    if (body.length > 0 && !raw.includes('content-length') && !raw.includes('transfer-encoding')) {
      raw.push('content-length', String(Buffer.byteLength(body)))
    }
    const sending = httpRequest(
      { host: '127.0.0.1', port, method, path: target, headers: raw, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        // Cut short.
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const refusal = refusalOf(text)
          // Of REST in JSON.
          const code = refusal.code || String(response.headers['x-amzn-errortype'] ?? '')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, ...refusal, code })
        })
      },
    )
    sending.on('error', reject)
    sending.end(body)
  })
}

/** Bytes on a socket, for what no HTTP client sends: answers everything until the server closes. */
export function sendBytes(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

/** All bytes of a request with its head, as they go on the wire. */
export function bytesOf({ headers, body }: Sent, more: readonly string[] = [`content-length: ${body.length}`]): string {
  const lines = Array.from({ length: headers.length / 2 }, (_, at) => `${headers[2 * at]}: ${headers[2 * at + 1]}`)
  return `POST / HTTP/1.1\r\n${[...lines, ...more].join('\r\n')}\r\n\r\n`
}

/** Bytes on a socket that stays open until the server has closed it: one that half closes is a caller that goes away. */
export async function sendOpen(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
  })
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#34': '"',
}

function element(text: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''
  return found
    .replace(/&#x([0-9a-fA-F]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&([a-z]+|#\d+);/g, (all, entity: string) => entities[entity] ?? all)
}

function refusalOf(text: string): Pick<Answer, 'code' | 'message' | 'requestId'> {
  if (!text.startsWith('{')) {
    return { code: element(text, 'Code'), message: element(text, 'Message'), requestId: element(text, 'RequestId') }
  }
  const read = JSON.parse(text) as {
    readonly Error?: { readonly Code?: string; readonly Message?: string }
    readonly RequestId?: string
    readonly __type?: string
    readonly message?: string
    readonly Message?: string
  }
  return {
    code: read.Error?.Code ?? read.__type?.replace(/^.*#/, '') ?? '',
    message: read.Error?.Message ?? read.message ?? read.Message ?? '',
    requestId: read.RequestId ?? '',
  }
}
