// Which identity a request is for, and what must be written for it: an identity is found, created, upgraded from a guest,
// given further logins, or merged (Amazon Cognito Developer Guide, "Identity pools authentication flow"; API Reference, GetId,
// GetCredentialsForIdentity). Planned over any reader; written in a transaction that plans again and must get the same.
import type { Reader, Transaction } from '../../../store/store.ts'
import { type IdentityRecord, identities, type Login, type LoginLink, loginLinks, type Pool } from '../records.ts'
import { changedMeanwhile, conflict, forbidden, loginsDiffer, loginTaken, noGuests, noIdentity } from '../refusals.ts'
import { dayOf } from './guests.ts'

/** Logins one identity may have. */
const mostLogins = 20
/** Mergers that are followed from a disabled identity to the one that replaces it. */
const mostMergers = 50

/** The identity that a request names, and the logins that it proves. */
export interface IdentityRequest {
  readonly pool: Pool
  /** The identity that it names, if it does. */
  readonly id?: string | undefined
  /** The id of a new identity; without it none is created. */
  readonly newId?: string | undefined
  /** Logins that were verified. */
  readonly logins: readonly Login[]
  /** The identity that one of our own OpenID tokens proved. */
  readonly proven?: string | undefined
  /** The pool's owner merges into the named identity: none of the logins needs to be linked to it. */
  readonly vouched?: boolean
  /** ISO 8601, seconds. */
  readonly at: string
}

export interface Plan {
  /** The identity as it will be. */
  readonly identity: IdentityRecord
  /** Nobody signed in. */
  readonly guest: boolean
  readonly create: boolean
  /** Its record changes. */
  readonly grows: boolean
  /** Other identities, disabled by this request. */
  readonly merged: readonly IdentityRecord[]
  /** Logins that lead to the identity from now on; each with whether it led to another before. */
  readonly links: readonly (LoginLink & { readonly moved: boolean })[]
  /** Nothing has to be written. */
  readonly settled: boolean
}

/** The identity of that id, or the one it was merged into. */
export async function homeOf(reader: Reader, id: string): Promise<IdentityRecord | undefined> {
  let next = id
  for (let step = 0; step < mostMergers; step++) {
    const identity = (await reader.find(identities, 'id', [next]))?.record
    if (identity?.mergedInto === undefined) return identity
    next = identity.mergedInto
  }
  return undefined
}

/**
 * What a request changes. `home` is the identity that `request.id` leads to, when the caller has read it already.
 * @throws NotAuthorizedException, ResourceNotFoundException, ResourceConflictException
 */
export async function plan(reader: Reader, request: IdentityRequest, home?: IdentityRecord): Promise<Plan> {
  const { pool, id, logins, proven } = request
  const named = home ?? (id === undefined ? undefined : await homeOf(reader, id))
  if (id !== undefined && (named === undefined || named.pool !== pool.id)) throw noIdentity(id)
  if (logins.length === 0 && proven === undefined) return guestPlan(request, named)

  const linked = new Map<Login, string>()
  for (const login of logins) {
    const link = await reader.get(loginLinks, [pool.account, pool.id, login.provider, login.subject])
    if (link !== undefined) linked.set(login, link.identity)
  }
  const owners: IdentityRecord[] = []
  for (const owner of new Set([...linked.values(), ...(proven === undefined ? [] : [proven])])) {
    const record = await reader.get(identities, [pool.account, pool.id, owner])
    // INVARIANT: a login leads to an identity that exists and is enabled; one that does not is not believed.
    if (record === undefined || record.mergedInto !== undefined) throw loginsDiffer(`a login leads to ${owner}`)
    owners.push(record)
  }

  const stays = homeAmong(request, named, owners)
  const merged = [...(named === undefined ? [] : [named]), ...owners].filter(
    (other, at, all) => other.id !== stays.record.id && all.findIndex(({ id }) => id === other.id) === at,
  )
  const gained = merged.flatMap((other) => other.logins)
  const unlinked = logins.filter((login) => !linked.has(login))
  const all = [...stays.record.logins, ...gained, ...unlinked]
  checkTogether(pool, all)
  const grows = stays.create || gained.length > 0 || unlinked.length > 0
  return {
    identity: grows ? grown(stays.record, all, request.at, stays.create) : stays.record,
    guest: false,
    create: stays.create,
    grows,
    merged: merged.map((other) => disabled(other, stays.record.id, request.at)),
    links: [...linksTo(pool, stays.record.id, gained, true), ...linksTo(pool, stays.record.id, unlinked, false)],
    settled: !grows && merged.length === 0,
  }
}

function guestPlan({ pool, id, newId, at }: IdentityRequest, named: IdentityRecord | undefined): Plan {
  if (named?.authenticated === true) throw forbidden(id ?? named.id, 'it has, or had, logins')
  if (!pool.allowUnauthenticated) throw noGuests()
  const none = { guest: true, merged: [], links: [] } as const
  if (named !== undefined) {
    const today = dayOf(at)
    // Its use is recorded once a day: in the transaction that commits what it is given, so that it cannot be removed
    // meanwhile.
    const isRecorded = named.usedOn !== undefined && named.usedOn >= today
    const identity = isRecorded ? named : { ...named, usedOn: today }
    return { ...none, identity, create: false, grows: !isRecorded, settled: isRecorded }
  }
  if (newId === undefined) throw new TypeError('an identity is neither named nor to be created')
  const identity = { ...fresh(pool, newId, at), usedOn: dayOf(at) }
  return { ...none, identity, create: true, grows: true, settled: false }
}

/** The identity that stays, of the one named and those that the logins lead to. */
function homeAmong(
  request: IdentityRequest,
  named: IdentityRecord | undefined,
  owners: readonly IdentityRecord[],
): { readonly record: IdentityRecord; readonly create: boolean } {
  const eldest = owners.reduce<IdentityRecord | undefined>(
    (best, owner) => (best === undefined || isElder(owner, best) ? owner : best),
    undefined,
  )
  if (named === undefined) {
    if (eldest !== undefined) return { record: eldest, create: false }
    if (request.newId === undefined) throw new TypeError('an identity is neither named nor to be created')
    return { record: fresh(request.pool, request.newId, request.at), create: true }
  }
  // A guest who signs in keeps its id, or becomes the identity that the login has already.
  if (!named.authenticated) return { record: eldest ?? named, create: false }
  // INVARIANT: nobody is let in to an identity by the logins of others.
  const own = request.vouched === true || owners.some(({ id }) => id === named.id)
  if (!own) throw loginsDiffer(`no login of ${named.id} was presented`)
  return { record: named, create: false }
}

const isElder = (one: IdentityRecord, other: IdentityRecord) =>
  one.createdAt === other.createdAt ? one.id < other.id : one.createdAt < other.createdAt

const fresh = (pool: Pool, id: string, at: string): IdentityRecord => ({
  account: pool.account,
  pool: pool.id,
  id,
  createdAt: at,
  modifiedAt: at,
  logins: [],
  authenticated: false,
  epoch: 1,
})

const grown = (
  { usedOn: _, ...identity }: IdentityRecord,
  logins: readonly Login[],
  at: string,
  isNew: boolean,
): IdentityRecord => ({
  ...identity,
  logins,
  authenticated: true,
  modifiedAt: at,
  // A guest's tokens end when somebody signs in as it; those of an identity that had logins before stay valid.
  epoch: isNew || identity.authenticated ? identity.epoch : identity.epoch + 1,
})

const disabled = (identity: IdentityRecord, into: string, at: string): IdentityRecord => ({
  ...identity,
  logins: [],
  mergedInto: into,
  modifiedAt: at,
  epoch: identity.epoch + 1,
})

const linksTo = (pool: Pool, identity: string, logins: readonly Login[], moved: boolean) =>
  logins.map(({ provider, subject }) => ({ account: pool.account, pool: pool.id, provider, subject, identity, moved }))

/** One user of each provider but the developer's own, and no more logins than allowed. */
function checkTogether(pool: Pool, logins: readonly Login[]) {
  if (logins.length > mostLogins) throw conflict(`An identity can have at most ${mostLogins} logins.`)
  const seen = new Map<string, string>()
  for (const { provider, subject } of logins) {
    const earlier = seen.get(provider)
    if (earlier !== undefined && earlier !== subject && provider !== pool.developer) throw loginTaken()
    seen.set(provider, subject)
  }
}

/** Plans again in the transaction and writes the plan. @throws ResourceConflictException when it differs from `before` */
export async function settle(tx: Transaction, request: IdentityRequest, before?: Plan): Promise<Plan> {
  const now = await plan(tx, request)
  if (before !== undefined && differs(now, before)) throw changedMeanwhile()
  if (now.settled) return now
  const { identity, create, grows, merged, links } = now
  if (create) await tx.create(identities, identity)
  else if (grows) await tx.replace(identities, identity)
  for (const other of merged) await tx.replace(identities, other)
  for (const { moved, ...link } of links) {
    if (moved) await tx.replace(loginLinks, link)
    else await tx.create(loginLinks, link)
  }
  return now
}

const differs = (one: Plan, other: Plan) =>
  one.identity.id !== other.identity.id ||
  one.identity.epoch !== other.identity.epoch ||
  one.guest !== other.guest ||
  JSON.stringify(one.identity.logins) !== JSON.stringify(other.identity.logins)
