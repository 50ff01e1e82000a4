import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessRequest } from './model.ts'
import { under } from './testing/policies.ts'

type Value = string | readonly string[]

/** [rule, operator, policy's values, request's value, holds in an Allow]. */
type Row = readonly [rule: string, operator: string, values: unknown, value: Value | undefined, holds: boolean]

const key = 'x:Key'
const withValue = (value: Value | undefined): Partial<AccessRequest> => ({
  keys: new Map(value === undefined ? [] : [['x:key', value]]),
})
const allows = (operator: string, values: unknown, value: Value | undefined) =>
  under({ Condition: { [operator]: { [key]: values } } }, withValue(value)) === 'allow'
const denies = (operator: string, values: unknown, value: Value | undefined) =>
  under({ Effect: 'Deny', Condition: { [operator]: { [key]: values } } }, withValue(value)) === 'explicit identity'

const rows: readonly Row[] = [
  ['equal strings', 'StringEquals', 'a', 'a', true],
  ['case counts', 'StringEquals', 'a', 'A', false],
  ['any of the values', 'StringEquals', ['b', 'a'], 'a', true],
  ['no wildcards in StringEquals', 'StringEquals', 'a*', 'ab', false],
  ['a star equals a star', 'StringEquals', 'a*', 'a*', true],
  ['none of the values', 'StringNotEquals', ['a', 'b'], 'b', false],
  ['other than the values', 'StringNotEquals', ['a', 'b'], 'c', true],
  ['operator names in any case', 'stringEQUALS', 'a', 'a', true],
  ['case does not count', 'StringEqualsIgnoreCase', 'É-a', 'é-A', true],
  ['case does not count, negated', 'StringNotEqualsIgnoreCase', 'A', 'a', false],
  ['star and question mark', 'StringLike', 'a*c?', 'abbbcd', true],
  ['a question mark is one character', 'StringLike', 'a?', 'a', false],
  ['a star may be nothing', 'StringLike', 'a*', 'a', true],
  ['unlike', 'StringNotLike', 'a*', 'abc', false],
  ['an empty string equals an empty string', 'StringEquals', '', '', true],
  ['numbers of any form', 'NumericEquals', 5.5, '5.50', true],
  ['numbers exactly', 'NumericEquals', '9007199254740993', '9007199254740992', false],
  ['numbers differ', 'NumericNotEquals', 5, '6', true],
  ['below', 'NumericLessThan', 10, '9', true],
  ['negative numbers below', 'NumericLessThan', '-9', '-10', true],
  ['not below', 'NumericLessThan', 10, '10', false],
  ['at most', 'NumericLessThanEquals', 10, '10', true],
  ['above', 'NumericGreaterThan', '1.5', '1.51', true],
  ['at least', 'NumericGreaterThanEquals', 10, '9.99', false],
  ['dates of any form', 'DateEquals', '2026-11-23T01:00:00+01:00', '1795392000', true],
  ['dates differ', 'DateNotEquals', '2026-11-23', '2026-11-24', true],
  ['before', 'DateLessThan', '2026-11-23T00:00:00Z', '2026-11-22T23:59:59Z', true],
  ['not before', 'DateLessThanEquals', '2026-11-23T00:00:00Z', '2026-11-23T00:00:01Z', false],
  ['after', 'DateGreaterThan', '2026-11-23', '2026-11-23T00:00:00.001Z', true],
  ['at or after', 'DateGreaterThanEquals', 1795392000, '2026-11-23T00:00:00Z', true],
  ['digits alone are seconds, not a year', 'DateLessThan', '2026', '2025-01-01T00:00:00Z', false],
  ['booleans as JSON or text, in any case', 'Bool', true, 'TRUE', true],
  ['booleans differ', 'Bool', 'false', 'true', false],
  ['the same bytes', 'BinaryEquals', 'QUJD', 'QUJD', true],
  ['other bytes', 'BinaryEquals', 'QUJD', 'QUJE', false],
  ['an address in a range', 'IpAddress', '10.0.0.0/8', '10.9.8.7', true],
  ['an address outside', 'IpAddress', '10.0.0.0/8', '11.0.0.1', false],
  ['host bits do not count', 'IpAddress', '10.1.2.3/8', '10.9.8.7', true],
  ['a bare address is a range of one', 'IpAddress', '10.0.0.1', '10.0.0.2', false],
  ['IPv6', 'IpAddress', '2001:DB8::/32', '2001:db8:0:1::1', true],
  ['NotIpAddress', 'NotIpAddress', ['10.0.0.0/8', '192.168.0.0/16'], '172.16.0.1', true],
  ['versions mismatch', 'IpAddress', '0.0.0.0/0', '2001:db8::1', false],
  ['versions mismatch, negated', 'NotIpAddress', '::/0', '10.0.0.1', true],
  ['ARNs part by part', 'ArnLike', 'arn:aws:iam::*:role/*', 'arn:aws:iam::1:role/a/b', true],
  ['ArnEquals is ArnLike', 'ArnEquals', 'arn:aws:iam::?:role/a', 'arn:aws:iam::1:role/a', true],
  ['a wildcard stays in its part', 'ArnLike', 'arn:aws:i*:1:*:role/a', 'arn:aws:iam::1:role/a', false],
  ['the last part may hold colons', 'ArnLike', 'arn:aws:logs:*:*:*', 'arn:aws:logs:r:1:group:x:y', true],
  ['ArnNotLike', 'ArnNotLike', 'arn:aws:iam::1:*', 'arn:aws:iam::2:role/a', true],
  ['present', 'Null', 'false', 'a', true],
  ['absent', 'Null', true, undefined, true],
  ['empty is not absent', 'Null', 'true', '', false],
  // Missing keys
  ['missing, positive', 'StringEquals', 'a', undefined, false],
  ['missing, negated', 'StringNotEquals', 'a', undefined, true],
  ['missing, positive with IfExists', 'StringEqualsIfExists', 'a', undefined, true],
  ['present, positive with IfExists', 'StringEqualsIfExists', 'a', 'b', false],
  ['missing, negated with IfExists', 'StringNotEqualsIfExists', 'a', undefined, true],
  ['missing number', 'NumericLessThan', 5, undefined, false],
  ['missing address, negated', 'NotIpAddress', '10.0.0.0/8', undefined, true],
  ['missing, ForAllValues', 'ForAllValues:StringEquals', 'a', undefined, true],
  ['empty, ForAllValues', 'ForAllValues:StringEquals', 'a', [], true],
  ['missing, ForAnyValue', 'ForAnyValue:StringEquals', 'a', undefined, false],
  ['empty, ForAnyValue', 'ForAnyValue:StringEquals', 'a', [], false],
  ['missing, ForAnyValue negated', 'ForAnyValue:StringNotEquals', 'a', undefined, false],
  ['missing, ForAnyValue with IfExists', 'ForAnyValue:StringEqualsIfExists', 'a', undefined, true],
  ['missing, ForAllValues with IfExists', 'ForAllValues:StringEqualsIfExists', 'a', undefined, true],
  ['an empty list is absent', 'Null', 'true', [], true],
  // Several values
  ['every value among the policy’s', 'ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['one value not among them', 'ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['one value among them', 'ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
  ['no value among them', 'ForAnyValue:StringLike', ['a*', 'b*'], ['c', 'd'], false],
  ['one value other than them', 'ForAnyValue:StringNotEquals', 'a', ['a', 'b'], true],
  ['every value other than them', 'ForAllValues:StringNotEquals', 'a', ['a', 'b'], false],
  ['an empty text is no value to ForAllValues', 'ForAllValues:StringEquals', 'a', '', true],
  ['nor a list of empty texts', 'ForAllValues:StringEquals', 'a', ['', ''], true],
  ['nor to ForAnyValue', 'ForAnyValue:StringEquals', '', '', false],
  ['nor where it is negated', 'ForAnyValue:StringNotEquals', 'a', '', false],
  ['and IfExists does not make it absent', 'ForAnyValue:StringEqualsIfExists', 'a', '', false],
  ['among others it is a value', 'ForAllValues:StringEquals', 'a', ['', 'a'], false],
  ['without a set operator as well', 'StringEquals', '', '', true],
  ['a single value under a set operator', 'ForAnyValue:StringEquals', 'a', 'a', true],
  ['set prefix in any case', 'foranyvalue:stringequals', 'a', ['a'], true],
  ['several values without a set operator', 'StringEquals', 'a', ['a'], false],
  ['several values without a set operator, negated', 'StringNotEquals', 'a', ['b'], false],
  // The request's side unparsable
  ['a number that is none', 'NumericLessThan', 5, 'abc', false],
  ['a number that is none, negated', 'NumericNotEquals', 5, 'abc', false],
  ['a date that is none, negated', 'DateNotEquals', '2026-11-23', 'soon', false],
  ['an address that is none, negated', 'NotIpAddress', '10.0.0.0/8', 'localhost', false],
  ['an ARN that is none, negated', 'ArnNotLike', 'arn:aws:iam::*:role/*', 'role/a', false],
  ['base64 that is none', 'BinaryEquals', 'QUJD', 'QUJ', false],
  ['a boolean that is none', 'Bool', 'false', 'no', false],
]

for (const [rule, operator, values, value, holds] of rows) {
  const shown = `${operator} ${JSON.stringify(values)} of ${JSON.stringify(value)}`
  test(`${rule}: ${shown} is ${holds}`, () => {
    assert.equal(allows(operator, values, value), holds)
    assert.equal(denies(operator, values, value), holds)
  })
}

// What cannot be evaluated from the policy's side: the Deny applies, the Allow does not.
const broken: readonly (readonly [operator: string, values: unknown, value: Value | undefined])[] = [
  ['StringEqual', 'a', 'a'],
  ['NotBool', 'true', 'false'],
  ['BinaryNotEquals', 'QUJD', 'QUJE'],
  ['NullIfExists', 'true', undefined],
  ['ForAllValues:Null', 'false', 'a'],
  ['ForAnyValue::StringEquals', 'a', 'a'],
  ['ForAnyValue:ForAllValues:StringEquals', 'a', 'a'],
  ['StringEqualsIfExistsIfExists', 'a', 'a'],
  ['', 'a', 'a'],
  ['NumericEquals', '0x10', '16'],
  ['NumericLessThan', '1e999', '5'],
  ['NumericLessThan', 1e21, '5'],
  ['NumericEquals', ' 1 ', '1'],
  ['NumericEquals', '', '0'],
  ['NumericEquals', '.5', '0.5'],
  ['NumericNotEquals', 'Infinity', '5'],
  ['NumericNotEquals', 'NaN', '5'],
  ['DateLessThan', 'tomorrow', '2026-11-23T00:00:00Z'],
  ['DateLessThan', '2026-02-30', '2026-01-01T00:00:00Z'],
  ['DateLessThan', '2026-13-01', '2026-01-01T00:00:00Z'],
  ['DateLessThan', '23 Nov 2026', '2026-01-01T00:00:00Z'],
  ['DateLessThan', '2026-11-23T25:00:00Z', '2026-01-01T00:00:00Z'],
  ['DateNotEquals', '', '2026-01-01T00:00:00Z'],
  ['Bool', 'yes', 'true'],
  ['Bool', '1', 'true'],
  ['Null', 'maybe', 'a'],
  ['BinaryEquals', 'QUJ', 'QUJD'],
  ['BinaryEquals', 'Q-_=', 'QUJD'],
  ['IpAddress', '10.0.0.0/33', '10.0.0.1'],
  ['IpAddress', '10.0.0.0/08', '10.0.0.1'],
  ['IpAddress', '10.0.0.0/8/8', '10.0.0.1'],
  ['IpAddress', '10.0.0.0/', '10.0.0.1'],
  ['IpAddress', '10.0.0.0/-1', '10.0.0.1'],
  ['IpAddress', '010.0.0.1', '8.0.0.1'],
  ['IpAddress', '10.1', '10.0.0.1'],
  ['IpAddress', '0x0a000001', '10.0.0.1'],
  ['IpAddress', '*', '10.0.0.1'],
  ['NotIpAddress', 'fe80::1%eth0', 'fe80::1'],
  ['NotIpAddress', '1::2::3', '::1'],
  ['NotIpAddress', '1:2:3:4:5:6:7', '::1'],
  ['NotIpAddress', '::ffff:10.0.0.0/95', '10.0.0.1'],
  ['ArnLike', '*', 'arn:aws:iam::1:role/a'],
  ['ArnNotLike', 'arn:aws:iam::1', 'arn:aws:iam::1:role/a'],
  ['ArnNotLike', '*:*:*:*:*:*', 'arn:aws:iam::1:role/a'],
  ['StringEquals', [], 'a'],
  ['StringNotEquals', [], 'a'],
  ['ForAllValues:StringEquals', [], undefined],
  ['StringEquals', '$' + '{aws:username', 'a'],
  ['StringLike', '$' + '{}', 'a'],
  ['StringNotEquals', '$' + "{aws:username, 'x}", 'a'],
  ['StringNotEquals', '$' + '{aws:username, x}', 'a'],
  ['StringNotEquals', '$' + '{ aws:username }', 'a'],
]
for (const [operator, values, value] of broken) {
  test(`broken: "${operator}" ${JSON.stringify(values)} of ${JSON.stringify(value)}`, () => {
    assert.equal(allows(operator, values, value), false)
    assert.equal(denies(operator, values, value), true)
  })
}

test('a bad literal stays broken when the key is absent, unparsable or several', () => {
  for (const value of [undefined, 'abc', ['5']]) {
    assert.equal(allows('NumericNotEquals', ['5', 'x'], value), false)
    assert.equal(denies('NumericEquals', ['5', 'x'], value), true)
  }
})

test('a good literal that matches settles a condition that also has a bad one', () => {
  assert.equal(allows('NumericEquals', ['5', 'x'], '5'), true)
  assert.equal(denies('NumericNotEquals', ['5', 'x'], '5'), false)
})

test('a broken condition does not make a Deny meet what its other elements exclude', () => {
  const condition = { StringEqual: { a: 'b' } }
  assert.equal(under({ Effect: 'Deny', Action: 'iam:*', Condition: condition }), 'deny identity')
  const both = { ...condition, StringEquals: { [key]: 'x' } }
  assert.equal(under({ Effect: 'Deny', Condition: both }, withValue('y')), 'deny identity')
})

test('conditions are joined by and, across operators and keys', () => {
  const condition = { StringEquals: { [key]: 'a', 'x:Other': 'b' }, Null: { 'x:Third': 'true' } }
  const keys = new Map([
    ['x:key', 'a'],
    ['x:other', 'b'],
  ])
  assert.equal(under({ Condition: condition }, { keys }), 'allow')
  assert.equal(under({ Condition: condition }, withValue('a')), 'deny identity')
})

test('empty condition maps hold, of unknown operators too', () => {
  assert.equal(under({ Condition: {} }), 'allow')
  assert.equal(under({ Condition: { StringEquals: {}, Nonsense: {} } }), 'allow')
})

test('a key that Hallpass does not fill is broken while it is absent', () => {
  const unfilled = new Set(['x:key', 'aws:resourcetag/'])
  for (const operator of ['StringNotEquals', 'StringEqualsIfExists', 'ForAllValues:StringEquals']) {
    for (const name of [key, 'aws:ResourceTag/Any']) {
      const condition = { Condition: { [operator]: { [name]: 'a' } } }
      assert.equal(under(condition, { unfilled }), 'deny identity')
      assert.equal(under({ Effect: 'Deny', ...condition }, { unfilled }), 'explicit identity')
    }
  }
  assert.equal(under({ Condition: { StringEquals: { [key]: 'a' } } }, { ...withValue('a'), unfilled }), 'allow')
})

test('nor can a variable of such a key be known, default or not', () => {
  const unfilled = new Set(['x:team'])
  for (const inside of ['x:Team', "x:Team, 'all'"]) {
    const text = ['$', '{', inside, '}'].join('')
    for (const statement of [
      { Resource: `arn:aws:s3:::bucket/${text}` },
      { Condition: { StringEquals: { [key]: text } } },
      { Condition: { StringNotEquals: { [key]: text } } },
    ]) {
      assert.equal(under(statement, { ...withValue('a'), unfilled }), 'deny identity')
      assert.equal(under({ Effect: 'Deny', ...statement }, { ...withValue('a'), unfilled }), 'explicit identity')
    }
  }
})
