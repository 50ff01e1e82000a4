// Which passes are revoked. The records are few and short-lived, so every node holds all of them in memory, kept current by
// the store's change feed, and checks them whenever a pass is opened. How a revocation is made: revoke.ts.
import type { Pass } from '../../core/identity.ts'
import { removePast } from '../../store/batches.ts'
import { everything } from '../../store/everything.ts'
import type { Change, Collection, Key, Store } from '../../store/store.ts'

export type RevocationKind =
  | 'session' // the session with this id, or everything issued to this access key id; and what descends from it
  | 'principal' // sessions of this unique id whose record had version `upTo` or less; and what descends from them
  | 'subject' // sessions that began with this subject (`by` of a pass)
  | 'source-identity'
  | 'account' // every session of the account; and what descends from one
  | 'everything' // every session there is: a backup was restored
  | 'hold' // what descends from the sign-in with this id, for as long as `upTo` is odd: see hold.ts

export interface Revocation {
  /** Whose sessions it revokes, and with them their descendants in any account; `system` for 'everything'. */
  readonly account: string
  readonly kind: RevocationKind
  /** What the kind names; empty for 'account' and 'everything'. */
  readonly value: string
  /**
   * The last record version ('principal') or second of issuance ('subject' to 'everything') that is revoked. 0 for 'session'. Of
   * 'hold' the count of its changes: odd while it is held.
   */
  readonly upTo: number
  /** ms, as `until`. */
  readonly at: number
  /** When nothing it could kill can still live. */
  readonly until: number
}

export const revocations: Collection<Revocation, 'until'> = {
  name: 'revocation',
  key: (r) => [r.account, r.kind, r.value],
  indexes: { until: { of: (r) => [r.until, r.account, r.kind, r.value] } },
  shape: 1,
  upgrade: (old) => old as Revocation,
}

/** What revocations match: of a pass, and of everything else that sessions are issued from. */
export type Descent = Pick<
  Pass,
  'id' | 'principal' | 'version' | 'account' | 'issuedAt' | 'by' | 'sourceIdentity' | 'ancestors'
>

export interface Revocations {
  kills(pass: Descent): boolean
  /** It descends from a sign-in that is held: refused now, and not revoked. */
  holds(pass: Pick<Descent, 'ancestors'>): boolean
  /** This node knows of every revocation up to the bound: it may issue and change. */
  fresh(now: Date): boolean
  /**
   * It knows of them up to the longer grace, in which passes are still believed while the feed is silent: the one place where
   * an outage favours going on, so that it does not become one of everything behind the gateway too.
   */
  believed(now: Date): boolean
  /** Adds a revocation that this node has just committed, without waiting for the feed. */
  learn(revocation: Revocation): void
  /** Resolves when everything the feed announced so far is read, or could not be read. */
  settled(): Promise<void>
  /** Removes records and entries that can kill nothing any more. Answers how many records that were. */
  sweep(now: Date): Promise<number>
  close(): void
}

export interface RevocationsOptions {
  readonly store: Store
  /** ms without news of the feed after which this node issues nothing; 10,000 by default. */
  readonly boundMs?: number
  /** ms after which it opens nothing either; 300,000 by default. */
  readonly graceMs?: number
}

const retryEveryMs = 250

interface RevokedSpan {
  readonly upTo: number
  readonly until: number
}

/** Reads every revocation, then follows the feed. Rejects Unavailable: a node that does not know them does not start. */
export async function openRevocations(options: RevocationsOptions): Promise<Revocations> {
  const { store, boundMs = 10_000, graceMs = 300_000 } = options
  /** By value, then by account: a look-up makes no text, and on a hit of the pass cache hashes none. */
  const held: Record<RevocationKind, Map<string, Map<string, RevokedSpan>>> = {
    session: new Map(),
    principal: new Map(),
    subject: new Map(),
    'source-identity': new Map(),
    account: new Map(),
    everything: new Map(),
    hold: new Map(),
  }
  /** What the feed announced and is not read yet; and up to when this node knew everything before the first of it. */
  const unread = new Map<string, Key | 'resync'>()
  let knownAt = store.heardAt()
  let reading = false
  let read: Promise<void> = Promise.resolve()
  let triedAt = Number.NEGATIVE_INFINITY

  // INVARIANT: entries only grow, and leave by their own expiry. A deletion in the store, a late or a stale reading can
  // then bring no pass back to life, whatever order they come in. A hold is lifted by one more step of its count.
  function learn({ kind, account, value, upTo, until }: Revocation): void {
    const entries = held[kind].get(value) ?? new Map<string, RevokedSpan>()
    held[kind].set(value, entries)
    const earlier = entries.get(account)
    entries.set(account, { upTo: Math.max(upTo, earlier?.upTo ?? 0), until: Math.max(until, earlier?.until ?? 0) })
  }

  async function readAll(): Promise<void> {
    for (const revocation of await everything(store, revocations)) learn(revocation)
  }

  async function readUnread(): Promise<void> {
    try {
      for (const [name, what] of unread) {
        // Taken out before it is read: a change announced meanwhile is added again, and read again.
        unread.delete(name)
        try {
          if (what === 'resync') await readAll()
          else {
            const revocation = await store.get(revocations, what)
            if (revocation !== undefined) learn(revocation)
          }
        } catch {
          // What could not be read keeps `knownAt` where it is, until fresh and believed answer false.
          unread.set(name, what)
          return
        }
      }
    } finally {
      // In the same turn as the last look at `unread`: a change that comes between the two would wait for the next one.
      reading = false
    }
  }

  function start(): void {
    if (reading || unread.size === 0) return
    reading = true
    read = readUnread()
  }

  const unwatch = store.watch((change: Change) => {
    if (change !== 'resync' && change.collection !== revocations.name) return
    if (unread.size === 0 && !reading) knownAt = store.heardAt()
    if (change === 'resync') unread.set('resync', change)
    else unread.set(JSON.stringify(change.key), change.key)
    start()
  })

  function within(now: Date, ms: number): boolean {
    if (unread.size > 0 && !reading && Math.abs(now.getTime() - triedAt) >= retryEveryMs) {
      triedAt = now.getTime()
      start()
    }
    const upToDateAt = unread.size > 0 || reading ? knownAt : store.heardAt()
    return now.getTime() - upToDateAt.getTime() <= ms
  }

  function upTo(kind: RevocationKind, account: string, value: string): number {
    const entries = held[kind]
    return entries.size === 0 ? -1 : (entries.get(value)?.get(account)?.upTo ?? -1)
  }

  const killsOne = (id: string, principal: string, version: number, account: string) =>
    upTo('session', account, id) >= 0 || upTo('principal', account, principal) >= version

  const killsIn = (pass: Descent, account: string) =>
    upTo('account', account, '') >= pass.issuedAt ||
    upTo('subject', account, pass.by) >= pass.issuedAt ||
    (pass.sourceIdentity !== undefined && upTo('source-identity', account, pass.sourceIdentity) >= pass.issuedAt)

  const revoked: Revocations = {
    kills(pass) {
      if (upTo('everything', 'system', '') >= pass.issuedAt) return true
      if (killsOne(pass.id, pass.principal, pass.version, pass.account) || killsIn(pass, pass.account)) return true
      return pass.ancestors.some(
        ({ id, principal, version, account }) => killsOne(id, principal, version, account) || killsIn(pass, account),
      )
    },
    holds: ({ ancestors }) =>
      held.hold.size > 0 && ancestors.some(({ id, account }) => upTo('hold', account, id) % 2 === 1),
    fresh: (now) => within(now, boundMs),
    believed: (now) => within(now, graceMs),
    learn,
    async settled() {
      while (reading) await read
    },
    async sweep(now) {
      for (const byValue of Object.values(held)) {
        for (const [value, entries] of byValue) {
          for (const [account, { until }] of entries) if (until < now.getTime()) entries.delete(account)
          if (entries.size === 0) byValue.delete(value)
        }
      }
      return removePast(store, revocations, now)
    },
    close: unwatch,
  }

  try {
    await readAll()
  } catch (error) {
    unwatch()
    throw error
  }
  return revoked
}
