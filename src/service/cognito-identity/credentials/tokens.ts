// OpenID tokens of identity pools (GetOpenIdToken, GetOpenIdTokenForDeveloperIdentity): issued and verified here, with keys
// of our own, and never fetched from anywhere (OpenID Connect Core 1.0, 2; RFC 7515).
import { verify } from 'node:crypto'
import { base64urlBytes } from '../../../core/base64.ts'
import type { ClaimValue, VerifiedProof } from '../../../federation/proof.ts'
import { identityOfProof, type ProofIdentity } from '../../../federation/proof-identity.ts'
import { tokenText } from '../../../federation/token-text.ts'
import type { Signers, SigningSet } from '../../../keys/keys.ts'
import { type Reader, Unavailable } from '../../../store/store.ts'
import { type Json, readJson } from '../../../wire/json-text.ts'
import type { OpenIdRejection, OpenIdTokens, Origin, Pools } from '../../contracts/identity-pools.ts'
import type { Vault } from '../../parts.ts'
import type { Tag } from '../../records.ts'
import { type Attestations, attestationOf } from '../../session/attestations.ts'
import { proofBy } from '../../session/lineage.ts'
import type { Revocations } from '../../session/revocations.ts'
import { poolArn } from '../define.ts'
import { ownProvider, voucherOf } from '../identities/logins.ts'
import { identities } from '../records.ts'

/** `iss` of every token. */
export const tokenIssuer = 'https://cognito-identity.amazonaws.com'
const poolClaim = `${tokenIssuer}/identity-pool-arn`
const tagsClaim = 'https://aws.amazon.com/tags'
/** Hallpass's own claim, sealed: the bearer of the token must not learn the developer's credentials. */
const originClaim = 'hallpass_origin'

const keys: SigningSet = { account: 'system', purpose: 'cognito-identity', algorithms: ['RS512'] }
const algorithm = 'RS512'
/** Longer than any token made here. */
const longest = 20_000

export interface TokenParts {
  readonly store: Reader
  readonly signers: Signers
  readonly pools: Pools
  readonly vault: Vault
  readonly revocations: Pick<Revocations, 'kills' | 'holds' | 'fresh'>
  readonly attestations: Attestations
  readonly random: (bytes: number) => Buffer
}

export function createOpenIdTokens(parts: TokenParts): OpenIdTokens {
  const { store, signers, pools, vault, revocations, attestations, random } = parts
  const refused = (rejected: OpenIdRejection, detail: string) => ({ rejected, detail })

  async function open(token: string, now: Date): ReturnType<OpenIdTokens['open']> {
    const read = await signed(tokenText(token), now)
    if ('rejected' in read) return read
    const claims = read.claims
    const [id, pool] = [text(claims, 'sub'), text(claims, 'aud')]
    const [issuedAt, expiresAt] = [claims.get('iat'), claims.get('exp')]
    const amr = texts(claims.get('amr'))
    const epoch = Number(text(claims, 'jti')?.split('.')[0])
    if (id === undefined || pool === undefined || amr === undefined) return refused('malformed', 'a claim is missing')
    if (typeof issuedAt !== 'number' || typeof expiresAt !== 'number') return refused('malformed', 'a time is missing')
    if (now.getTime() / 1000 >= expiresAt) return refused('expired', `expired at ${expiresAt}`)
    const [identity, view] = await Promise.all([identityOf(id), viewOf(pool)])
    if (view === undefined || identity === undefined || identity.pool !== pool) return refused('stale', `${id} is gone`)
    // INVARIANT: a token counts only while its identity is enabled, unmerged and its logins unchanged.
    if (identity.mergedInto !== undefined) return refused('stale', `${id} was merged`)
    if (identity.epoch !== epoch) return refused('stale', `the logins of ${id} have changed`)
    const { account } = view.pool
    const origin = unsealed(account, id, text(claims, originClaim))
    if (origin === undefined) return refused('malformed', originClaim)
    // INVARIANT: it is good for new sessions for a day, so revoking the credentials that it was issued from revokes it.
    const bearer = { ancestors: [], by: proofBy({ provider: ownProvider, subject: id }) }
    const made = { id: '', principal: '', version: 0, account, issuedAt }
    if ([bearer, ...origin].some((from) => revocations.kills({ ...made, ...from })))
      return refused('revoked', `a token of ${id} was revoked`)
    if (origin.some((from) => revocations.holds(from)))
      return refused('revoked', `the credentials that a token of ${id} was issued from are held`)
    for (const from of origin) {
      const attestation = attestationOf(from)
      if (attestation !== undefined && !(await attestations.lives(attestation, now)))
        return refused('revoked', `what vouched for the workload that a token of ${id} was issued to has ended`)
    }
    return { view, identity, amr, tags: tagsIn(claims.get(tagsClaim)), from: origin[0], expiresAt }
  }

  const sealed = (account: string, id: string, from: Origin) =>
    vault.seal(account, id, originClaim, JSON.stringify(from))
  /** One origin or none; undefined when the claim was not sealed here for that identity. */
  function unsealed(account: string, id: string, claim: string | undefined): readonly Origin[] | undefined {
    if (claim === undefined) return []
    try {
      return [JSON.parse(vault.open(account, id, originClaim, claim)) as Origin]
    } catch {
      return undefined
    }
  }

  const identityOf = async (id: string) => (await store.find(identities, 'id', [id]))?.record
  const viewOf = async (id: string) => pools.byId(id)

  async function signed(
    token: string,
    now: Date,
  ): Promise<{ readonly claims: ReadonlyMap<string, Json> } | { rejected: OpenIdRejection; detail: string }> {
    const [head = '', body = '', tail = '', more] = token.split('.')
    const header = token.length > longest || more !== undefined ? undefined : objectOf(head)
    const claims = objectOf(body)
    const signature = tail === '' ? undefined : base64urlBytes(tail)
    if (header === undefined || claims === undefined || signature === undefined)
      return refused('malformed', 'not a JWS')
    const kid = header.get('kid')
    // The key decides the algorithm: the header may only agree.
    if (header.get('alg') !== algorithm || typeof kid !== 'string') return refused('signature', 'another algorithm')
    const key = await signers.verifying(keys, kid, now)
    if (key?.algorithm !== algorithm) return refused('signature', 'an unknown key')
    const good = verify('sha512', Buffer.from(`${head}.${body}`), key.key, signature)
    if (!good || claims.get('iss') !== tokenIssuer) return refused('signature', 'not signed here')
    return { claims }
  }

  return {
    async issue(wanted, now) {
      if (!revocations.fresh(now)) throw new Unavailable('the change feed is behind: nothing is issued')
      const { account, identity, from } = wanted
      const iat = Math.floor(now.getTime() / 1000)
      const claims = {
        sub: identity,
        aud: wanted.pool,
        amr: wanted.amr,
        iss: tokenIssuer,
        [poolClaim]: poolArn(account, wanted.pool),
        ...(wanted.tags.length === 0 ? {} : { [tagsClaim]: tagsOut(wanted.tags) }),
        ...(from === undefined ? {} : { [originClaim]: sealed(account, identity, from) }),
        exp: iat + wanted.duration,
        iat,
        // The epoch of the identity's logins: when they change, the token counts for nothing.
        jti: `${wanted.epoch}.${random(16).toString('hex')}`,
      }
      return signers.sign(keys, algorithm, claims, now)
    },
    open,
  }
}

/** An identity of a pool that a request proved, in either flow. */
export interface ProvenIdentity {
  readonly pool: string
  readonly identity: string
  readonly amr: readonly string[]
  readonly tags?: readonly Tag[]
  /** The developer's credentials that its token was issued from. */
  readonly from?: Origin | undefined
  /** Seconds since 1970. */
  readonly expiresAt?: number
}

/** An identity of a pool as a proof. */
export function poolProof(proven: ProvenIdentity): VerifiedProof {
  const { pool, identity, amr, from, expiresAt } = proven
  return {
    ...{ provider: ownProvider, subject: identity, audience: pool, expiresAt },
    voucher: from?.vouched === false ? 'nobody' : voucherOf(amr),
    ancestors: from?.ancestors,
    claims: new Map<string, Json>(),
    conditionKeys: () => ({
      prefix: ownProvider,
      wholeSession: new Map<string, ClaimValue>([
        ['aud', pool],
        ['sub', identity],
        ['amr', amr],
      ]),
      others: 'unknown',
    }),
    sessionAttributes: () => limitsOf(proven),
  }
}

const limitsOf = ({ tags = [] }: ProvenIdentity) => ({ tags, transitive: [], sourceIdentity: undefined })

/** An identity of a pool as trust policies and the audit see it. */
export const proofOf = (proven: ProvenIdentity): ProofIdentity => identityOfProof(poolProof(proven), limitsOf(proven))

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

function objectOf(part: string): ReadonlyMap<string, Json> | undefined {
  const bytes = base64urlBytes(part)
  const read = bytes === undefined ? undefined : readJson(bytes)
  return read !== undefined && 'value' in read && read.value instanceof Map ? read.value : undefined
}

function text(claims: ReadonlyMap<string, Json>, name: string): string | undefined {
  const value = claims.get(name)
  return typeof value === 'string' ? value : undefined
}

function texts(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const list = value as readonly Json[]
  return list.every((item): item is string => typeof item === 'string') ? list : undefined
}
