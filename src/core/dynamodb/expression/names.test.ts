import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topLevelNames } from './names.ts'
import { condition, projection, substitutions, update } from './testing/expressions.ts'
import type { Condition, Projection, Update } from './tree.ts'

const sorted = (tree: Condition | Projection | Update) => [...topLevelNames(tree)].sort().join(' ')

/** [text, its attributes]. */
const conditions: readonly (readonly [string, string])[] = [
  ['a = :v', 'a'],
  [':v = a', 'a'],
  ['a = b', 'a b'],
  ['a.b.c = :v', 'a'],
  ['a[0].b = c[1]', 'a c'],
  ['a BETWEEN b AND c', 'a b c'],
  [':v BETWEEN b.x AND size(c)', 'b c'],
  ['a IN (b, :v, c.d, size(e))', 'a b c e'],
  [':v IN (a)', 'a'],
  ['attribute_exists(a.b)', 'a'],
  ['attribute_not_exists(a)', 'a'],
  ['attribute_type(a, :t)', 'a'],
  ['begins_with(:v, a)', 'a'],
  ['contains(a, size(b))', 'a b'],
  ['size(a) > size(b.c)', 'a b'],
  ['NOT (a = :v OR NOT b = :v) AND (c = :v OR d = :v)', 'a b c d'],
  ['a = :v AND a = :w', 'a'],
  [':v = :w', ''],
]
for (const [text, names] of conditions) test(`names of ${text}`, () => assert.equal(sorted(condition(text)), names))

test('names of a projection', () => assert.equal(sorted(projection('a, b.c, d[3][4].e, #f.g')), 'a b d f'))

const updates: readonly (readonly [string, string])[] = [
  ['SET a.b = c.d', 'a c'],
  ['SET a = b + c', 'a b c'],
  ['SET a = :v - b[0]', 'a b'],
  ['SET a = if_not_exists(b.c, d)', 'a b d'],
  ['SET a = list_append(:v, if_not_exists(b, list_append(c, d)))', 'a b c d'],
  ['REMOVE a, b.c, d[0]', 'a b d'],
  ['ADD a :v, b.c :w', 'a b'],
  ['DELETE a.b :v', 'a'],
  ['REMOVE a ADD b :v SET c = d DELETE e :w', 'a b c d e'],
]
for (const [text, names] of updates) test(`names of ${text}`, () => assert.equal(sorted(update(text)), names))

/** [what, names, text, attributes]. */
const resolved: readonly (readonly [string, Readonly<Record<string, string>>, string, readonly string[]])[] = [
  ['a dot in a name', { '#a': 'b.c' }, '#a = :v', ['b.c']],
  ['a placeholder in a name', { '#a': '#b', '#b': 'c' }, '#a = #b', ['#b', 'c']],
  [
    'a placeholder of another name',
    { '#secret': 'public', '#public': 'secret' },
    '#secret = #public',
    ['public', 'secret'],
  ],
  ['two placeholders of one name', { '#a': 'x', '#b': 'x' }, '#a > :v AND #b < :v', ['x']],
  ['a placeholder and the bare name', { '#a': 'x' }, '#a > :v AND x < :v', ['x']],
  ['a value in a name', { '#a': ':v' }, '#a = :v', [':v']],
  ['an expression in a name', { '#a': 'x OR attribute_exists(secret)' }, '#a = :v', ['x OR attribute_exists(secret)']],
  ['a reserved word', { '#a': 'name' }, '#a = :v', ['name']],
  ['a name from the prototype', { '#a': '__proto__' }, '#a = toString', ['__proto__', 'toString']],
  ['white space', { '#a': ' x ' }, '#a = x', [' x ', 'x']],
  ['case', { '#a': 'Secret' }, '#a = secret', ['Secret', 'secret']],
  ['forms of one letter', { '#a': '\u00e9', '#b': 'e\u0301' }, '#a = #b', ['\u00e9', 'e\u0301']],
  ['a name with a bracket counts as what it begins with as well', { '#a': 'x[0]' }, '#a = :v', ['x[0]', 'x']],
  ['a bracket at the beginning', { '#a': '[3]' }, '#a = :v', ['[3]']],
  ['a placeholder within', { '#a': 'x' }, 'y.#a = :v', ['y']],
]
for (const [what, names, text, found] of resolved) {
  test(`names, ${what}`, () => {
    assert.deepEqual([...topLevelNames(condition(text, substitutions(names, { ':v': { S: 'v' } })))], found)
  })
}
