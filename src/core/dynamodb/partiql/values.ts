// Paths and values ("PartiQL data types for DynamoDB").
import {
  type Cursor,
  commaSeparated,
  expectSign,
  isSign,
  nameFrom,
  peek,
  take,
  takeSign,
  unexpected,
} from './cursor.ts'
import { malformed } from './malformed.ts'
import type { Path, PathTerm, Tuple, Value } from './statement.ts'

/** How deep values may be in values (DynamoDB's own bound of documents). */
const deepest = 32
/** The most digits of a position in a list. */
const longestPosition = 9

export const pathTermFrom = (cursor: Cursor): PathTerm => ({ kind: 'path', path: pathFrom(cursor) })

export function pathFrom(cursor: Cursor): Path {
  const path: [string, ...(string | number)[]] = [nameFrom(cursor, 'Expected an attribute name')]
  for (;;) {
    if (takeSign(cursor, '.')) path.push(nameFrom(cursor, 'Invalid path dot component'))
    else if (takeSign(cursor, '[')) path.push(positionFrom(cursor))
    else return path
  }
}

function positionFrom(cursor: Cursor): number {
  const token = take(cursor)
  // A text in brackets would be a member's name for PartiQL; DynamoDB's guide has only numbers.
  if (token.kind !== 'number' || token.length > longestPosition || !/^[0-9]+$/.test(token.text)) {
    throw malformed('Invalid path component')
  }
  expectSign(cursor, ']')
  return Number(token.text)
}

/** A path, or a value. */
export function termFrom(cursor: Cursor): Value | PathTerm {
  return valueIfNext(cursor, 0) ?? pathTermFrom(cursor)
}

export function valueFrom(cursor: Cursor): Value {
  return nestedFrom(cursor, 0)
}

function nestedFrom(cursor: Cursor, depth: number): Value {
  const value = valueIfNext(cursor, depth)
  if (value === undefined) throw unexpected(peek(cursor), 'Unexpected term')
  return value
}

const words: Readonly<Record<string, Value>> = {
  TRUE: { kind: 'boolean', value: true },
  FALSE: { kind: 'boolean', value: false },
  NULL: { kind: 'null' },
  MISSING: { kind: 'missing' },
}

function valueIfNext(cursor: Cursor, depth: number): Value | undefined {
  const token = peek(cursor)
  if (token.kind === 'sign') return signedIfNext(cursor, token.text, depth)
  if (token.kind === 'word') {
    const value = Object.hasOwn(words, token.upper) ? words[token.upper] : undefined
    if (value !== undefined) cursor.at++
    return value
  }
  if (token.kind === 'name' || token.kind === 'end') return undefined
  cursor.at++
  if (token.kind === 'parameter') return { kind: 'parameter', index: token.index }
  return { kind: token.kind, text: token.text }
}

function signedIfNext(cursor: Cursor, sign: string, depth: number): Value | undefined {
  if (sign === '-' || sign === '+') return signedNumberFrom(cursor)
  const read = composite[sign]
  if (read === undefined) return undefined
  if (depth >= deepest) throw malformed('Statement is nested too deeply')
  cursor.at++
  return read(cursor, depth + 1)
}

function signedNumberFrom(cursor: Cursor): Value {
  const minus = isSign(take(cursor), '-')
  const token = take(cursor)
  if (token.kind !== 'number') throw unexpected(token, 'Unexpected term')
  return { kind: 'number', text: minus ? `-${token.text}` : token.text }
}

const composite: Readonly<Record<string, (cursor: Cursor, depth: number) => Value>> = {
  '[': (cursor, depth) => ({ kind: 'list', items: itemsUntil(cursor, ']', depth) }),
  '<<': (cursor, depth) => ({ kind: 'set', items: itemsUntil(cursor, '>>', depth) }),
  '{': (cursor, depth) => tupleAfterBrace(cursor, depth),
}

function itemsUntil(cursor: Cursor, close: string, depth: number): Value[] {
  if (takeSign(cursor, close)) return []
  const items = commaSeparated(cursor, () => nestedFrom(cursor, depth))
  expectSign(cursor, close)
  return items
}

export function tupleFrom(cursor: Cursor): Tuple {
  expectSign(cursor, '{')
  return tupleAfterBrace(cursor, 1)
}

/** INVARIANT: no name stands twice, at any depth: which of the two counts is up to the reader. */
function tupleAfterBrace(cursor: Cursor, depth: number): Tuple {
  const names = new Set<string>()
  if (takeSign(cursor, '}')) return { kind: 'tuple', members: [] }
  const members = commaSeparated(cursor, () => {
    const token = take(cursor)
    if (token.kind !== 'string') throw unexpected(token, 'Expected an attribute name in single quotes')
    if (token.text === '') throw malformed('An attribute name cannot be an empty string')
    if (names.has(token.text)) throw malformed('An attribute name stands twice')
    names.add(token.text)
    expectSign(cursor, ':')
    return { name: token.text, value: nestedFrom(cursor, depth) }
  })
  expectSign(cursor, '}')
  return { kind: 'tuple', members }
}
