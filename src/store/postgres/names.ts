// Names of the store's tables. All are in one schema, and every statement names it: the search path is empty.
import { checkNames, declarations } from '../optimistic/rows.ts'
import type { AnyCollection } from '../store.ts'

/** PostgreSQL cuts off longer names, and two could become one (NAMEDATALEN). */
const LONGEST = 63

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const qualified = (schema: string, name: string): string => `${quoted(schema)}.${quoted(name)}`

export const tableName = (collection: string): string => `r_${collection}`

export const columnName = (index: string): string => `i_${index}`

/** An index and, by it, the constraint that a violation names. */
export const indexName = (collection: string, index: string): string => `x_${collection}_${index}`

/** @throws TypeError for names that PostgreSQL cannot hold */
export function checkTableNames(collection: AnyCollection): void {
  checkNames(collection)
  for (const { name } of declarations(collection))
    if (indexName(collection.name, name).length > LONGEST)
      throw new TypeError(`${collection.name}.${name} is too long a name`)
}
