import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCondition } from './condition.ts'
import { printCondition } from './print.ts'
import { condition, definedBy, substitutions, wrongOf } from './testing/expressions.ts'

/** [what, text, the text that is sent]. Most of AWS's are from its developer guide, as they stand there. */
const rows: readonly (readonly [what: string, text: string, written?: string])[] = [
  ['AWS: put once', 'attribute_not_exists(Id)'],
  ['AWS: a nested attribute', 'attribute_exists(ProductReviews.OneStar)'],
  ['AWS: a nested attribute by placeholder', 'attribute_not_exists(#r.OneStar)'],
  ['AWS: types', 'attribute_type(ProductReviews.FiveStar, :v_sub)'],
  ['AWS: beginnings', 'begins_with(Pictures.FrontView, :v_sub)'],
  ['AWS: elements', 'contains(Color, :v_sub)'],
  ['AWS: sizes', 'size(VideoClip) > :v_sub'],
  ['AWS: a size at most', 'size(Brand) <= :v_sub'],
  ['AWS: a limit', 'Price > :limit'],
  [
    'AWS: in and between',
    '(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)',
    'ProductCategory IN (:cat1, :cat2) AND Price BETWEEN :lo AND :hi',
  ],
  ['AWS: filter', '#v > :num'],
  ['AWS: filter of a view count', '#views >= :num'],
  ['AWS: two keys are new', 'attribute_not_exists(ForumName) AND attribute_not_exists(Subject)'],
  ['AWS: key condition', 'ForumName = :name and Subject = :sub', 'ForumName = :name AND Subject = :sub'],
  [
    'AWS: key condition with a beginning',
    'ForumName = :name and begins_with(Subject, :sub)',
    'ForumName = :name AND begins_with(Subject, :sub)',
  ],
  [
    'AWS: key condition with a range',
    'Id = :id and ReplyDateTime between :v2a and :v2b',
    'Id = :id AND ReplyDateTime BETWEEN :v2a AND :v2b',
  ],
  ['AWS: precedence', 'a = :a AND NOT b = :b OR c <> :c'],
  ['all comparators', 'a = b AND a <> b AND a < b AND a <= b AND a > b AND a >= b'],
  ['no spaces', 'a=b and a<>:c', 'a = b AND a <> :c'],
  ['spaces, tabs and lines', ' a\t.\r\n b [ 0 ]\n=\t:c ', 'a.b[0] = :c'],
  [
    'keywords of any case',
    'nOt a=:a aNd b iN(:b)oR c beTWeen:lo aNd:hi',
    'NOT a = :a AND b IN (:b) OR c BETWEEN :lo AND :hi',
  ],
  ['parentheses that change nothing', '(a = :a) AND (b = :b AND (c = :c))', 'a = :a AND b = :b AND c = :c'],
  ['parentheses around operands', '(a)between(b.c.d)and(:c)', 'a BETWEEN b.c.d AND :c'],
  ['parentheses in a path', '(a.b)[3].c = :v', 'a.b[3].c = :v'],
  ['parentheses within parentheses', '((size(a)) = :b)', 'size(a) = :b'],
  ['parentheses of a function', 'contains((a), (:b))', 'contains(a, :b)'],
  ['OR within AND', '(a = :a OR b = :b) AND c = :c'],
  ['AND within OR', '(a = :a AND b = :b) OR c = :c', 'a = :a AND b = :b OR c = :c'],
  ['NOT of a junction', 'NOT (a = :a AND b = :b)'],
  ['NOT binds before AND', 'NOT a = :a AND b = :b'],
  ['NOT of a function', 'NOT contains(a, :b)'],
  ['NOT twice', 'NOT NOT a = :a', 'NOT (NOT a = :a)'],
  ['a value on the left', ':v < a'],
  ['values on both sides', ':v > :v'],
  ['a value in a list of attributes', ':v IN (a, b.c, size(d))'],
  ['functions of values', 'contains(:v, a) AND begins_with(:v, a) AND size(:v) > a'],
  ['a size of what is nested', 'size(a.b[0].c) > size(:v)'],
  ['a function that has spaces', 'attribute_exists ( a )', 'attribute_exists(a)'],
  ['names that are functions elsewhere', 'contains = :v AND attribute_exists = :v AND if_not_exists = :v'],
  ['REMOVE is no reserved word', 'remove = :v'],
  ['names with underscores', '_a = b_ AND c_1 = :_'],
  ['placeholders that are digits or keywords', '#1 = :1 AND #AND = :or'],
  ['the greatest index', 'a[4294967294] = :v'],
]

for (const [what, text, written = text] of rows) {
  test(`condition, ${what}`, () => {
    assert.equal(printCondition(condition(text)), written)
    assert.equal(printCondition(condition(written, definedBy(text))), written)
  })
}

/** [what, text, what AWS says, without the expression's name]. */
const wrong: readonly (readonly [what: string, text: string, sentence: string])[] = [
  ['nothing', '', 'The expression can not be empty;'],
  ['white space', ' \t\r\n', 'The expression can not be empty;'],
  ['words', 'things are not gonna be ok', 'Syntax error; token: "are", near: "things are not"'],
  ['a hyphen', 'a-b', 'Syntax error; token: "-", near: "a-b"'],
  ['a number', 'a > 4', 'Syntax error; token: "4", near: "> 4"'],
  ['a string', 'a = "b"', 'Syntax error; token: """, near: "= "b"'],
  ['no operand', 'a =', 'Syntax error; token: "<EOF>", near: "="'],
  ['an operand alone', 'a', 'Syntax error; token: "<EOF>", near: "a"'],
  ['nothing in parentheses', '()', 'Syntax error; token: ")", near: "()"'],
  ['parentheses that do not close', '(a = :b', 'Syntax error; token: "<EOF>", near: ":b"'],
  ['parentheses that did not open', 'a = :b)', 'Syntax error; token: ")", near: ":b)"'],
  ['a list without parentheses', 'a in b, c', 'Syntax error; token: "b", near: "in b,"'],
  ['an empty list', 'a IN ()', 'Syntax error; token: ")", near: "()"'],
  ['a list with nothing at its end', 'a IN (b,c,)', 'Syntax error; token: ")", near: ",)"'],
  ['a keyword as a name', 'a > between', 'Syntax error; token: "between", near: "> between"'],
  ['a keyword as a member', 'a.and = :b', 'Syntax error; token: "and", near: ".and ="'],
  ['two dots', 'a..b = :c', 'Syntax error; token: ".", near: "..b"'],
  ['parentheses after a dot', 'a = b.(c.d)', 'Syntax error; token: "(", near: ".(c"'],
  ['a value with members', 'a > :b.c', 'Syntax error; token: ".", near: ":b.c"'],
  ['a value as a member', 'a.:b < c', 'Syntax error; token: ":b", near: ".:b <"'],
  ['a member of a size', 'size(a).b > a', 'Syntax error; token: ".", near: ").b"'],
  ['an element of a size', '(size(a))[0] > a', 'Syntax error; token: "[", near: ")[0"'],
  ['an index by value', 'b[:a] > a', 'Syntax error; token: ":a", near: "[:a]"'],
  ['an index by name', 'b[#a] > a', 'Syntax error; token: "#a", near: "[#a]"'],
  ['no index', 'b[] > a', 'Syntax error; token: "]", near: "[] >"'],
  ['an index below zero', 'b[-1] > a', 'Syntax error; token: "-", near: "[-1"'],
  ['an index that is no integer', 'b[4.5] > a', 'Syntax error; token: ".", near: "4.5"'],
  ['an index that begins with zero', 'b[01] > a', 'Syntax error; token: "1", near: "01]"'],
  ['zeros', 'b[00] > a', 'Syntax error; token: "0", near: "00]"'],
  ['an index in hexadecimal', 'b[0x1] > a', 'Syntax error; token: "x1", near: "0x1]"'],
  [
    'an index above the greatest',
    'b[4294967295] > a',
    'List index is not within the allowable range; index: [4294967295]',
  ],
  [
    'an index above what floats hold',
    'b[9007199254740993] > a',
    'List index is not within the allowable range; index: [9007199254740993]',
  ],
  ['a comparison of comparisons', 'a = b = c', 'Syntax error; token: "=", near: "b = c"'],
  ['a condition compared', '(a = b) = c', 'Syntax error; token: "=", near: ") = c"'],
  ['a condition in a function', 'contains(a, b = c)', 'Syntax error; token: "=", near: "b = c"'],
  ['an operand in a junction', '(a AND b = c)', 'Syntax error; token: "AND", near: "a AND b"'],
  ['NOT of an operand', 'NOT a', 'Syntax error; token: "<EOF>", near: "a"'],
  ['a sum', 'a = b + c', 'Syntax error; token: "+", near: "b + c"'],
  ['redundant parentheses', '((a = :b))', 'The expression has redundant parentheses;'],
  ['redundant parentheses of an operand', 'a = b AND a > ((c))', 'The expression has redundant parentheses;'],
  ['redundant parentheses in a path', '(a)between(((b.c)).d)and(c)', 'The expression has redundant parentheses;'],
  [
    'redundant parentheses of a junction',
    'a=b OR ((a=b OR (a=b OR a=b)))',
    'The expression has redundant parentheses;',
  ],
  [
    'redundant parentheses before an unknown function',
    'a > whatever((:b), ((a)))',
    'The expression has redundant parentheses;',
  ],
  ['an unknown function', 'a=b and whatever((:c)) > a', 'Invalid function name; function: whatever'],
  ['a function of another case', 'attRIbute_exIsts(a)', 'Invalid function name; function: attRIbute_exIsts'],
  ['a name from the prototype', 'constructor(a)', 'Invalid function name; function: constructor'],
  [
    'a function of updates',
    'a = if_not_exists(a, :b)',
    'The function is not allowed in a condition expression; function: if_not_exists',
  ],
  [
    'a condition as an operand',
    'attribute_exists(a) > b',
    'The function is not allowed to be used this way in an expression; function: attribute_exists',
  ],
  [
    'a condition in a list',
    'a in (b, attribute_exists(c))',
    'The function is not allowed to be used this way in an expression; function: attribute_exists',
  ],
  [
    'a condition in parentheses as an operand',
    'a = (contains(b, c))',
    'The function is not allowed to be used this way in an expression; function: contains',
  ],
  [
    'a condition in a function',
    'size(contains(a, b)) > a',
    'The function is not allowed to be used this way in an expression; function: contains',
  ],
  [
    'an operand as a condition',
    'NOT size(things)',
    'The function is not allowed to be used this way in an expression; function: size',
  ],
  ['a reserved word', ':a < abOrT', 'Attribute name is a reserved keyword; reserved keyword: abOrT'],
  ['a reserved word within', 'a.size = :a', 'Attribute name is a reserved keyword; reserved keyword: size'],
  ['a reserved word of updates', 'set = :a', 'Attribute name is a reserved keyword; reserved keyword: set'],
  [
    'one operand too many',
    'attribute_exists(a, b)',
    'Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2',
  ],
  [
    'one operand too few',
    'begins_with(a)',
    'Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1',
  ],
  ['no operand at all', 'attribute_exists()', 'Syntax error; token: ")", near: "()"'],
  [
    'the existence of a value',
    'attribute_exists(:a)',
    'Operator or function requires a document path; operator or function: attribute_exists',
  ],
  [
    'the existence of a size',
    'attribute_not_exists(size(a))',
    'Operator or function requires a document path; operator or function: attribute_not_exists',
  ],
]

for (const [what, text, sentence] of wrong) {
  test(`condition, refused: ${what}`, () => {
    assert.equal(wrongOf(parseCondition('FilterExpression', text, definedBy(text))), sentence)
  })
}

test('the sentence names the expression', () => {
  for (const kind of ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const) {
    assert.deepEqual(parseCondition(kind, 'a', substitutions()), {
      wrong: `Invalid ${kind}: Syntax error; token: "<EOF>", near: "a"`,
    })
  }
})

/** [text, the placeholder that is not defined], of texts whose `#a` and `:a` are. */
const undefinedNames: readonly (readonly [text: string, placeholder: string])[] = [
  ['#b = :a', '#b'],
  ['#a.#b[0].c = :a', '#b'],
  ['size(#B) > :a', '#B'],
  ['a = :a AND contains(#b, :a, :a)', '#b'],
  ['(#b between :lo and :hi) and (#c in (:cat))', '#b'],
  ['#A = :a', '#A'],
  ['#toString = :a', '#toString'],
]
for (const [text, placeholder] of undefinedNames) {
  test(`a name that is not defined: ${text}`, () => {
    assert.equal(
      wrongOf(parseCondition('FilterExpression', text, substitutions({ '#a': 'a' }, { ':a': { S: 'a' } }))),
      `An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
    )
  })
}

const undefinedValues: readonly (readonly [text: string, placeholder: string])[] = [
  ['a = :b', ':b'],
  [':a < :A', ':A'],
  ['a IN (:a, :b, :c)', ':b'],
  ['begins_with(:hello, #a, #b)', ':hello'],
]
for (const [text, placeholder] of undefinedValues) {
  test(`a value that is not defined: ${text}`, () => {
    assert.equal(
      wrongOf(parseCondition('FilterExpression', text, substitutions({ '#a': 'a' }, { ':a': { S: 'a' } }))),
      `An expression attribute value used in expression is not defined; attribute value: ${placeholder}`,
    )
  })
}
