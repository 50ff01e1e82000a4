// Step two of authentication: whether the presented signature is the one this request would have under the key's
// secret (SigV4, "Create a signed AWS API request"), made for this endpoint and this moment. Nothing here says who the
// caller is or whether the key still lives: that is the business of whoever found the key.
import { hash, timingSafeEqual } from 'node:crypto'
import { HmacKey } from '../hmac.ts'
import type { Message } from '../http.ts'
import type { Secret } from '../secret.ts'
import type { CredentialText } from './authorization.ts'
import { canonicalRequest, withoutNone, withoutSignature, withoutSignatureAndToken } from './canonical.ts'
import { algorithm, isSignature, type Presented } from './credential.ts'
import { decode, readQuery } from './encoding.ts'
import { deriveSigningKey, type SigningKeys, scopeText, terminator } from './keys.ts'
import type { Rejection, ScopeFault } from './rejection.ts'
import { longestExpires, type Rule, ruleOf } from './rules.ts'

/** What a request is verified against. */
export interface Against {
  /** The secret; or, where only that is known, the signing key of the very scope that is presented. */
  readonly secret: Secret | HmacKey
  /** Derived keys kept between requests, and the name of this credential in them (see SigningKeys). */
  readonly keys?: { readonly cache: SigningKeys; readonly identity: string } | undefined
  /**
   * Lower-case hexadecimal SHA-256 of the body as received. Required of all services but S3, where it may come later
   * (a streamed body): then the caller compares it with `Verified.payload`.
   */
  readonly payloadHash?: string | undefined
  readonly now: Date
  /** Signing names this endpoint answers to: the scope must name one of them. */
  readonly services: readonly string[]
  /** Regions the scope may name; absent, any that is spelled like one. */
  readonly regions?: ReadonlySet<string> | undefined
  /** Default: the rule of the first of `services`. Never chosen by the request. */
  readonly rule?: Rule | undefined
}

export interface Verified {
  readonly ok: true
  /**
   * The payload line that was signed. For S3 one of: the hexadecimal SHA-256 that the body must have, UNSIGNED-PAYLOAD,
   * or a STREAMING- form, whose chunks must be verified with `key` (chunks.ts).
   */
  readonly payload: string
  readonly key: HmacKey
}

export type Verdict = Verified | Rejection

/**
 * Verifies a request. Order of the checks: time, required headers among the signed, scope, payload form, signature; a body
 * that is already there is compared last, as S3 does.
 */
export function verify(message: Message, presented: Presented, against: Against): Verdict {
  const service = against.services[0]
  if (service === undefined) throw new TypeError('verify needs the signing names of the endpoint')
  const rule = against.rule ?? ruleOf(service)

  const refused = faultWithoutKey(message, presented, against)
  if (refused !== undefined) return refused

  const payload = rule.payload === 'stated' ? statedPayload(message, presented) : against.payloadHash
  if (payload === undefined) throw new TypeError(`verify needs the hash of the body for ${service}`)
  if (typeof payload === 'object') return payload

  const { keys, secret } = against
  const kept = secret instanceof HmacKey ? secret : keys?.cache.find(keys.identity, presented)
  const key = kept ?? deriveSigningKey(secret as Secret, presented)
  const mismatch = compare(message, presented, key, rule.path, payload, without(presented))
  if (mismatch !== undefined) {
    // Whether the token in a query was signed cannot be seen, so where it may be left out both readings are tried.
    if (!rule.tokenMayBeUnsigned || presented.form === 'header' || presented.token === undefined) return mismatch
    if (compare(message, presented, key, rule.path, payload, withoutSignatureAndToken) !== undefined) return mismatch
  }
  // Cached only now: a caller without the secret must not be able to fill the cache with invented scopes.
  if (keys !== undefined && kept === undefined) keys.cache.keep(keys.identity, presented, key)

  const { payloadHash } = against
  if (payloadHash !== undefined && payload !== payloadHash && isSignature(payload)) {
    return { rejected: 'payload-mismatch', claimed: payload, computed: payloadHash }
  }
  return { ok: true, payload, key }
}

/** What is wrong with a request whatever key it was signed with: its time, headers that are not signed, its scope. */
export function faultWithoutKey(
  message: Message,
  presented: Presented,
  against: Pick<Against, 'now' | 'services' | 'regions' | 'rule'>,
): Rejection | undefined {
  const rule = against.rule ?? ruleOf(against.services[0] ?? '')
  const now = against.now.getTime()
  // INVARIANT: every comparison with an invalid Date would be false, and let any time pass.
  if (Number.isNaN(now)) throw new TypeError('verify needs a valid time')
  return checkTime(presented, rule, now) ?? checkSigned(message, presented, rule) ?? checkScope(presented, against)
}

const without = (presented: Presented) => (presented.form === 'header' ? withoutNone : withoutSignature)

/** Computes the signature and answers how it differs from the presented one, or undefined when it does not. */
function compare(
  message: Message,
  presented: Presented,
  key: HmacKey,
  path: Rule['path'],
  payload: string,
  without: readonly string[],
): Rejection | undefined {
  const { signedHeaders, signature } = presented
  const canonical = canonicalRequest(message, { path, signedHeaders, payload, without })
  if (typeof canonical !== 'string') return canonical
  const stringToSign = textToSign(presented.amzDate, scopeText(presented), canonical)
  if (equal(key.mac(stringToSign), signature)) return undefined
  return { rejected: 'signature', canonicalRequest: canonical, stringToSign, provided: signature }
}

// Overwritten whole before each comparison, which is synchronous: nothing carries over from one to the next.
const computed = Buffer.alloc(64)
const provided = Buffer.alloc(64)

/** Whether two signatures are equal, in a time that does not reveal where they differ. */
export function equal(a: string, b: string): boolean {
  if (!isSignature(a) || !isSignature(b)) return false
  computed.write(a, 'latin1')
  provided.write(b, 'latin1')
  return timingSafeEqual(computed, provided)
}

/** The string to sign over a canonical request. */
export const textToSign = (amzDate: string, scope: string, canonical: string, by: string = algorithm) =>
  `${by}\n${amzDate}\n${scope}\n${hashBytes(canonical)}`

/** SHA-256 of a byte string in hexadecimal. node:crypto hashes texts as UTF-8, which is the same for ASCII alone. */
export const hashBytes = (text: string) =>
  hash('sha256', Buffer.byteLength(text) === text.length ? text : Buffer.from(text, 'latin1'), 'hex')

export function checkTime(
  presented: Pick<Presented, 'form' | 'amzDate' | 'time' | 'expires'>,
  rule: Pick<Rule, 'skewMs' | 'expires'>,
  now: number,
): Rejection | undefined {
  const { form, amzDate, time, expires } = presented
  const { skewMs } = rule
  if (time > now + skewMs) return { rejected: 'not-yet-current', form, amzDate, time, now, skewMs }
  if (form === 'header' || rule.expires === 'ignored' || expires === undefined) {
    return time < now - skewMs ? { rejected: 'expired', form, amzDate, time, now, skewMs } : undefined
  }
  if (expires > longestExpires) return { rejected: 'expires', why: 'too-long', value: String(expires) }
  return now > time + expires * 1000 ? { rejected: 'url-expired', amzDate, time, now, expires } : undefined
}

/**
 * Headers that decide what a request means must be among the signed ones.
 *
 * DIVERGES: outside S3, AWS is not known to require it of X-Amz-Target: unsigned, that header lets a request be turned into
 * another one.
 */
function checkSigned(message: Message, presented: Presented, rule: Rule): Rejection | undefined {
  const { signedHeaders } = presented
  const { headers } = message
  if (!signedHeaders.includes('host')) return { rejected: 'host-not-signed' }
  if (rule.everyAmzHeader) {
    let names: string[] | undefined
    for (const name of headers.keys()) {
      if (name.startsWith('x-amz-') && !signedHeaders.includes(name)) {
        names ??= []
        names.push(name)
      }
    }
    return names === undefined ? undefined : { rejected: 'headers-not-signed', names }
  }
  const open = (name: string) => headers.has(name) && !signedHeaders.includes(name)
  if (open('x-amz-target')) return { rejected: 'headers-not-signed', names: ['x-amz-target'] }
  if (!rule.tokenMayBeUnsigned && open('x-amz-security-token')) {
    return { rejected: 'headers-not-signed', names: ['x-amz-security-token'] }
  }
  return undefined
}

/**
 * AWS lists all that is wrong with a scope, so all of it is gathered.
 * DIVERGES: AWS's IAM and Organizations take signatures scoped to us-east-1 alone; here every service takes every region, or
 * those that the operator has named, since there is one server whatever region a client is set to.
 */
export function checkScope(
  presented: CredentialText & { readonly amzDate: string },
  against: Pick<Against, 'services' | 'regions'>,
): Rejection | undefined {
  const { date, region, service, amzDate } = presented
  const { services, regions } = against
  const regionOk = regions === undefined ? isRegion(region) : regions.has(region)
  const day = amzDate.slice(0, 8)
  if (regionOk && services.includes(service) && presented.terminator === terminator && date === day) return undefined
  const faults: ScopeFault[] = []
  if (!regionOk) faults.push({ part: 'region', got: region })
  if (!services.includes(service)) faults.push({ part: 'service', got: service, expected: services })
  if (presented.terminator !== terminator) faults.push({ part: 'terminator', got: presented.terminator })
  if (date !== day) faults.push({ part: 'date', got: date, day, amzDate })
  return { rejected: 'scope', faults }
}

/** Letters, digits, `-`, `_` and `.`, at most 64: AWS's regions, and the names other installations give theirs. */
function isRegion(text: string): boolean {
  if (text.length === 0 || text.length > 64) return false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90)
    if (!(letter || (c >= 48 && c <= 57) || c === 45 || c === 46 || c === 95)) return false
  }
  return true
}

const unsigned = 'UNSIGNED-PAYLOAD'

/** S3's payload forms. The ECDSA ones belong to SigV4A, which is not offered. */
const streamed: ReadonlySet<string> = new Set([
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
])

/** S3 signs what the client says of its payload: in the header, in the query of a presigned request, or nothing. */
function statedPayload(message: Message, presented: Presented): string | Rejection {
  const header = message.headers.get('x-amz-content-sha256')
  if (presented.form === 'header') {
    if (header === undefined) return { rejected: 'payload-header', why: 'missing', value: '' }
    if (header === unsigned || streamed.has(header) || isSignature(header)) return header
    return { rejected: 'payload-header', why: 'invalid', value: header }
  }
  const stated = new Set(header === undefined ? [] : [header])
  const { target } = message
  for (const { name, value } of readQuery(target.slice(target.indexOf('?') + 1)) ?? []) {
    if (name.toLowerCase() === 'x-amz-content-sha256') stated.add(decode(value) ?? '')
  }
  const [value = unsigned, other] = stated
  if (other === undefined && (value === unsigned || isSignature(value))) return value
  return { rejected: 'payload-header', why: 'invalid', value: other ?? value }
}
