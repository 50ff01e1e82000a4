// Verifies an ID token of a known provider (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725; STS API Reference,
// AssumeRoleWithWebIdentity): its issuer, its audience, its times, its signature.
import { type KeyObject, verify } from 'node:crypto'
import type { Json } from '../../wire/json-text.ts'
import { importKey } from './jwks.ts'
import type { KeyOwner, KeyRejection, KeySource } from './key-source.ts'
import type { Algorithm, Claims, TokenProblem, UnverifiedToken } from './token.ts'

/** What verifying a provider's tokens needs. */
export interface Issuer extends KeyOwner {
  /** Other spellings of `iss` that are accepted: Google's has two. */
  readonly aliases?: readonly string[]
  /** Audiences that are accepted; `any` where the trust policy alone decides (built-in providers). */
  readonly clientIds: readonly string[] | 'any'
  /**
   * The token must be for that audience and nobody else: `azp`, which names who asked for it, stands for no audience. For proofs: one that was
   * made for another server, or for several, is also theirs to present.
   */
  readonly isForItAlone?: true
}

export interface VerifiedToken {
  readonly subject: string
  /** The audience that counts: `azp` where the token has it. */
  readonly audience: string
  /** `aud` as the token has it, but a list of one as a text. */
  readonly originalAudience: string | readonly string[]
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly claims: Claims
}

export type TokenRejection =
  | TokenProblem
  | 'issuer'
  | 'missing-claim'
  | 'bad-claim'
  | 'audience'
  | 'many-audiences'
  | 'expired'
  | 'not-yet'
  | 'no-key'
  | 'signature'
  | KeyRejection

export interface Rejection {
  readonly rejected: TokenRejection
  /** For the operator; of a missing claim, its name. */
  readonly detail: string
  /** Of an expired token: when, in seconds. */
  readonly expiresAt?: number
}

export interface VerifyOptions {
  readonly keys: KeySource
  /** How far the provider's clock may be off. */
  readonly skewSeconds: number
}

const required = ['iss', 'sub', 'aud', 'exp', 'iat'] as const
/** Longest subject and audience, in characters: the STS model's bounds of the answer. */
const longestSubject = 255
const longestAudience = 255

/** Verifies a token against the provider it claims to be of. */
export async function verifyToken(
  token: UnverifiedToken,
  issuer: Issuer,
  now: Date,
  { keys, skewSeconds }: VerifyOptions,
): Promise<VerifiedToken | Rejection> {
  const read = readClaims(token.claims, issuer)
  if ('rejected' in read) return read
  const untimely = checkTimes(token.claims, now, skewSeconds)
  if (untimely !== undefined) return untimely
  const answer = await keys.find(issuer, token.kid, token.algorithm, now)
  if ('rejected' in answer) {
    return 'detail' in answer
      ? answer
      : { rejected: 'no-key', detail: `no key ${token.kid ?? ''} for ${token.algorithm}` }
  }
  if (answer.key.weak) return { rejected: 'no-key', detail: `key ${token.kid ?? ''} is weak: CVE-2017-15361` }
  const key = await importKey(answer.key, token.algorithm)
  if (key === undefined) return { rejected: 'no-key', detail: 'the key cannot be read' }
  return isSignedBy(key, token) ? read : { rejected: 'signature', detail: `not signed by key ${token.kid ?? ''}` }
}

/** The hash and, for ECDSA, the length of a signature in bytes: two numbers of the curve's size. */
const signatures: Readonly<Record<Algorithm, readonly [hash: string, length?: number]>> = {
  ...{ RS256: ['sha256'], RS384: ['sha384'], RS512: ['sha512'] },
  ...{ ES256: ['sha256', 64], ES384: ['sha384', 96], ES512: ['sha512', 132] },
}

/**
 * RFC 7518, 3.3 and 3.4. Synchronous: through WebCrypto it costs twice as much, most of it for passing the work to another
 * thread. The key is passed without options: reading an object of options costs as much as RSA itself.
 * INVARIANT: the key was made for this very algorithm (importKey), so that the header cannot choose how a key is used.
 */
function isSignedBy(key: KeyObject, { text, algorithm, signature }: UnverifiedToken): boolean {
  const dot = text.lastIndexOf('.')
  const [hash, length] = signatures[algorithm]
  if (length !== undefined && signature.length !== length) return false
  try {
    return verify(hash, Buffer.from(text.slice(0, dot)), key, length === undefined ? signature : derOf(signature))
  } catch {
    return false
  }
}

/** An ECDSA signature as OpenSSL expects it: a sequence of two integers (RFC 3279, 2.2.3) of less than 128 bytes each. */
function derOf(signature: Buffer): Buffer {
  const half = signature.length / 2
  const both = [signature.subarray(0, half), signature.subarray(half)].map((number) => {
    const start = number.findIndex((byte) => byte !== 0)
    const digits = start < 0 ? number.subarray(-1) : number.subarray(start)
    const sign = (digits[0] ?? 0) > 127 ? [0] : []
    return Buffer.from([2, digits.length + sign.length, ...sign, ...digits])
  })
  const body = Buffer.concat(both)
  return Buffer.concat([Buffer.from(body.length < 128 ? [0x30, body.length] : [0x30, 0x81, body.length]), body])
}

function readClaims(claims: Claims, issuer: Issuer): VerifiedToken | Rejection {
  for (const name of required) {
    if (!claims.has(name)) return { rejected: 'missing-claim', detail: name }
  }
  const iss = claims.get('iss')
  if (iss !== issuer.issuer && !issuer.aliases?.some((alias) => alias === iss)) {
    return { rejected: 'issuer', detail: 'another issuer' }
  }
  const subject = claims.get('sub')
  if (typeof subject !== 'string' || subject === '' || subject.length > longestSubject) return bad('sub')
  const expiresAt = claims.get('exp')
  if (typeof expiresAt !== 'number' || !Number.isSafeInteger(expiresAt)) return bad('exp')
  for (const name of ['iat', 'nbf']) {
    const value = claims.get(name)
    if (value !== undefined && !Number.isSafeInteger(value)) return bad(name)
  }
  const audiences = textsOf(claims.get('aud'))
  if (audiences === undefined || audiences.length === 0) return bad('aud')
  const azp = claims.get('azp')
  if (azp !== undefined && (typeof azp !== 'string' || azp === '')) return bad('azp')
  const [first = '', ...others] = audiences
  if (azp === undefined && others.length > 0) return { rejected: 'many-audiences', detail: 'no azp' }
  const audience = azp ?? first
  if (audience.length > longestAudience) return bad('aud')
  const { clientIds } = issuer
  if (clientIds !== 'any' && !clientIds.includes(audience)) {
    return { rejected: 'audience', detail: `${audience} is not a client id of the provider's record` }
  }
  if (issuer.isForItAlone === true && (others.length > 0 || first !== audience))
    return { rejected: 'audience', detail: 'aud is another, or names others too' }
  const originalAudience = others.length === 0 ? first : audiences
  return { subject, audience, originalAudience, expiresAt, claims }
}

const bad = (name: string): Rejection => ({ rejected: 'bad-claim', detail: name })

/** What is wrong with the times of a token: also of one that is not verified, which may have none. */
export function checkTimes(claims: Claims, now: Date, skew: number): Rejection | undefined {
  const seconds = now.getTime() / 1000
  const secondsOf = (name: string) => claims.get(name) as number | undefined
  const expiresAt = secondsOf('exp') ?? 0
  if (seconds >= expiresAt + skew) return { rejected: 'expired', detail: 'exp', expiresAt }
  for (const name of ['nbf', 'iat']) {
    const from = secondsOf(name)
    if (from !== undefined && from > seconds + skew) return { rejected: 'not-yet', detail: name }
  }
  return undefined
}

/** The texts of a text, or of a list of nothing but texts, none of them empty; undefined for anything else. */
export function textsOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : [value]
  if (!Array.isArray(value)) return undefined
  const list = value as readonly Json[]
  return list.every((item): item is string => typeof item === 'string' && item !== '') ? list : undefined
}
