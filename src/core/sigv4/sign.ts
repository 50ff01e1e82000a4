// Signing: the other side of verify.ts, for Hallpass's own clients, the gateway's requests to its backends, and tests.
import { hash } from 'node:crypto'
import type { HmacKey } from '../hmac.ts'
import type { Headers, Message } from '../http.ts'
import type { Secret } from '../secret.ts'
import { canonicalRequest, withoutNone, withoutSignature } from './canonical.ts'
import { algorithm } from './credential.ts'
import { formatAmzDate } from './date.ts'
import { encode } from './encoding.ts'
import { deriveSigningKey, type Scope, type SigningKeys, scopeText } from './keys.ts'
import { type Rule, ruleOf } from './rules.ts'
import { textToSign } from './verify.ts'

export interface Signer {
  readonly accessKeyId: string
  readonly secret: Secret
  /** The session token of temporary credentials. */
  readonly token?: string | undefined
  readonly region: string
  /** The signing name: `sts`, `iam`, `s3`, … */
  readonly service: string
  readonly now: Date
  /** Default: the rule of `service`. */
  readonly rule?: Rule | undefined
  /** Derived keys kept between requests, under a name that stands for these credentials. */
  readonly keys?: { readonly cache: SigningKeys; readonly identity: string } | undefined
}

/** Fields that the way to the server may add or change: they are sent and not signed. */
const unsignable: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
])

const emptyHash = hash('sha256', '', 'hex')

/**
 * Signs a request in the Authorization header. `message` is what will be sent: its target encoded, its headers
 * lower-cased, with `host`, and with no credentials of its own. `payload` is the hexadecimal SHA-256 of the body
 * (default: of an empty one) or, for S3, a literal such as UNSIGNED-PAYLOAD. The answer is the message to send. What
 * cannot be signed (no host, a line end in a value, a broken escape) is a TypeError.
 */
export function signRequest(message: Message, signer: Signer, payload: string = emptyHash): Message {
  const rule = signer.rule ?? ruleOf(signer.service)
  const amzDate = amzDateOf(signer)
  const headers = new Map(message.headers)
  headers.set('x-amz-date', amzDate)
  if (signer.token !== undefined) headers.set('x-amz-security-token', signer.token)
  if (rule.payload === 'stated') headers.set('x-amz-content-sha256', payload)
  const signedHeaders = signable(headers)
  const scope = scopeOf(signer, amzDate)
  const request = { method: message.method, target: message.target, headers }
  const signature = signText(request, { signer, rule, scope, amzDate, signedHeaders, payload, without: withoutNone })
  headers.set(
    'authorization',
    `${algorithm} Credential=${signer.accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  )
  return request
}

/**
 * Presigns a request for `expires` seconds: the credentials stand in the query of the answered message's target, and
 * its headers are those that must be sent with it. `payload` as in signRequest; for S3 the default is UNSIGNED-PAYLOAD.
 */
export function presign(message: Message, signer: Signer, expires: number, payload?: string): Message {
  const rule = signer.rule ?? ruleOf(signer.service)
  const amzDate = amzDateOf(signer)
  const signedHeaders = signable(message.headers)
  const scope = scopeOf(signer, amzDate)
  const stated: (readonly [string, string])[] = [
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${signer.accessKeyId}/${scopeText(scope)}`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', String(expires)],
    ['X-Amz-SignedHeaders', signedHeaders.join(';')],
  ]
  if (rule.payload === 'stated' && payload !== undefined && !message.headers.has('x-amz-content-sha256')) {
    stated.push(['X-Amz-Content-Sha256', payload])
  }
  if (signer.token !== undefined && !rule.tokenMayBeUnsigned) stated.push(['X-Amz-Security-Token', signer.token])
  const target = withParameters(message.target, stated)
  const literal = payload ?? message.headers.get('x-amz-content-sha256')
  const signature = signText(
    { method: message.method, target, headers: message.headers },
    {
      signer,
      rule,
      scope,
      amzDate,
      signedHeaders,
      payload: literal ?? (rule.payload === 'stated' ? 'UNSIGNED-PAYLOAD' : emptyHash),
      without: withoutSignature,
    },
  )
  const last: (readonly [string, string])[] = [['X-Amz-Signature', signature]]
  if (signer.token !== undefined && rule.tokenMayBeUnsigned) last.push(['X-Amz-Security-Token', signer.token])
  return { method: message.method, target: withParameters(target, last), headers: message.headers }
}

interface Signing {
  readonly signer: Signer
  readonly rule: Rule
  readonly scope: Scope
  readonly amzDate: string
  readonly signedHeaders: readonly string[]
  readonly payload: string
  readonly without: readonly string[]
}

function signText(message: Message, how: Signing): string {
  const canonical = canonicalRequest(message, {
    path: how.rule.path,
    signedHeaders: how.signedHeaders,
    payload: how.payload,
    without: how.without,
  })
  if (typeof canonical !== 'string') throw new TypeError(`This request cannot be signed: ${canonical.rejected}`)
  return keyOf(how.signer, how.scope).mac(textToSign(how.amzDate, scopeText(how.scope), canonical))
}

function keyOf(signer: Signer, scope: Scope): HmacKey {
  const { keys } = signer
  const kept = keys?.cache.find(keys.identity, scope)
  if (kept !== undefined) return kept
  const key = deriveSigningKey(signer.secret, scope)
  keys?.cache.keep(keys.identity, scope, key)
  return key
}

function amzDateOf(signer: Signer): string {
  const ms = signer.now.getTime()
  if (Number.isNaN(ms)) throw new TypeError('A request is signed at a valid time')
  return formatAmzDate(ms)
}

const scopeOf = (signer: Signer, amzDate: string): Scope => ({
  date: amzDate.slice(0, 8),
  region: signer.region,
  service: signer.service,
})

/** The names of the headers that are signed, sorted. No host is a TypeError. */
export function signable(headers: Headers): readonly string[] {
  if (!headers.has('host')) throw new TypeError('A request is signed with its host')
  return [...headers.keys()].filter((name) => !unsignable.has(name)).sort()
}

function withParameters(target: string, parameters: readonly (readonly [string, string])[]): string {
  const added = parameters.map(([name, value]) => {
    const text = encode(value)
    if (text === undefined) throw new TypeError(`${name} holds characters that are not bytes`)
    return `${name}=${text}`
  })
  const mark = target.includes('?') ? (target.endsWith('?') ? '' : '&') : '?'
  return `${target}${mark}${added.join('&')}`
}
