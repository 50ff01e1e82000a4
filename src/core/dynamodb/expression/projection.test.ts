import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printProjection } from './print.ts'
import { parseProjection } from './projection.ts'
import { definedBy, projection, wrongOf } from './testing/expressions.ts'

const rows: readonly (readonly [what: string, text: string, written?: string])[] = [
  ['AWS: one attribute', 'Description'],
  ['AWS: an element', 'RelatedItems[0]'],
  ['AWS: a member', 'ProductReviews.FiveStar'],
  ['AWS: several', 'Description, RelatedItems[0], ProductReviews.FiveStar'],
  ['AWS: placeholders', '#sw, #c, #pr.#1star'],
  ['AWS: a member by placeholder', '#pr.FiveStar, #pr.ThreeStar, #pr.OneStar'],
  ['AWS: elements of elements', 'MyNumbers[2][11], x.y[2].z'],
  ['spaces', ' a , b . c [ 1 ]\n', 'a, b.c[1]'],
  ['no spaces', 'a,b.c[1]', 'a, b.c[1]'],
  ['functions are names', 'contains, if_not_exists'],
]
for (const [what, text, written = text] of rows) {
  test(`projection, ${what}`, () => assert.equal(printProjection(projection(text)), written))
}

const wrong: readonly (readonly [what: string, text: string, sentence: string])[] = [
  ['nothing', '', 'The expression can not be empty;'],
  ['signs', '!!!', 'Syntax error; token: "!", near: "!!"'],
  ['two names', 'a b', 'Syntax error; token: "b", near: "a b"'],
  ['a comma at the end', 'a,', 'Syntax error; token: "<EOF>", near: ","'],
  ['two commas', 'a,,b', 'Syntax error; token: ",", near: ",,b"'],
  ['a value', ':a', 'Syntax error; token: ":a", near: ":a"'],
  ['a function', 'size(a)', 'Syntax error; token: "(", near: "size(a"'],
  ['parentheses', '(a)', 'Syntax error; token: "(", near: "(a"'],
  ['all', '*', 'Syntax error; token: "*", near: "*"'],
  ['a name in quotes', '"a"', 'Syntax error; token: """, near: ""a"'],
  ['a name in backticks', '`a`', 'Syntax error; token: "`", near: "`a"'],
  ['an alias', 'a AS b', 'Syntax error; token: "AS", near: "a AS b"'],
  ['a hyphen after a placeholder', '#AMZN_MAPPED_2021-03-03', 'Syntax error; token: "-", near: "#AMZN_MAPPED_2021-0"'],
  ['a reserved word', 'a, ABSoLUTE', 'Attribute name is a reserved keyword; reserved keyword: ABSoLUTE'],
  ['a reserved word within', 'a.name', 'Attribute name is a reserved keyword; reserved keyword: name'],
  ['a keyword', 'a, and', 'Attribute name is a reserved keyword; reserved keyword: and'],
  [
    'an element more than 32',
    `a${'[0]'.repeat(32)}`,
    'The document path has too many nesting levels; nesting levels: 33',
  ],
]
for (const [what, text, sentence] of wrong) {
  test(`projection, refused: ${what}`, () => {
    assert.equal(wrongOf(parseProjection(text, definedBy(text))), sentence)
  })
}

test('a path of 32 elements', () => assert.equal(projection(`a${'.b'.repeat(31)}`).paths[0]?.steps.length, 31))
