// Reads all records of a collection.
import type { Collection, Key, Reader } from './store.ts'

const pageSize = 500

/**
 * Every record under a prefix of the key, or of an index's, in its order. Through a transaction the records are one snapshot;
 * otherwise they are not.
 */
export async function everything<R, I extends string>(
  reader: Reader,
  collection: Collection<R, I>,
  prefix: Key = [],
  by: I | 'key' = 'key',
): Promise<readonly R[]> {
  const records: R[] = []
  let after: Key | undefined
  do {
    const page = await reader.list(collection, by, { prefix, limit: pageSize, ...(after && { after }) })
    for (const record of page.items) records.push(record)
    after = page.next
  } while (after !== undefined)
  return records
}
