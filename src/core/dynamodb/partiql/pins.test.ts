// Whose items a statement can reach. What holds an attribute in a way that could be read otherwise does not hold it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AttributeValue } from '../attribute-value.ts'
import { parseStatement } from './parse.ts'
import { pinsOf } from './pins.ts'
import type { Condition, Operand, Statement, Value } from './statement.ts'

function parsed(text: string): Statement {
  const result = parseStatement(text)
  if ('wrong' in result) assert.fail(`${result.wrong}: ${text}`)
  return result.parsed
}

/** The values of one attribute. */
const partitionValues = (statement: Statement, name: string, parameters: readonly AttributeValue[]) =>
  pinsOf(statement, [name], parameters)?.get(name)

const x: AttributeValue = { S: 'x' }
const y: AttributeValue = { S: 'y' }
const parameters: readonly AttributeValue[] = [
  x,
  { N: '1.0' },
  { B: Buffer.from('b') },
  { L: [x] },
  { NULL: true },
  { BOOL: true },
]
/** A parameter whose index is that: those before it stand in another comparison. */
const parameter = (index: number) => `${'o = ? AND '.repeat(index)}k = ?`

const read: readonly (readonly [where: string, values: readonly AttributeValue[] | undefined])[] = [
  ["k = 'x'", [x]],
  ['k = -1e0', [{ N: '-1e0' }]],
  [parameter(0), [x]],
  [parameter(1), [{ N: '1.0' }]],
  [parameter(2), [{ B: Buffer.from('b') }]],
  ["k IN ['x', 'y']", [x, y]],
  ["k IN ('x', ?, 2)", [x, x, { N: '2' }]],
  ["k = 'x' AND o = 'y'", [x]],
  ["o = 1 AND (p > 2 AND k = 'x')", [x]],
  ["k = 'x' AND k > 'a'", [x]],
  ["k = 'x' AND NOT k = 'y'", [x]],
  ["k = 'x' AND (o = 1 OR k = 'y')", [x]],
  ["k = 'x' OR k = 'y'", [x, y]],
  ["(k = 'x' AND o = 1) OR k IN ['y']", [x, y]],
  // Not held, or not so that every reader agrees
  ['o = 1', undefined],
  ["k = 'x' OR o = 1", undefined],
  ["k = 'x' OR k > 'a'", undefined],
  ["k = 'x' OR NOT k = 'y'", undefined],
  ["k = 'x' AND k = 'y'", undefined],
  ["k = 'x' AND k = 'x'", undefined],
  ["k = 'x' AND k IN ['x', 'y']", undefined],
  ["k = 'x' AND (k = 'x' OR k = 'y')", undefined],
  ["NOT k = 'x'", undefined],
  ["NOT (NOT k = 'x')", undefined],
  ["k NOT IN ['x']", undefined],
  ["k <> 'x'", undefined],
  ["k >= 'x' AND k <= 'x'", undefined],
  ["k BETWEEN 'x' AND 'x'", undefined],
  ["begins_with(k, 'x')", undefined],
  ["contains(k, 'x')", undefined],
  ['k IS NULL', undefined],
  ["'x' = k", undefined],
  ['k = o', undefined],
  ['k = k', undefined],
  ['k = size(o)', undefined],
  ['size(k) = 1', undefined],
  ["k.a = 'x'", undefined],
  ["k[0] = 'x'", undefined],
  ["a.k = 'x'", undefined],
  ["K = 'x'", undefined],
  [`"k " = 'x'`, undefined],
  // Not of a key's type
  [parameter(3), undefined],
  [parameter(4), undefined],
  [parameter(5), undefined],
  [parameter(6), undefined],
  ["k IN ['x', NULL]", undefined],
  ["k IN ['x', ['y']]", undefined],
  ["k = {'S': 'x'}", undefined],
  ["k = <<'x'>>", undefined],
  ['k = TRUE', undefined],
  ['k = MISSING', undefined],
]

for (const [where, values] of read) {
  test(`a read: ${where}`, () =>
    assert.deepEqual(partitionValues(parsed(`SELECT * FROM "T" WHERE ${where}`), 'k', parameters), values))
}

test('a read of all is held to nothing', () =>
  assert.equal(partitionValues(parsed('SELECT * FROM "T"'), 'k', parameters), undefined))

const one: readonly (readonly [where: string, values: readonly AttributeValue[] | undefined])[] = [
  ["k = 'x'", [x]],
  ["o = 1 AND (p = 2 AND k = 'x')", [x]],
  ["k = 'x' AND (o = 1 OR p = 2) AND NOT k > 'z'", [x]],
  ["k IN ['x']", undefined],
  ["k = 'x' OR k = 'x'", undefined],
  ["k = 'x' AND k = 'x'", undefined],
  ["NOT k = 'x'", undefined],
  ["k >= 'x'", undefined],
]

for (const [where, values] of one) {
  for (const text of [
    `UPDATE "T" SET a = ? WHERE ${where}`,
    `DELETE FROM "T" WHERE ${where}`,
    `EXISTS(SELECT * FROM "T" WHERE ${where})`,
  ]) {
    test(`about one item: ${text}`, () => assert.deepEqual(partitionValues(parsed(text), 'k', parameters), values))
  }
}

test('a parameter is counted from the beginning of the statement', () =>
  assert.deepEqual(partitionValues(parsed('UPDATE "T" SET a = ?, b = [?] WHERE k = ?'), 'k', parameters), [
    parameters[2],
  ]))

for (const [item, values] of [
  ["{'k': 'x', 'a': 1}", [x]],
  ["{'a': [?], 'k': ?}", [{ N: '1.0' }]],
  ["{'K': 'x'}", undefined],
  ["{'a': {'k': 'x'}}", undefined],
  ["{'k': ['x']}", undefined],
  ["{'k': MISSING}", undefined],
  ["{'k': {'S': 'x'}}", undefined],
  ['{}', undefined],
] as const) {
  test(`an item: ${item}`, () =>
    assert.deepEqual(partitionValues(parsed(`INSERT INTO "T" VALUE ${item}`), 'k', parameters), values))
}

test('names of every object are names like others', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const text = `SELECT * FROM "T" WHERE ${name} = 'x'`
    assert.equal(partitionValues(parsed(text), 'k', parameters), undefined)
    assert.deepEqual(partitionValues(parsed(text), name, parameters), [x])
  }
})

test('of several key attributes all are held, or it is none', () => {
  const pins = (text: string) => pinsOf(parsed(text), ['k', 'l'], parameters)
  const both = new Map([
    ['k', [x]],
    ['l', [{ N: '1' }, { N: '2' }]],
  ])
  assert.deepEqual(pins('SELECT * FROM "T" WHERE k = \'x\' AND l IN [1, 2]'), both)
  assert.deepEqual(pins("SELECT * FROM \"T\" WHERE (k = 'x' AND l = 1) OR (l = 2 AND k = 'x')"), both.set('k', [x, x]))
  for (const where of ["k = 'x'", 'l = 1', "k = 'x' OR l = 1", "k = 'x' AND l > 1"]) {
    assert.equal(pins(`SELECT * FROM "T" WHERE ${where}`), undefined)
    assert.equal(pins(`DELETE FROM "T" WHERE ${where}`), undefined)
  }
  assert.deepEqual(pins('DELETE FROM "T" WHERE l = 1 AND k = \'x\'')?.size, 2)
})

// A second reading: whether an item matches. No item that matches has another value than those that were said.
const letters = ['x', 'y', 'z'] as const
const value = fc.constantFrom(...letters).map((text): Value => ({ kind: 'string', text }))
const path = fc.constantFrom('k', 'o').map((name): Operand => ({ kind: 'path', path: [name] }))
const operand = fc.oneof(value, path)
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant('comparison'),
      left: operand,
      operator: fc.constantFrom('=', '<>', '<'),
      right: operand,
    }),
    fc.record({ kind: fc.constant('comparison'), left: path, operator: fc.constant('='), right: value }),
    fc.record({ kind: fc.constant('in'), operand: path, values: fc.array(value, { minLength: 1, maxLength: 2 }) }),
    fc.record({
      kind: fc.constantFrom('and', 'or'),
      conditions: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not'), condition: tie('condition') }),
  ),
}))

type Row = Readonly<Record<string, string>>
const textOf = (one: Operand, row: Row) =>
  one.kind === 'path' ? row[one.path[0]] : one.kind === 'string' ? one.text : undefined

function matches(tree: Condition, row: Row): boolean {
  if (tree.kind === 'and') return tree.conditions.every((inner) => matches(inner, row))
  if (tree.kind === 'or') return tree.conditions.some((inner) => matches(inner, row))
  if (tree.kind === 'not') return !matches(tree.condition, row)
  if (tree.kind === 'in') return tree.values.some((one) => textOf(one, row) === textOf(tree.operand, row))
  if (tree.kind !== 'comparison') throw new TypeError(tree.kind)
  const [left = '', right = ''] = [textOf(tree.left, row), textOf(tree.right, row)]
  return tree.operator === '=' ? left === right : tree.operator === '<' ? left < right : left !== right
}

test('no item that matches has another value', () => {
  let held = 0
  fc.assert(
    fc.property(condition, fc.boolean(), (where, all) => {
      const select: Statement = { kind: 'select', list: undefined, table: 'T', index: undefined, where, orderBy: [] }
      const statement: Statement = all ? select : { kind: 'delete', table: 'T', where, returning: undefined }
      const values = partitionValues(statement, 'k', [])
      if (values === undefined) return
      held++
      assert.ok(values.length > 0)
      for (const k of letters) {
        if (values.some((one) => 'S' in one && one.S === k)) continue
        for (const o of letters) assert.ok(!matches(where, { k, o }))
      }
    }),
    { numRuns: 5_000 },
  )
  assert.ok(held > 100, `${held} statements were held`)
})
