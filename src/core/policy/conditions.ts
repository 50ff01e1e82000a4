// The Condition element (IAM User Guide, "IAM JSON policy elements: Condition operators" and "Conditions with multiple
// context keys or values"): one row of the table per operator. Evaluation is three-valued: what cannot be evaluated from
// the policy's side (unknown operator, bad literal, a key we do not fill) is `broken`; a missing or unparsable value on
// the request's side keeps AWS's meaning.
import type { Keys } from '../identity.ts'
import { contains, readAddress, readRange } from './addresses.ts'
import { type Allowance, forCharacters, spend } from './allowance.ts'
import { foldCase, foldsAtOnce } from './casing.ts'
import { compareDecimals, readBase64, readBool, readDate, readDecimal } from './literals.ts'
import { arnPatternOf, matchArn, partsOf } from './resources.ts'
import {
  constantOf,
  fill,
  isUnfilled,
  isUnknown,
  isVariable,
  lookUp,
  readTemplate,
  type Template,
  type Unfilled,
} from './variables.ts'
import { broken, globOf, matchGlob, no, type Piece, type Truth, yes } from './wildcard.ts'

/** How one operator family reads both sides and compares them. `L` and `V` never leave the family. */
interface Family<L, V> {
  readonly variables: boolean
  /** Without them, only texts of one length can be the same: with them, pieces are matched as they are. */
  readonly wildcards: boolean
  /** What reading a text costs, where it is more than a copy or two. */
  readonly steps?: (text: string) => number
  /** The policy's value; undefined when it is no such literal. */
  readonly literal: (pieces: readonly Piece[]) => L | undefined
  /** The request's value; undefined when it cannot be compared, which no operator, negated or not, matches. */
  readonly value: (text: string) => V | undefined
  readonly test: (literal: L, value: V, allowance: Allowance) => Truth
}

type AnyFamily = Family<unknown, unknown>

/** Hides a family's types: its literals and values only ever come from its own readers. */
const family = <L, V>(row: Family<L, V>) => row as AnyFamily

const join = (pieces: readonly Piece[]) => pieces.join('')
const truth = (matched: boolean): Truth => (matched ? yes : no)
const plain = { variables: false, wildcards: false } as const
const text = { variables: true, wildcards: false } as const
const pattern = { variables: true, wildcards: true } as const
const same = (value: string) => value
/** Steps of reading a text by an expression, and of folding one character that is not ASCII. */
const reading = (value: string) => 32 + value.length
const foldingOne = 16

const equals = family({
  ...text,
  steps: (value) => 1 + forCharacters(value.length),
  literal: join,
  value: same,
  test: (a, b) => truth(a === b),
})
const ignoreCase = family({
  ...text,
  steps: (value) => (foldsAtOnce(value) ? reading(value) : foldingOne * value.length),
  literal: (pieces) => foldCase(join(pieces)),
  value: foldCase,
  test: (a, b) => truth(a === b),
})
const like = family({ ...pattern, steps: () => 1, literal: globOf, value: same, test: matchGlob })
// DIVERGES: AWS takes a pattern that is no ARN for one that matches nothing; here it is broken, so that a Deny which has
// one denies.
const arn = family({ ...pattern, literal: arnPatternOf, value: partsOf, test: matchArn })
const bool = family({
  ...text,
  literal: (pieces) => readBool(join(pieces)),
  value: readBool,
  test: (a, b) => truth(a === b),
})
const binary = family({
  ...plain,
  literal: (pieces) => readBase64(join(pieces)),
  value: readBase64,
  test: (a, b) => truth(a === b),
})
const ip = family({
  ...plain,
  literal: (pieces) => readRange(join(pieces)),
  value: readAddress,
  test: (range, address) => truth(contains(range, address)),
})
const numeric = (holds: (order: number) => boolean) =>
  family({
    ...plain,
    literal: (pieces) => readDecimal(join(pieces)),
    value: readDecimal,
    test: (literal, value) => truth(holds(compareDecimals(value, literal))),
  })
const date = (holds: (order: number) => boolean) =>
  family({
    ...plain,
    literal: (pieces) => readDate(join(pieces)),
    value: readDate,
    test: (literal, value) => truth(holds(value - literal)),
  })

interface Operator {
  readonly family: AnyFamily
  /** NOR over the policy's values instead of OR; true when the key is missing. */
  readonly negated: boolean
}

const is = (family: AnyFamily): Operator => ({ family, negated: false })
const not = (family: AnyFamily): Operator => ({ family, negated: true })
const zero = (order: number) => order === 0

const operators: ReadonlyMap<string, Operator> = new Map([
  ['stringequals', is(equals)],
  ['stringnotequals', not(equals)],
  ['stringequalsignorecase', is(ignoreCase)],
  ['stringnotequalsignorecase', not(ignoreCase)],
  ['stringlike', is(like)],
  ['stringnotlike', not(like)],
  ['numericequals', is(numeric(zero))],
  ['numericnotequals', not(numeric(zero))],
  ['numericlessthan', is(numeric((order) => order < 0))],
  ['numericlessthanequals', is(numeric((order) => order <= 0))],
  ['numericgreaterthan', is(numeric((order) => order > 0))],
  ['numericgreaterthanequals', is(numeric((order) => order >= 0))],
  ['dateequals', is(date(zero))],
  ['datenotequals', not(date(zero))],
  ['datelessthan', is(date((order) => order < 0))],
  ['datelessthanequals', is(date((order) => order <= 0))],
  ['dategreaterthan', is(date((order) => order > 0))],
  ['dategreaterthanequals', is(date((order) => order >= 0))],
  ['bool', is(bool)],
  ['binaryequals', is(binary)],
  ['ipaddress', is(ip)],
  ['notipaddress', not(ip)],
  ['arnequals', is(arn)],
  ['arnlike', is(arn)],
  ['arnnotequals', not(arn)],
  ['arnnotlike', not(arn)],
])

/** A policy's value: ready to compare, to be filled from the request first, or no such literal at all. */
type Literal =
  | { readonly kind: 'ready'; readonly value: unknown }
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'bad' }

export interface Condition {
  /** As written, with prefix and suffix. */
  readonly operator: string
  readonly name: string
  readonly values: readonly string[]
  /** Folded name of the context key. */
  readonly key: string
  readonly quantifier: 'one' | 'all' | 'any'
  readonly ifExists: boolean
  /** Undefined for Null and for operators that do not exist. */
  readonly row: Operator | undefined
  /** For Null: the wanted absence of each value. */
  readonly absences: readonly (boolean | undefined)[] | undefined
  readonly literals: readonly Literal[]
  /** Whether some literal is bad. */
  readonly flawed: boolean
  /** What it costs to find the keys that its literals name, and its own. */
  readonly steps: number
  /** Whether a value refers to sts:ExternalId, or the key is it. */
  readonly secret: boolean
}

const externalId = 'sts:externalid'

interface OperatorName {
  readonly quantifier: Condition['quantifier']
  readonly ifExists: boolean
  readonly base: string
}

/** Takes an operator apart: `ForAnyValue:StringLikeIfExists`. Case is ignored. */
export function readOperator(written: string): OperatorName {
  const folded = foldCase(written)
  const quantifier = folded.startsWith('forallvalues:') ? 'all' : folded.startsWith('foranyvalue:') ? 'any' : 'one'
  const rest = quantifier === 'one' ? folded : folded.slice(folded.indexOf(':') + 1)
  const ifExists = rest.endsWith('ifexists')
  return { quantifier, ifExists, base: ifExists ? rest.slice(0, -'ifexists'.length) : rest }
}

/** Whether AWS has the operator. Null takes no IfExists and, since it asks about the key itself, no set prefix. */
export function isOperator(written: string): boolean {
  const { base, ifExists, quantifier } = readOperator(written)
  return base === 'null' ? !ifExists && quantifier === 'one' : operators.has(base)
}

function readLiteral(value: string, row: AnyFamily, variables: boolean): Literal {
  const template = readTemplate(value, variables && row.variables, row.wildcards)
  if (template === undefined) return { kind: 'bad' }
  const constant = constantOf(template)
  if (constant === undefined) return { kind: 'template', template }
  const literal = row.literal(constant)
  return literal === undefined ? { kind: 'bad' } : { kind: 'ready', value: literal }
}

const variablesOf = (literal: Literal) => (literal.kind === 'template' ? literal.template.filter(isVariable).length : 0)

/** Compiles one operator and key. `variables` is set for documents of version 2012-10-17. */
export function conditionOf(operator: string, name: string, values: readonly string[], variables: boolean): Condition {
  const { quantifier, ifExists, base } = readOperator(operator)
  const key = foldCase(name)
  const isKnown = isOperator(operator)
  const row = isKnown ? operators.get(base) : undefined
  const literals = row === undefined ? [] : values.map((value) => readLiteral(value, row.family, variables))
  const refers = (literal: Literal) =>
    literal.kind === 'template' && literal.template.some((piece) => isVariable(piece) && piece.key === externalId)
  return {
    operator,
    name,
    values,
    key,
    quantifier,
    ifExists,
    row,
    absences: isKnown && base === 'null' ? values.map(readBool) : undefined,
    literals,
    flawed: literals.some((literal) => literal.kind === 'bad'),
    steps: lookUp * (1 + literals.reduce((sum, literal) => sum + variablesOf(literal), 0)) + values.length,
    secret: key === externalId || literals.some(refers),
  }
}

/** Whether some literal is bad, or depends on a value that cannot be known. */
function isFlawed({ flawed, literals, steps }: Condition, { keys, unfilled, allowance }: ConditionScene): boolean {
  if (flawed || unfilled === undefined) return flawed
  if (!spend(allowance, steps)) return true
  return literals.some((literal) => literal.kind === 'template' && isUnknown(literal.template, keys, unfilled))
}

/** Steps of one comparison. */
const comparison = 4

const stepsOf = ({ steps = reading }: AnyFamily, text: string) => steps(text)

const lengthOf = (pieces: readonly Piece[]) =>
  pieces.reduce<number>((sum, piece) => sum + (typeof piece === 'string' ? piece.length : 0), 0)

/** A literal of the policy, filled from the request, against the request's value. */
function testTemplate(
  template: Template,
  family: AnyFamily,
  text: string,
  value: unknown,
  scene: ConditionScene,
): Truth {
  const { keys, unfilled, allowance } = scene
  const filled = fill(template, keys, unfilled, allowance)
  if (filled === 'unknown') return broken
  // A variable without a value, or one whose value is no such literal, is the request's side: it matches nothing.
  if (filled === 'unresolved' || (!family.wildcards && lengthOf(filled) !== text.length)) return no
  for (const piece of filled) {
    if (!spend(allowance, typeof piece === 'string' ? stepsOf(family, piece) : 1)) return broken
  }
  const literal = family.literal(filled)
  return literal === undefined ? no : family.test(literal, value, allowance)
}

/**
 * OR over the policy's values, for one value of the request; NOR when the operator is negated.
 * INVARIANT: values times values are bounded by the request's allowance, whatever the operator.
 */
function testValue(condition: Condition, row: Operator, text: string, scene: ConditionScene): Truth {
  const { allowance } = scene
  if (!spend(allowance, stepsOf(row.family, text))) return broken
  const value = row.family.value(text)
  if (value === undefined) return isFlawed(condition, scene) ? broken : no
  let result: Truth = no
  for (const literal of condition.literals) {
    if (!spend(allowance, comparison)) return broken
    let held: Truth = broken
    if (literal.kind === 'ready') held = row.family.test(literal.value, value, allowance)
    else if (literal.kind === 'template') held = testTemplate(literal.template, row.family, text, value, scene)
    if (held === yes) return row.negated ? no : yes
    if (held === broken) result = broken
  }
  return result === broken ? broken : row.negated ? yes : no
}

function testAbsence(absences: readonly (boolean | undefined)[], absent: boolean): Truth {
  let result: Truth = no
  for (const wanted of absences) {
    if (wanted === absent) return yes
    if (wanted === undefined) result = broken
  }
  return result
}

/** What conditions are tested with: one request's keys, and what the tests may cost. */
export interface ConditionScene {
  readonly keys: Keys
  /**
   * Keys (folded; `aws:requesttag/` for a group) that AWS would provide for this operation and Hallpass does not: their
   * absence says nothing, so a condition on one is broken.
   */
  readonly unfilled: Unfilled
  readonly allowance: Allowance
}

const isEmpty = (value: string | readonly string[]) =>
  typeof value === 'string' ? value === '' : value.every((text) => text === '')

/** Evaluates one condition. */
export function testCondition(condition: Condition, scene: ConditionScene): Truth {
  const { keys, unfilled, allowance } = scene
  if (!spend(allowance, condition.steps)) return broken
  // DIVERGES: AWS accepts an empty list of values; what it then decides is not documented, so it is not evaluated.
  if (condition.values.length === 0) return broken
  const value = keys.get(condition.key)
  const absent = value === undefined || (typeof value !== 'string' && value.length === 0)
  if (absent && isUnfilled(condition.key, unfilled)) return broken
  if (condition.absences !== undefined) return testAbsence(condition.absences, absent)
  const { row, quantifier } = condition
  if (row === undefined) return broken
  // To a set operator an empty text is no value ("or if the key value resolves to a null dataset, such as an empty string").
  if (absent || (quantifier !== 'one' && isEmpty(value))) {
    // A broken literal stays broken, whether or not the key is there to compare it with.
    if (isFlawed(condition, scene)) return broken
    if (quantifier === 'all' || (absent && condition.ifExists)) return yes
    return truth(quantifier === 'one' && row.negated)
  }
  if (typeof value === 'string') return testValue(condition, row, value, scene)
  // Several values without a set operator match nothing, negated or not.
  if (quantifier === 'one') return isFlawed(condition, scene) ? broken : no
  let result: Truth = quantifier === 'all' ? yes : no
  for (const text of value) {
    const held = testValue(condition, row, text, scene)
    if (held === broken) result = broken
    else if ((held === yes) === (quantifier === 'any')) return held
  }
  return result
}
