// The key ring: keys in the store, wrapped by the master key, and in memory on every node. A new key is `pending`; once
// every live node has reported that it can open with it, it becomes `active` and seals. The key before it is `closing`
// until everything that it sealed has expired, then `retired`. All of this goes through the store and its feed, so that any
// process that can write the store rotates the keys of running nodes without one failed request.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { newestToken, type TokenVersion } from '../core/token/seal.ts'
import { everything } from '../store/everything.ts'
import type { Store, Transaction } from '../store/store.ts'
import { type KeyRing, type Purpose, purposes } from './keys.ts'
import type { Master } from './master.ts'
import { context, ForeignRing, type NodeRecord, nodes, type RingKeyRecord, ringKeys } from './records.ts'
import { followRing, lacksKey, loadedOf, nothingLoaded, openingIds } from './ring-memory.ts'
import { agreedVersion, alive, forgotten, isDropped, isDue, missing, movedOn, rotated } from './ring-states.ts'

export interface Ring extends KeyRing {
  /**
   * Reports that this node lives, which keys it knows and which formats it opens; then changes the state of keys that are
   * due. A timer calls it every few seconds.
   */
  beat(now: Date): Promise<void>
  /**
   * Makes a key for each purpose, which takes over once every live node knows it. `compromised` retires the old keys of
   * `pass` at once: every session dies. It replaces a vault key but never retires it, for that key alone opens the
   * long-term secrets. Resolves to the ids of the new keys; called again before they take over, to the same ids. `along`
   * writes in the same transaction: signing keys, the audit.
   */
  rotate(now: Date, how?: Rotation): Promise<readonly string[]>
  /** The ring in the store, the oldest key first, without key material. */
  list(): Promise<readonly KeyInfo[]>
  /** Stops following the feed and deletes the node's record, so that no rotation waits for it. */
  close(): Promise<void>
}

export interface Rotation {
  readonly compromised?: boolean
  readonly along?: (tx: Transaction, newKeyIds: readonly string[]) => Promise<void>
}

export type KeyInfo = Omit<RingKeyRecord, 'wrapped'>

export interface RingOptions {
  readonly store: Store
  readonly master: Master
  readonly now: Date
  /** This node's id, unique to each process that serves. Without one (an operator's command) no rotation waits for it. */
  readonly node?: string
  /** No rotation waits for a node that has not reported for so long; ms, 30,000 by default. */
  readonly deadAfterMs?: number
}

const refreshEveryMs = 250

/** A new key. Called before the transaction that stores it: inside one, nothing is drawn or sealed. */
function fresh(master: Master, purpose: Purpose, now: Date, state: 'pending' | 'active'): RingKeyRecord {
  const id = randomBytes(8).toString('hex')
  const wrapped = master.wrap(randomBytes(32), context({ id, purpose }))
  const createdAt = now.getTime()
  const record = { id, purpose, state, wrapped, master: master.id, createdAt }
  return state === 'active' ? { ...record, activatedAt: createdAt } : record
}

function unwrapped(master: Master, record: RingKeyRecord): KeyObject | undefined {
  const bytes = master.unwrap(record.wrapped, context(record))
  return bytes === undefined ? undefined : createSecretKey(bytes)
}

/** Makes the keys that the ring lacks. Of several nodes that start at once, one makes each first key. */
async function makeFirst(store: Store, master: Master, now: Date): Promise<void> {
  const candidates = purposes.map((purpose) => fresh(master, purpose, now, 'active'))
  await store.transact(async (tx) => {
    const records = await everything(tx, ringKeys)
    for (const record of missing(records, candidates)) await tx.create(ringKeys, record)
  })
}

/** Reports that a node lives and what it opens. */
async function report(store: Store, id: string, now: Date, keys: readonly string[]): Promise<void> {
  const record: NodeRecord = { id, seenAt: now.getTime(), keys, tokens: newestToken }
  await store.transact(async (tx) => {
    const before = await tx.get(nodes, nodes.key(record))
    await (before === undefined ? tx.create(nodes, record) : tx.replace(nodes, record))
  })
}

/** Changes the state of keys that are due, and deletes the records of nodes that are long gone. */
async function moveOn(tx: Transaction, now: Date, deadAfterMs: number): Promise<void> {
  const records = await everything(tx, ringKeys)
  const members = await everything(tx, nodes)
  for (const record of movedOn(records, alive(members, now, deadAfterMs), now)) await tx.replace(ringKeys, record)
  for (const node of forgotten(members, now)) await tx.delete(nodes, nodes.key(node))
}

/**
 * Opens the ring in the store, and makes one when there is none.
 * @throws ForeignRing, when another master key wrapped the store's ring; Unavailable.
 */
export async function openRing(options: RingOptions): Promise<Ring> {
  const { store, master, node, deadAfterMs = 30_000 } = options
  let loaded = nothingLoaded
  let refreshedAt = Number.NEGATIVE_INFINITY
  /** Until the first beat has read which nodes live: the version that every release opens. */
  let tokenVersion: TokenVersion = 1
  const reading = followRing(store, async () => {
    loaded = loadedOf(await everything(store, ringKeys), loaded, (record) => unwrapped(master, record))
  })

  /** A write also brings this node what others wrote: keys that it learns by its own report it reports at once. */
  async function reportAll(id: string, now: Date): Promise<void> {
    let reported: readonly string[]
    do {
      reported = openingIds(loaded)
      await report(store, id, now, reported)
      await reading.settle()
    } while (reported.join() !== openingIds(loaded).join())
  }

  const ring: Ring = {
    sealing(purpose) {
      const key = loaded.sealing.get(purpose)
      if (key === undefined) throw new ForeignRing()
      return key
    },
    tokenVersion: () => tokenVersion,
    key(purpose, id) {
      const ringKey = loaded.opening.get(id)
      return ringKey?.purpose === purpose ? ringKey.key : undefined
    },
    async refresh(now) {
      const underWay = reading.underWay()
      if (underWay !== undefined) {
        await underWay
        return true
      }
      const since = now.getTime() - refreshedAt
      if (since >= 0 && since < refreshEveryMs) return false
      refreshedAt = now.getTime()
      await reading.load()
      return true
    },
    async beat(now) {
      await reading.settle()
      if (node !== undefined) await reportAll(node, now)
      tokenVersion = agreedVersion(alive(await everything(store, nodes), now, deadAfterMs))
      if (!loaded.records.some((record) => isDue(record, now))) return
      await store.transact((tx) => moveOn(tx, now, deadAfterMs))
      await reading.load()
    },
    async rotate(now, { compromised = false, along } = {}) {
      const candidates = purposes.map((purpose) =>
        fresh(master, purpose, now, isDropped(purpose, compromised) ? 'active' : 'pending'),
      )
      const coming = await store.transact(async (tx) => {
        const { replaced, created, coming } = rotated(await everything(tx, ringKeys), candidates, compromised, now)
        for (const record of replaced) await tx.replace(ringKeys, record)
        for (const record of created) await tx.create(ringKeys, record)
        await along?.(tx, coming)
        return coming
      })
      await reading.load()
      return coming
    },
    async list() {
      const records = [...(await everything(store, ringKeys))].sort((a, b) => a.createdAt - b.createdAt)
      return records.map(({ wrapped: _, ...info }) => info)
    },
    async close() {
      await reading.close()
      if (node !== undefined) await store.transact((tx) => tx.delete(nodes, ['system', node]))
    },
  }

  try {
    await makeFirst(store, master, options.now)
    await reading.load()
    if (lacksKey(loaded)) throw new ForeignRing()
    await ring.beat(options.now)
  } catch (error) {
    reading.unwatch()
    throw error
  }
  return ring
}
