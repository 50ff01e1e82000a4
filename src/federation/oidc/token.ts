// Parses an ID token's text, strictly, before anything in it is verified (RFC 7515, RFC 7519, RFC 8725).
import { base64urlBytes } from '../../core/base64.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import { tokenText } from '../token-text.ts'

export type Claims = ReadonlyMap<string, Json>

/** Signature algorithms that are accepted: those that AWS documents, all asymmetric. */
export const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] as const
export type Algorithm = (typeof algorithms)[number]

/** A token that could be parsed: nothing in it is verified. */
export interface UnverifiedToken {
  readonly text: string
  readonly algorithm: Algorithm
  readonly kid: string | undefined
  readonly typ: string | undefined
  readonly claims: Claims
  readonly signature: Buffer
}

export type TokenProblem = 'malformed' | 'encrypted' | 'algorithm'

/** Longest token, in characters: the bound of the STS model. */
const longest = 20_000

/** Media types of JWTs that identify nobody: logout tokens and the like, but not `at+jwt` and `id+jwt`. */
const notIdentity = /^(?:application\/)?(?!at\+|id\+)[^/]*\+jwt$/i

export function readToken(
  given: string,
): UnverifiedToken | { readonly problem: TokenProblem; readonly detail: string } {
  const text = tokenText(given)
  if (text.length > longest) return { problem: 'malformed', detail: 'too long' }
  const parts = text.split('.')
  if (parts.length === 5) return { problem: 'encrypted', detail: 'five parts' }
  const [head = '', body = '', tail = ''] = parts
  const header = parts.length === 3 ? objectOf(head) : undefined
  if (header === undefined) return { problem: 'malformed', detail: 'not a JWS in compact form' }
  if (header.has('enc')) return { problem: 'encrypted', detail: 'enc in the header' }
  // `crit` names extensions that must be understood, and none is; `b64` would change what is signed.
  if (header.has('crit') || header.has('b64'))
    return { problem: 'malformed', detail: 'a critical extension in the header' }
  const typ = header.get('typ')
  if (typ !== undefined && (typeof typ !== 'string' || notIdentity.test(typ))) {
    return { problem: 'malformed', detail: `typ ${JSON.stringify(typ)}` }
  }
  const alg = header.get('alg')
  const algorithm = algorithms.find((name) => name === alg)
  if (algorithm === undefined) return { problem: 'algorithm', detail: `alg ${JSON.stringify(alg)}` }
  const kid = header.get('kid')
  if (kid !== undefined && typeof kid !== 'string') return { problem: 'malformed', detail: 'kid is not a string' }
  const claims = objectOf(body)
  if (claims === undefined) return { problem: 'malformed', detail: 'no claims' }
  const signature = tail === '' ? undefined : base64urlBytes(tail)
  if (signature === undefined) return { problem: 'malformed', detail: 'no signature' }
  return { text, algorithm, kid, typ, claims, signature }
}

function objectOf(part: string): Claims | undefined {
  const bytes = base64urlBytes(part)
  const read = bytes === undefined ? undefined : readJson(bytes)
  return read !== undefined && 'value' in read && read.value instanceof Map ? read.value : undefined
}
