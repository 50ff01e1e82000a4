// Step one of authentication: which credentials a request presents, in the Authorization header or in a presigned query
// (SigV4, "Authentication methods"). Nothing is looked up and nothing is trusted yet: the caller finds the key by `keyId`
// and `token`, and verify.ts decides.
import { type Message, splitTarget } from '../http.ts'
import { readCredential, readParts } from './authorization.ts'
import { formatAmzDate, parseAmzDate, parseHttpDate } from './date.ts'
import { decode, type Parameter, readQuery } from './encoding.ts'
import type { AuthorizationPart, QueryParameter, Unreadable } from './rejection.ts'
import { ruleOf } from './rules.ts'
import { readSignedHeaders } from './signed-headers.ts'

/** DIVERGES: S3 and STS also take SigV4A (AWS4-ECDSA-P256-SHA256); here it is refused as another algorithm. */
export const algorithm = 'AWS4-HMAC-SHA256'

/** What a request claims about who signed it. Texts are as sent (query values decoded). */
export interface Presented {
  readonly form: 'header' | 'query'
  readonly keyId: string
  /** The scope: `YYYYMMDD`, region, service and terminator, not compared with anything yet. */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  /** Lower-case, sorted, without repeats. */
  readonly signedHeaders: readonly string[]
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string
  /** The time of signing as `YYYYMMDDTHHMMSSZ`, from X-Amz-Date or else the Date header; and in ms since 1970. */
  readonly amzDate: string
  readonly time: number
  /** X-Amz-Expires in seconds; presigned form only. */
  readonly expires: number | undefined
  /** The session token, from X-Amz-Security-Token in the header or the query, never both. */
  readonly token: string | undefined
  /**
   * Whether the token is among what was signed: a header that SignedHeaders lists, or a parameter of the query (which
   * is signed whole, but by services that add the token afterwards: verify tries both readings for those).
   */
  readonly tokenSigned: boolean
}

const tokenHeader = 'x-amz-security-token'
const tokenParameter = 'X-Amz-Security-Token'

/**
 * Reads the credentials of a request. Undefined: there are none (an anonymous request). A rejection: there are some,
 * and they are of a kind that is not offered, or cannot be read, or stand in two places.
 */
export function readAuthorization(message: Message): Presented | Unreadable | undefined {
  const authorization = message.headers.get('authorization')
  const { query } = splitTarget(message.target)
  const parameters = mayPresent(query) ? readQuery(query) : []
  if (parameters === undefined) return { rejected: 'malformed', where: 'query', value: query }
  const presigned = parameters.some(({ name }) => marks.has(name))
  if (authorization === undefined) {
    if (presigned) return readQueryForm(message, parameters)
    return parameters.some(({ name }) => name === 'AWSAccessKeyId')
      ? { rejected: 'signature-v2', form: 'query' }
      : undefined
  }
  if (presigned) return { rejected: 'several-mechanisms' }
  if (message.headers.has(tokenHeader) && parameters.some(({ name }) => name === tokenParameter)) {
    return { rejected: 'several-tokens' }
  }
  return readHeaderForm(message, authorization, parameters)
}

/** Parameters that make a query a presigned one. */
const marks: ReadonlySet<string> = new Set(['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'])

/** A cheap check that saves most requests the parsing; an escaped name has a `%`. */
const mayPresent = (query: string) =>
  query !== '' && (query.includes('X-Amz-') || query.includes('%') || query.includes('AWSAccessKeyId'))

function readHeaderForm(
  message: Message,
  authorization: string,
  parameters: readonly Parameter[],
): Presented | Unreadable {
  const { headers } = message
  if (authorization.startsWith('AWS ')) return { rejected: 'signature-v2', form: 'header' }
  const after = authorization.charCodeAt(algorithm.length)
  if (!authorization.startsWith(algorithm) || !(after === 0x20 || Number.isNaN(after))) {
    return { rejected: 'algorithm', form: 'header', value: authorization.split(' ', 1)[0] as string }
  }
  const parts = readParts(authorization, algorithm.length + 1)
  if ('rejected' in parts) return parts
  const { credential, signedHeaders, signature } = parts
  const dateText = headers.get('x-amz-date') ?? headers.get('date')
  if (!credential || !signature || !signedHeaders || !dateText) {
    const missing: AuthorizationPart[] = []
    if (!credential) missing.push('Credential')
    if (!signature) missing.push('Signature')
    if (!signedHeaders) missing.push('SignedHeaders')
    if (!dateText) missing.push('Date')
    return { rejected: 'missing-parameters', missing, authorization }
  }
  const time = parseAmzDate(dateText) ?? (headers.has('x-amz-date') ? undefined : parseHttpDate(dateText))
  if (time === undefined) return { rejected: 'date-format', value: dateText }
  const headerToken = headers.get(tokenHeader)
  const queryToken = headerToken === undefined ? only(parameters, tokenParameter) : undefined
  if (queryToken !== undefined && typeof queryToken !== 'string') return queryToken
  return assemble({
    form: 'header',
    credential,
    signedHeaders,
    signature,
    amzDate: dateText.length === 16 ? dateText : formatAmzDate(time),
    time,
    expires: undefined,
    token: headerToken ?? queryToken,
    tokenSigned: queryToken !== undefined,
  })
}

function readQueryForm(message: Message, parameters: readonly Parameter[]): Presented | Unreadable {
  const read = (name: QueryParameter | typeof tokenParameter) => only(parameters, name)
  const scheme = read('X-Amz-Algorithm')
  const credential = read('X-Amz-Credential')
  const signature = read('X-Amz-Signature')
  const signedHeaders = read('X-Amz-SignedHeaders')
  const amzDate = read('X-Amz-Date')
  const lifetime = read('X-Amz-Expires')
  const token = read(tokenParameter)
  for (const value of [scheme, credential, signature, signedHeaders, amzDate, lifetime, token]) {
    if (typeof value === 'object') return value
  }
  const texts = { scheme, credential, signature, signedHeaders, amzDate, lifetime, token } as {
    readonly [name: string]: string | undefined
  }
  if (texts.scheme !== undefined && texts.scheme !== algorithm) {
    return { rejected: 'algorithm', form: 'query', value: texts.scheme }
  }
  if (!texts.scheme || !texts.credential || !texts.signature || !texts.signedHeaders || !texts.amzDate) {
    const missing: QueryParameter[] = []
    if (!texts.scheme) missing.push('X-Amz-Algorithm')
    if (!texts.credential) missing.push('X-Amz-Credential')
    if (!texts.signature) missing.push('X-Amz-Signature')
    if (!texts.signedHeaders) missing.push('X-Amz-SignedHeaders')
    if (!texts.amzDate) missing.push('X-Amz-Date')
    return { rejected: 'missing-query-parameters', missing }
  }
  if (texts.token !== undefined && message.headers.has(tokenHeader)) return { rejected: 'several-tokens' }
  const time = parseAmzDate(texts.amzDate)
  if (time === undefined) return { rejected: 'date-format', value: texts.amzDate }
  // DIVERGES: STS does not look at X-Amz-Expires at all; here one that is no number is refused everywhere.
  let expires: number | undefined
  if (texts.lifetime !== undefined) {
    if (!/^-?[0-9]{1,15}$/.test(texts.lifetime)) {
      return { rejected: 'expires', why: 'not-a-number', value: texts.lifetime }
    }
    expires = Number(texts.lifetime)
    if (expires < 0) return { rejected: 'expires', why: 'negative', value: texts.lifetime }
  }
  const presented = assemble({
    form: 'query',
    credential: texts.credential,
    signedHeaders: texts.signedHeaders,
    signature: texts.signature,
    amzDate: texts.amzDate,
    time,
    expires,
    token: texts.token ?? message.headers.get(tokenHeader),
    tokenSigned: texts.token !== undefined,
  })
  if (!('rejected' in presented) && expires === undefined && ruleOf(presented.service).expires === 'required') {
    return { rejected: 'missing-query-parameters', missing: ['X-Amz-Expires'] }
  }
  return presented
}

/** What both forms have in common, still as text. */
interface Raw {
  readonly form: 'header' | 'query'
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly amzDate: string
  readonly time: number
  readonly expires: number | undefined
  readonly token: string | undefined
  readonly tokenSigned: boolean
}

function assemble(raw: Raw): Presented | Unreadable {
  const { credential, signature } = raw
  const named = readCredential(credential)
  if (named === undefined) return { rejected: 'credential-parts', form: raw.form, value: credential }
  const signedHeaders = readSignedHeaders(raw.signedHeaders)
  if ('rejected' in signedHeaders) return signedHeaders
  if (!isSignature(signature)) return { rejected: 'signature-form', value: signature }
  return {
    form: raw.form,
    ...named,
    signedHeaders,
    signature,
    amzDate: raw.amzDate,
    time: raw.time,
    expires: raw.expires,
    token: raw.token,
    tokenSigned: raw.tokenSigned || signedHeaders.includes(tokenHeader),
  }
}

/** 64 lower-case hexadecimal digits: one spelling, so that a signature is one text. */
export function isSignature(text: string): boolean {
  if (text.length !== 64) return false
  for (let i = 0; i < 64; i++) {
    const code = text.charCodeAt(i)
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false
  }
  return true
}

/** The decoded value of a parameter that must stand at most once. */
function only(parameters: readonly Parameter[], name: string): string | undefined | Unreadable {
  let text: string | undefined
  for (const parameter of parameters) {
    if (parameter.name !== name) continue
    if (text !== undefined) return { rejected: 'repeated-parameter', name }
    text = decode(parameter.value) ?? ''
  }
  return text
}
