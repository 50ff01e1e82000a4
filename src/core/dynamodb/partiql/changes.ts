// "PartiQL insert", "update" and "delete statements for DynamoDB": each changes one item of one table.
import { argumentsOf, conditionFrom } from './conditions.ts'
import {
  type Cursor,
  commaSeparated,
  expectSign,
  expectWord,
  isSign,
  peek,
  peekSecond,
  placeOf,
  take,
  takeSign,
  takeWord,
  unexpected,
} from './cursor.ts'
import { Malformed, malformed } from './malformed.ts'
import { sourceFrom } from './source.ts'
import type {
  Assigned,
  Change,
  Condition,
  Delete,
  Insert,
  Returning,
  Term,
  Update,
  UpdateFunction,
} from './statement.ts'
import { pathFrom, termFrom, tupleFrom } from './values.ts'

const functions: Readonly<Record<string, UpdateFunction>> = {
  LIST_APPEND: 'list_append',
  SET_ADD: 'set_add',
  SET_DELETE: 'set_delete',
}

/** After INSERT. */
export function insertFrom(cursor: Cursor): Insert {
  expectWord(cursor, 'INTO')
  const token = peek(cursor)
  const { table, index } = sourceFrom(cursor)
  if (index !== undefined) {
    const place = placeOf(cursor, token)
    throw new Malformed(`FROM clause may only contain a single table name in data manipulation statements at ${place}`)
  }
  expectWord(cursor, 'VALUE')
  return { kind: 'insert', table, item: tupleFrom(cursor) }
}

/** After UPDATE. */
export function updateFrom(cursor: Cursor): Update {
  const table = tableAloneFrom(cursor)
  const changes = [...changesFrom(cursor)]
  while (!takeWord(cursor, 'WHERE')) {
    if (peek(cursor).kind === 'end') throw noKey()
    changes.push(...changesFrom(cursor))
  }
  return { kind: 'update', table, changes, where: conditionFrom(cursor), returning: returningFrom(cursor) }
}

function changesFrom(cursor: Cursor): Change[] {
  if (takeWord(cursor, 'SET')) {
    return [{ kind: 'set', assignments: commaSeparated(cursor, () => assignmentFrom(cursor)) }]
  }
  if (!takeWord(cursor, 'REMOVE')) throw malformed('Expected data manipulation')
  // The guide has one path after each REMOVE: so are several sent.
  return commaSeparated(cursor, () => ({ kind: 'remove', path: pathFrom(cursor) }))
}

function assignmentFrom(cursor: Cursor) {
  const path = pathFrom(cursor)
  expectSign(cursor, '=')
  return { path, value: assignedFrom(cursor) }
}

function assignedFrom(cursor: Cursor): Assigned {
  const token = peek(cursor)
  if (token.kind === 'word' && isSign(peekSecond(cursor), '(')) return functionFrom(cursor, token.upper)
  const first = termFrom(cursor)
  const rest: { operator: '+' | '-'; term: Term }[] = []
  while (isSign(peek(cursor), '+') || isSign(peek(cursor), '-')) {
    const operator = isSign(take(cursor), '+') ? '+' : '-'
    rest.push({ operator, term: termFrom(cursor) })
  }
  return rest.length === 0 ? first : { kind: 'sum', first, rest }
}

function functionFrom(cursor: Cursor, upper: string): Assigned {
  const name = Object.hasOwn(functions, upper) ? functions[upper] : undefined
  if (name === undefined) throw malformed(`Function ${upper} is not supported in SET`)
  const both = argumentsOf(cursor, (): [Term, Term] => {
    const first = termFrom(cursor)
    expectSign(cursor, ',')
    return [first, termFrom(cursor)]
  })
  return { kind: 'update', name, arguments: both }
}

/** After DELETE. */
export function deleteFrom(cursor: Cursor): Delete {
  expectWord(cursor, 'FROM')
  const table = tableAloneFrom(cursor)
  const where = whereFrom(cursor)
  const returning = returningFrom(cursor)
  if (returning !== undefined && returning !== 'ALL OLD') {
    const only = 'Only RETURNING ALL OLD * is allowed in DELETE statements.'
    throw new Malformed(`Invalid returning clause: RETURNING ${returning} *. ${only}`)
  }
  return { kind: 'delete', table, where, returning }
}

function tableAloneFrom(cursor: Cursor): string {
  const { table, index } = sourceFrom(cursor)
  if (index !== undefined) throw new Malformed('This operation is not supported on an index')
  return table
}

const noKey = () => new Malformed('Where clause does not contain a mandatory equality on all key attributes')

function whereFrom(cursor: Cursor): Condition {
  if (takeWord(cursor, 'WHERE')) return conditionFrom(cursor)
  const next = peek(cursor)
  throw next.kind === 'end' ? noKey() : unexpected(next, 'Unexpected token after expression')
}

function returningFrom(cursor: Cursor): Returning | undefined {
  if (!takeWord(cursor, 'RETURNING')) return undefined
  const which = takeWord(cursor, 'MODIFIED') ? 'MODIFIED' : 'ALL'
  if (which === 'ALL') expectWord(cursor, 'ALL')
  const when = takeWord(cursor, 'NEW') ? 'NEW' : 'OLD'
  if (when === 'OLD') expectWord(cursor, 'OLD')
  if (!takeSign(cursor, '*')) throw malformed('Expected *')
  return `${which} ${when}`
}
