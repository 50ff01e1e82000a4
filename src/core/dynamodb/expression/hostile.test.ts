// Texts made to cost, to hide, or to be read in two ways. What they cost is counted in steps: tokens, and placeholders asked for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCondition } from './condition.ts'
import { printCondition, printProjection, printUpdate } from './print.ts'
import { parseProjection } from './projection.ts'
import type { Parsed } from './reading.ts'
import type { Substitutions } from './substitutions.ts'
import { condition, definedBy, projection, update, wrongOf } from './testing/expressions.ts'
import { parseUpdate } from './update.ts'

const filter = (text: string, given = definedBy(text)) => wrongOf(parseCondition('FilterExpression', text, given))

const parsers: readonly ((text: string, given: Substitutions) => Parsed<unknown>)[] = [
  (text, given) => parseCondition('ConditionExpression', text, given),
  parseProjection,
  parseUpdate,
]

/** Whatever the text is, no parser asks for a placeholder more often than it stands there: nothing is read twice. */
function asks(text: string): number {
  let most = 0
  for (const parse of parsers) {
    let asked = 0
    const count = <T>(answer: T) => {
      asked++
      return answer
    }
    parse(text, { name: () => count('n'), value: () => count({ S: 'v' }), unused: () => undefined })
    most = Math.max(most, asked)
  }
  return most
}

const fill = (unit: string, size = 4096) => unit.repeat(Math.floor(size / unit.length))

for (const text of [
  fill('('),
  fill('(#a'),
  fill('((#a)'),
  `${fill('(', 2040)}#a = :b${fill(')', 2040)}`,
  `${fill('(#a = :b AND ', 4000)}#a = :b`,
  fill('(#a.b[0])'),
  fill('size('),
  `a = ${fill('size(', 2000)}#a${fill(')', 400)}`,
  fill('NOT '),
  fill('NOT ('),
  `a IN (${fill(':a,', 4000)}:a)`,
  `#a${fill('[0]', 4000)}`,
  `#a${fill('.#a', 4000)}`,
  `SET a = ${fill('(', 2000)}#a + :b${fill(')', 2000)}`,
  `SET a = ${fill('if_not_exists(#a,', 4000)}`,
  `SET ${fill('#a = :b, ', 4000)}#a = :b`,
  fill('SET '),
  fill('#a, '),
]) {
  test(`no step twice, no stack exhausted: ${text.slice(0, 24)}…`, () => {
    const placeholders = text.match(/[#:]\w/g)?.length ?? 0
    assert.ok(Buffer.byteLength(text) <= 4096)
    assert.ok(asks(text) <= placeholders, `${asks(text)} of ${placeholders}`)
  })
}

test('4,096 bytes and no more, as they are sent', () => {
  const of = (bytes: number) => `a = :v${' '.repeat(bytes - 6)}`
  assert.equal(filter(of(4096)), undefined)
  assert.equal(filter(of(4097)), 'Expression size has exceeded the maximum allowed size; expression size: 4097')
  const wide = `${' '.repeat(4090)}é${' '.repeat(5)}`
  assert.equal(filter(wide), 'Expression size has exceeded the maximum allowed size; expression size: 4097')
  assert.equal(
    filter('('.repeat(100_000)),
    'Expression size has exceeded the maximum allowed size; expression size: 100000',
  )
})

test('300 operators and no more', () => {
  const tooMany = 'The expression contains too many operators; operator count: 301'
  const ors = (count: number) => ['a<b', ...Array(count).fill('a<b')].join(' or ')
  assert.equal(filter(ors(149)), undefined) // 150 comparisons, 149 OR
  assert.equal(filter(`NOT ${ors(149)}`), undefined)
  assert.equal(filter(`NOT NOT ${ors(149)}`), tooMany)
  assert.equal(filter(ors(150)), tooMany)
  assert.equal(filter(`${'not '.repeat(299)}a<b`), undefined)
  assert.equal(filter(`${'not '.repeat(300)}a<b`), tooMany)
  const sums = (count: number) => `SET ${Array(count).fill('a=b+c').join(',')}`
  assert.equal(wrongOf(parseUpdate(sums(300), definedBy(''))), undefined)
  assert.equal(wrongOf(parseUpdate(sums(301), definedBy(''))), tooMany)
})

test('100 operands of IN and no more', () => {
  const of = (count: number) => `a IN (${Array(count).fill(':v').join(', ')})`
  assert.equal(filter(of(100)), undefined)
  assert.equal(filter(of(101)), 'The IN operator is provided with too many operands; number of operands: 101')
})

test('nesting as deep as 300 operators allow is read, and printed without recursion that a caller chooses', () => {
  const depth = 149
  const nested = `${'(a<b or '.repeat(depth)}a<b${')'.repeat(depth)}`
  assert.equal(
    printCondition(condition(nested)),
    Array(depth + 1)
      .fill('a < b')
      .join(' OR '),
  )
  const alternating = `${'(a<b or (a<b and '.repeat(74)}a<b${')'.repeat(148)}`
  // AND in OR needs no parentheses, and the outermost OR none.
  assert.equal(printCondition(condition(alternating)).split('(').length - 1, 73)
  const nots = condition(`${'not '.repeat(299)}a<b`)
  assert.deepEqual(condition(printCondition(nots)), nots)
})

test('deeper nesting is refused', () => {
  const deep = 'The expression is nested too deeply;'
  assert.equal(filter(`${'('.repeat(301)}a=:b${')'.repeat(301)}`), deep)
  assert.equal(filter(`a < ${'size('.repeat(301)}b${')'.repeat(301)}`), deep)
  assert.equal(filter(`${'('.repeat(4000)}`), deep)
  assert.equal(wrongOf(parseUpdate(`SET a = ${'('.repeat(301)}b${')'.repeat(301)}`, definedBy(''))), deep)
  assert.equal(filter(`${'('.repeat(300)}a=:b${')'.repeat(300)}`), 'The expression has redundant parentheses;')
  assert.equal(filter(`a < ${'size('.repeat(300)}b${')'.repeat(300)}`), undefined)
})

/** Characters that some reader somewhere takes for white space, a comment, a quote, an escape or an end. */
const strange: readonly string[] = [
  ...[
    '\0',
    '\v',
    '\f',
    '\u0085',
    '\u00a0',
    '\u1680',
    '\u2003',
    '\u2028',
    '\u2029',
    '\u200b',
    '\ufeff',
    '\u3000',
    '\x1b',
  ],
  ...[
    '--',
    '/* */',
    '//',
    ';',
    '`',
    '"',
    "'",
    '\\',
    '\\u0061',
    '%',
    '&',
    '|',
    '!',
    '?',
    '@',
    '$',
    '{',
    '}',
    '~',
    '^',
    '*',
  ],
  // Long s, the sign of Kelvin, dotless i, wide letters and signs, a ligature, a picture, half of a surrogate pair.
  ...['\u017f', '\u212a', '\u0131', '\uff41', '\uff11', '\uff0c', '\uff1d', '\ufb00', '\u{1f642}', '\ud800'],
]
for (const character of strange) {
  test(`refused: ${JSON.stringify(character)}`, () => {
    for (const text of [`a${character}= :b`, `a =${character}:b`, `${character}a = :b`, `a = :b${character}`]) {
      assert.match(filter(text) ?? '', /^Syntax error; token: /, text)
    }
    for (const text of [`a${character}, b`, `a, b${character}`, `a[0${character}]`]) {
      assert.match(wrongOf(parseProjection(text, definedBy(text))) ?? '', /^Syntax error; token: /, text)
    }
    for (const text of [`SET${character}a = b`, `SET a = b${character}`, `REMOVE a${character} ADD c :d`]) {
      assert.match(wrongOf(parseUpdate(text, definedBy(text))) ?? '', /^Syntax error; token: /, text)
    }
  })
}

test('a comment hides nothing', () => {
  assert.equal(filter('a = :b -- AND secret = :c'), 'Syntax error; token: "-", near: ":b --"')
  assert.equal(filter('a = :b /* OR secret = :c */'), 'Syntax error; token: "/", near: ":b /*"')
})

test('letters that become others in another case are no keywords', () => {
  assert.match(filter('a = :b \u017fAND c = :d') ?? '', /^Syntax error/)
  assert.match(filter('a \u0131N (:b)') ?? '', /^Syntax error/)
  assert.match(wrongOf(parseUpdate('\u017fET a = :b', definedBy(':b'))) ?? '', /^Syntax error/)
})

test('what is printed has canonical space, keywords and parentheses alone', () => {
  assert.equal(printCondition(condition('\r\n((a=:b)\tand(c)in(:d))')), 'a = :b AND c IN (:d)')
  assert.equal(printProjection(projection('a\t.\nb [ 10 ]')), 'a.b[10]')
  assert.equal(printUpdate(update('set a=(b)add c\n:d')), 'SET a = b ADD c :d')
})
