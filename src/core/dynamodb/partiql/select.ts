// "PartiQL select statements for DynamoDB", and EXISTS, which holds one.
import { conditionFrom } from './conditions.ts'
import {
  type Cursor,
  commaSeparated,
  expectSign,
  expectWord,
  isSign,
  nameFrom,
  peek,
  peekSecond,
  placeOf,
  takeSign,
  takeWord,
} from './cursor.ts'
import { Malformed, malformed } from './malformed.ts'
import { sourceFrom } from './source.ts'
import type { Exists, Path, PathTerm, Select } from './statement.ts'
import { pathTermFrom } from './values.ts'

/** After SELECT. */
export function selectFrom(cursor: Cursor): Select {
  const list = takeSign(cursor, '*') ? undefined : commaSeparated(cursor, () => selectedFrom(cursor))
  expectWord(cursor, 'FROM')
  const { table, index } = sourceFrom(cursor)
  const where = takeWord(cursor, 'WHERE') ? conditionFrom(cursor) : undefined
  return { kind: 'select', list, table, index, where, orderBy: orderFrom(cursor) }
}

function selectedFrom(cursor: Cursor): PathTerm {
  const token = peek(cursor)
  // DynamoDB's words for COUNT(*); it has no function whose result could be selected.
  if (token.kind === 'word' && isSign(peekSecond(cursor), '(')) {
    throw new Malformed(`Unexpected path component at ${placeOf(cursor, token)}`)
  }
  return pathTermFrom(cursor)
}

function orderFrom(cursor: Cursor): Select['orderBy'] {
  if (!takeWord(cursor, 'ORDER')) return []
  expectWord(cursor, 'BY')
  return commaSeparated(cursor, () => {
    const path: Path = [nameFrom(cursor, 'Expected a key attribute')]
    const descending = takeWord(cursor, 'DESC')
    if (!descending) takeWord(cursor, 'ASC')
    return { path, descending }
  })
}

/** After EXISTS. */
export function existsFrom(cursor: Cursor): Exists {
  expectSign(cursor, '(')
  expectWord(cursor, 'SELECT')
  const select = selectFrom(cursor)
  expectSign(cursor, ')')
  // It is a condition on one item of a table: nothing of it is read through an index, in an order, or without a key.
  if (select.index !== undefined) throw new Malformed('This operation is not supported on an index')
  if (select.where === undefined || select.orderBy.length > 0) throw malformed('EXISTS must name one item')
  return { kind: 'exists', select }
}
