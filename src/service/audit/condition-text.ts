// A condition that did not hold, in one sentence that is true of its operator: what it wants, and what it got (IAM User
// Guide, "IAM JSON policy elements: Condition operators").
import { readOperator } from '../../core/policy/conditions.ts'
import type { ConditionExplanation } from '../../core/policy/explain.ts'
import type { Flaw } from '../../core/policy/flaw.ts'

const flaws: Readonly<Record<Flaw, string>> = {
  operator: 'there is no such operator',
  'no-values': 'it lists no values to compare with',
  'policy-value': 'a value that it lists is none that the operator can compare',
  unfilled: 'the key is not filled in by this server for such a request',
  'request-value': 'what was sent is none that the operator can compare',
  several: 'it had several values, which only ForAnyValue: and ForAllValues: compare',
}
/** The flaws of the policy's side: what was sent does not matter. */
const ofThePolicy: ReadonlySet<Flaw> = new Set(['operator', 'no-values', 'policy-value', 'unfilled'])

/** '' for one that held. The text is what was written and sent, for `explain-text.ts` to make printable. */
export function conditionText(condition: ConditionExplanation): string {
  const { operator, key, outcome, flaw } = condition
  if (outcome === 'matched') return ''
  const head = `${operator} ${key} wants ${wanted(condition)}`
  if (flaw !== undefined && ofThePolicy.has(flaw)) return `${head}; it cannot be evaluated: ${flaws[flaw]}`
  if (outcome === 'malformed' || outcome === 'unfinished')
    return `${head}; it cannot be evaluated within what one request may cost`
  return `${head}; ${got(condition)}${flaw === undefined ? '' : `: ${flaws[flaw]}`}`
}

function wanted({ operator, values, present }: ConditionExplanation): string {
  const { quantifier, base } = readOperator(operator)
  // A Null that does not hold wants the other of what is.
  if (base === 'null') return present ? 'it to be absent' : 'it to be there'
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
