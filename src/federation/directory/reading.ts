// Reading one entry, and attributes of more values than a server gives at once.
import type { Connection } from './connection.ts'
import type { Deadline } from './deadline.ts'
import { type Entry, rangeOf, textOf, textsOf } from './entry.ts'
import { noSuchObject, Refused, TooMany } from './failures.ts'
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

/** All texts of an attribute, of which the entry that was read may hold the first piece alone. */
export async function wholeAttribute(entry: Entry, attribute: string, asking: Asking): Promise<readonly string[]> {
  const texts = [...textsOf(entry, attribute)]
  let range = rangeOf(entry, attribute)
  for (let piece: Entry | undefined = entry, count = 0; range !== undefined; count++) {
    for (const bytes of piece?.values.get(range.name) ?? []) {
      const text = textOf(bytes)
      if (text !== undefined) texts.push(text)
    }
    if (range.last === undefined) break
    if (count === mostPieces) throw new TooMany(`more values of ${attribute} than ${mostPieces} pieces`)
    const rest = `${attribute};range=${range.last + 1}-*`
    piece = await readEntry(entry.dn, [rest], asking)
    range = piece === undefined ? undefined : rangeOf(piece, attribute)
    // INVARIANT: an attribute that ends before its last piece is not whole.
    if (range === undefined) throw new TooMany(`${attribute} of ${entry.dn} has no end`)
  }
  return texts
}
