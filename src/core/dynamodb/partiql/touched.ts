// What a statement touches, and what it returns: what a decision needs of it.
import type { Path, Statement } from './statement.ts'

const selectOf = (statement: Statement) => (statement.kind === 'exists' ? statement.select : statement)

/** A table's name or ARN, as it was named. */
export const tableOf = (statement: Statement): string => selectOf(statement).table

export function indexOf(statement: Statement): string | undefined {
  const { kind } = statement
  return kind === 'select' ? statement.index : undefined
}

/** The same statement on a table of another name: where a backend knows it by that. */
export function withTable(statement: Statement, table: string): Statement {
  if (statement.kind === 'exists') return { ...statement, select: { ...statement.select, table } }
  return { ...statement, table }
}

/** Whether all attributes of an item are selected (`SELECT *`). */
export const isAllAttributes = (statement: Statement): boolean => {
  const selected = selectOf(statement)
  return selected.kind === 'select' && selected.list === undefined
}

/** ReturnValues of UpdateItem and DeleteItem, which says the same as RETURNING. */
export type ReturnValues = 'NONE' | 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_OLD' | 'UPDATED_NEW'
const returnValues = {
  'ALL OLD': 'ALL_OLD',
  'ALL NEW': 'ALL_NEW',
  'MODIFIED OLD': 'UPDATED_OLD',
  'MODIFIED NEW': 'UPDATED_NEW',
} as const

export function returnValuesOf(statement: Statement): ReturnValues {
  const returning = statement.kind === 'update' || statement.kind === 'delete' ? statement.returning : undefined
  return returning === undefined ? 'NONE' : returnValues[returning]
}

/** Every top-level attribute that the statement names, once, in the order of the text: selected, compared, ordered by, written. */
export function topLevelNames(statement: Statement): Set<string> {
  const names = new Set<string>()
  // Values name no attribute, but for those of the item that is inserted.
  if (statement.kind === 'insert') for (const { name } of statement.item.members) names.add(name)
  everyNode(statement, (node) => {
    if ('path' in node) addPath(names, node.path as Path)
  })
  return names
}

/**
 * DIVERGES: where a name in quotes has a point or a bracket, what comes before it counts as named too: `"a.b"` is one name to DynamoDB, and
 * a member of `a` to backends that keep paths as text.
 */
function addPath(names: Set<string>, [name]: Path): void {
  names.add(name)
  const end = name.search(/[.[]/)
  if (end > 0) names.add(name.slice(0, end))
}

/** How many values the request must give: as many as the statement has question marks. */
export function parameterCount(statement: Statement): number {
  let count = 0
  everyNode(statement, (node) => {
    if ('kind' in node && node.kind === 'parameter') count++
  })
  return count
}

/** Through every member of the tree, whatever it is: no kind of node can be forgotten. */
function everyNode(node: unknown, see: (node: object) => void): void {
  if (typeof node !== 'object' || node === null) return
  see(node)
  for (const member of Object.values(node)) everyNode(member, see)
}
