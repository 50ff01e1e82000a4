// What is no statement: hidden tables and attributes, other readings of one text, and what DynamoDB does not have.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStatement, statementOf } from './parse.ts'
import { print } from './print.ts'
import { mostCharacters, type Token, tokensOf } from './tokens.ts'

const envelope = "Statement wasn't well formed, can't be processed: "
const wrongOf = (text: string) => {
  const result = parseStatement(text)
  return 'wrong' in result ? result.wrong : `read as: ${print(result.parsed)}`
}
const where = (condition: string) => `SELECT * FROM "T" WHERE ${condition}`

const malformed: readonly (readonly [what: string, text: string, detail: string])[] = [
  // Comments, at every place
  ['a comment to the end', 'SELECT * FROM "T" -- WHERE a = 1', 'Comments are not supported'],
  ['a comment of a line', 'SELECT * FROM -- "T"\n"U"', 'Comments are not supported'],
  ['a comment between', 'SELECT * FROM /* "T" */ "U"', 'Comments are not supported'],
  ['comments in comments', 'SELECT * FROM /* /* */ "T" */ "U"', 'Comments are not supported'],
  ['a comment before', '/**/SELECT * FROM "T"', 'Comments are not supported'],
  ['a comment that is not closed', 'SELECT * FROM "T" /*', 'Comments are not supported'],
  ['a comment between quotes', 'SELECT * FROM "T"--"."I"', 'Comments are not supported'],
  ['two minus of a number', 'UPDATE "T" SET a = a --1 WHERE k = 1', 'Comments are not supported'],
  // Characters
  ['a NUL', 'SELECT * FROM "T"\u0000', 'Unexpected character'],
  ['a NUL in a text', where("a = '\u0000'"), 'Unexpected character'],
  ['a lone surrogate', where("a = '\ud800'"), 'Unexpected character'],
  ['fullwidth letters', 'ＳＥＬＥＣＴ * FROM "T"', 'Unexpected character'],
  ['a fullwidth table', 'SELECT * FROM Ｔ', 'Unexpected character'],
  ['a letter that upper case makes a keyword', 'ſELECT * FROM "T"', 'Unexpected character'],
  ['a blank of another alphabet', 'SELECT\u00a0* FROM "T"', 'Unexpected character'],
  ['a mark of byte order', '\ufeffSELECT * FROM "T"', 'Unexpected character'],
  ['a form feed', 'SELECT\f* FROM "T"', 'Unexpected character'],
  ['typographic quotes', 'SELECT * FROM “T”', 'Unexpected character'],
  ['a dollar', 'SELECT $a FROM "T"', 'Unexpected character'],
  ['an escape outside quotes', 'SELECT \\u0061 FROM "T"', 'Unexpected character'],
  ['a line end in a name', 'SELECT "a\nb" FROM "T"', 'Unexpected control character in a quoted identifier'],
  ['an open text', where("a = 'oops"), 'Unterminated string'],
  ['an open text that ends with two quotes', where("a = 'oops''"), 'Unterminated string'],
  ['an open name', 'SELECT * FROM "abc', 'Unterminated quoted identifier'],
  ['an Ion literal', where('a = `2020-01-01T`'), 'Ion literals are not supported'],
  // Tables
  ['a quote in a table', 'SELECT * FROM "T"".""U"', 'Invalid table name'],
  ['a blank in a table', 'SELECT * FROM "T WHERE"', 'Invalid table name'],
  ['an escape in a table', 'SELECT * FROM "\\u0054"', 'Invalid table name'],
  [
    'the ARN of an index',
    'SELECT * FROM "arn:aws:dynamodb:us-east-1:111111111111:table/T/index/I"',
    'Invalid table name',
  ],
  ['the ARN of something else', 'SELECT * FROM "arn:aws:s3:::table/T"', 'Invalid table name'],
  ['a quote in an index', 'SELECT * FROM "T"."I"".""J"', 'Invalid index name'],
  ['a table in single quotes', "SELECT * FROM 'T'", 'Expected a table name'],
  ['a parameter as table', 'SELECT * FROM ?', 'Expected a table name'],
  ['a select as table', 'SELECT * FROM (SELECT * FROM "U")', 'Expected a table name'],
  ['a keyword as table', 'SELECT * FROM order', 'Unexpected keyword'],
  ['an unquoted minus', "UPDATE Payment-prod SET a = 1 WHERE k = 'x'", 'Expected data manipulation'],
  ['two tables', 'SELECT * FROM "T", "U"', 'Only one table may be named'],
  ['a join', 'SELECT * FROM "T" JOIN "U" ON 1=1', 'Unexpected token after expression'],
  ['a union', 'SELECT * FROM "T" UNION SELECT * FROM "U"', 'Unexpected token after expression'],
  [
    'two statements',
    'SELECT * FROM "T"; DELETE FROM "T" WHERE a=1',
    'Unexpected token after semicolon. (Only one query is allowed.)',
  ],
  ['two semicolons', 'SELECT * FROM "T";;', 'Unexpected token after semicolon. (Only one query is allowed.)'],
  [
    'a table name before a path',
    'SELECT "T"."a" FROM "T"',
    'A path must not begin with the name of the table or index',
  ],
  ['in another case', 'SELECT t.a FROM "T"', 'A path must not begin with the name of the table or index'],
  [
    'an index name before a path',
    'SELECT i.a FROM "T"."I"',
    'A path must not begin with the name of the table or index',
  ],
  ['the whole item', 'SELECT T FROM "T"', 'A path must not begin with the name of the table or index'],
  ['the whole item compared', where('"T" = ?'), 'A path must not begin with the name of the table or index'],
  [
    'the name in an ARN before a path',
    'SELECT T.a FROM "arn:aws:dynamodb:us-east-1:111111111111:table/T"',
    'A path must not begin with the name of the table or index',
  ],
  [
    'the table and a point in quotes',
    'SELECT "T.a" FROM "T"',
    'A path must not begin with the name of the table or index',
  ],
  [
    'the item in SET',
    "UPDATE T SET T.a = 1 WHERE k = 'x'",
    'A path must not begin with the name of the table or index',
  ],
  [
    'the item in EXISTS',
    'EXISTS(SELECT * FROM T WHERE T.k = 1)',
    'A path must not begin with the name of the table or index',
  ],
  // Select lists
  ['* and another', 'SELECT *, a FROM "T"', 'Expected FROM'],
  ['all of a member', 'SELECT a.* FROM "T"', 'Invalid path dot component'],
  ['any position', 'SELECT a[*] FROM "T"', 'Invalid path component'],
  ['a text as position', 'SELECT a[\'b\'] FROM "T"', 'Invalid path component'],
  ['a parameter as position', 'SELECT a[?] FROM "T"', 'Invalid path component'],
  ['a decimal as position', 'SELECT a[1.0] FROM "T"', 'Invalid path component'],
  ['a negative position', 'SELECT a[-1] FROM "T"', 'Invalid path component'],
  ['another name for a column', 'SELECT a AS b FROM "T"', 'Unexpected keyword'],
  ['another name without AS', 'SELECT a b FROM "T"', 'Expected FROM'],
  ['values', 'SELECT \'a\' FROM "T"', 'Expected an attribute name'],
  ['SELECT VALUE', 'SELECT VALUE a FROM "T"', 'Unexpected keyword'],
  ['SELECT DISTINCT', 'SELECT DISTINCT a FROM "T"', 'Unexpected keyword'],
  ['CASE', 'SELECT CASE WHEN a=1 THEN b END FROM "T"', 'Unexpected keyword'],
  ['a keyword as attribute', 'SELECT key FROM "T"', 'Unexpected keyword'],
  ['a keyword as member', 'SELECT a.size FROM "T"', 'Unexpected keyword'],
  ['nothing selected', 'SELECT FROM "T"', 'Unexpected keyword'],
  ['a comma too many', 'SELECT a, FROM "T"', 'Unexpected keyword'],
  // Conditions
  ['LIKE', where("a LIKE 'x%'"), 'Unexpected keyword'],
  ['no comparison', where('a'), 'Expected a comparison'],
  ['TRUE', where('TRUE'), 'Expected a comparison'],
  ['a parameter alone', where('?'), 'Expected a comparison'],
  ['two comparisons', where('a = b = c'), 'Unexpected token after expression'],
  ['NOT before a comparator', where('a NOT = 1'), 'Expected a comparison'],
  ['an operand in parentheses', where('(a) = 1'), 'Expected a comparison'],
  ['arithmetic', where('a + 1 = 2'), 'Expected a comparison'],
  ['||', where("a || 'x' = 'y'"), 'Unexpected character'],
  ['a select in IN', where('a IN (SELECT b FROM "U")'), 'Unexpected keyword'],
  ['a path in IN', where('a IN [b]'), 'Unexpected term'],
  ['an empty IN', where('a IN []'), 'Unexpected term'],
  ['another bracket at the end of IN', where('a IN [1)'), 'Expected ]'],
  ['IN of a parameter', where('a IN ?'), 'Expected ('],
  [
    'EXISTS of a select in a condition',
    where('EXISTS(SELECT * FROM "U" WHERE a=1)'),
    'Function EXISTS is not supported in a condition',
  ],
  ['EXISTS of a path', where('EXISTS(a)'), 'Function EXISTS is not supported in a condition'],
  ['an unknown function', where("upper(a) = 'X'"), 'Function UPPER is not supported in a condition'],
  ['a member of every object', where("constructor(a, 'X')"), 'Function CONSTRUCTOR is not supported in a condition'],
  ['a function in quotes', where(`"begins_with"(a, 'x')`), 'Expected a comparison'],
  ['a function on the right', where("a = upper('x')"), 'Function upper is not supported here'],
  ['a function in a function', where("contains(a, begins_with(b, 'x'))"), 'Function begins_with is not supported here'],
  ['size of two', where('size(a, b) > 1'), 'Expected )'],
  ['size of a text', where("size('a') > 1"), 'Expected an attribute name'],
  ['begins_with of one', where('begins_with(a)'), 'Expected ,'],
  ['IS a type', where('a IS STRING'), 'Unexpected keyword'],
  ['IS after a value', where("'a' IS MISSING"), 'Expected a path before IS'],
  ['a date', where("a > DATE '2020-01-01'"), 'Unexpected keyword'],
  ['a timestamp', where("a > TIMESTAMP '2020-01-01 00:00:00'"), 'Unexpected keyword'],
  ['an open parenthesis', where('(a = 1'), 'Expected )'],
  ['a parenthesis too many', where('a = 1)'), 'Unexpected token after expression'],
  ['nothing after AND', where('a = 1 AND'), 'Expected an attribute name'],
  ['LIMIT', 'SELECT * FROM "T" LIMIT 1', 'Unexpected token after expression'],
  ['GROUP BY', 'SELECT a FROM "T" GROUP BY a', 'Unexpected token after expression'],
  ['ORDER BY a path', 'SELECT * FROM "T" ORDER BY a.b', 'Unexpected token after expression'],
  ['ORDER BY a number', 'SELECT * FROM "T" ORDER BY 1', 'Expected a key attribute'],
  // Numbers
  ['a number into a word', where('a = 1abc'), 'Invalid number'],
  ['a hexadecimal', where('a = 0x10'), 'Invalid number'],
  ['two points', where('a = 1.2.3'), 'Invalid number'],
  ['nothing after the point', where('a = 1.'), 'Invalid number'],
  ['nothing before the point', where('a = .5'), 'Expected an attribute name'],
  ['an exponent without digits', where('a = 1e'), 'Invalid number'],
  ['underscores', where('a = 1_000'), 'Invalid number'],
  ['too great a number', where('a = 1e126'), 'Invalid number'],
  ['too precise a number', where('a = 100000000000000000000000000000000000001'), 'Invalid number'],
  ['two signs', where('a = +-1'), 'Unexpected term'],
  ['minus a text', where("a = -'1'"), 'Unexpected term'],
  ['NaN', where('a = NaN()'), 'Function NaN is not supported here'],
  // Values
  ['>> as two signs', where('a = <<1> >'), 'Expected >>'],
  ['<< as two signs', where('a = < <1>>'), 'Expected an attribute name'],
  ['a comma too many in a list', where('a = [1,]'), 'Unexpected term'],
  ['a path in a list', where('a = [b]'), 'Unexpected term'],
  ['an attribute twice', "INSERT INTO T VALUE {'a': 1, 'a': 2}", 'An attribute name stands twice'],
  ['a member twice', "INSERT INTO T VALUE {'a': [{'b': 1, 'b': 2}]}", 'An attribute name stands twice'],
  ['an empty attribute name', "INSERT INTO T VALUE {'': 1}", 'An attribute name cannot be an empty string'],
  ['an attribute in double quotes', 'INSERT INTO T VALUE {"a": 1}', 'Expected an attribute name in single quotes'],
  ['a bare attribute', 'INSERT INTO T VALUE {a: 1}', 'Expected an attribute name in single quotes'],
  ['a parameter as attribute', 'INSERT INTO T VALUE {?: 1}', 'Expected an attribute name in single quotes'],
  ['no colon', "INSERT INTO T VALUE {'a' 1}", 'Expected :'],
  // INSERT, UPDATE, DELETE, EXISTS
  ['columns', 'INSERT INTO T (a) VALUES (1)', 'Expected VALUE'],
  ['VALUES', "INSERT INTO T VALUES {'a': 1}", 'Unexpected keyword'],
  ['a parameter as item', 'INSERT INTO T VALUE ?', 'Expected {'],
  ['several items', "INSERT INTO T VALUE <<{'a': 1}>>", 'Expected {'],
  ['IF NOT EXISTS', "INSERT INTO T VALUE {'a': 1} IF NOT EXISTS", 'Unexpected token after expression'],
  ['RETURNING after INSERT', "INSERT INTO T VALUE {'a': 1} RETURNING ALL OLD *", 'Unexpected token after expression'],
  ['no change', 'UPDATE T WHERE k = 1', 'Expected data manipulation'],
  ['a change after WHERE', 'UPDATE T SET a = 1 WHERE k = 1 REMOVE b', 'Unexpected token after expression'],
  [
    'an unknown function in SET',
    'UPDATE T SET a = if_not_exists(a, 1) WHERE k = 1',
    'Function IF_NOT_EXISTS is not supported in SET',
  ],
  ['a product', 'UPDATE T SET a = a * 2 WHERE k = 1', 'Expected data manipulation'],
  ['RETURNING nothing', 'UPDATE T SET a = 1 WHERE k = 1 RETURNING', 'Expected ALL'],
  ['RETURNING some', 'UPDATE T SET a = 1 WHERE k = 1 RETURNING ALL OLD a', 'Expected *'],
  ['DELETE without FROM', 'DELETE T WHERE k = 1', 'Expected FROM'],
  ['EXISTS without SELECT', "EXISTS(DELETE FROM T WHERE k = 'x')", 'Unexpected keyword'],
  ['EXISTS in EXISTS', 'EXISTS(EXISTS(SELECT * FROM T WHERE k = 1))', 'Unexpected keyword'],
  ['EXISTS of all', 'EXISTS(SELECT * FROM T)', 'EXISTS must name one item'],
  ['EXISTS of several', 'EXISTS(SELECT * FROM T WHERE k = 1 ORDER BY k)', 'EXISTS must name one item'],
  // Other statements
  ['nothing', '', 'Expected data manipulation'],
  ['blanks', ' \n', 'Expected data manipulation'],
  ['SET alone', 'SET a = 1', 'Expected data manipulation'],
  ['FROM first', 'FROM T WHERE a = 1 SET b = 1', 'Expected data manipulation'],
  ['DROP', 'DROP TABLE T', 'Expected data manipulation'],
  ['a verb in quotes', '"SELECT" * FROM "T"', 'Expected data manipulation'],
  ['a select in parentheses', '(SELECT * FROM "T")', 'Expected data manipulation'],
  ['a member of every object as verb', 'constructor * FROM "T"', 'Expected data manipulation'],
  // Depth and length
  ['4,000 parentheses', where(`${'('.repeat(4000)}a = 1${')'.repeat(4000)}`), 'Statement is nested too deeply'],
  ['10,000 parentheses', where(`${'('.repeat(10_000)}a = 1`), 'Statement is longer than 8192 characters'],
  ['2,000 NOTs', where(`${'NOT '.repeat(2000)}a = 1`), 'Statement is nested too deeply'],
  ['4,000 lists', where(`a = ${'['.repeat(4000)}`), 'Statement is nested too deeply'],
  ['1,000 tuples', `INSERT INTO T VALUE ${"{'a':".repeat(1000)}`, 'Statement is nested too deeply'],
  ['a character too many', `${where('a = 1').padEnd(mostCharacters)} `, 'Statement is longer than 8192 characters'],
]

for (const [what, text, detail] of malformed) {
  test(`is refused: ${what}`, () => assert.equal(wrongOf(text), envelope + detail))
}

const refused: readonly (readonly [what: string, text: string, message: string])[] = [
  ['an alias', 'SELECT t.a FROM "T" AS t', 'Aliasing is not supported'],
  ['an alias without AS', 'SELECT * FROM "T" t', 'Aliasing is not supported'],
  ['an alias in quotes', 'SELECT * FROM "T" "t"', 'Aliasing is not supported'],
  ['a position', 'SELECT * FROM "T" AT i', 'Aliasing is not supported'],
  ['an alias in UPDATE', 'UPDATE "T" t SET a = 1 WHERE k = 1', 'Aliasing is not supported'],
  ['count(*)', 'SELECT COUNT(*) FROM "T"', 'Unexpected path component at 1:8:5'],
  ['a function in the list', 'SELECT a,\n  size(b) FROM "T"', 'Unexpected path component at 2:3:4'],
  ['three components', 'SELECT * FROM "T"."I"."J"', 'A path may contain at most 2 components in the FROM clause'],
  ['no table', 'SELECT * FROM ""', 'Path component cannot be an empty string'],
  ['no index', 'SELECT * FROM "T".""', 'Path component cannot be an empty string'],
  ['no attribute', 'SELECT "" FROM "T"', 'Path component cannot be an empty string'],
  [
    'INSERT into an index',
    'INSERT INTO "T"."I" VALUE {}',
    'FROM clause may only contain a single table name in data manipulation statements at 1:13:3',
  ],
  ['UPDATE of an index', 'UPDATE "T"."I" SET a = 1 WHERE k = 1', 'This operation is not supported on an index'],
  ['DELETE from an index', 'DELETE FROM "T"."I" WHERE k = 1', 'This operation is not supported on an index'],
  ['EXISTS in an index', 'EXISTS(SELECT * FROM "T"."I" WHERE k = 1)', 'This operation is not supported on an index'],
  ['UPDATE of all', 'UPDATE "T" SET a = 1', 'Where clause does not contain a mandatory equality on all key attributes'],
  ['DELETE of all', 'DELETE FROM "T"', 'Where clause does not contain a mandatory equality on all key attributes'],
  [
    'DELETE that returns what is new',
    'DELETE FROM "T" WHERE k = 1 RETURNING modified new *',
    'Invalid returning clause: RETURNING MODIFIED NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.',
  ],
]

for (const [what, text, message] of refused) {
  test(`is refused in DynamoDB's words: ${what}`, () => assert.equal(wrongOf(text), message))
}

test('a statement may have 8,192 characters', () => {
  assert.ok('parsed' in parseStatement(where('a = 1').padEnd(mostCharacters)))
})

for (const [what, text] of [
  ['32 conditions in each other', where(`${'NOT '.repeat(32)}a = 1`)],
  ['128 parentheses', where(`${'('.repeat(128)}a = 1${')'.repeat(128)}`)],
  ['32 values in each other', where(`a = ${'['.repeat(32)}1${']'.repeat(32)}`)],
] as const) {
  test(`is deep, and is read again as printed: ${what}`, () => {
    const result = parseStatement(text)
    assert.ok('parsed' in result)
    assert.deepEqual(parseStatement(print(result.parsed)), result)
  })
}

/** How often a parser looks at tokens of the text. */
function looks(text: string): { readonly looks: number; readonly tokens: number } {
  let count = 0
  const tokens = tokensOf(text)
  const counted = new Proxy(tokens, {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) count++
      return Reflect.get(target, key, receiver)
    },
  })
  statementOf(text, counted as readonly Token[])
  return { looks: count, tokens: tokens.length }
}

const filled = (repeat: (length: number) => string) => repeat(Math.floor(mostCharacters / 20))
for (const [what, text] of [
  ['conditions', where(filled((n) => `a = 1 AND ${'b = 2 OR '.repeat(n)}c = 3`))],
  ['values', where(filled((n) => `a IN [${'1, '.repeat(n)}1]`))],
  ['members', `INSERT INTO T VALUE {${Array.from({ length: 400 }, (_, at) => `'a${at}': [${at}]`).join(', ')}}`],
  ['paths', `SELECT ${'a.b[0], '.repeat(400)}a FROM T`],
  ['changes', `UPDATE T ${'SET a = b + 1 - 2 REMOVE c '.repeat(200)}WHERE k = 1`],
] as const) {
  test(`no token is looked at many times: ${what}`, () => {
    const { looks: count, tokens } = looks(text)
    assert.ok(tokens > 400 && count <= 25 * tokens, `${count} looks at ${tokens} tokens`)
  })
}
