// An ID token that somebody signs in with: verified as every token is, and held more strictly, since the connector's own client is
// the only audience (OpenID Connect Core 1.0, 3.1.3.7, 12.2; RFC 9068).
import { hash } from 'node:crypto'
import type { Trust } from '../fetch.ts'
import { type Claims, readToken, type UnverifiedToken } from './token.ts'
import { type TokenRejection, type VerifyOptions, verifyToken } from './verify.ts'

/** Whose tokens are taken, and by which client. */
export interface TokenParty {
  /** Names what the issuer's keys are cached under. */
  readonly id: string
  readonly issuer: string
  readonly clientId: string
  readonly trust: Trust
}

/** What a token is held against beside its signature. */
export interface TokenChecks {
  /** Of the request that it answers. */
  readonly nonce?: string
  /** Whom it must be about. */
  readonly subject?: string
  /** The access token that came with it. */
  readonly accessToken?: string
  /** Seconds: an older one is refused. */
  readonly longestAge?: number
}

export interface IdToken {
  readonly subject: string
  readonly claims: Claims
  readonly token: UnverifiedToken
  /** Seconds since 1970. */
  readonly expiresAt: number
}

export type NoIdToken = { readonly rejected: 'proof'; readonly detail: string } | { readonly unavailable: string }

/** Whether a rejection says something of the token, or that the provider could not be asked. A reason without a row does not compile. */
const kinds: Readonly<Record<TokenRejection, 'proof' | 'unavailable'>> = {
  malformed: 'proof',
  encrypted: 'proof',
  algorithm: 'proof',
  issuer: 'proof',
  'missing-claim': 'proof',
  'bad-claim': 'proof',
  audience: 'proof',
  'many-audiences': 'proof',
  expired: 'proof',
  'not-yet': 'proof',
  'no-key': 'proof',
  signature: 'proof',
  unreachable: 'unavailable',
  timeout: 'unavailable',
  failing: 'unavailable',
  address: 'unavailable',
  scheme: 'unavailable',
  certificate: 'unavailable',
  thumbprint: 'unavailable',
  redirect: 'unavailable',
  status: 'unavailable',
  'too-large': 'unavailable',
  busy: 'unavailable',
  'not-a-document': 'unavailable',
  'another-issuer': 'unavailable',
}

const proof = (detail: string): NoIdToken => ({ rejected: 'proof', detail })

export async function verifyIdToken(
  text: string,
  { clientId, ...issuer }: TokenParty,
  checks: TokenChecks,
  now: Date,
  verifying: VerifyOptions,
): Promise<IdToken | NoIdToken> {
  const token = readToken(text)
  if ('problem' in token) return proof(`${token.problem}: ${token.detail}`)
  const verified = await verifyToken(token, { ...issuer, clientIds: [clientId] }, now, verifying)
  if ('rejected' in verified) {
    const { rejected, detail } = verified
    return kinds[rejected] === 'proof' ? proof(`${rejected}: ${detail}`) : { unavailable: `${rejected}: ${detail}` }
  }
  const { claims, subject, expiresAt, originalAudience } = verified
  // INVARIANT: for this client and nobody else: another audience has the token too, and could show it here.
  if (originalAudience !== clientId) return proof('the token has another audience')
  if (checks.nonce !== undefined && claims.get('nonce') !== checks.nonce)
    return proof('nonce: it answers another request')
  if (checks.subject !== undefined && subject !== checks.subject) return proof('sub: it is about another person')
  if (checks.longestAge !== undefined) {
    const age = now.getTime() / 1000 - Number(claims.get('iat'))
    if (age > checks.longestAge + verifying.skewSeconds) return proof(`iat: it was issued ${Math.floor(age)} s ago`)
  }
  const access = checks.accessToken
  if (access !== undefined && claims.has('at_hash') && claims.get('at_hash') !== halfHash(access, token))
    return proof('at_hash: it came with another access token')
  return { subject, claims, token, expiresAt }
}

/** Core 3.1.3.6: the left half of a hash of the signature's size. */
function halfHash(accessToken: string, { algorithm }: UnverifiedToken): string {
  const digest = hash(`sha${algorithm.slice(2)}`, accessToken, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/**
 * Why a token that verifies is an access token: those may be for the same audience, and are held by other programs. By header
 * (RFC 9068), and by claims of providers that do not mark the header (Keycloak, Okta, Entra, Cognito).
 */
export function accessTokenMark({ typ, claims }: UnverifiedToken): string | undefined {
  if (typ !== undefined && /^(?:application\/)?at\+jwt$/i.test(typ)) return `typ ${typ}`
  const kind = claims.get('typ')
  if (kind !== undefined && kind !== 'ID') return 'claim typ'
  const use = claims.get('token_use')
  if (use !== undefined && use !== 'id') return 'claim token_use'
  return ['scope', 'scp', 'client_id'].find((name) => claims.has(name))
}
