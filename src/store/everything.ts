// Reads a collection completely.
import type { Collection, Key, Reader } from './store.ts'

const pageSize = 500

/**
 * Every record under a prefix of the key, in the order of keys: one snapshot when read through a transaction, and not one
 * snapshot otherwise.
 */
export async function everything<R, I extends string>(
  reader: Reader,
  collection: Collection<R, I>,
  prefix: Key = [],
): Promise<readonly R[]> {
  const found: R[] = []
  let after: Key | undefined
  do {
    const page = await reader.list(collection, 'key', { prefix, limit: pageSize, ...(after && { after }) })
    for (const record of page.items) found.push(record)
    after = page.next
  } while (after !== undefined)
  return found
}
