// Which identity a request is for, and what must be written for it to be so: found, created, upgraded from a guest, given
// further logins, or merged (Amazon Cognito Developer Guide, "Identity pools authentication flow"; API Reference, GetId,
// GetCredentialsForIdentity). Planned over any reader; written in a transaction that plans again and must come to the same.
import type { Reader, Transaction } from '../../../store/store.ts'
import { type IdentityRecord, identities, type Login, type LoginLink, loginLinks, type Pool } from '../records.ts'
import { changedMeanwhile, conflict, forbidden, loginsDiffer, loginTaken, noGuests, noIdentity } from '../refusals.ts'
import { dayOf } from './guests.ts'

/** Logins one identity may have. */
const mostLogins = 20
/** Mergers followed from a disabled identity to the one that stands for it. */
const mostMergers = 50

/** What a request names and proves. */
export interface Asked {
  readonly pool: Pool
  /** The identity named, when one is. */
  readonly id?: string | undefined
  /** What a new identity is called; without it none is made. */
  readonly newId?: string | undefined
  /** Logins that were verified. */
  readonly logins: readonly Login[]
  /** An identity that one of our own OpenID tokens proved. */
  readonly proven?: string | undefined
  /** The pool's owner merges into the identity named: no login needs to be one of its own. */
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
    const found = (await reader.find(identities, 'id', [next]))?.record
    if (found?.mergedInto === undefined) return found
    next = found.mergedInto
  }
  return undefined
}

/**
 * What a request comes to. `home` is the identity that `asked.id` leads to, when it was read a moment ago.
 * @throws NotAuthorizedException, ResourceNotFoundException, ResourceConflictException
 */
export async function plan(reader: Reader, asked: Asked, home?: IdentityRecord): Promise<Plan> {
  const { pool, id, logins, proven } = asked
  const named = home ?? (id === undefined ? undefined : await homeOf(reader, id))
  if (id !== undefined && (named === undefined || named.pool !== pool.id)) throw noIdentity(id)
  if (logins.length === 0 && proven === undefined) return guestPlan(asked, named)

  const linked = new Map<Login, string>()
  for (const login of logins) {
    const link = await reader.get(loginLinks, [pool.account, pool.id, login.provider, login.subject])
    if (link !== undefined) linked.set(login, link.identity)
  }
  const owners: IdentityRecord[] = []
  for (const owner of new Set([...linked.values(), ...(proven === undefined ? [] : [proven])])) {
    const record = await reader.get(identities, [pool.account, pool.id, owner])
    // INVARIANT: a login leads to an identity that is there and enabled; one that does not is believed nowhere.
    if (record === undefined || record.mergedInto !== undefined) throw loginsDiffer(`a login leads to ${owner}`)
    owners.push(record)
  }

  const stays = homeAmong(asked, named, owners)
  const merged = [...(named === undefined ? [] : [named]), ...owners].filter(
    (other, at, all) => other.id !== stays.record.id && all.findIndex(({ id }) => id === other.id) === at,
  )
  const gained = merged.flatMap((other) => other.logins)
  const unlinked = logins.filter((login) => !linked.has(login))
  const all = [...stays.record.logins, ...gained, ...unlinked]
  checkTogether(pool, all)
  const grows = stays.create || gained.length > 0 || unlinked.length > 0
  return {
    identity: grows ? grown(stays.record, all, asked.at, stays.create) : stays.record,
    guest: false,
    create: stays.create,
    grows,
    merged: merged.map((other) => disabled(other, stays.record.id, asked.at)),
    links: [...linksTo(pool, stays.record.id, gained, true), ...linksTo(pool, stays.record.id, unlinked, false)],
    settled: !grows && merged.length === 0,
  }
}

function guestPlan({ pool, id, newId, at }: Asked, named: IdentityRecord | undefined): Plan {
  if (named?.authenticated === true) throw forbidden(id ?? named.id, 'it has, or had, logins')
  if (!pool.allowUnauthenticated) throw noGuests()
  const none = { guest: true, merged: [], links: [] } as const
  if (named !== undefined) {
    const today = dayOf(at)
    // Once a day it is written down that it was used: in the transaction of what is handed out, so that it cannot be
    // removed meanwhile.
    const isKnown = named.usedOn !== undefined && named.usedOn >= today
    const identity = isKnown ? named : { ...named, usedOn: today }
    return { ...none, identity, create: false, grows: !isKnown, settled: isKnown }
  }
  if (newId === undefined) throw new TypeError('an identity is neither named nor to be made')
  const identity = { ...fresh(pool, newId, at), usedOn: dayOf(at) }
  return { ...none, identity, create: true, grows: true, settled: false }
}

/** The identity that stays, of the one named and those that the logins lead to. */
function homeAmong(
  asked: Asked,
  named: IdentityRecord | undefined,
  owners: readonly IdentityRecord[],
): { readonly record: IdentityRecord; readonly create: boolean } {
  const eldest = owners.reduce<IdentityRecord | undefined>(
    (best, one) => (best === undefined || isElder(one, best) ? one : best),
    undefined,
  )
  if (named === undefined) {
    if (eldest !== undefined) return { record: eldest, create: false }
    if (asked.newId === undefined) throw new TypeError('an identity is neither named nor to be made')
    return { record: fresh(asked.pool, asked.newId, asked.at), create: true }
  }
  // A guest becomes whoever signs in: under its own id, or as the one that is known already.
  if (!named.authenticated) return { record: eldest ?? named, create: false }
  // INVARIANT: nobody is let in to an identity by the logins of others.
  const own = asked.vouched === true || owners.some(({ id }) => id === named.id)
  if (!own) throw loginsDiffer(`no login of ${named.id} was given`)
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
  // A guest's tokens end when somebody signs in as it; those of who signed in before go on.
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

/** One user of each provider but the developer's own, and so many logins. */
function checkTogether(pool: Pool, logins: readonly Login[]) {
  if (logins.length > mostLogins) throw conflict(`An identity can have at most ${mostLogins} logins.`)
  const seen = new Map<string, string>()
  for (const { provider, subject } of logins) {
    const before = seen.get(provider)
    if (before !== undefined && before !== subject && provider !== pool.developer) throw loginTaken()
    seen.set(provider, subject)
  }
}

/** Plans again in the transaction and writes what it comes to. @throws ResourceConflictException when that is another. */
export async function settle(tx: Transaction, asked: Asked, before?: Plan): Promise<Plan> {
  const now = await plan(tx, asked)
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
