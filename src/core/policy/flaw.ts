// Why a condition could not be compared, for its explanation: what neither "it was absent" nor "it was different" would say.
import type { Keys } from '../identity.ts'
import type { Condition } from './conditions.ts'
import { isUnfilled, isUnknown, type Unfilled } from './variables.ts'

export type Flaw =
  /** There is no such operator. */
  | 'operator'
  /** It lists no values. */
  | 'no-values'
  /** A value of the policy is none of the operator's kind. */
  | 'policy-value'
  /** The key, or one that a value refers to, is not filled here. */
  | 'unfilled'
  /** The request's value is none of the operator's kind. */
  | 'request-value'
  /** Several values, without a set operator. */
  | 'several'

/** The first reason of a condition that did not hold; undefined where values were compared, or the key was looked for. */
export function flawOf(condition: Condition, keys: Keys, unfilled: Unfilled): Flaw | undefined {
  const { values, key, absences, row, literals, quantifier } = condition
  if (values.length === 0) return 'no-values'
  const value = keys.get(key)
  const given = value === undefined ? [] : typeof value === 'string' ? [value] : value
  if (given.length === 0 && isUnfilled(key, unfilled)) return 'unfilled'
  if (absences !== undefined) return absences.includes(undefined) ? 'policy-value' : undefined
  if (row === undefined) return 'operator'
  if (literals.some(({ kind }) => kind === 'bad')) return 'policy-value'
  const unknown = literals.some((literal) => literal.kind === 'template' && isUnknown(literal.template, keys, unfilled))
  if (unfilled !== undefined && unknown) return 'unfilled'
  if (typeof value === 'object' && value.length > 0 && quantifier === 'one') return 'several'
  return given.some((text) => row.family.value(text) === undefined) ? 'request-value' : undefined
}
