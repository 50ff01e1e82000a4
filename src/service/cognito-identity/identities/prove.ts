// What an unsigned request names and proves: its pool and its verified logins; for an identity also its plan.
import { foldCase } from '../../../core/policy/casing.ts'
import type { CognitoParts, Origin, PoolView } from '../../contracts/identity-pools.ts'
import type { Call } from '../../operation.ts'
import type { Parts } from '../../parts.ts'
import { isoTime, type Tag } from '../../records.ts'
import type { Expiring } from '../credentials/lifetime.ts'
import { tagsOf } from '../pools/principal-tags.ts'
import type { IdentityRecord } from '../records.ts'
import { invalidLogin, loginsDiffer, noIdentity, noPool, tooMany, unsupportedProvider } from '../refusals.ts'
import { homeOf, type IdentityRequest, type Plan, plan } from './linking.ts'
import { type LoginContext, ownProvider, type VerifiedLogin, verifyLogin } from './logins.ts'

export type Logins = Readonly<Record<string, string>> | undefined
type Needs = Pick<Parts, 'store'> & { readonly cognito: CognitoParts }

/** The logins of a request, verified. */
export interface ProvenLogins {
  readonly verified: readonly VerifiedLogin[]
  /** The identity that one of our own tokens names. */
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

const noLogins: ProvenLogins = { verified: [], own: undefined }

/** @throws ResourceNotFoundException */
export async function poolOf({ cognito }: Needs, id: string): Promise<PoolView> {
  const view = await cognito.pools.byId(id)
  if (view === undefined) throw noPool(id)
  return view
}

/** An identity, or the one that it was merged into, and its pool. @throws ResourceNotFoundException */
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
  context: LoginContext,
): Promise<ProvenLogins> {
  const verified: VerifiedLogin[] = []
  let own: ProvenLogins['own']
  for (const [provider, token] of Object.entries(logins ?? {})) {
    if (provider !== ownProvider) {
      // A developer's users have our own tokens alone: their names prove nothing.
      if (provider === pool.developer) throw unsupportedProvider(`${provider} is vouched for by its owner alone`)
      verified.push(await verifyLogin(cognito.logins, pool, provider, token, context))
      continue
    }
    const opened = await cognito.tokens.open(token, context.now)
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
 * Counts the request against the rate of its pool, once its logins are verified. INVARIANT: guests have a rate of their own:
 * anybody can be one, and would use up the rate of those who sign in. @throws TooManyRequestsException
 */
export function admit(call: Call, { pool }: PoolView, { verified, own }: ProvenLogins): void {
  const isGuest = verified.length === 0 && own === undefined
  if (!call.within('pool', isGuest ? `${pool.id} guests` : pool.id)) throw tooMany()
}

/** The identity that a request with these logins asks for. */
export const requestOf = ({ pool }: PoolView, { verified, own }: ProvenLogins, now: Date): IdentityRequest => ({
  pool,
  logins: verified.map(({ provider, subject }) => ({ provider, subject })),
  proven: own?.id,
  at: isoTime(now),
})

/** Everything that ends of what a request proved. */
export const endsOf = ({ verified, own }: ProvenLogins): readonly Expiring[] =>
  own === undefined ? verified : [own, ...verified]

/** The `amr` of a request that proved this. */
export function amrOf({ verified, own }: ProvenLogins, guest: boolean): readonly string[] {
  if (guest) return ['unauthenticated']
  return [...new Set(['authenticated', ...(own?.amr ?? []), ...verified.flatMap(({ amr }) => amr)])]
}

/** The session tags of a request that proved this. @throws NotAuthorizedException */
export function sessionTagsOf(view: PoolView, { verified, own }: ProvenLogins, id: string): readonly Tag[] {
  const mapped = tagsOf(view, verified, id)
  if (own === undefined || own.tags.length === 0) return mapped
  // The developer's tags stand: logins add others, and change none of them.
  const given = new Set(own.tags.map(({ Key }) => foldCase(Key)))
  return [...own.tags, ...mapped.filter(({ Key }) => !given.has(foldCase(Key)))]
}

/** The identity that an unsigned request names, with what the request proves. */
export interface Named {
  readonly view: PoolView
  readonly proof: ProvenLogins
  readonly request: IdentityRequest
  readonly plan: Plan
  readonly amr: readonly string[]
}

/** @throws NotAuthorizedException, ResourceNotFoundException, ResourceConflictException, TooManyRequestsException */
export async function namedIdentity(parts: Needs, call: Call, id: string, logins: Logins): Promise<Named> {
  const { view, identity } = await poolOfIdentity(parts, id)
  const proof = logins === undefined ? noLogins : await prove(parts, view, logins, call)
  const request = { ...requestOf(view, proof, call.now), id }
  const planned = await plan(parts.store, request, identity)
  admit(call, view, proof)
  return { view, proof, request, plan: planned, amr: amrOf(proof, planned.guest) }
}
