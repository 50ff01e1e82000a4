import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttributeValue } from '../attribute-value.ts'
import { type LegacyCondition, type LegacyParameters, legacyNames, legacyPins } from './legacy.ts'

const names: readonly (readonly [what: string, input: LegacyParameters, names: string])[] = [
  ['none', {}, ''],
  ['AttributesToGet', { AttributesToGet: ['a', 'b', 'a'] }, 'a b'],
  ['Expected', { Expected: { a: { Exists: false }, b: {} } }, 'a b'],
  ['AttributeUpdates', { AttributeUpdates: { a: { Action: 'DELETE' } } }, 'a'],
  ['KeyConditions', { KeyConditions: { a: {}, b: {} } }, 'a b'],
  ['QueryFilter', { QueryFilter: { a: {} } }, 'a'],
  ['ScanFilter', { ScanFilter: { a: {} } }, 'a'],
  [
    'all',
    {
      AttributesToGet: ['a'],
      Expected: { b: {} },
      AttributeUpdates: { c: {} },
      KeyConditions: { d: {} },
      QueryFilter: { e: {} },
      ScanFilter: { f: {} },
    },
    'a b c d e f',
  ],
  ['placeholders are names', { AttributesToGet: ['#a'] }, '#a'],
  ['a dot: the name, and what a backend may take for a path', { AttributesToGet: ['a.b.c', 'd[0]'] }, 'a a.b.c d d[0]'],
  ['a dot in a filter', { ScanFilter: { 'a.b': {} } }, 'a a.b'],
  ['a dot at the beginning', { AttributesToGet: ['.a'] }, '.a'],
  ['a name from the prototype', { Expected: JSON.parse('{"__proto__":{}}') }, '__proto__'],
]
for (const [what, input, found] of names) {
  test(`legacy names, ${what}`, () => assert.equal([...legacyNames(input)].sort().join(' '), found))
}

const v: AttributeValue = { S: 'v' }
const pins: readonly (readonly [what: string, conditions: Record<string, LegacyCondition>, pinned: string])[] = [
  ['equal', { p: { ComparisonOperator: 'EQ', AttributeValueList: [v] } }, 'p'],
  [
    'two',
    {
      p: { ComparisonOperator: 'EQ', AttributeValueList: [v] },
      s: { ComparisonOperator: 'EQ', AttributeValueList: [v] },
    },
    'p s',
  ],
  [
    'a range beside it',
    {
      p: { ComparisonOperator: 'EQ', AttributeValueList: [v] },
      s: { ComparisonOperator: 'GT', AttributeValueList: [v] },
    },
    'p',
  ],
  ['another operator', { p: { ComparisonOperator: 'LE', AttributeValueList: [v] } }, ''],
  ['another case', { p: { ComparisonOperator: 'eq', AttributeValueList: [v] } }, ''],
  ['no operator', { p: { AttributeValueList: [v] } }, ''],
  ['no list', { p: { ComparisonOperator: 'EQ' } }, ''],
  ['no value', { p: { ComparisonOperator: 'EQ', AttributeValueList: [] } }, ''],
  ['two values', { p: { ComparisonOperator: 'EQ', AttributeValueList: [v, v] } }, ''],
  ['in', { p: { ComparisonOperator: 'IN', AttributeValueList: [v] } }, ''],
]
for (const [what, conditions, pinned] of pins) {
  test(`KeyConditions, ${what}`, () => {
    const found = legacyPins(conditions)
    assert.equal([...found.keys()].join(' '), pinned)
    for (const value of found.values()) assert.equal(value, v)
  })
}
