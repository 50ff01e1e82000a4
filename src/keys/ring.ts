// The key ring: keys in the store, wrapped by the master key, and in memory on every node. A key is made `pending`; once
// every live node has reported that it can open with it, it becomes `active` and seals; the one before is `closing` until
// nothing sealed by it can still live, then `retired`. All of it goes through the store and its feed, so that any process
// that can write the store rotates the keys of running nodes without one failed request.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { longestSessionMs } from '../core/identity.ts'
import { newestToken, type SealingKey, type TokenVersion } from '../core/token/seal.ts'
import { everything } from '../store/everything.ts'
import type { Store, Transaction } from '../store/store.ts'
import { type KeyRing, type Purpose, purposes } from './keys.ts'
import type { Master } from './master.ts'
import { context, ForeignRing, type NodeRecord, nodes, type RingKeyRecord, ringKeys } from './records.ts'

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
  /** A node not heard of for so long is not waited for; ms, 30,000 unless told. */
  readonly deadAfterMs?: number
}

/**
 * How far clocks may differ, and how long a node may go on sealing with a key after another took over: it hears of that
 * through the feed, and stops issuing when it has not heard the feed for far less than this.
 */
const skewMs = 600_000
const refreshEveryMs = 250
const forgetNodeAfterMs = 3_600_000

interface Loaded {
  readonly opening: ReadonlyMap<string, { readonly purpose: Purpose; readonly key: KeyObject }>
  readonly sealing: ReadonlyMap<Purpose, SealingKey>
  readonly records: readonly RingKeyRecord[]
}

/** Made before the transaction that may create it: inside one, nothing is drawn or sealed. */
function fresh(master: Master, purpose: Purpose, now: Date, state: 'pending' | 'active'): RingKeyRecord {
  const id = randomBytes(8).toString('hex')
  const wrapped = master.wrap(randomBytes(32), context({ id, purpose }))
  const createdAt = now.getTime()
  const record = { id, purpose, state, wrapped, master: master.id, createdAt }
  return state === 'active' ? { ...record, activatedAt: createdAt } : record
}

const retired = (record: RingKeyRecord, now: Date): RingKeyRecord => {
  return { ...record, state: 'retired', wrapped: '', retiredAt: now.getTime() }
}

/**
 * Opens the ring in the store, and makes it when there is none.
 * @throws ForeignRing, when the store's ring is not under this master key; Unavailable.
 */
export async function openRing(options: RingOptions): Promise<Ring> {
  const { store, master, node, deadAfterMs = 30_000 } = options
  let loaded: Loaded = { opening: new Map(), sealing: new Map(), records: [] }
  let loading: Promise<void> | undefined
  let again = false
  /** The store has, or may have, what memory has not: the next beat reads it if the feed's own reading failed. */
  let behind = false
  let refreshedAt = Number.NEGATIVE_INFINITY
  /** Until the first beat has seen who else is there, what every release opens. */
  let tokenVersion: TokenVersion = 1

  async function readAll(): Promise<void> {
    const records = await everything(store, ringKeys)
    const opening = new Map<string, { purpose: Purpose; key: KeyObject }>()
    const sealing = new Map<Purpose, SealingKey>()
    for (const record of records) {
      if (record.state === 'retired') continue
      // A key once known stays known: after a rewrap this process cannot unwrap it any more, and need not.
      const key = loaded.opening.get(record.id)?.key ?? unwrap(record)
      if (key === undefined) continue
      opening.set(record.id, { purpose: record.purpose, key })
      if (record.state === 'active') sealing.set(record.purpose, { id: record.id, key })
    }
    loaded = { opening, sealing, records }
  }

  function unwrap(record: RingKeyRecord): KeyObject | undefined {
    const bytes = master.unwrap(record.wrapped, context(record))
    return bytes === undefined ? undefined : createSecretKey(bytes)
  }

  /** One reading at a time; one more when something changed during it. */
  function load(): Promise<void> {
    if (loading !== undefined) {
      again = true
      return loading
    }
    const run = async () => {
      try {
        do {
          again = false
          await readAll()
          behind = again
        } while (again)
      } finally {
        // In the same turn as the last look at `again`: a change that comes between the two would be missed.
        loading = undefined
      }
    }
    loading = run()
    return loading
  }

  const unwatch = store.watch((change) => {
    if (change !== 'resync' && change.collection !== ringKeys.name) return
    behind = true
    load().catch(() => {})
  })

  /** Never waits for a reading that fails: then memory stays behind, and the next beat tries again. */
  const settle = async () => {
    if (loading !== undefined) await loading.catch(() => {})
    if (behind) await load()
  }

  async function first(): Promise<void> {
    const candidates = purposes.map((purpose) => fresh(master, purpose, options.now, 'active'))
    await store.transact(async (tx) => {
      const records = await everything(tx, ringKeys)
      for (const candidate of candidates) {
        if (!records.some(({ purpose }) => purpose === candidate.purpose)) await tx.create(ringKeys, candidate)
      }
    })
    await load()
    const lost = loaded.records.some(({ id, state }) => state !== 'retired' && !loaded.opening.has(id))
    if (lost) throw new ForeignRing()
  }

  const known = () => [...loaded.opening.keys()].sort()

  async function report(id: string, now: Date, keys: readonly string[]): Promise<void> {
    const record: NodeRecord = { id, seenAt: now.getTime(), keys, tokens: newestToken }
    await store.transact(async (tx) => {
      const there = await tx.get(nodes, nodes.key(record))
      await (there === undefined ? tx.create(nodes, record) : tx.replace(nodes, record))
    })
  }

  const alive = (members: readonly NodeRecord[], now: Date) =>
    members.filter(({ seenAt }) => seenAt > now.getTime() - deadAfterMs)

  /**
   * INVARIANT: nothing is sealed in a format that a live node has not said it opens. Asked at every beat: beside a node of
   * the release before that starts later, the format before is sealed again.
   */
  async function agree(now: Date): Promise<void> {
    const live = alive(await everything(store, nodes), now)
    tokenVersion = live.every(({ tokens = 1 }) => tokens >= newestToken) ? newestToken : 1
  }

  const due = (record: RingKeyRecord, now: Date) =>
    record.state === 'pending' ||
    (record.opensUntil !== undefined && record.opensUntil <= now.getTime() && open(record))
  const open = ({ state }: RingKeyRecord) => state !== 'retired'

  async function moveOn(tx: Transaction, now: Date): Promise<void> {
    const records = await everything(tx, ringKeys)
    const members = await everything(tx, nodes)
    const live = alive(members, now)
    for (const record of records.filter((one) => due(one, now))) {
      if (record.state !== 'pending') await tx.replace(ringKeys, retired(record, now))
      else if (live.every(({ keys }) => keys.includes(record.id))) await promote(tx, records, record, now)
    }
    for (const gone of members.filter(({ seenAt }) => seenAt <= now.getTime() - forgetNodeAfterMs))
      await tx.delete(nodes, nodes.key(gone))
  }

  async function promote(tx: Transaction, records: readonly RingKeyRecord[], next: RingKeyRecord, now: Date) {
    const before = records.find(({ purpose, state }) => purpose === next.purpose && state === 'active')
    if (before !== undefined) {
      const opensUntil = now.getTime() + longestSessionMs + skewMs
      const closing: RingKeyRecord = { ...before, state: 'closing' }
      await tx.replace(ringKeys, before.purpose === 'vault' ? closing : { ...closing, opensUntil })
    }
    await tx.replace(ringKeys, { ...next, state: 'active', activatedAt: now.getTime() })
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
      if (loading !== undefined) {
        await loading
        return true
      }
      const since = now.getTime() - refreshedAt
      if (since >= 0 && since < refreshEveryMs) return false
      refreshedAt = now.getTime()
      await load()
      return true
    },
    async beat(now) {
      await settle()
      if (node !== undefined) {
        // To write is to hear of what others wrote: what this node learns by its report it reports at once.
        let told = known()
        await report(node, now, told)
        await settle()
        while (told.join() !== known().join()) {
          told = known()
          await report(node, now, told)
          await settle()
        }
      }
      await agree(now)
      if (!loaded.records.some((record) => due(record, now))) return
      await store.transact((tx) => moveOn(tx, now))
      await load()
    },
    async rotate(now, how = {}) {
      const drop = (purpose: Purpose) => how.compromised === true && purpose !== 'vault'
      const made = purposes.map((purpose) => fresh(master, purpose, now, drop(purpose) ? 'active' : 'pending'))
      const ids = await store.transact(async (tx) => {
        const records = (await everything(tx, ringKeys)).filter(open)
        // Keys under two masters at once would leave no node able to open all of them.
        if (records.some((record) => record.master !== master.id)) throw new ForeignRing()
        const coming: string[] = []
        for (const candidate of made) {
          const same = records.filter(({ purpose }) => purpose === candidate.purpose)
          const waiting = same.find(({ state }) => state === 'pending')
          const dropping = drop(candidate.purpose)
          if (dropping) for (const record of same) await tx.replace(ringKeys, retired(record, now))
          if (dropping || waiting === undefined) await tx.create(ringKeys, candidate)
          coming.push(dropping ? candidate.id : (waiting?.id ?? candidate.id))
        }
        await how.along?.(tx, coming)
        return coming
      })
      await load()
      return ids
    },
    async list() {
      const records = [...(await everything(store, ringKeys))].sort((a, b) => a.createdAt - b.createdAt)
      return records.map(({ wrapped: _, ...info }) => info)
    },
    async close() {
      unwatch()
      if (loading !== undefined) await loading.catch(() => {})
      if (node !== undefined) await store.transact((tx) => tx.delete(nodes, ['system', node]))
    },
  }

  try {
    await first()
    await ring.beat(options.now)
  } catch (error) {
    unwatch()
    throw error
  }
  return ring
}
