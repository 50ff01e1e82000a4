import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinnedValues, wrongKeyCondition } from './key-condition.ts'
import { condition } from './testing/expressions.ts'

/** [key condition, what it pins: `name=value`; each placeholder stands for its own name]. */
const rows: readonly (readonly [text: string, pinned: string])[] = [
  ['p = :v', 'p=v'],
  [':v = p', 'p=v'],
  ['(p) = (:v)', 'p=v'],
  ['#p = :v', 'p=v'],
  ['p = :v AND s = :w', 'p=v s=w'],
  ['s > :w AND p = :v', 'p=v'],
  ['(p = :v) AND (begins_with(s, :w))', 'p=v'],
  ['p = :v AND s BETWEEN :x AND :y', 'p=v'],
  ['a = :a AND (b = :b AND (c = :c AND d = :d))', 'a=a b=b c=c d=d'],
  // Nothing is pinned.
  ['p > :v', ''],
  ['p <= :v AND p >= :v', ''],
  ['p BETWEEN :v AND :v', ''],
  ['p IN (:v)', ''],
  ['p <> :v', ''],
  ['begins_with(p, :v)', ''],
  ['NOT p = :v', ''],
  ['NOT (NOT p = :v)', ''],
  ['p = :v OR s = :w', ''],
  ['(p = :v OR p = :w) AND s = :x', 's=x'],
  ['p = s', ''],
  ['p.a = :v', ''],
  ['p[0] = :v', ''],
  ['size(p) = :v', ''],
  [':v = :v', ''],
  // Twice is never.
  ['p = :v AND p = :w', ''],
  ['p = :v AND p = :v', ''],
  ['p = :v AND :w = #p AND s = :x', 's=x'],
  ['p = :v AND p = :w AND p = :x', ''],
]
for (const [text, pinned] of rows) {
  test(`pinned by ${text}`, () => {
    const found = [...pinnedValues(condition(text))].map(([name, value]) => `${name}=${'S' in value ? value.S : ''}`)
    assert.equal(found.sort().join(' '), pinned)
  })
}

test('the partition is found by its name alone', () => {
  const key = condition('p = :v AND s = :w')
  assert.deepEqual(pinnedValues(key).get('p'), { S: 'v' })
  assert.equal(pinnedValues(key).get('P'), undefined)
  assert.equal(pinnedValues(key).get('toString'), undefined)
})

const operator = (name: string) => `Invalid operator used in KeyConditionExpression: ${name}`
const invalid = (what: string) => `Invalid condition in KeyConditionExpression: ${what}`
const first = (name: string) => invalid(`${name} operator must have the key attribute as its first operand`)

/** [key condition, AWS's sentence]. */
const wrong: readonly (readonly [text: string, sentence: string | undefined])[] = [
  ['a = :v', undefined],
  [':v = a AND :w < b', undefined],
  ['a = :v AND b BETWEEN :x AND :y', undefined],
  ['a = :v AND begins_with(b, :x)', undefined],
  ['a > b and size(b) > c or a > c', operator('OR')],
  ['a in (b, size(c), d)', operator('IN')],
  ['attribute_exists(a)', operator('attribute_exists')],
  ['attribute_type(a, :a)', operator('attribute_type')],
  ['contains(a.d, b)', operator('contains')],
  ['not a > b', operator('NOT')],
  ['a <> b', operator('<>')],
  ['a = :v AND (b = :w OR c = :x)', operator('OR')],
  [':a between size(b) and size(a) and b > :b', first('BETWEEN')],
  ['begins_with(:a, b) and a > :b', first('begins_with')],
  ['size(b) > a AND a.b > b AND b > c', 'KeyConditionExpressions cannot contain nested operations'],
  ['a > size(b.d)', 'KeyConditionExpressions cannot contain nested operations'],
  ['b > a.b', invalid('Multiple attribute names used in one condition')],
  ['a between b and size(a)', invalid('Multiple attribute names used in one condition')],
  ['begins_with(a, b)', invalid('Multiple attribute names used in one condition')],
  ['a.d > c', 'KeyConditionExpressions cannot have conditions on nested attributes'],
  ['b[0] > a', 'KeyConditionExpressions cannot have conditions on nested attributes'],
  [':b > :a AND a < :b', invalid('No key attribute specified')],
  ['b > :a AND b < :a and c = :a', 'KeyConditionExpressions must only contain one condition per key'],
  ['(a > :a and b > :a) and (b > :a and c > :a)', 'KeyConditionExpressions must only contain one condition per key'],
]
for (const [text, sentence] of wrong) {
  test(`key condition ${text}`, () => assert.equal(wrongKeyCondition(condition(text)), sentence))
}
