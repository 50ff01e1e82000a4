// What a statement names and returns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStatement } from './parse.ts'
import { print } from './print.ts'
import type { Statement } from './statement.ts'
import {
  indexOf,
  isAllAttributes,
  parameterCount,
  returnValuesOf,
  tableOf,
  topLevelNames,
  withTable,
} from './touched.ts'

function parsed(text: string): Statement {
  const result = parseStatement(text)
  if ('wrong' in result) assert.fail(`${result.wrong}: ${text}`)
  return result.parsed
}

for (const [text, names] of [
  ['SELECT * FROM T', []],
  ['SELECT a.b[0].c, d, a FROM T', ['a', 'd']],
  ['SELECT "a.b", "c[0].d", ".e", "[f" FROM T', ['a.b', 'a', 'c[0].d', 'c', '.e', '[f']],
  ["INSERT INTO T VALUE {'a.b': 1}", ['a.b']],
  ['SELECT a FROM T WHERE b.c = d[1] AND NOT (e = 1 OR 2 = f) ORDER BY g, h DESC', ['a', 'b', 'd', 'e', 'f', 'g', 'h']],
  ['SELECT * FROM T WHERE size(a.x) > size(b) OR c BETWEEN d AND size(e) OR f IN [1]', ['a', 'b', 'c', 'd', 'e', 'f']],
  [
    'SELECT * FROM T WHERE begins_with(a, b) OR contains(c, size(d)) OR attribute_type(e, ?)',
    ['a', 'b', 'c', 'd', 'e'],
  ],
  ['SELECT * FROM T WHERE a IS MISSING OR b.c IS NOT NULL', ['a', 'b']],
  ["SELECT * FROM T WHERE a = {'b': {'c': 1}} OR d = 'e'", ['a', 'd']],
  ["INSERT INTO T VALUE {'k': 1, 'a': {'b': {'c': 'd'}}, 'T': 2}", ['k', 'a', 'T']],
  ['INSERT INTO T VALUE {}', []],
  ['UPDATE T SET a.x = b + c - d, e = f REMOVE g[0], h SET i = list_append(j.x, k) WHERE l = 1', [...'abcdefghijkl']],
  ["UPDATE T SET a = {'b': 1} WHERE k = 1 AND c = d RETURNING MODIFIED NEW *", ['a', 'k', 'c', 'd']],
  ['DELETE FROM T WHERE k = 1 AND a.b > 1', ['k', 'a']],
  ['EXISTS(SELECT a FROM T WHERE k = 1 AND b IS MISSING)', ['a', 'k', 'b']],
  ['SELECT __proto__, constructor FROM T WHERE toString = 1', ['__proto__', 'constructor', 'toString']],
] as const) {
  test(`names: ${text}`, () => assert.deepEqual([...topLevelNames(parsed(text))], names))
}

for (const [text, table, index] of [
  ['SELECT * FROM Music', 'Music', undefined],
  ['SELECT * FROM "Music"."Index-1"', 'Music', 'Index-1'],
  ['SELECT * FROM "a.b-c_d"', 'a.b-c_d', undefined],
  ['INSERT INTO "Music" VALUE {}', 'Music', undefined],
  ['UPDATE Music SET a = 1 WHERE k = 1', 'Music', undefined],
  ['DELETE FROM "Music" WHERE k = 1', 'Music', undefined],
  ['EXISTS(SELECT * FROM "Music" WHERE k = 1)', 'Music', undefined],
  [
    'SELECT * FROM "arn:aws-cn:dynamodb:cn-north-1:111111111111:table/a.b"."I"',
    'arn:aws-cn:dynamodb:cn-north-1:111111111111:table/a.b',
    'I',
  ],
] as const) {
  test(`table and index: ${text}`, () => {
    const statement = parsed(text)
    assert.deepEqual([tableOf(statement), indexOf(statement)], [table, index])
    const other = withTable(statement, 'Other')
    assert.deepEqual([tableOf(other), indexOf(other)], ['Other', index])
    assert.deepEqual(withTable(other, table), statement)
    assert.equal(print(other), print(statement).replace(`"${table}"`, '"Other"'))
  })
}

for (const [text, all] of [
  ['SELECT * FROM T', true],
  ['SELECT a FROM T', false],
  ['EXISTS(SELECT * FROM T WHERE k = 1)', true],
  ['EXISTS(SELECT a FROM T WHERE k = 1)', false],
  ['DELETE FROM T WHERE k = 1 RETURNING ALL OLD *', false],
] as const) {
  test(`all attributes are${all ? '' : ' not'} selected: ${text}`, () =>
    assert.equal(isAllAttributes(parsed(text)), all))
}

for (const [text, values] of [
  ['UPDATE T SET a = 1 WHERE k = 1', 'NONE'],
  ['UPDATE T SET a = 1 WHERE k = 1 RETURNING ALL OLD *', 'ALL_OLD'],
  ['UPDATE T SET a = 1 WHERE k = 1 RETURNING ALL NEW *', 'ALL_NEW'],
  ['UPDATE T SET a = 1 WHERE k = 1 RETURNING MODIFIED OLD *', 'UPDATED_OLD'],
  ['UPDATE T SET a = 1 WHERE k = 1 returning modified new *', 'UPDATED_NEW'],
  ['DELETE FROM T WHERE k = 1', 'NONE'],
  ['DELETE FROM T WHERE k = 1 RETURNING ALL OLD *', 'ALL_OLD'],
  ['SELECT * FROM T', 'NONE'],
  ['INSERT INTO T VALUE {}', 'NONE'],
] as const) {
  test(`returns ${values}: ${text}`, () => assert.equal(returnValuesOf(parsed(text)), values))
}

for (const [text, count] of [
  ['SELECT * FROM T', 0],
  ['SELECT * FROM T WHERE a = \'?\' AND "?" = 1', 0],
  ['SELECT * FROM T WHERE a = ? AND b IN [?, ?] OR c BETWEEN ? AND ? OR contains(d, ?) OR ? = e', 7],
  ["INSERT INTO T VALUE {'a': ?, 'b': [?, {'c': <<?>>}]}", 3],
  ['UPDATE T SET a = ? + ? - ?, b = set_add(c, ?) WHERE k = ? AND NOT (l = ?)', 6],
  ['EXISTS(SELECT * FROM T WHERE k = ?)', 1],
] as const) {
  test(`${count} parameters: ${text}`, () => assert.equal(parameterCount(parsed(text)), count))
}
