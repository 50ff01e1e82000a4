// The ring as a node has it in memory: made from the store's records and from what was in memory before, and read again
// whenever the feed tells of a change.
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

/** What memory is to be after the store was read. `unwrap` answers undefined for a key that this master does not open. */
export function loadedOf(
  records: readonly RingKeyRecord[],
  before: Loaded,
  unwrap: (record: RingKeyRecord) => KeyObject | undefined,
): Loaded {
  const opening = new Map<string, { purpose: Purpose; key: KeyObject }>()
  const sealing = new Map<Purpose, SealingKey>()
  for (const record of records) {
    if (record.state === 'retired') continue
    // A key once known stays known: after a rewrap this process cannot unwrap it any more, and need not.
    const key = before.opening.get(record.id)?.key ?? unwrap(record)
    if (key === undefined) continue
    opening.set(record.id, { purpose: record.purpose, key })
    if (record.state === 'active') sealing.set(record.purpose, { id: record.id, key })
  }
  return { opening, sealing, records }
}

/** Whether the store has a key that could open something and that this node cannot open with. */
export const lacksKey = ({ records, opening }: Loaded): boolean =>
  records.some(({ id, state }) => state !== 'retired' && !opening.has(id))

/** Ids of the keys that it opens with, in one order for the same keys. */
export const knownIn = ({ opening }: Loaded): readonly string[] => [...opening.keys()].sort()

export interface Reading {
  /** Reads; of a reading that is under way, waits for it and for one more after it. */
  load(): Promise<void>
  /** The reading that is under way. */
  underWay(): Promise<void> | undefined
  /** Resolves when memory has what the store was heard to have. Never waits for a reading that fails, but for its own. */
  settle(): Promise<void>
  /** Follows the feed no longer, and waits for a reading that is under way. */
  close(): Promise<void>
  unwatch(): void
}

/** Reads by `readAll` whenever a key of the ring changes: one reading at a time, one more when something changed during it. */
export function followRing(store: Pick<Store, 'watch'>, readAll: () => Promise<void>): Reading {
  let loading: Promise<void> | undefined
  let again = false
  /** The store has, or may have, what memory has not: the next `settle` reads it if the feed's own reading failed. */
  let behind = false

  async function readUntilQuiet(): Promise<void> {
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
