// Work that is too much for one transaction, done in batches; and its most common case, the removal of expired records.
import type { Collection, Store } from './store.ts'

export interface Batch {
  /** How many records this batch changed. */
  readonly count: number
  /** Whether there may be more to do. */
  readonly more: boolean
}

/** Runs batches until one says that there is no more, or the limit is reached. Answers how many records they changed. */
export async function inBatches(batch: () => Promise<Batch>, most = Number.POSITIVE_INFINITY): Promise<number> {
  let count = 0
  for (let done = 0; done < most; done++) {
    const last = await batch()
    count += last.count
    if (!last.more) break
  }
  return count
}

const atOnce = 500

/** Removes the records whose `until` (ms) is before `now`; their index `until` begins with it. Answers how many went. */
export function removePast<R extends { readonly until: number }>(
  store: Pick<Store, 'transact'>,
  collection: Collection<R, 'until'>,
  now: Date,
): Promise<number> {
  return inBatches(() =>
    store.transact(async (tx) => {
      const { items } = await tx.list(collection, 'until', { prefix: [], limit: atOnce })
      const past = items.filter(({ until }) => until < now.getTime())
      for (const record of past) await tx.delete(collection, collection.key(record))
      return { count: past.length, more: past.length === atOnce }
    }),
  )
}
