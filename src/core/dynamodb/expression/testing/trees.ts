// Random trees of every form that the grammar has, with the substitutions that they use.
import fc from 'fast-check'
import type { AttributeValue } from '../../attribute-value.ts'
import type {
  Call,
  Clause,
  Comparator,
  Condition,
  Index,
  Junction,
  Name,
  Operand,
  Path,
  Projection,
  Sum,
  Update,
  Value,
} from '../tree.ts'

/** Names that would be other things without their placeholders. */
export const names: Readonly<Record<string, string>> = {
  '#a': 'a',
  '#dotted': 'b.c',
  '#word': 'name',
  '#hash': '#a',
  '#value': ':v',
  '#sql': 'x OR a = :v --',
  '#__proto__': '__proto__',
  '#1': 'größe 🙂',
}
export const values: Readonly<Record<string, AttributeValue>> = {
  ':v': { S: 'v' },
  ':0': { N: '0' },
  ':AND': { L: [] },
}

const bare = ['a', 'B', '_c', 'd1', 'contains', 'attribute_exists', 'if_not_exists', 'REMOVE2', '__proto__', 'e_2_e']

/** Without null prototypes, which a parser does not make. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true })

const name: fc.Arbitrary<Name> = fc.oneof(
  fc.constantFrom(...bare).map((text) => ({ name: text, written: text })),
  fc.constantFrom(...Object.entries(names)).map(([written, text]) => ({ name: text, written })),
)
const index: fc.Arbitrary<Index> = record({ index: fc.oneof(fc.nat(12), fc.constant(4_294_967_294)) })
export const path: fc.Arbitrary<Path> = record({
  kind: fc.constant('path'),
  top: name,
  steps: fc.array(fc.oneof(name, index), { maxLength: 4 }),
})
const value: fc.Arbitrary<Value> = fc
  .constantFrom(...Object.entries(values))
  .map(([placeholder, held]) => ({ kind: 'value', placeholder, value: held }))

const call = (called: Call['name'], ...operands: fc.Arbitrary<Operand>[]): fc.Arbitrary<Call> =>
  record({ kind: fc.constant('call'), name: fc.constant(called), operands: fc.tuple(...operands) })

const { operand } = fc.letrec<{ operand: Operand }>((tie) => ({
  operand: fc.oneof({ depthSize: 'small' }, path, value, call('size', tie('operand'))),
}))

const comparators: readonly Comparator[] = ['=', '<>', '<', '<=', '>', '>=']
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  record({
    kind: fc.constant('comparison'),
    comparator: fc.constantFrom(...comparators),
    left: operand,
    right: operand,
  }),
  record({ kind: fc.constant('between'), operand, low: operand, high: operand }),
  record({ kind: fc.constant('in'), operand, list: fc.array(operand, { minLength: 1, maxLength: 4 }) }),
  call('attribute_exists', path),
  call('attribute_not_exists', path),
  call('attribute_type', operand, operand),
  call('begins_with', operand, operand),
  call('contains', operand, operand),
)

/** Parts of a part of the same kind are its own: as a tree of the grammar has them. */
function junction(kind: Junction['kind'], conditions: readonly Condition[]): Condition {
  return { kind, conditions: conditions.flatMap((part) => (part.kind === kind ? part.conditions : [part])) }
}

export const { condition } = fc.letrec<{ condition: Condition }>((tie) => {
  const parts = fc.array(tie('condition'), { minLength: 2, maxLength: 3 })
  return {
    condition: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      leaf,
      record({ kind: fc.constant('not'), condition: tie('condition') }),
      parts.map((conditions) => junction('and', conditions)),
      parts.map((conditions) => junction('or', conditions)),
    ),
  }
})

export const projection: fc.Arbitrary<Projection> = record({
  kind: fc.constant('projection'),
  paths: fc.array(path, { minLength: 1, maxLength: 5 }),
})

const { assigned } = fc.letrec<{ assigned: Operand }>((tie) => ({
  assigned: fc.oneof(
    { depthSize: 'small' },
    path,
    value,
    call('if_not_exists', path, tie('assigned')),
    call('list_append', tie('assigned'), tie('assigned')),
  ),
}))
const sum: fc.Arbitrary<Sum> = record({
  kind: fc.constant('sum'),
  sign: fc.constantFrom('+', '-'),
  left: assigned,
  right: assigned,
})
const some = { minLength: 1, maxLength: 3 }
const pairs = fc.array(record({ path, value }), some)
const clause: fc.Arbitrary<Clause> = fc.oneof(
  record({
    keyword: fc.constant('SET'),
    actions: fc.array(record({ path, value: fc.oneof(assigned, sum) }), some),
  }),
  record({ keyword: fc.constant('REMOVE'), paths: fc.array(path, some) }),
  record({ keyword: fc.constant('ADD'), actions: pairs }),
  record({ keyword: fc.constant('DELETE'), actions: pairs }),
)
export const update: fc.Arbitrary<Update> = record({
  kind: fc.constant('update'),
  clauses: fc.uniqueArray(clause, { minLength: 1, maxLength: 4, selector: ({ keyword }) => keyword }),
})
