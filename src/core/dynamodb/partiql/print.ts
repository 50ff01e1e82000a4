// From tree to text: the one spelling of each statement, which is what a backend is sent. Names stand in double quotes, so that no
// word of them is a keyword and upper and lower case differ; keywords are upper case; conditions in conditions stand in parentheses.
import type { Assigned, Change, Condition, Operand, Path, Select, Statement, Tuple, Value } from './statement.ts'

/** INVARIANT: question marks stand in the order of their indexes: tree and text have the same members in the same order. */
export function print(statement: Statement): string {
  switch (statement.kind) {
    case 'select':
      return printSelect(statement)
    case 'exists':
      return `EXISTS(${printSelect(statement.select)})`
    case 'insert':
      return `INSERT INTO ${named(statement.table)} VALUE ${tuple(statement.item)}`
    case 'update':
      return `UPDATE ${named(statement.table)} ${statement.changes.map(change).join(' ')}${ending(statement)}`
    case 'delete':
      return `DELETE FROM ${named(statement.table)}${ending(statement)}`
  }
}

const named = (name: string) => `"${name.replaceAll('"', '""')}"`
const text = (value: string) => `'${value.replaceAll("'", "''")}'`
const listed = <T>(items: readonly T[], print: (item: T) => string) => items.map(print).join(', ')

const path = (steps: Path) =>
  steps.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${named(step)}`)).join('')

function printSelect({ list, table, index, where, orderBy }: Select): string {
  const from = index === undefined ? named(table) : `${named(table)}.${named(index)}`
  const order = listed(orderBy, (by) => `${path(by.path)} ${by.descending ? 'DESC' : 'ASC'}`)
  return `SELECT ${list === undefined ? '*' : listed(list, operand)} FROM ${from}${
    where === undefined ? '' : ` WHERE ${condition(where)}`
  }${order === '' ? '' : ` ORDER BY ${order}`}`
}

const ending = ({ where, returning }: { readonly where: Condition; readonly returning: string | undefined }) =>
  ` WHERE ${condition(where)}${returning === undefined ? '' : ` RETURNING ${returning} *`}`

const change = (clause: Change): string =>
  clause.kind === 'remove'
    ? `REMOVE ${path(clause.path)}`
    : `SET ${listed(clause.assignments, (one) => `${path(one.path)} = ${assigned(one.value)}`)}`

function assigned(given: Assigned): string {
  if (given.kind === 'update') return `${given.name}(${listed(given.arguments, operand)})`
  if (given.kind !== 'sum') return operand(given)
  return operand(given.first) + given.rest.map(({ operator, term }) => ` ${operator} ${operand(term)}`).join('')
}

function condition(tree: Condition): string {
  switch (tree.kind) {
    case 'and':
      return tree.conditions.map(inner).join(' AND ')
    case 'or':
      return tree.conditions.map(inner).join(' OR ')
    case 'not':
      return `NOT (${condition(tree.condition)})`
    case 'comparison':
      return `${operand(tree.left)} ${tree.operator} ${operand(tree.right)}`
    case 'between':
      return `${operand(tree.operand)} BETWEEN ${operand(tree.low)} AND ${operand(tree.high)}`
    case 'in':
      return `${operand(tree.operand)} IN [${listed(tree.values, value)}]`
    case 'is':
      return `${path(tree.path)} IS ${tree.negated ? 'NOT ' : ''}${tree.what}`
    case 'call':
      return `${tree.name}(${path(tree.path)}, ${operand(tree.argument)})`
  }
}

/** In AND or OR. Their own binding is not relied upon. */
const inner = (tree: Condition): string =>
  tree.kind === 'and' || tree.kind === 'or' ? `(${condition(tree)})` : condition(tree)

function operand(tree: Operand): string {
  if (tree.kind === 'path') return path(tree.path)
  return tree.kind === 'size' ? `size(${path(tree.path)})` : value(tree)
}

function value(tree: Value): string {
  switch (tree.kind) {
    case 'string':
      return text(tree.text)
    case 'number':
      return tree.text
    case 'boolean':
      return tree.value ? 'TRUE' : 'FALSE'
    case 'null':
      return 'NULL'
    case 'missing':
      return 'MISSING'
    case 'parameter':
      return '?'
    case 'list':
      return `[${listed(tree.items, value)}]`
    case 'set':
      return `<<${listed(tree.items, value)}>>`
    case 'tuple':
      return tuple(tree)
  }
}

const tuple = ({ members }: Tuple): string =>
  `{${listed(members, (member) => `${text(member.name)}: ${value(member.value)}`)}}`
