// Runs work that is too much for one transaction in batches; and its most common case, the removal of expired records.
import type { Collection, Store } from './store.ts'

export interface Batch {
  /** How many records this batch changed. */
  readonly count: number
  /** Whether there may be more to do. */
  readonly more: boolean
}

/** Runs batches until one reports no more work, or the limit is reached. Resolves to how many records they changed. */
export async function inBatches(batch: () => Promise<Batch>, maxBatches = Number.POSITIVE_INFINITY): Promise<number> {
  let count = 0
  for (let batches = 0; batches < maxBatches; batches++) {
    const last = await batch()
    count += last.count
    if (!last.more) break
  }
  return count
}

const batchSize = 500

/** Deletes the records whose `until` (ms) is before `now`; their index `until` begins with it. Resolves to their number. */
export function removePast<R extends { readonly until: number }>(
  store: Pick<Store, 'transact'>,
  collection: Collection<R, 'until'>,
  now: Date,
): Promise<number> {
  return inBatches(() =>
    store.transact(async (tx) => {
      const { items } = await tx.list(collection, 'until', { prefix: [], limit: batchSize })
      const past = items.filter(({ until }) => until < now.getTime())
      for (const record of past) await tx.delete(collection, collection.key(record))
      return { count: past.length, more: past.length === batchSize }
    }),
  )
}
