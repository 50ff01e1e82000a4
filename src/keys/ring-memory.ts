// The ring in a node's memory: made from the store's records and from the keys already in memory, and read again whenever
// the feed reports a change.
import type { KeyObject } from 'node:crypto'
import type { SealingKey } from '../core/token/seal.ts'
import type { Change, Store } from '../store/store.ts'
import type { Purpose } from './keys.ts'
import { type RingKeyRecord, ringKeys } from './records.ts'

export interface Loaded {
  readonly opening: ReadonlyMap<string, { readonly purpose: Purpose; readonly key: KeyObject }>
  readonly sealing: ReadonlyMap<Purpose, SealingKey>
  readonly records: readonly RingKeyRecord[]
}

export const nothingLoaded: Loaded = { opening: new Map(), sealing: new Map(), records: [] }

/** The memory's new content after a read. `unwrap` returns undefined for a key that this node's master key did not wrap. */
export function loadedOf(
  records: readonly RingKeyRecord[],
  before: Loaded,
  unwrap: (record: RingKeyRecord) => KeyObject | undefined,
): Loaded {
  const opening = new Map<string, { purpose: Purpose; key: KeyObject }>()
  const sealing = new Map<Purpose, SealingKey>()
  for (const record of records) {
    if (record.state === 'retired') continue
    // A key in memory stays there: after a rewrap this process can no longer unwrap it, and need not.
    const key = before.opening.get(record.id)?.key ?? unwrap(record)
    if (key === undefined) continue
    opening.set(record.id, { purpose: record.purpose, key })
    if (record.state === 'active') sealing.set(record.purpose, { id: record.id, key })
  }
  return { opening, sealing, records }
}

/** Whether the store has a key in use that this node could not unwrap. */
export const lacksKey = ({ records, opening }: Loaded): boolean =>
  records.some(({ id, state }) => state !== 'retired' && !opening.has(id))

/** Ids of the keys that the node opens with, sorted, so that equal sets compare equal. */
export const openingIds = ({ opening }: Loaded): readonly string[] => [...opening.keys()].sort()

export interface Reading {
  /** Reads the ring. If a read is under way, waits for it and for one more after it. */
  load(): Promise<void>
  /** The read that is under way. */
  underWay(): Promise<void> | undefined
  /**
   * Resolves once memory has every change that the feed reported. It ignores the failure of a read that was under way,
   * and rejects when its own fails.
   */
  settle(): Promise<void>
  /** Stops following the feed, and waits for a read that is under way. */
  close(): Promise<void>
  /** Stops following the feed. */
  unwatch(): void
}

/** Calls `readAll` whenever a key of the ring changes: one read at a time, and one more when something changed during it. */
export function followRing(store: Pick<Store, 'watch'>, readAll: () => Promise<void>): Reading {
  let loading: Promise<void> | undefined
  let again = false
  /** The store may have what memory lacks: if the read that the feed caused failed, the next `settle` reads again. */
  let behind = false

  async function readUntilQuiet(): Promise<void> {
    try {
      do {
        again = false
        await readAll()
        behind = again
      } while (again)
    } finally {
      // In the same turn as the last test of `again`: a change between the two would be missed.
      loading = undefined
    }
  }

  function load(): Promise<void> {
    if (loading !== undefined) {
      again = true
      return loading
    }
    loading = readUntilQuiet()
    return loading
  }

  const unwatch = store.watch((change: Change) => {
    if (change !== 'resync' && change.collection !== ringKeys.name) return
    behind = true
    load().catch(() => {})
  })

  return {
    load,
    unwatch,
    underWay: () => loading,
    async settle() {
      if (loading !== undefined) await loading.catch(() => {})
      if (behind) await load()
    },
    async close() {
      unwatch()
      if (loading !== undefined) await loading.catch(() => {})
    },
  }
}
