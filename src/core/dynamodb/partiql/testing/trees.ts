// Any statement, as a tree that the grammar has (fast-check).
import fc from 'fast-check'
import type {
  Assigned,
  Change,
  Condition,
  Operand,
  Path,
  PathTerm,
  Statement,
  Term,
  Tuple,
  Value,
} from '../statement.ts'

/** Anything that may stand in double quotes; none is the name of a table below. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'select',
    'FROM',
    'a"b',
    '"',
    '""',
    "'",
    '--',
    '/*',
    'a.b',
    '[0]',
    '?',
    ';',
    '`',
    'ａ',
    'é',
    '\\u0022',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text)),
)
const table = fc.constantFrom('Table-1', 'T.able_2', 'arn:aws:dynamodb:eu-central-1:111111111111:table/Table-3')
const index = fc.constantFrom('Index-1', 'I.ndex_2')
const text = fc.oneof(
  fc.constantFrom('', "'", "''", '"', "' OR 1=1 --", '\n', ' FROM ', '*/', '\\', '\\u0027'),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((one) => !one.includes('\0')),
)
const number = fc.constantFrom(
  '0',
  '1',
  '-1',
  '34',
  '4.5',
  '-0.5',
  '1.0',
  '1e0',
  '1E+2',
  '12e-3',
  '99999999999999999999999999999999999999',
)

const path: fc.Arbitrary<Path> = fc
  .tuple(name, fc.array(fc.oneof(name, fc.nat(999_999_999)), { maxLength: 3 }))
  .map(([first, steps]) => [first, ...steps])
const pathTerm: fc.Arbitrary<PathTerm> = fc.record({ kind: fc.constant('path'), path })

const { value, tuple } = fc.letrec<{ value: Value; tuple: Tuple }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant('string'), text }),
    fc.record({ kind: fc.constant('number'), text: number }),
    fc.record({ kind: fc.constant('boolean'), value: fc.boolean() }),
    fc.constant<Value>({ kind: 'null' }),
    fc.constant<Value>({ kind: 'missing' }),
    fc.constant<Value>({ kind: 'parameter', index: 0 }),
    fc.record({ kind: fc.constant('list'), items: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('set'), items: fc.array(tie('value'), { maxLength: 3 }) }),
    tie('tuple'),
  ),
  tuple: fc.record({
    kind: fc.constant('tuple'),
    members: fc.uniqueArray(fc.record({ name: text.filter((one) => one !== ''), value: tie('value') }), {
      maxLength: 3,
      selector: (member) => member.name,
    }),
  }),
}))

const term: fc.Arbitrary<Term> = fc.oneof(value, pathTerm)
const operand: fc.Arbitrary<Operand> = fc.oneof(value, pathTerm, fc.record({ kind: fc.constant('size'), path }))

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record({
      kind: fc.constant('comparison'),
      left: operand,
      operator: fc.constantFrom('=', '<>', '<', '<=', '>', '>='),
      right: operand,
    }),
    fc.record({ kind: fc.constant('between'), operand, low: operand, high: operand }),
    fc.record({ kind: fc.constant('in'), operand, values: fc.array(value, { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant('is'), path, negated: fc.boolean(), what: fc.constantFrom('MISSING', 'NULL') }),
    fc.record({
      kind: fc.constant('call'),
      name: fc.constantFrom('begins_with', 'contains', 'attribute_type'),
      path,
      argument: operand,
    }),
    fc.record({
      kind: fc.constantFrom('and', 'or'),
      conditions: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not'), condition: tie('condition') }),
  ),
}))

const assigned: fc.Arbitrary<Assigned> = fc.oneof(
  term,
  fc.record({
    kind: fc.constant('sum'),
    first: term,
    rest: fc.array(fc.record({ operator: fc.constantFrom('+', '-'), term }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('update'),
    name: fc.constantFrom('list_append', 'set_add', 'set_delete'),
    arguments: fc.tuple(term, term),
  }),
)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('set'),
    assignments: fc.array(fc.record({ path, value: assigned }), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('remove'), path }),
)

const select = fc.record({
  kind: fc.constant('select'),
  list: fc.option(fc.array(pathTerm, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  table,
  index: fc.option(index, { nil: undefined }),
  where: fc.option(condition, { nil: undefined }),
  orderBy: fc.array(fc.record({ path: fc.tuple(name), descending: fc.boolean() }), { maxLength: 2 }),
})

const anyStatement: fc.Arbitrary<Statement> = fc.oneof(
  select,
  fc.record({ kind: fc.constant('insert'), table, item: tuple }),
  fc.record({
    kind: fc.constant('update'),
    table,
    changes: fc.array(change, { minLength: 1, maxLength: 3 }),
    where: condition,
    returning: fc.constantFrom(undefined, 'ALL OLD', 'ALL NEW', 'MODIFIED OLD', 'MODIFIED NEW'),
  }),
  fc.record({ kind: fc.constant('delete'), table, where: condition, returning: fc.constantFrom(undefined, 'ALL OLD') }),
  fc.record({
    kind: fc.constant('exists'),
    select: fc.tuple(select, condition).map(([one, where]) => ({ ...one, index: undefined, where, orderBy: [] })),
  }),
)

/** The tree with its parameters counted in the order of the text, which is that of its members. */
function counted<T>(tree: T, count: { next: number }): T {
  if (Array.isArray(tree)) return tree.map((item) => counted(item, count)) as T
  if (typeof tree !== 'object' || tree === null) return tree
  if ('kind' in tree && tree.kind === 'parameter') return { kind: 'parameter', index: count.next++ } as T
  return Object.fromEntries(Object.entries(tree).map(([key, member]) => [key, counted(member, count)])) as T
}

export const statements: fc.Arbitrary<Statement> = anyStatement.map((tree) => counted(tree, { next: 0 }))
