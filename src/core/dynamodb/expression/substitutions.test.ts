import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttributeValue } from '../attribute-value.ts'
import { parseCondition } from './condition.ts'
import { parseProjection } from './projection.ts'
import { readSubstitutions } from './substitutions.ts'
import { substitutions } from './testing/expressions.ts'

const text: AttributeValue = { S: 'x' }
const long = 'x'.repeat(254)
const key = (member: string, name: string) => `${member} contains invalid key: Syntax error; key: "${name}"`

type Names = Readonly<Record<string, string>>
type Values = Readonly<Record<string, AttributeValue>>

/** [what, names, values, AWS's sentence]. */
const rows: readonly (readonly [string, Names | undefined, Values | undefined, string | undefined])[] = [
  ['none', undefined, undefined, undefined],
  ['both', { '#a': 'a', '#_1': 'b' }, { ':a': text }, undefined],
  ['empty names', {}, undefined, 'ExpressionAttributeNames must not be empty'],
  ['empty values', undefined, {}, 'ExpressionAttributeValues must not be empty'],
  ['a name without #', { a: 'a' }, undefined, key('ExpressionAttributeNames', 'a')],
  ['a name with two #', { '##a': 'a' }, undefined, key('ExpressionAttributeNames', '##a')],
  ['# alone', { '#': 'a' }, undefined, key('ExpressionAttributeNames', '#')],
  ['a name with a hyphen', { '#a-b': 'a' }, undefined, key('ExpressionAttributeNames', '#a-b')],
  ['a name with a dot', { '#a.b': 'a' }, undefined, key('ExpressionAttributeNames', '#a.b')],
  ['a name with a line', { '#a\n': 'a' }, undefined, key('ExpressionAttributeNames', '#a\n')],
  ['a name with a letter of another script', { '#ü': 'a' }, undefined, key('ExpressionAttributeNames', '#ü')],
  ['a name with a colon', { ':a': 'a' }, undefined, key('ExpressionAttributeNames', ':a')],
  ['a value without :', undefined, { a: text }, key('ExpressionAttributeValues', 'a')],
  ['a value with #', undefined, { '#a': text }, key('ExpressionAttributeValues', '#a')],
  ['__proto__ as a name', JSON.parse('{"__proto__":"a"}'), undefined, key('ExpressionAttributeNames', '__proto__')],
  ['255 bytes', { [`#${long}`]: 'a' }, undefined, undefined],
  [
    '256 bytes',
    { [`#${long}x`]: 'a' },
    undefined,
    'ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 256',
  ],
  [
    'a name that is nothing',
    { '#a': '' },
    undefined,
    'ExpressionAttributeNames contains invalid value: Empty attribute name for key #a',
  ],
  ['a name of 65,535 bytes', { '#a': `${'é'.repeat(32_767)}x` }, undefined, undefined],
  [
    'a name of 65,536 bytes',
    { '#a': 'é'.repeat(32_768) },
    undefined,
    'Attribute name is too large, must be less than 65536 bytes',
  ],
  [
    'half of a surrogate pair',
    { '#a': 'x\udc00' },
    undefined,
    'ExpressionAttributeNames contains invalid value: No Unicode text for key #a',
  ],
]
for (const [what, names, values, sentence] of rows) {
  test(`substitutions, ${what}`, () => {
    const read = readSubstitutions(names, values)
    assert.equal('wrong' in read ? read.wrong : undefined, sentence)
  })
}

test('every expression of a request counts as use; what none used is named', () => {
  const given = substitutions({ '#a': 'a', '#b': 'b', '#c': 'c' }, { ':a': text, ':b': text })
  parseCondition('KeyConditionExpression', '#a = :a', given)
  assert.equal(given.unused(), 'Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}')
  parseProjection('#b, x.#c', given)
  assert.equal(given.unused(), 'Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}')
  parseCondition('FilterExpression', 'size(:b) < x', given)
  assert.equal(given.unused(), undefined)
})

test('placeholders have case', () => {
  const given = substitutions({ '#a': 'x', '#A': 'y' })
  assert.equal(given.name('#A'), 'y')
  assert.equal(given.unused(), 'Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}')
})

test('what an object inherits is not defined', () => {
  const given = substitutions({ '#a': 'a' }, { ':a': text })
  for (const name of ['constructor', 'toString', '__proto__']) {
    assert.equal(given.name(name), undefined)
    assert.equal(given.value(name), undefined)
  }
})
