// Updates (Amazon DynamoDB Developer Guide, "Using update expressions in DynamoDB"): SET, REMOVE, ADD and DELETE, each once at most.
import { readGroup, readPath, readPlainOperand, readValue } from './operands.ts'
import {
  countOperator,
  expectSign,
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
import type { Clause, Operand, Sum, Update } from './tree.ts'

/** What follows each keyword. */
const clauses: { readonly [K in Clause['keyword']]: (reading: Reading) => Clause } = {
  SET: (reading) => ({ keyword: 'SET', actions: list(reading, readAssignment) }),
  REMOVE: (reading) => ({ keyword: 'REMOVE', paths: list(reading, readPath) }),
  ADD: (reading) => ({ keyword: 'ADD', actions: list(reading, readPair) }),
  DELETE: (reading) => ({ keyword: 'DELETE', actions: list(reading, readPair) }),
}
const keywords: ReadonlySet<string> = new Set(Object.keys(clauses))

export const parseUpdate = (text: string, substitutions: Substitutions): Parsed<Update> =>
  read('UpdateExpression', text, substitutions, keywords, readClauses)

function readClauses(reading: Reading): Update {
  const found: Clause[] = []
  do {
    const keyword = token(reading).kind === 'word' ? token(reading).text.toUpperCase() : ''
    if (!isClause(keyword)) unexpected(reading)
    take(reading)
    if (found.some((clause) => clause.keyword === keyword)) {
      note(reading, 'section', `The "${keyword}" section can only be used once in an update expression;`)
    }
    found.push(clauses[keyword](reading))
  } while (token(reading).kind !== 'end')
  return { kind: 'update', clauses: found }
}

const isClause = (keyword: string): keyword is Clause['keyword'] => keywords.has(keyword)

function readAssignment(reading: Reading) {
  const path = readPath(reading)
  expectSign(reading, '=')
  return { path, value: readSum(reading) }
}

const readPair = (reading: Reading) => ({ path: readPath(reading), value: readValue(reading) })

/** One sum at most, of two: `a + b - c` is a syntax error of AWS's. */
function readSum(reading: Reading): Operand | Sum {
  const left = isSign(reading, '(') ? readGroup(reading, readSum) : readPlainOperand(reading, readOperand)
  const sign = isSign(reading, '+') ? '+' : isSign(reading, '-') ? '-' : undefined
  if (left.kind === 'sum' || sign === undefined) return left
  take(reading)
  countOperator(reading)
  return { kind: 'sum', sign, left, right: readOperand(reading) }
}

const readOperand = (reading: Reading): Operand =>
  isSign(reading, '(') ? readGroup(reading, readOperand) : readPlainOperand(reading, readOperand)
