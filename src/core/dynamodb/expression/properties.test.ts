// What must hold of any tree and of any text (fast-check).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCondition } from './condition.ts'
import { topLevelNames } from './names.ts'
import { printCondition, printProjection, printUpdate } from './print.ts'
import { parseProjection } from './projection.ts'
import type { Parsed } from './reading.ts'
import type { Substitutions } from './substitutions.ts'
import { substitutions } from './testing/expressions.ts'
import * as trees from './testing/trees.ts'
import type { Condition, Projection, Update } from './tree.ts'
import { parseUpdate } from './update.ts'

interface Grammar<T> {
  readonly tree: fc.Arbitrary<T>
  readonly parse: (text: string, given: Substitutions) => Parsed<T>
  readonly print: (tree: T) => string
}

const conditions: Grammar<Condition> = {
  tree: trees.condition,
  parse: (text, given) => parseCondition('ConditionExpression', text, given),
  print: printCondition,
}
const projections: Grammar<Projection> = { tree: trees.projection, parse: parseProjection, print: printProjection }
const updates: Grammar<Update> = { tree: trees.update, parse: parseUpdate, print: printUpdate }

const given = () => substitutions(trees.names, trees.values)
const runs = { numRuns: 10_000 }

/** The top-level names of a text, found without its grammar: names that no dot precedes and no parenthesis follows. */
function namesIn(text: string): Set<string> {
  const keywords = /^(?:AND|OR|NOT|BETWEEN|IN|SET|REMOVE|ADD|DELETE)$/
  const found = text.matchAll(/(?<![.#:\w])(#\w+|[A-Za-z_]\w*)(?!\w|\()/g)
  return new Set(
    [...found]
      .map(([, word = '']) => word)
      .filter((word) => !keywords.test(word))
      .map((word) => (Object.hasOwn(trees.names, word) ? (trees.names[word] ?? word) : word)),
  )
}

function everyTree<T extends Condition | Projection | Update>(what: string, grammar: Grammar<T>) {
  test(`${what}: what is written is read as the same tree`, () => {
    fc.assert(
      fc.property(grammar.tree, (tree) => {
        const text = grammar.print(tree)
        const again = grammar.parse(text, given())
        // 4 KB and 300 operators are limits of texts, not of trees.
        fc.pre(!('wrong' in again && /size has exceeded|too many operators/.test(again.wrong)))
        assert.deepEqual(again, { parsed: tree }, text)
      }),
      runs,
    )
  })

  test(`${what}: the names of a tree are those in its text`, () => {
    fc.assert(
      fc.property(grammar.tree, (tree) => assert.deepEqual(topLevelNames(tree), namesIn(grammar.print(tree)))),
      runs,
    )
  })
}

everyTree('conditions', conditions)
everyTree('projections', projections)
everyTree('updates', updates)

const word = fc.oneof(
  fc.constantFrom(
    'a',
    '_b',
    'c1',
    'name',
    'size',
    'contains',
    'attribute_exists',
    'if_not_exists',
    'list_append',
    'Size',
  ),
  fc.constantFrom('AND', 'or', 'Not', 'BETWEEN', 'in', 'SET', 'set', 'REMOVE', 'add', 'DELETE'),
  fc.constantFrom(...Object.keys(trees.names), ...Object.keys(trees.values), '#undefined', ':undefined', '#', ':'),
  fc.constantFrom(
    '=',
    '<>',
    '<',
    '<=',
    '>',
    '>=',
    '+',
    '-',
    '(',
    ')',
    '((',
    '))',
    '[',
    ']',
    '[0]',
    '[01]',
    '.',
    ',',
    '*',
  ),
  fc.constantFrom('0', '7', '4294967295', '99999999999999999999', '--', '/*', '"', "'", '\\u0061', '\0', '\u00a0', 'ü'),
  fc.string({ unit: 'binary', maxLength: 4 }),
)
const near = fc
  .tuple(fc.array(word, { maxLength: 16 }), fc.constantFrom(' ', '', '\n\t'))
  .map(([words, space]) => words.join(space))

function everyText<T>(what: string, grammar: Grammar<T>, spoilt: fc.Arbitrary<string>) {
  test(`${what}: a text is refused with a sentence, or written and read again as what it was`, () => {
    fc.assert(
      fc.property(fc.oneof(near, spoilt), (text) => {
        const result = grammar.parse(text, given())
        if ('wrong' in result) return assert.match(result.wrong, /^Invalid \w+Expression: ./)
        const written = grammar.print(result.parsed)
        const again = grammar.parse(written, given())
        assert.deepEqual(again, result, written)
        assert.equal(grammar.print(result.parsed), written)
      }),
      runs,
    )
  })
}

/** Texts of the grammar with a word of them replaced, or put in. */
const spoilt = <T>({ tree, print }: Grammar<T>) =>
  fc.tuple(tree, fc.nat(), fc.nat(2), word).map(([whole, place, gone, put]) => {
    const words = print(whole).split(/(?=[ (),.[])|(?<=[ (.[])/)
    words.splice(place % (words.length + 1), gone, put)
    return words.join('')
  })

everyText('conditions', conditions, spoilt(conditions))
everyText('projections', projections, spoilt(projections))
everyText('updates', updates, spoilt(updates))
