// Reading one entry, and attributes of more values than a server gives at once.
import type { Connection } from './connection.ts'
import type { Deadline } from './deadline.ts'
import { bytesOf, type Entry, rangeOf } from './entry.ts'
import { NotWhole, noSuchObject, Refused } from './failures.ts'
import { everything } from './filters.ts'

/** How a directory is asked: by which connection, and how long the next answer may take. */
export interface Asking {
  readonly connection: Connection
  readonly answer: () => Deadline
}

/** Pieces of one attribute; Active Directory's have 1,500 values. */
const mostPieces = 20

/** The entry of that DN; undefined when there is none, or none that may be read. */
export async function readEntry(
  dn: string,
  attributes: readonly string[],
  { connection, answer }: Asking,
): Promise<Entry | undefined> {
  try {
    const [entry] = await connection.search({ base: dn, scope: 'base', filter: everything, attributes }, 1, answer())
    return entry
  } catch (error) {
    if (error instanceof Refused && error.code === noSuchObject) return undefined
    throw error
  }
}

/** All values of an attribute, of which the entry that was read may hold the first piece alone. */
export async function wholeAttribute(entry: Entry, attribute: string, asking: Asking): Promise<readonly Buffer[]> {
  const values = [...bytesOf(entry, attribute)]
  let piece = entry
  for (let count = 0, range = rangeOf(entry, attribute); range !== undefined; count++) {
    values.push(...(piece.values.get(range.name) ?? []))
    if (range.last === undefined) break
    if (count === mostPieces) throw new NotWhole(`more values of ${attribute} than ${mostPieces} pieces`)
    const next = await readEntry(entry.dn, [`${attribute};range=${range.last + 1}-*`], asking)
    range = next === undefined ? undefined : rangeOf(next, attribute)
    // INVARIANT: an attribute that ends before its last piece is not whole.
    if (next === undefined || range === undefined) throw new NotWhole(`${attribute} of ${entry.dn} has no end`)
    piece = next
  }
  return values
}
