// What a request without a signature names and proves: its pool, and its logins verified; for an identity also its plan.
import { foldCase } from '../../../core/policy/casing.ts'
import type { CognitoParts, Origin, PoolView } from '../../contracts/identity-pools.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { isoTime, type Tag } from '../../records.ts'
import type { Ending } from '../credentials/lifetime.ts'
import { tagsOf } from '../pools/principal-tags.ts'
import type { IdentityRecord } from '../records.ts'
import { invalidLogin, loginsDiffer, noIdentity, noPool, tooMany, unsupportedProvider } from '../refusals.ts'
import { type Asked, homeOf, type Plan, plan } from './linking.ts'
import { type Bringing, ownProvider, type VerifiedLogin, verifyLogin } from './logins.ts'

export type Logins = Readonly<Record<string, string>> | undefined
type Needs = Pick<Parts, 'store'> & { readonly cognito: CognitoParts }

export interface Proof {
  readonly verified: readonly VerifiedLogin[]
  /** The identity of one of our own tokens. */
  readonly own:
    | {
        readonly id: string
        readonly amr: readonly string[]
        readonly tags: readonly Tag[]
        readonly from: Origin | undefined
        readonly expiresAt: number | undefined
      }
    | undefined
}

const nothing: Proof = { verified: [], own: undefined }

/** @throws ResourceNotFoundException */
export async function poolOf({ cognito }: Needs, id: string): Promise<PoolView> {
  const view = await cognito.pools.byId(id)
  if (view === undefined) throw noPool(id)
  return view
}

/** An identity, or the one that stands for it, and its pool. @throws ResourceNotFoundException */
export async function poolOfIdentity(parts: Needs, id: string): Promise<InPool> {
  const identity = await homeOf(parts.store, id)
  if (identity === undefined) throw noIdentity(id)
  const view = await parts.cognito.pools.byId(identity.pool)
  if (view === undefined) throw noIdentity(id)
  return { view, identity }
}

export interface InPool {
  readonly view: PoolView
  readonly identity: IdentityRecord
}

/** Verifies every login of a request. @throws NotAuthorizedException, ExternalServiceException */
export async function prove(
  { cognito }: Needs,
  { pool }: PoolView,
  logins: Logins,
  bringing: Bringing,
): Promise<Proof> {
  const verified: VerifiedLogin[] = []
  let own: Proof['own']
  for (const [provider, token] of Object.entries(logins ?? {})) {
    if (provider !== ownProvider) {
      // A developer's users have no tokens but ours: their names prove nothing.
      if (provider === pool.developer) throw unsupportedProvider(`${provider} is vouched for by its owner alone`)
      verified.push(await verifyLogin(cognito.logins, pool, provider, token, bringing))
      continue
    }
    const opened = await cognito.tokens.open(token, bringing.now)
    if ('rejected' in opened) {
      if (opened.rejected === 'stale' || opened.rejected === 'revoked') throw loginsDiffer(opened.detail)
      throw invalidLogin(
        opened.rejected === 'expired' ? 'Token expired.' : 'Not a valid OpenId Connect identity token.',
        opened.detail,
      )
    }
    // INVARIANT: a guest's token signs nobody in, and a token of another pool is no login of this one.
    if (opened.view.pool.id !== pool.id || !opened.amr.includes('authenticated'))
      throw unsupportedProvider(`a token of ${opened.view.pool.id}, ${opened.amr.join(' ')}`)
    const { identity, amr, tags, from, expiresAt } = opened
    own = { id: identity.id, amr, tags, from, expiresAt }
  }
  return { verified, own }
}

/**
 * Takes one from the pool's allowance, after what was proven. INVARIANT: guests, who prove nothing, have one of their own:
 * anybody can be one, and would use up that of those who sign in. @throws TooManyRequestsException
 */
export function admit(call: Call, { pool }: PoolView, { verified, own }: Proof): void {
  const isGuest = verified.length === 0 && own === undefined
  if (!call.within('pool', isGuest ? `${pool.id} guests` : pool.id)) throw tooMany()
}

/** What a request that proved this asks of the identities. */
export const askedOf = ({ pool }: PoolView, { verified, own }: Proof, now: Date): Asked => ({
  pool,
  logins: verified.map(({ provider, subject }) => ({ provider, subject })),
  proven: own?.id,
  at: isoTime(now),
})

/** All that a request proved by, as far as it ends. */
export const endsOf = ({ verified, own }: Proof): readonly Ending[] =>
  own === undefined ? verified : [own, ...verified]

/** What `amr` says of whoever proved this. */
export function amrOf({ verified, own }: Proof, guest: boolean): readonly string[] {
  if (guest) return ['unauthenticated']
  return [...new Set(['authenticated', ...(own?.amr ?? []), ...verified.flatMap(({ amr }) => amr)])]
}

/** The session tags of whoever proved this. @throws NotAuthorizedException */
export function sessionTagsOf(view: PoolView, { verified, own }: Proof, id: string): readonly Tag[] {
  const mapped = tagsOf(view, verified, id)
  if (own === undefined || own.tags.length === 0) return mapped
  // The developer said what the session's tags are: a login adds, and changes none.
  const given = new Set(own.tags.map(({ Key }) => foldCase(Key)))
  return [...own.tags, ...mapped.filter(({ Key }) => !given.has(foldCase(Key)))]
}

/** An identity named by a request without a signature, with what the request proves. */
export interface Named {
  readonly view: PoolView
  readonly proof: Proof
  readonly asked: Asked
  readonly plan: Plan
  readonly amr: readonly string[]
}

/** @throws NotAuthorizedException, ResourceNotFoundException, ResourceConflictException, TooManyRequestsException */
export async function namedIdentity(parts: Needs, call: Call, id: string, logins: Logins): Promise<Named> {
  const { view, identity } = await poolOfIdentity(parts, id)
  const proof = logins === undefined ? nothing : await prove(parts, view, logins, call)
  const asked = { ...askedOf(view, proof, call.now), id }
  const planned = await plan(parts.store, asked, identity)
  admit(call, view, proof)
  return { view, proof, asked, plan: planned, amr: amrOf(proof, planned.guest) }
}
