import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printUpdate } from './print.ts'
import { definedBy, update, wrongOf } from './testing/expressions.ts'
import { parseUpdate } from './update.ts'

const rows: readonly (readonly [what: string, text: string, written?: string])[] = [
  ['AWS: set', 'SET ProductCategory = :c, Price = :p'],
  ['AWS: set lists and maps', 'SET RelatedItems = :ri, ProductReviews = :pr'],
  ['AWS: set what is nested', 'SET #pr.#5star[1] = :r5, #pr.#3star = :r3'],
  ['AWS: set elements', 'SET RelatedItems[1] = :ri'],
  ['AWS: subtract', 'SET Price = Price - :p'],
  ['AWS: append', 'SET #ri = list_append(#ri, :vals)'],
  ['AWS: prepend', 'SET #ri = list_append(:vals, #ri)'],
  ['AWS: keep', 'SET Price = if_not_exists(Price, :p)'],
  ['AWS: remove', 'REMOVE Brand, InStock, QuantityOnHand'],
  ['AWS: remove elements', 'REMOVE RelatedItems[1], RelatedItems[2]'],
  ['AWS: add a number', 'ADD QuantityOnHand :q'],
  ['AWS: add to a set', 'ADD Color :c'],
  ['AWS: delete from a set', 'DELETE Color :p'],
  ['AWS: several clauses', 'SET Price = Price - :p REMOVE InStock'],
  ['AWS: several clauses and actions', 'SET RelatedItems[1] = :newValue, Price = :newPrice'],
  ['every clause', 'REMOVE b DELETE c :c ADD d :d, e :e SET f = :f'],
  [
    'keywords of any case, no spaces',
    'set a=:a,b=b+:b remove c aDd d:d dElete e:e',
    'SET a = :a, b = b + :b REMOVE c ADD d :d DELETE e :e',
  ],
  ['a path', 'SET a = b.c[1]'],
  ['a sum of functions', 'SET a = if_not_exists(a, b) + if_not_exists(c, :d)'],
  ['functions in functions', 'SET a = if_not_exists(a, if_not_exists(b, list_append(c, :d)))'],
  ['parentheses around a sum', 'SET a = (b + c)', 'SET a = b + c'],
  ['parentheses around operands', 'SET a = ((b.c.d)+(e))', 'SET a = b.c.d + e'],
  ['parentheses around the left', 'SET a = (b) - :c', 'SET a = b - :c'],
  ['parentheses in functions', 'SET a = if_not_exists((a), (:b))', 'SET a = if_not_exists(a, :b)'],
  ['conditions are names here', 'SET contains = :a REMOVE attribute_exists'],
]
for (const [what, text, written = text] of rows) {
  test(`update, ${what}`, () => {
    assert.equal(printUpdate(update(text)), written)
    assert.equal(printUpdate(update(written, definedBy(text))), written)
  })
}

const wrong: readonly (readonly [what: string, text: string, sentence: string])[] = [
  ['nothing', ' ', 'The expression can not be empty;'],
  ['no keyword', 'INVALID SYNTAX HERE', 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'],
  ['a keyword alone', 'set', 'Syntax error; token: "<EOF>", near: "set"'],
  ['no value', 'set a', 'Syntax error; token: "<EOF>", near: "a"'],
  ['no value to add', 'add a', 'Syntax error; token: "<EOF>", near: "a"'],
  ['a keyword as a value', 'set a=set', 'Syntax error; token: "set", near: "=set"'],
  ['a keyword as a member', 'remove a.add', 'Syntax error; token: "add", near: ".add"'],
  ['removing with a value', 'remove a = b', 'Syntax error; token: "=", near: "a = b"'],
  ['adding an attribute', 'add a b', 'Syntax error; token: "b", near: "a b"'],
  ['deleting an attribute', 'delete a b', 'Syntax error; token: "b", near: "a b"'],
  ['adding a function', 'add a if_not_exists(b, :c)', 'Syntax error; token: "if_not_exists", near: "a if_not_exists("'],
  ['setting a value', 'set :a = b', 'Syntax error; token: ":a", near: "set :a ="'],
  ['a space in a placeholder', 'ADD hits : incr', 'Syntax error; token: ":", near: "hits : incr"'],
  ['a quotient', 'set a = b / c', 'Syntax error; token: "/", near: "b / c"'],
  ['a number', 'set a[1] = 1', 'Syntax error; token: "1", near: "= 1"'],
  ['three summands', 'set a = b + c + d', 'Syntax error; token: "+", near: "c + d"'],
  ['a sum in a sum', 'set a = b + (c + d)', 'Syntax error; token: "+", near: "c + d"'],
  ['a sum of a sum', 'set a = (b + c) + d', 'Syntax error; token: "+", near: ") + d"'],
  ['a sum in a function', 'set a = list_append(b + c, d)', 'Syntax error; token: "+", near: "b + c"'],
  ['an action in parentheses', 'set (a = :b)', 'Syntax error; token: "(", near: "set (a"'],
  ['a path that goes on after parentheses', 'set a = (b.c).d', 'Syntax error; token: ".", near: ").d"'],
  ['a comparison', 'set a = b < c', 'Syntax error; token: "<", near: "b < c"'],
  ['a comma at the end', 'set a = :b, remove c', 'Syntax error; token: "remove", near: ", remove c"'],
  ['a comma between clauses', 'remove a, set b = :c', 'Syntax error; token: "set", near: ", set b"'],
  [
    'a section twice',
    'set a = :b remove c set d = :e',
    'The "SET" section can only be used once in an update expression;',
  ],
  [
    'a section twice, removing',
    'remove a remove c',
    'The "REMOVE" section can only be used once in an update expression;',
  ],
  ['an unknown function', 'set a = if_not_exist(a, :b)', 'Invalid function name; function: if_not_exist'],
  ['a function of another case', 'set a = IF_NOT_EXISTS(a, :b)', 'Invalid function name; function: IF_NOT_EXISTS'],
  ['a size', 'set a = size(b)', 'The function is not allowed in an update expression; function: size'],
  ['a condition', 'set a = contains(b, :c)', 'The function is not allowed in an update expression; function: contains'],
  ['redundant parentheses', 'set a = ((b))', 'The expression has redundant parentheses;'],
  ['a reserved word', 'remove Absolute', 'Attribute name is a reserved keyword; reserved keyword: Absolute'],
  ['a keyword of conditions', 'set and = :a', 'Attribute name is a reserved keyword; reserved keyword: and'],
  [
    'one operand too few',
    'set a = list_append(c)',
    'Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1',
  ],
  [
    'a value instead of a path',
    'set a = if_not_exists(:a, c)',
    'Operator or function requires a document path; operator or function: if_not_exists',
  ],
]
for (const [what, text, sentence] of wrong) {
  test(`update, refused: ${what}`, () => {
    assert.equal(wrongOf(parseUpdate(text, definedBy(text))), sentence)
  })
}
