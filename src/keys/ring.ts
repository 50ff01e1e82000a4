// The key ring: keys in the store, wrapped by the master key, and in memory on every node. A key is made `pending`; once
// every live node has reported that it can open with it, it becomes `active` and seals; the one before is `closing` until
// nothing sealed by it can still live, then `retired`. All of it goes through the store and its feed, so that any process
// that can write the store rotates the keys of running nodes without one failed request.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { newestToken, type TokenVersion } from '../core/token/seal.ts'
import { everything } from '../store/everything.ts'
import type { Store, Transaction } from '../store/store.ts'
import { type KeyRing, type Purpose, purposes } from './keys.ts'
import type { Master } from './master.ts'
import { context, ForeignRing, type NodeRecord, nodes, type RingKeyRecord, ringKeys } from './records.ts'
import { followRing, knownIn, lacksKey, loadedOf, nothingLoaded } from './ring-memory.ts'
import { agreedVersion, alive, forgotten, isDropped, isDue, missing, movedOn, rotated } from './ring-states.ts'

export interface Ring extends KeyRing {
  /**
   * Says that this node lives, which keys it knows and what it opens, and moves keys on that are due. Every few seconds, by a
   * timer.
   */
  beat(now: Date): Promise<void>
  /**
   * Makes a key for each purpose, which takes over when every live node knows it. `compromised` lets the old keys of
   * `pass` go at once: every session dies. A vault key is replaced but never dropped: it alone opens the
   * long-term secrets. Answers the ids of the keys to come; asked again before they took over, the same ones. `along` does
   * what goes with it in the same transaction: signing keys, the audit.
   */
  rotate(now: Date, how?: Rotation): Promise<readonly string[]>
  /** The ring as the store has it, the oldest key first; no key material. */
  list(): Promise<readonly KeyInfo[]>
  /** No longer hears the feed; the node's registration goes, so that a rotation need not wait for it. */
  close(): Promise<void>
}

export interface Rotation {
  readonly compromised?: boolean
  readonly along?: (tx: Transaction, made: readonly string[]) => Promise<void>
}

export type KeyInfo = Omit<RingKeyRecord, 'wrapped'>

export interface RingOptions {
  readonly store: Store
  readonly master: Master
  readonly now: Date
  /** This node's id, another for each process that serves. Without one (an operator's command) nobody waits for it. */
  readonly node?: string
  /** A node not heard of for so long is not waited for; ms, 30,000 unless given. */
  readonly deadAfterMs?: number
}

const refreshEveryMs = 250

/** Made before the transaction that may create it: inside one, nothing is drawn or sealed. */
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

/** Makes what a ring lacks, so that of nodes that start at once one makes each first key. */
async function makeFirst(store: Store, master: Master, now: Date): Promise<void> {
  const candidates = purposes.map((purpose) => fresh(master, purpose, now, 'active'))
  await store.transact(async (tx) => {
    const records = await everything(tx, ringKeys)
    for (const record of missing(records, candidates)) await tx.create(ringKeys, record)
  })
}

/** Says that a node lives and what it opens. */
async function report(store: Store, id: string, now: Date, keys: readonly string[]): Promise<void> {
  const record: NodeRecord = { id, seenAt: now.getTime(), keys, tokens: newestToken }
  await store.transact(async (tx) => {
    const before = await tx.get(nodes, nodes.key(record))
    await (before === undefined ? tx.create(nodes, record) : tx.replace(nodes, record))
  })
}

/** Moves on what is due, and forgets nodes. */
async function moveOn(tx: Transaction, now: Date, deadAfterMs: number): Promise<void> {
  const records = await everything(tx, ringKeys)
  const members = await everything(tx, nodes)
  for (const record of movedOn(records, alive(members, now, deadAfterMs), now)) await tx.replace(ringKeys, record)
  for (const node of forgotten(members, now)) await tx.delete(nodes, nodes.key(node))
}

/**
 * Opens the ring in the store, and makes it when there is none.
 * @throws ForeignRing, when the store's ring is not under this master key; Unavailable.
 */
export async function openRing(options: RingOptions): Promise<Ring> {
  const { store, master, node, deadAfterMs = 30_000 } = options
  let loaded = nothingLoaded
  let refreshedAt = Number.NEGATIVE_INFINITY
  /** Until the first beat has seen who else is there, what every release opens. */
  let tokenVersion: TokenVersion = 1
  const reading = followRing(store, async () => {
    loaded = loadedOf(await everything(store, ringKeys), loaded, (record) => unwrapped(master, record))
  })

  /** To write is to hear of what others wrote: what a node learns by its report it reports at once. */
  async function reportAll(id: string, now: Date): Promise<void> {
    let known: readonly string[]
    do {
      known = knownIn(loaded)
      await report(store, id, now, known)
      await reading.settle()
    } while (known.join() !== knownIn(loaded).join())
  }

  const ring: Ring = {
    sealing(purpose) {
      const key = loaded.sealing.get(purpose)
      if (key === undefined) throw new ForeignRing()
      return key
    },
    tokenVersion: () => tokenVersion,
    key(purpose, id) {
      const found = loaded.opening.get(id)
      return found?.purpose === purpose ? found.key : undefined
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
