// OpenID tokens of identity pools (GetOpenIdToken, GetOpenIdTokenForDeveloperIdentity): issued and verified here, with keys
// of our own, and never fetched from anywhere (OpenID Connect Core 1.0, 2; RFC 7515).
import { verify } from 'node:crypto'
import type { Signers, SigningSet } from '../../keys/keys.ts'
import type { Reader } from '../../store/store.ts'
import { type Json, readJson } from '../../wire/json-text.ts'
import type { Tag } from '../records.ts'
import type { Proof } from '../web-identity/web-identity.ts'
import { poolArn } from './define.ts'
import { ownProvider } from './logins.ts'
import type { OpenIdRejection, OpenIdTokens, Pools } from './parts.ts'
import { identities } from './records.ts'

/** `iss` of every token. */
export const tokenIssuer = 'https://cognito-identity.amazonaws.com'
const poolClaim = `${tokenIssuer}/identity-pool-arn`
const tagsClaim = 'https://aws.amazon.com/tags'

const keys: SigningSet = { account: 'system', purpose: 'cognito-identity', algorithms: ['RS512'] }
const algorithm = 'RS512'
/** Longer than any token made here. */
const longest = 20_000

export interface TokenParts {
  readonly store: Reader
  readonly signers: Signers
  readonly pools: Pools
  readonly random: (bytes: number) => Buffer
}

/** Tokens over a store. */
export function createOpenIdTokens({ store, signers, pools, random }: TokenParts): OpenIdTokens {
  const refused = (rejected: OpenIdRejection, detail: string) => ({ rejected, detail })

  async function open(token: string, now: Date): ReturnType<OpenIdTokens['open']> {
    const read = await signed(token, now)
    if ('rejected' in read) return read
    const claims = read.claims
    const [id, pool, expiresAt] = [text(claims, 'sub'), text(claims, 'aud'), claims.get('exp')]
    const amr = texts(claims.get('amr'))
    const epoch = Number(text(claims, 'jti')?.split('.')[0])
    if (id === undefined || pool === undefined || typeof expiresAt !== 'number' || amr === undefined)
      return refused('malformed', 'a claim is missing')
    if (now.getTime() / 1000 >= expiresAt) return refused('expired', `expired at ${expiresAt}`)
    const [identity, view] = await Promise.all([identityOf(id), viewOf(pool)])
    if (view === undefined || identity === undefined || identity.pool !== pool) return refused('stale', `${id} is gone`)
    // INVARIANT: a token counts only while its identity is enabled, unmerged and its logins unchanged.
    if (identity.mergedInto !== undefined) return refused('stale', `${id} was merged`)
    if (identity.epoch !== epoch) return refused('stale', `the logins of ${id} have changed`)
    return { view, identity, amr, tags: tagsIn(claims.get(tagsClaim)), expiresAt }
  }

  const identityOf = async (id: string) => (await store.find(identities, 'id', [id]))?.record
  const viewOf = async (id: string) => pools.byId(id)

  async function signed(
    token: string,
    now: Date,
  ): Promise<{ readonly claims: ReadonlyMap<string, Json> } | { rejected: OpenIdRejection; detail: string }> {
    const [head = '', body = '', mark = '', more] = token.split('.')
    const header = token.length > longest || more !== undefined ? undefined : objectOf(head)
    const claims = objectOf(body)
    if (header === undefined || claims === undefined || !isCanonical(mark)) return refused('malformed', 'no JWS')
    const kid = header.get('kid')
    // The key decides the algorithm: the header may only agree.
    if (header.get('alg') !== algorithm || typeof kid !== 'string') return refused('signature', 'another algorithm')
    const found = await signers.verifying(keys, kid, now)
    if (found?.algorithm !== algorithm) return refused('signature', 'a key of nobody here')
    const good = verify('sha512', Buffer.from(`${head}.${body}`), found.key, Buffer.from(mark, 'base64url'))
    if (!good || claims.get('iss') !== tokenIssuer) return refused('signature', 'not signed here')
    return { claims }
  }

  return {
    issue(wanted, now) {
      const iat = Math.floor(now.getTime() / 1000)
      const claims = {
        sub: wanted.identity,
        aud: wanted.pool,
        amr: wanted.amr,
        iss: tokenIssuer,
        [poolClaim]: poolArn(wanted.account, wanted.pool),
        ...(wanted.tags.length === 0 ? {} : { [tagsClaim]: tagsOut(wanted.tags) }),
        exp: iat + wanted.duration,
        iat,
        // The epoch of the identity's logins: what makes the token die with them.
        jti: `${wanted.epoch}.${random(16).toString('hex')}`,
      }
      return signers.sign(keys, algorithm, claims, now)
    },
    open,
  }
}

/** The identity of a pool as a proof: what trust policies and audit see, whichever flow it came by. */
export function proofOf(of: {
  readonly pool: string
  readonly identity: string
  readonly amr: readonly string[]
  readonly tags?: readonly Tag[]
  /** Seconds since 1970. */
  readonly expiresAt?: number
}): Proof {
  const tags = Object.create(null) as Record<string, string>
  for (const { Key, Value } of of.tags ?? []) tags[Key] = Value
  return {
    kind: 'proof',
    provider: ownProvider,
    subject: of.identity,
    audience: of.pool,
    ...(of.expiresAt === undefined ? {} : { notAfter: of.expiresAt }),
    tags,
    transitive: [],
    keys: new Map<string, string | readonly string[]>([
      [`${ownProvider}:aud`, of.pool],
      [`${ownProvider}:sub`, of.identity],
      [`${ownProvider}:amr`, of.amr],
    ]),
  }
}

/** A null prototype: a tag may be called __proto__. */
function tagsOut(tags: readonly Tag[]): object {
  const principal = Object.create(null) as Record<string, readonly string[]>
  for (const { Key, Value } of tags) principal[Key] = [Value]
  return { principal_tags: principal }
}

function tagsIn(claim: Json | undefined): readonly Tag[] {
  const principal = claim instanceof Map ? (claim as ReadonlyMap<string, Json>).get('principal_tags') : undefined
  if (!(principal instanceof Map)) return []
  return [...(principal as ReadonlyMap<string, Json>)].flatMap(([Key, values]) => {
    const [Value] = texts(values) ?? []
    return Value === undefined ? [] : [{ Key, Value }]
  })
}

/** One token has one spelling: Node's decoder skips foreign characters and ignores trailing bits. */
const isCanonical = (part: string) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part

function objectOf(part: string): ReadonlyMap<string, Json> | undefined {
  if (!isCanonical(part)) return undefined
  const read = readJson(Buffer.from(part, 'base64url'))
  return 'value' in read && read.value instanceof Map ? read.value : undefined
}

function text(claims: ReadonlyMap<string, Json>, name: string): string | undefined {
  const value = claims.get(name)
  return typeof value === 'string' ? value : undefined
}

function texts(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const list = value as readonly Json[]
  return list.every((one): one is string => typeof one === 'string') ? list : undefined
}
