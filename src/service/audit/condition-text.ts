// One sentence about a condition that did not hold: what it wants, and what the request had (IAM User Guide, "IAM JSON policy
// elements: Condition operators").
import { readOperator } from '../../core/policy/conditions.ts'
import type { ConditionExplanation } from '../../core/policy/explain.ts'
import type { Flaw } from '../../core/policy/flaw.ts'

const flaws: Readonly<Record<Flaw, string>> = {
  operator: 'there is no such operator',
  'no-values': 'it lists no values to compare with',
  'policy-value': 'it lists a value that the operator cannot compare',
  unfilled: 'this server does not provide the key for such a request',
  'request-value': 'the operator cannot compare the value that was sent',
  several: 'it had several values, which only ForAnyValue: and ForAllValues: compare',
}
/** Flaws of the policy itself: what was sent does not matter. */
const policyFlaws: ReadonlySet<Flaw> = new Set(['operator', 'no-values', 'policy-value', 'unfilled'])

/** '' if the condition held. The text quotes policy and request unescaped: `explain-text.ts` makes it printable. */
export function conditionText(condition: ConditionExplanation): string {
  const { operator, key, outcome, flaw } = condition
  if (outcome === 'matched') return ''
  const head = `${operator} ${key} wants ${wanted(condition)}`
  if (flaw !== undefined && policyFlaws.has(flaw)) return `${head}; it cannot be evaluated: ${flaws[flaw]}`
  if (outcome === 'malformed' || outcome === 'unfinished')
    return `${head}; it cannot be evaluated within what one request may cost`
  return `${head}; ${got(condition)}${flaw === undefined ? '' : `: ${flaws[flaw]}`}`
}

function wanted({ operator, values, present }: ConditionExplanation): string {
  const { quantifier, base } = readOperator(operator)
  // A Null that does not hold wants the opposite of what is.
  if (base === 'null') return present ? 'it to be absent' : 'it to be present'
  const list = values === undefined ? 'a value that is not shown' : values.join(', ')
  const what = base.includes('not') ? `anything but ${list}` : list
  if (quantifier === 'one') return what
  return `${quantifier === 'all' ? 'each' : 'one'} of its values to be ${what}`
}

function got({ operator, present, actual }: ConditionExplanation): string {
  if (!present) return 'it was absent'
  if (actual !== undefined) return `it was ${[actual].flat().join(', ')}`
  const { base } = readOperator(operator)
  if (base === 'null') return 'it was sent'
  return base.includes('not') ? 'that one was sent' : 'another was sent'
}
