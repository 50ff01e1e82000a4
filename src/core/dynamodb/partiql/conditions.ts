// What stands after WHERE ("PartiQL arithmetic, comparison, and logical operators for DynamoDB", "Use PartiQL functions with
// DynamoDB"). NOT binds tighter than AND, AND tighter than OR.
import {
  type Cursor,
  commaSeparated,
  expectSign,
  expectWord,
  isSign,
  peek,
  peekSecond,
  take,
  takeSign,
  takeWord,
  unexpected,
} from './cursor.ts'
import { malformed } from './malformed.ts'
import type { Comparator, Condition, ConditionFunction, Operand, Path } from './statement.ts'
import { pathFrom, termFrom, valueFrom } from './values.ts'

/** Parentheses and NOTs in each other, as they are written. */
const deepest = 128
/**
 * Conditions in each other, however they are written. INVARIANT: a tree as tall as this can be printed and read again: a printed
 * condition has at most NOT and a parenthesis for each one in another.
 */
const tallest = 32

const comparators: Readonly<Record<string, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}
const functions: Readonly<Record<string, ConditionFunction>> = {
  BEGINS_WITH: 'begins_with',
  CONTAINS: 'contains',
  ATTRIBUTE_TYPE: 'attribute_type',
}

export function conditionFrom(cursor: Cursor): Condition {
  const condition = orFrom(cursor, 0)
  if (heightOf(condition) > tallest) throw tooDeep()
  return condition
}

const tooDeep = () => malformed('Statement is nested too deeply')

function heightOf(condition: Condition): number {
  if (condition.kind === 'not') return 1 + heightOf(condition.condition)
  if (condition.kind !== 'and' && condition.kind !== 'or') return 0
  return 1 + condition.conditions.reduce((height, inner) => Math.max(height, heightOf(inner)), 0)
}

function joinedBy(cursor: Cursor, kind: 'and' | 'or', upper: string, item: () => Condition): Condition {
  const first = item()
  if (!takeWord(cursor, upper)) return first
  const conditions = [first]
  do conditions.push(item())
  while (takeWord(cursor, upper))
  return { kind, conditions }
}

function orFrom(cursor: Cursor, depth: number): Condition {
  return joinedBy(cursor, 'or', 'OR', () => joinedBy(cursor, 'and', 'AND', () => notFrom(cursor, depth)))
}

function notFrom(cursor: Cursor, depth: number): Condition {
  if (depth > deepest) throw tooDeep()
  if (takeWord(cursor, 'NOT')) return { kind: 'not', condition: notFrom(cursor, depth + 1) }
  if (!takeSign(cursor, '(')) return predicateFrom(cursor)
  const condition = orFrom(cursor, depth + 1)
  expectSign(cursor, ')')
  return condition
}

function predicateFrom(cursor: Cursor): Condition {
  const token = peek(cursor)
  if (token.kind === 'word' && token.upper !== 'SIZE' && isSign(peekSecond(cursor), '(')) {
    return callFrom(cursor, token.upper)
  }
  const operand = operandFrom(cursor)
  if (takeWord(cursor, 'IS')) return isFrom(cursor, operand)
  const negated = takeWord(cursor, 'NOT')
  const range = rangeIfNext(cursor, operand)
  if (range !== undefined) return negated ? { kind: 'not', condition: range } : range
  const operator = take(cursor)
  const comparator = operator.kind === 'sign' && !negated ? comparators[operator.text] : undefined
  if (comparator === undefined) throw unexpected(operator, 'Expected a comparison')
  return { kind: 'comparison', left: operand, operator: comparator, right: operandFrom(cursor) }
}

function rangeIfNext(cursor: Cursor, operand: Operand): Condition | undefined {
  if (takeWord(cursor, 'IN')) {
    const close = takeSign(cursor, '[') ? ']' : ')'
    if (close === ')') expectSign(cursor, '(')
    // INVARIANT: at least one value: the list of partitions that an IN pins is never empty.
    const values = commaSeparated(cursor, () => valueFrom(cursor))
    expectSign(cursor, close)
    return { kind: 'in', operand, values }
  }
  if (!takeWord(cursor, 'BETWEEN')) return undefined
  const low = operandFrom(cursor)
  expectWord(cursor, 'AND')
  return { kind: 'between', operand, low, high: operandFrom(cursor) }
}

function isFrom(cursor: Cursor, operand: Operand): Condition {
  if (operand.kind !== 'path') throw malformed('Expected a path before IS')
  const negated = takeWord(cursor, 'NOT')
  const what = takeWord(cursor, 'MISSING') ? 'MISSING' : 'NULL'
  if (what === 'NULL') expectWord(cursor, 'NULL')
  return { kind: 'is', path: operand.path, negated, what }
}

function operandFrom(cursor: Cursor): Operand {
  const token = peek(cursor)
  if (token.kind !== 'word' || !isSign(peekSecond(cursor), '(')) return termFrom(cursor)
  if (token.upper !== 'SIZE') throw malformed(`Function ${token.text} is not supported here`)
  return { kind: 'size', path: argumentsOf(cursor, () => pathFrom(cursor)) }
}

function callFrom(cursor: Cursor, upper: string): Condition {
  const name = Object.hasOwn(functions, upper) ? functions[upper] : undefined
  if (name === undefined) throw malformed(`Function ${upper} is not supported in a condition`)
  const [path, argument] = argumentsOf(cursor, (): [Path, Operand] => {
    const first = pathFrom(cursor)
    expectSign(cursor, ',')
    return [first, operandFrom(cursor)]
  })
  return { kind: 'call', name, path, argument }
}

/** What stands in the parentheses after a function's name, which is next. */
export function argumentsOf<T>(cursor: Cursor, read: () => T): T {
  take(cursor)
  expectSign(cursor, '(')
  const found = read()
  expectSign(cursor, ')')
  return found
}
