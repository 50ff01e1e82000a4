// Which table, and which index of it.
import { type Cursor, isSign, nameFrom, peek, takeSign } from './cursor.ts'
import { isKeyword } from './keywords.ts'
import { Malformed, malformed } from './malformed.ts'
import type { Token } from './tokens.ts'

/** DynamoDB's rule for names of tables and indexes, and for a table's ARN; lengths are the backend's to check. */
const name = /^[A-Za-z0-9_.-]{1,255}$/
const arn = /^arn:[a-z0-9-]+:dynamodb:[a-z0-9-]*:[0-9]*:table\/[A-Za-z0-9_.-]{1,255}$/

export interface Source {
  readonly table: string
  readonly index: string | undefined
}

/** `"table"`, or `"table"."index"`. */
export function sourceFrom(cursor: Cursor): Source {
  const table = nameFrom(cursor, 'Expected a table name')
  const index = takeSign(cursor, '.') ? nameFrom(cursor, 'Invalid path dot component') : undefined
  if (isSign(peek(cursor), '.')) {
    throw new Malformed('A path may contain at most 2 components in the FROM clause')
  }
  // INVARIANT: what is printed between the quotes has no quote, blank or other sign that a simpler reader could take for the end.
  if (!name.test(table) && !arn.test(table)) throw malformed('Invalid table name')
  if (index !== undefined && !name.test(index)) throw malformed('Invalid index name')
  const next = peek(cursor)
  if (isAlias(next)) throw new Malformed('Aliasing is not supported')
  if (isSign(next, ',')) throw malformed('Only one table may be named')
  return { table, index }
}

const beforeAlias: ReadonlySet<string> = new Set(['AS', 'AT', 'BY'])

/** An alias would be another name of the item, with which any path could begin. */
const isAlias = (token: Token): boolean =>
  token.kind === 'name' || (token.kind === 'word' && (beforeAlias.has(token.upper) || !isKeyword(token.upper)))
