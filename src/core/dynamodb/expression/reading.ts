// Reads one expression, token by token, and gathers what is wrong with it. A syntax error ends the reading; of the other faults AWS
// names the gravest, and the first of those.
import type { Substitutions } from './substitutions.ts'
import { syntaxError, type Token, tokensOf } from './tokens.ts'

export type ConditionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'SearchConditionExpression'
export type ExpressionKind = ConditionKind | 'ProjectionExpression' | 'UpdateExpression'

/** Faults, gravest first. The last three are judged condition by condition: the sentence names the first condition that has one. */
const gravity = ['operators', 'parentheses', 'function', 'place', 'reserved', 'section', 'range'] as const
const ofCondition = ['undefined', 'count', 'path'] as const
export type Fault = (typeof gravity)[number] | (typeof ofCondition)[number]

export interface Reading {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly keywords: ReadonlySet<string>
  readonly substitutions: Substitutions
  at: number
  depth: number
  operators: number
  /** How many conditions without AND, OR and NOT were read. */
  conditions: number
  /** The last thing in parentheses: its first token, and the one after it. */
  group: { readonly from: number; readonly to: number }
  fault: { readonly gravity: number; readonly sentence: string } | undefined
}

class Unreadable extends Error {}

/** Bytes of UTF-8. */
const longestText = 4096
const mostOperators = 300
/**
 * DIVERGES: an expression of DynamoDB nests 300 deep at most; AWS names no bound. Within 4 KB and 300 operators only redundant parentheses
 * and nonsense such as `size(size(…` go deeper.
 */
const deepest = 300

/** `wrong`: AWS's whole sentence, of a ValidationException. */
export type Parsed<T> = { readonly parsed: T } | { readonly wrong: string }

export function read<T>(
  kind: ExpressionKind,
  text: string,
  substitutions: Substitutions,
  keywords: ReadonlySet<string>,
  whole: (reading: Reading) => T,
): Parsed<T> {
  const wrong = (sentence: string) => ({ wrong: `Invalid ${kind}: ${sentence}` })
  const size = Buffer.byteLength(text)
  if (size > longestText) {
    return wrong(`Expression size has exceeded the maximum allowed size; expression size: ${size}`)
  }
  const tokens = tokensOf(text)
  if (tokens.length === 1) return wrong('The expression can not be empty;')
  const reading: Reading = {
    text,
    tokens,
    keywords,
    substitutions,
    at: 0,
    depth: 0,
    operators: 0,
    conditions: 0,
    group: { from: -1, to: -1 },
    fault: undefined,
  }
  try {
    const parsed = whole(reading)
    if (token(reading).kind !== 'end') unexpected(reading)
    return reading.fault === undefined ? { parsed } : wrong(reading.fault.sentence)
  } catch (error) {
    if (error instanceof Unreadable) return wrong(error.message)
    throw error
  }
}

export function token(reading: Reading): Token {
  const next = reading.tokens[reading.at]
  if (next === undefined) throw new Unreadable('The expression ends too early;')
  return next
}

/** Ends the reading at the next token. */
export function unexpected(reading: Reading): never {
  throw new Unreadable(syntaxError(reading.text, reading.tokens, reading.at))
}

export function take(reading: Reading): Token {
  const taken = token(reading)
  reading.at++
  return taken
}

export const isSign = (reading: Reading, text: string): boolean => {
  const next = token(reading)
  return next.kind === 'sign' && next.text === text
}

/** Keywords have no case. */
export const isKeyword = (reading: Reading, keyword: string): boolean => {
  const next = token(reading)
  return next.kind === 'word' && next.text.toUpperCase() === keyword
}

export function expectSign(reading: Reading, text: string): void {
  if (!isSign(reading, text)) unexpected(reading)
  reading.at++
}

export function expectKeyword(reading: Reading, keyword: string): void {
  if (!isKeyword(reading, keyword)) unexpected(reading)
  reading.at++
}

/** One or more, with commas between. */
export function list<T>(reading: Reading, one: (reading: Reading) => T): T[] {
  const items = [one(reading)]
  while (isSign(reading, ',')) {
    reading.at++
    items.push(one(reading))
  }
  return items
}

/** INVARIANT: whatever a reader calls itself for goes through here, so that no text can exhaust the stack. */
export function deeper<T>(reading: Reading, inner: (reading: Reading) => T): T {
  reading.depth++
  if (reading.depth > deepest) throw new Unreadable('The expression is nested too deeply;')
  const result = inner(reading)
  reading.depth--
  return result
}

export function note(reading: Reading, fault: Fault, sentence: string): void {
  const whole: number = gravity.indexOf(fault as (typeof gravity)[number])
  const inCondition = ofCondition.indexOf(fault as (typeof ofCondition)[number])
  const rank = whole >= 0 ? whole : gravity.length + reading.conditions * ofCondition.length + inCondition
  if (reading.fault === undefined || rank < reading.fault.gravity) reading.fault = { gravity: rank, sentence }
}

/** Comparators, BETWEEN, IN, AND, OR, NOT, `+` and `-`; functions do not count. */
export function countOperator(reading: Reading): void {
  reading.operators++
  if (reading.operators > mostOperators) {
    note(reading, 'operators', `The expression contains too many operators; operator count: ${mostOperators + 1}`)
  }
}
