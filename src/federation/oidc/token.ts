// Reads an ID token's text, strictly, before anything of it is believed (RFC 7515, RFC 7519, RFC 8725).
import { base64urlBytes } from '../../core/base64.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import { tokenText } from '../token-text.ts'

export type Claims = ReadonlyMap<string, Json>

/** Signature algorithms that are taken: asymmetric, and as AWS documents them. */
export const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] as const
export type Algorithm = (typeof algorithms)[number]

/** A token as it stands: nothing of it is verified. */
export interface Unverified {
  readonly text: string
  readonly algorithm: Algorithm
  readonly kid: string | undefined
  readonly claims: Claims
  readonly signature: Buffer
}

export type TokenProblem = 'malformed' | 'encrypted' | 'algorithm'

/** Longest token, in characters: the model's bound. */
const longest = 20_000

/** Kinds of JWT that say nothing of who is there, by the end of their media type. */
const notIdentity = /^(?:application\/)?(?!at\+|id\+)[^/]*\+jwt$/i

export function readToken(given: string): Unverified | { readonly problem: TokenProblem; readonly detail: string } {
  const text = tokenText(given)
  if (text.length > longest) return { problem: 'malformed', detail: 'too long' }
  const parts = text.split('.')
  if (parts.length === 5) return { problem: 'encrypted', detail: 'five parts' }
  const [head = '', body = '', mark = ''] = parts
  const header = parts.length === 3 ? objectOf(head) : undefined
  if (header === undefined) return { problem: 'malformed', detail: 'no JWS in compact form' }
  if (header.has('enc')) return { problem: 'encrypted', detail: 'enc in the header' }
  // `crit` names extensions that must be understood, and none is; `b64` would change what is signed.
  if (header.has('crit') || header.has('b64')) return { problem: 'malformed', detail: 'an extension that is critical' }
  const typ = header.get('typ')
  if (typ !== undefined && (typeof typ !== 'string' || notIdentity.test(typ))) {
    return { problem: 'malformed', detail: `typ ${JSON.stringify(typ)}` }
  }
  const alg = header.get('alg')
  const algorithm = algorithms.find((one) => one === alg)
  if (algorithm === undefined) return { problem: 'algorithm', detail: `alg ${JSON.stringify(alg)}` }
  const kid = header.get('kid')
  if (kid !== undefined && typeof kid !== 'string') return { problem: 'malformed', detail: 'kid is no string' }
  const claims = objectOf(body)
  if (claims === undefined) return { problem: 'malformed', detail: 'no claims' }
  const signature = mark === '' ? undefined : base64urlBytes(mark)
  if (signature === undefined) return { problem: 'malformed', detail: 'no signature' }
  return { text, algorithm, kid, claims, signature }
}

function objectOf(part: string): Claims | undefined {
  const bytes = base64urlBytes(part)
  const read = bytes === undefined ? undefined : readJson(bytes)
  return read !== undefined && 'value' in read && read.value instanceof Map ? read.value : undefined
}
