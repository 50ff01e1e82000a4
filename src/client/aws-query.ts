// A small client for Query services (STS, IAM), for Hallpass's own commands, which have no SDK: one signed POST, and the few
// members of the XML answer that a caller names.
import { createHash } from 'node:crypto'
import type { Secret } from '../core/secret.ts'
import { signRequest } from '../core/sigv4/sign.ts'
import { type Post, send } from './send.ts'

export interface QueryCall {
  /** `http://127.0.0.1:4600`. */
  readonly endpoint: URL
  readonly service: string
  readonly version: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secret: Secret; readonly token?: string }
  /** Parameters, including `Action`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly now: Date
  /** PEM of certificate authorities to trust instead of the system's. */
  readonly ca?: string
  /** In ms; 30,000 by default. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A call that nobody signs, as AssumeRoleWithWebIdentity's. */
export type UnsignedCall = Omit<QueryCall, 'credentials' | 'region' | 'now' | 'service'>

export type QueryAnswer =
  | { readonly xml: string }
  /** The service's own refusal. */
  | { readonly refused: string; readonly message: string; readonly requestId?: string; readonly status: number }
  /** No answer from the service: not reached, cut off, or not XML. */
  | { readonly failed: string }

const contentType = 'application/x-www-form-urlencoded; charset=utf-8'
const targetOf = ({ pathname }: URL) => (pathname === '' ? '/' : pathname)
const bodyOf = ({ parameters, version }: UnsignedCall) =>
  new URLSearchParams({ ...parameters, Version: version }).toString()

/** The request of a call, signed. */
export function signedQuery(
  call: Omit<QueryCall, 'ca' | 'timeoutMs' | 'signal'>,
): Pick<Post, 'url' | 'headers' | 'body'> {
  const { endpoint, service, region, credentials, now } = call
  const body = bodyOf(call)
  const target = targetOf(endpoint)
  const headers = new Map([
    ['host', endpoint.host],
    ['content-type', contentType],
  ])
  const { accessKeyId, secret, token } = credentials
  const signed = signRequest(
    { method: 'POST', target, headers },
    { accessKeyId, secret, region, service, now, ...(token === undefined ? {} : { token }) },
    createHash('sha256').update(body).digest('hex'),
  )
  return { url: new URL(target, endpoint), headers: Object.fromEntries(signed.headers), body }
}

/** Sends the call. Never rejects. Of the answer, only `xml` may contain credentials. */
export async function callQuery({ ca, timeoutMs, signal, ...call }: QueryCall | UnsignedCall): Promise<QueryAnswer> {
  const request =
    'credentials' in call
      ? signedQuery(call)
      : {
          url: new URL(targetOf(call.endpoint), call.endpoint),
          headers: { 'content-type': contentType },
          body: bodyOf(call),
        }
  const answer = await send({
    ...request,
    ...(ca === undefined ? {} : { ca }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  })
  return 'failed' in answer ? answer : readQuery(answer.status, answer.text)
}

/** What a service's answer says. */
export function readQuery(status: number, xml: string): QueryAnswer {
  if (status === 200) return { xml }
  const code = textOf(xml, 'Code')
  if (code === undefined) return { failed: `an answer with status ${status} that is not an AWS error` }
  const requestId = textOf(xml, 'RequestId')
  const message = textOf(xml, 'Message') ?? ''
  return { refused: code, message, status, ...(requestId === undefined ? {} : { requestId }) }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The text of the first element with this name; undefined unless it holds only text. */
export function textOf(xml: string, name: string): string | undefined {
  const open = `<${name}>`
  const start = xml.indexOf(open)
  if (start < 0) return undefined
  const end = xml.indexOf('<', start + open.length)
  if (end < 0 || !xml.startsWith(`</${name}>`, end)) return undefined
  return xml.slice(start + open.length, end).replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi, decode)
}

function decode(whole: string, hex: string | undefined, decimal: string | undefined, name: string | undefined): string {
  if (name !== undefined) return entities[name] ?? whole
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return point <= 0x10ffff ? String.fromCodePoint(point) : whole
}
