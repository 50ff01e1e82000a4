import { doesNotMatch, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { applicable, explain, policy, request } from '../../core/policy/testing/policies.ts'
import { conditionText } from './condition-text.ts'

type Value = string | readonly string[] | undefined

/** The sentence about one condition under these keys. */
function said(
  operator: string,
  values: unknown,
  value: Value,
  key = 'x:Key',
  unfilled: readonly string[] = [],
): string {
  const keys = new Map(value === undefined ? [] : [[key.toLowerCase(), value]])
  const identity = [policy('identity', { Condition: { [operator]: { [key]: values } } })]
  const sent = request({ keys, unfilled: new Set(unfilled) })
  const condition = explain(sent, applicable({ identity })).policies[0]?.statements[0]?.conditions[0]
  return condition === undefined ? 'no condition' : conditionText(condition)
}

/** Of each family: an operator, a literal, a value that holds and one that does not. */
const families: readonly (readonly [operator: string, literal: string, holds: string, fails: string])[] = [
  ['StringEquals', 'a', 'a', 'b'],
  ['StringNotEquals', 'a', 'b', 'a'],
  ['StringEqualsIgnoreCase', 'a', 'A', 'b'],
  ['StringNotEqualsIgnoreCase', 'a', 'b', 'A'],
  ['StringLike', 'a*', 'ab', 'b'],
  ['StringNotLike', 'a*', 'b', 'ab'],
  ['NumericEquals', '1', '1', '2'],
  ['NumericNotEquals', '1', '2', '1'],
  ['NumericLessThan', '5', '4', '6'],
  ['NumericGreaterThanEquals', '5', '6', '4'],
  ['DateEquals', '2026-01-01', '2026-01-01', '2026-01-02'],
  ['DateNotEquals', '2026-01-01', '2026-01-02', '2026-01-01'],
  ['DateLessThan', '2026-01-02', '2026-01-01', '2026-01-03'],
  ['Bool', 'true', 'true', 'false'],
  ['BinaryEquals', 'QUJD', 'QUJD', 'QUJE'],
  ['IpAddress', '10.0.0.0/8', '10.0.0.1', '11.0.0.1'],
  ['NotIpAddress', '10.0.0.0/8', '11.0.0.1', '10.0.0.1'],
  ['ArnLike', 'arn:aws:iam::1:role/*', 'arn:aws:iam::1:role/r', 'arn:aws:iam::1:user/u'],
  ['ArnNotLike', 'arn:aws:iam::1:role/*', 'arn:aws:iam::1:user/u', 'arn:aws:iam::1:role/r'],
]

for (const [operator, literal, holds, fails] of families) {
  const negated = operator.includes('Not')
  const what = negated ? `anything but ${literal}` : literal
  const forms: readonly (readonly [written: string, value: Value, says: string])[] = [
    [operator, holds, ''],
    [operator, fails, `wants ${what}; it was ${fails}`],
    // A negated operator holds where there is nothing to compare, and so do IfExists and ForAllValues.
    [operator, undefined, negated ? '' : `wants ${what}; it was absent`],
    [`${operator}IfExists`, undefined, ''],
    [`${operator}IfExists`, fails, `wants ${what}; it was ${fails}`],
    [`ForAllValues:${operator}`, undefined, ''],
    [`ForAllValues:${operator}`, [], ''],
    [`ForAllValues:${operator}`, [holds, fails], `wants each of its values to be ${what}; it was ${holds}, ${fails}`],
    [`ForAnyValue:${operator}`, undefined, `wants one of its values to be ${what}; it was absent`],
    [`ForAnyValue:${operator}`, [fails, fails], `wants one of its values to be ${what}; it was ${fails}, ${fails}`],
    [`ForAnyValue:${operator}`, [fails, holds], ''],
    [`ForAnyValue:${operator}IfExists`, undefined, ''],
  ]
  for (const [written, value, says] of forms) {
    const name = value === undefined ? 'absent' : `[${[value].flat().join(', ')}]`
    test(`${written} of ${literal}, ${name}: ${says === '' ? 'holds, and nothing is said' : 'says what it wants and got'}`, () => {
      equal(said(written, literal, value), says === '' ? '' : `${written} x:Key ${says}`)
    })
  }
}

const rows: readonly (readonly [rule: string, text: string, says: RegExp])[] = [
  ['Null that wants absence', said('Null', 'true', 'a'), /^Null x:Key wants it to be absent; it was a$/],
  ['Null that wants presence', said('Null', 'false', undefined), /^Null x:Key wants it to be present; it was absent$/],
  [
    'an external id that is missing',
    said('StringEquals', 'p', undefined, 'sts:ExternalId'),
    /wants a value that is not shown; it was absent$/,
  ],
  ['another external id', said('StringEquals', 'p', 'q', 'sts:ExternalId'), /not shown; another was sent$/],
  [
    'the external id that must not be',
    said('StringNotEquals', 'p', 'p', 'sts:ExternalId'),
    /wants anything but a value that is not shown; that one was sent$/,
  ],
  [
    'an external id that must be absent',
    said('Null', 'true', 'p', 'sts:ExternalId'),
    /wants it to be absent; it was sent$/,
  ],
  [
    'several values without a set operator',
    said('StringEquals', 'a', ['a', 'b']),
    /wants a; it was a, b: it had several values, which only ForAnyValue: and ForAllValues: compare$/,
  ],
  [
    'a value that cannot be compared',
    said('NumericLessThan', '5', 'many'),
    /wants 5; it was many: the operator cannot compare the value/,
  ],
  [
    'a value that cannot be compared, negated',
    said('NumericNotEquals', '5', 'many'),
    /wants anything but 5; it was many: the operator cannot compare the value/,
  ],
]
for (const [rule, text, says] of rows) test(`${rule} is described as it is`, () => match(text, says))

const broken: readonly (readonly [rule: string, text: string, says: RegExp])[] = [
  [
    'a value of the policy that the operator cannot compare',
    said('NumericEqualsIfExists', 'x', undefined),
    /lists a value that the operator cannot compare/,
  ],
  [
    'one under ForAllValues',
    said('ForAllValues:Bool', 'maybe', undefined),
    /lists a value that the operator cannot compare/,
  ],
  ['an operator that does not exist', said('StringEqual', 'a', undefined), /there is no such operator/],
  ['no values', said('StringEquals', [], undefined), /lists no values/],
  [
    'a key that this server does not provide',
    said('StringNotEquals', 'a', undefined, 'x:Key', ['x:key']),
    /this server does not provide the key/,
  ],
]
for (const [rule, text, says] of broken) {
  test(`${rule} is not blamed on what was absent`, () => {
    match(text, says)
    doesNotMatch(text, /absent/)
  })
}
