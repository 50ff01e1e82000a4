// Conditions, filters and key conditions (Amazon DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions in
// DynamoDB"). OR binds weakest, then AND, NOT, comparisons. No part of a text is read twice: what parentheses hold, an operand or a
// condition, is told by what was read.
import { asConditionCall, asOperand, readGroup, readPlainOperand, readSteps } from './operands.ts'
import {
  type ConditionKind,
  countOperator,
  expectKeyword,
  expectSign,
  isKeyword,
  isSign,
  list,
  note,
  type Parsed,
  type Reading,
  read,
  take,
  token,
  unexpected,
} from './reading.ts'
import type { Substitutions } from './substitutions.ts'
import type { Comparator, Condition, Junction, Operand, Path } from './tree.ts'

const keywords: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT', 'BETWEEN', 'IN'])
const comparators: Readonly<Record<string, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

export const parseCondition = (kind: ConditionKind, text: string, substitutions: Substitutions): Parsed<Condition> =>
  read(kind, text, substitutions, keywords, (reading) => asCondition(reading, readOr(reading)))

type Term = Operand | Condition

function readOr(reading: Reading): Term {
  return readJunction(reading, 'or', (inner) => readJunction(inner, 'and', readNot))
}

function readJunction(reading: Reading, kind: Junction['kind'], part: (reading: Reading) => Term): Term {
  const keyword = kind.toUpperCase()
  const first = part(reading)
  if (!isKeyword(reading, keyword)) return first
  const conditions: Condition[] = []
  const add = (condition: Condition) => {
    if (condition.kind === kind) conditions.push(...condition.conditions)
    else conditions.push(condition)
  }
  add(asCondition(reading, first))
  while (isKeyword(reading, keyword)) {
    reading.at++
    countOperator(reading)
    add(asCondition(reading, part(reading)))
  }
  return { kind, conditions }
}

function readNot(reading: Reading): Term {
  let nots = 0
  for (; isKeyword(reading, 'NOT'); nots++) {
    reading.at++
    countOperator(reading)
  }
  let term = readComparison(reading)
  for (; nots > 0; nots--) term = { kind: 'not', condition: asCondition(reading, term) }
  return term
}

function readComparison(reading: Reading): Term {
  const left = readTerm(reading)
  const term = isOperand(left) ? compared(reading, left) : left
  reading.conditions++
  return term
}

function compared(reading: Reading, left: Operand): Term {
  const next = token(reading)
  const comparator = next.kind === 'sign' && Object.hasOwn(comparators, next.text) ? comparators[next.text] : undefined
  if (comparator !== undefined) {
    takeOperator(reading, left)
    return { kind: 'comparison', comparator, left, right: readOperand(reading) }
  }
  if (isKeyword(reading, 'BETWEEN')) {
    takeOperator(reading, left)
    const low = readOperand(reading)
    expectKeyword(reading, 'AND')
    return { kind: 'between', operand: left, low, high: readOperand(reading) }
  }
  if (!isKeyword(reading, 'IN')) return left
  takeOperator(reading, left)
  return { kind: 'in', operand: left, list: readIn(reading) }
}

function takeOperator(reading: Reading, left: Operand): void {
  take(reading)
  countOperator(reading)
  asOperand(reading, left)
}

const mostIn = 100

function readIn(reading: Reading): Operand[] {
  expectSign(reading, '(')
  const items = list(reading, readOperand)
  expectSign(reading, ')')
  if (items.length > mostIn) {
    note(reading, 'count', `The IN operator is provided with too many operands; number of operands: ${items.length}`)
  }
  return items
}

const isOperand = (term: Term): term is Operand => term.kind === 'path' || term.kind === 'value' || term.kind === 'call'

function asCondition(reading: Reading, term: Term): Condition {
  if (!isOperand(term)) return term
  if (term.kind !== 'call') unexpected(reading)
  return asConditionCall(reading, term)
}

/** In parentheses: whatever it is. */
const readTerm = (reading: Reading): Term =>
  isSign(reading, '(') ? further(reading, readGroup(reading, readOr)) : readPlainOperand(reading, readOperand)

function readOperand(reading: Reading): Operand {
  const operand = isSign(reading, '(')
    ? further(reading, readGroup(reading, readOperand))
    : readPlainOperand(reading, readOperand)
  return asOperand(reading, operand)
}

/** A path goes on after parentheses: `(a.b)[0]` is `a.b[0]`. */
function further<T extends Term>(reading: Reading, term: T): T | Path {
  return term.kind === 'path' ? readSteps(reading, term) : term
}
