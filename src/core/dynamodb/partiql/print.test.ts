// What is printed is what was read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseStatement } from './parse.ts'
import { print } from './print.ts'
import type { Statement } from './statement.ts'
import { examples } from './testing/examples.ts'
import { statements } from './testing/trees.ts'
import { mostCharacters } from './tokens.ts'
import { parameterCount, topLevelNames } from './touched.ts'

function parsed(text: string): Statement {
  const result = parseStatement(text)
  if ('wrong' in result) assert.fail(`${result.wrong}: ${text}`)
  return result.parsed
}

for (const [written, printed] of examples) {
  test(`as AWS writes it: ${written.replaceAll(/\s+/g, ' ')}`, () => {
    assert.equal(print(parsed(written)), printed)
    assert.deepEqual(parsed(printed), parsed(written))
  })
}

for (const [what, written, printed] of [
  ['words in any case', 'sElEcT * fRoM t wHeRe a iS nOt mIsSiNg', 'SELECT * FROM "t" WHERE "a" IS NOT MISSING'],
  ['blanks of any kind', '\r\nSELECT\t*\nFROM\r"t"\n', 'SELECT * FROM "t"'],
  ['no blanks', 'SELECT*FROM"t"WHERE"a"=\'x\'AND(b<>1)', 'SELECT * FROM "t" WHERE "a" = \'x\' AND "b" <> 1'],
  ['a semicolon at the end', 'SELECT * FROM t;', 'SELECT * FROM "t"'],
  ['!= is <>', 'SELECT * FROM t WHERE a != 1', 'SELECT * FROM "t" WHERE "a" <> 1'],
  ['IN with parentheses', 'SELECT * FROM t WHERE a IN (1)', 'SELECT * FROM "t" WHERE "a" IN [1]'],
  [
    'NOT IN, NOT BETWEEN',
    'SELECT * FROM t WHERE a NOT IN [1] OR b NOT BETWEEN 1 AND 2',
    'SELECT * FROM "t" WHERE NOT ("a" IN [1]) OR NOT ("b" BETWEEN 1 AND 2)',
  ],
  [
    'AND binds tighter than OR, NOT tighter than AND',
    'SELECT * FROM t WHERE NOT a = 1 AND b = 2 OR c = 3 AND d = 4',
    'SELECT * FROM "t" WHERE (NOT ("a" = 1) AND "b" = 2) OR ("c" = 3 AND "d" = 4)',
  ],
  [
    'parentheses that change nothing',
    'SELECT * FROM t WHERE ((a = 1)) AND (((b = 2)))',
    'SELECT * FROM "t" WHERE "a" = 1 AND "b" = 2',
  ],
  [
    'BETWEEN takes the next AND',
    'SELECT * FROM t WHERE a BETWEEN 1 AND 2 AND b=3',
    'SELECT * FROM "t" WHERE "a" BETWEEN 1 AND 2 AND "b" = 3',
  ],
  [
    'signs of numbers',
    'SELECT * FROM t WHERE a = -1 OR a = +1 OR a = - 1',
    'SELECT * FROM "t" WHERE "a" = -1 OR "a" = 1 OR "a" = -1',
  ],
  ['no comment of two minus', 'UPDATE t SET a = a - -1 WHERE b = 1', 'UPDATE "t" SET "a" = "a" - -1 WHERE "b" = 1'],
  [
    'several paths after SET and REMOVE',
    'UPDATE t SET a=1, b=2 REMOVE c, d WHERE k=1',
    'UPDATE "t" SET "a" = 1, "b" = 2 REMOVE "c" REMOVE "d" WHERE "k" = 1',
  ],
  ['keywords in quotes are names', 'SELECT "select", "from" FROM "order"', 'SELECT "select", "from" FROM "order"'],
  ['quotes in names and texts', `SELECT "a""b" FROM t WHERE c = 'd''e'`, `SELECT "a""b" FROM "t" WHERE "c" = 'd''e'`],
  [
    'backslashes mean nothing',
    `SELECT "a\\u0022" FROM t WHERE c = '\\'`,
    `SELECT "a\\u0022" FROM "t" WHERE "c" = '\\'`,
  ],
  [
    'comments in texts are text',
    `SELECT "--" FROM t WHERE c = '/* */ --'`,
    `SELECT "--" FROM "t" WHERE "c" = '/* */ --'`,
  ],
  [
    'a table by its ARN',
    'SELECT * FROM "arn:aws:dynamodb:us-west-2:123456789012:table/Music"."i"',
    'SELECT * FROM "arn:aws:dynamodb:us-west-2:123456789012:table/Music"."i"',
  ],
  ['names of other alphabets in quotes', 'SELECT "naïve", "ａ" FROM t', 'SELECT "naïve", "ａ" FROM "t"'],
] as const) {
  test(`is printed: ${what}`, () => {
    assert.equal(print(parsed(written)), printed)
    assert.deepEqual(parsed(printed), parsed(written))
  })
}

test('a printed tree is read as the same tree, and printed the same', () => {
  fc.assert(
    fc.property(statements, (statement) => {
      const text = print(statement)
      fc.pre(text.length <= mostCharacters)
      const again = parsed(text)
      assert.deepEqual(again, statement)
      assert.equal(print(again), text)
    }),
    { numRuns: 20_000 },
  )
})

test('a printed tree has its question marks and names, and no other', () => {
  fc.assert(
    fc.property(statements, (statement) => {
      const bare = print(statement).replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, '')
      assert.equal(bare.split('?').length - 1, parameterCount(statement))
      const names = [...topLevelNames(statement)]
      for (const name of names) {
        const text = statement.kind === 'insert' ? `'${name.replaceAll("'", "''")}'` : `"${name.replaceAll('"', '""')}"`
        const isBeginning = names.some((longer) => longer.startsWith(`${name}.`) || longer.startsWith(`${name}[`))
        assert.ok(isBeginning || print(statement).includes(text), name)
      }
    }),
    { numRuns: 2_000 },
  )
})

/** Pieces of statements in any order: few are whole, all are near. */
const piece = fc.constantFrom(
  ...[
    'SELECT',
    '*',
    'FROM',
    '"T"',
    'T',
    '.',
    'WHERE',
    'a',
    '"b"',
    '=',
    "'x'",
    '1',
    '?',
    'AND',
    'OR',
    'NOT',
    '(',
    ')',
    'IN',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '<<',
    '>>',
    'IS',
    'MISSING',
    'NULL',
    'BETWEEN',
    'size',
    'begins_with',
    'ORDER',
    'BY',
    'DESC',
  ],
  ...[
    'INSERT',
    'INTO',
    'VALUE',
    'UPDATE',
    'SET',
    'REMOVE',
    'DELETE',
    'RETURNING',
    'ALL',
    'OLD',
    'EXISTS',
    '-',
    '+',
    ';',
    '--',
  ],
  ...['"', "'", '/*', '`', 'AS', 'é', '\u0000', '\ud800'],
)
const beginnings = [
  'SELECT * FROM T WHERE',
  'SELECT',
  'INSERT INTO T VALUE {',
  'UPDATE T SET',
  'DELETE FROM T WHERE',
  'EXISTS(',
  '',
]

test('any text is read and printed the same, or refused with a message', () => {
  let read = 0
  const texts = fc.tuple(fc.constantFrom(...beginnings), fc.array(piece, { maxLength: 12 }), fc.constantFrom(' ', ''))
  fc.assert(
    fc.property(texts, ([beginning, pieces, between]) => {
      const result = parseStatement(`${beginning} ${pieces.join(between)}`)
      if ('wrong' in result) return assert.notEqual(result.wrong, '')
      read++
      const text = print(result.parsed)
      assert.deepEqual(parsed(text), result.parsed)
    }),
    { numRuns: 20_000 },
  )
  assert.ok(read > 0)
})
