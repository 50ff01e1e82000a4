// From text to tree, or to what is wrong with it. Nothing is guessed: what is not understood whole is refused.
import { nameInArn } from '../../arn.ts'
import { deleteFrom, insertFrom, updateFrom } from './changes.ts'
import { type Cursor, peek, take, takeSign } from './cursor.ts'
import { Malformed, malformed } from './malformed.ts'
import { existsFrom, selectFrom } from './select.ts'
import type { Statement } from './statement.ts'
import { type Token, tokensOf } from './tokens.ts'
import { indexOf, tableOf, topLevelNames } from './touched.ts'

/** `wrong` is the message of the ValidationException, DynamoDB's own where its words are known. */
export type Parsed = { readonly parsed: Statement } | { readonly wrong: string }

export function parseStatement(text: string): Parsed {
  try {
    return { parsed: statementOf(text, tokensOf(text)) }
  } catch (error) {
    if (error instanceof Malformed) return { wrong: error.message }
    throw error
  }
}

const verbs: Readonly<Record<string, (cursor: Cursor) => Statement>> = {
  SELECT: selectFrom,
  INSERT: insertFrom,
  UPDATE: updateFrom,
  DELETE: deleteFrom,
  EXISTS: existsFrom,
}

/** Throws Malformed. Each token is looked at a bounded number of times. */
export function statementOf(text: string, tokens: readonly Token[]): Statement {
  const cursor: Cursor = { text, tokens, at: 0 }
  const first = take(cursor)
  const verb = first.kind === 'word' && Object.hasOwn(verbs, first.upper) ? verbs[first.upper] : undefined
  if (verb === undefined) throw malformed('Expected data manipulation')
  const statement = verb(cursor)
  expectEnd(cursor)
  refuseNamesOfTheItem(statement)
  return statement
}

function expectEnd(cursor: Cursor): void {
  const semicolon = takeSign(cursor, ';')
  if (peek(cursor).kind === 'end') return
  const after = semicolon ? 'semicolon. (Only one query is allowed.)' : 'expression'
  throw malformed(`Unexpected token after ${after}`)
}

/**
 * INVARIANT: a path begins with an attribute. For PartiQL a table's or index's own name stands for the whole item, so that
 * `"Orders"."Secret"` could be read as the attribute Secret of an item, and not as a member of the attribute Orders.
 * DIVERGES: an attribute called like its table cannot be named in a statement (INSERT has no paths, and may).
 */
function refuseNamesOfTheItem(statement: Statement): void {
  if (statement.kind === 'insert') return
  const table = tableOf(statement)
  const names = [table, nameInArn(table), indexOf(statement)].map((name) => name?.toLowerCase())
  if ([...topLevelNames(statement)].some((name) => names.includes(name.toLowerCase()))) {
    throw malformed('A path must not begin with the name of the table or index')
  }
}
