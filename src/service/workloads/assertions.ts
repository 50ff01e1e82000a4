// Client assertions of machines and services (RFC 7523, 3; RFC 7519; RFC 8725): whose they are, and that they count once.
import { type KeySet, keyFor, readKeys } from '../../federation/oidc/jwks.ts'
import type { KeySource } from '../../federation/oidc/key-source.ts'
import { readToken, type UnverifiedToken } from '../../federation/oidc/token.ts'
import { checkTimes, type TokenRejection, verifyToken } from '../../federation/oidc/verify.ts'
import { LONGEST_ASSERTION } from '../../wire/workload-api.ts'
import type { KeyRecord } from './records.ts'

export interface AssertionParts {
  /** How far the clock of whoever signs may be off. */
  readonly skewSeconds: number
  /** `aud` of every assertion; without one there is none. */
  readonly publicUrl: string | undefined
}

export interface RejectedAssertion {
  readonly rejected: TokenRejection | 'unknown' | 'ended' | 'replayed' | 'certificate'
  /** For the operator. */
  readonly detail: string
}

/** What makes an assertion count once. */
export interface AssertionUse {
  /** `jti` */
  readonly id: string
  readonly key: string
  /** ms: from then on it is refused anyway. */
  readonly until: number
}

/**
 * Parses an assertion; nothing in it is verified. INVARIANT: its times are looked at before anything is looked for: a refusal that tells of
 * them tells of nobody who is there.
 */
export function readAssertion(
  text: string,
  { skewSeconds }: Pick<AssertionParts, 'skewSeconds'>,
  now: Date,
): UnverifiedToken | RejectedAssertion {
  const token = readToken(text)
  if ('problem' in token) return { rejected: token.problem, detail: token.detail }
  return (token.claims.has('exp') ? checkTimes(token.claims, now, skewSeconds) : undefined) ?? token
}

/** Whom an assertion says that it is of: `iss`, which is nothing but a claim. */
export const claimedIssuer = ({ claims }: UnverifiedToken): string | undefined => {
  const iss = claims.get('iss')
  return typeof iss === 'string' ? iss : undefined
}

/** The longest `jti`, in characters. */
const longestId = 255
/** Where nothing is fetched, nothing is reached. */
const nowhere = { reach: () => false }

/** Kept with the record: keys of workloads, of which there are many, take no place among those of providers. */
const read = new WeakMap<KeyRecord, KeySet>()

/** One key, whatever is asked. */
const alone = (key: KeyRecord): KeySource => ({
  async find(_, kid, algorithm) {
    const set = read.get(key) ?? keySetOf(key)
    read.set(key, set)
    const found = keyFor(set, kid, algorithm)
    return found === undefined ? { rejected: 'no-key' } : { key: found }
  },
})

function keySetOf({ kid, jwk }: KeyRecord): KeySet {
  const set = readKeys(Buffer.from(JSON.stringify({ keys: [{ ...jwk, kid }] })))
  return 'problem' in set ? { keys: [] } : set
}

/**
 * Verifies an assertion that a workload signed with its own key. INVARIANT: the key is the workload's, whatever `kid` says: a header that
 * names another one is refused.
 */
export async function verifyAssertion(
  { skewSeconds, publicUrl }: AssertionParts,
  token: UnverifiedToken,
  who: string,
  key: KeyRecord,
  now: Date,
  audience = publicUrl,
): Promise<AssertionUse | RejectedAssertion> {
  if (audience === undefined) return { rejected: 'audience', detail: 'this server has no public URL' }
  const owner = {
    ...{ id: who, issuer: who, trust: nowhere },
    clientIds: [audience],
    isForItAlone: true,
  } as const
  const verified = await verifyToken(token, owner, now, { keys: alone(key), skewSeconds })
  if ('rejected' in verified) return verified
  const { claims, subject, expiresAt } = verified
  if (subject !== who) return { rejected: 'bad-claim', detail: 'sub is not iss' }
  const issuedAt = claims.get('iat') as number
  if (expiresAt - issuedAt > LONGEST_ASSERTION || expiresAt < issuedAt)
    return { rejected: 'bad-claim', detail: `exp is not within ${LONGEST_ASSERTION} s of iat` }
  const jti = claims.get('jti')
  if (jti === undefined) return { rejected: 'missing-claim', detail: 'jti' }
  if (typeof jti !== 'string' || jti === '' || jti.length > longestId) return { rejected: 'bad-claim', detail: 'jti' }
  return { id: jti, key: `${who} ${jti}`, until: (expiresAt + skewSeconds) * 1000 }
}
