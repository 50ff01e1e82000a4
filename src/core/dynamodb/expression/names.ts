// Which attributes an expression names: what `dynamodb:Attributes` has of it. Whatever it reads, compares, sets or removes counts.
import type { Clause, Condition, Junction, Not, Operand, Path, Projection, Sum, Update } from './tree.ts'

/** Top-level names: `Address` of `Address.City`. */
export function topLevelNames(tree: Condition | Projection | Update): Set<string> {
  const names = new Set<string>()
  if (tree.kind === 'projection') for (const path of tree.paths) addPath(names, path)
  else if (tree.kind === 'update') for (const clause of tree.clauses) addClause(names, clause)
  else addCondition(names, tree)
  return names
}

function addClause(names: Set<string>, clause: Clause): void {
  if (clause.keyword === 'REMOVE') {
    for (const path of clause.paths) addPath(names, path)
    return
  }
  for (const { path, value } of clause.actions) {
    addPath(names, path)
    addOperand(names, value)
  }
}

function addCondition(names: Set<string>, condition: Condition): void {
  if ('conditions' in condition) {
    for (const part of condition.conditions) addCondition(names, part)
  } else if ('condition' in condition) addCondition(names, condition.condition)
  else for (const operand of operandsOf(condition)) addOperand(names, operand)
}

type Compared = Exclude<Condition, Junction | Not>

function operandsOf(condition: Compared): readonly Operand[] {
  switch (condition.kind) {
    case 'comparison':
      return [condition.left, condition.right]
    case 'between':
      return [condition.operand, condition.low, condition.high]
    case 'in':
      return [condition.operand, ...condition.list]
    case 'call':
      return [condition]
  }
}

function addOperand(names: Set<string>, operand: Operand | Sum): void {
  if (operand.kind === 'path') addPath(names, operand)
  if (operand.kind === 'call') for (const inner of operand.operands) addOperand(names, inner)
  if (operand.kind === 'sum') for (const inner of [operand.left, operand.right]) addOperand(names, inner)
}

/**
 * DIVERGES: where a placeholder stands for a name with a bracket, what comes before the bracket counts as named too: `a[0]` is one name to
 * DynamoDB, and an element of `a` to some backends.
 */
function addPath(names: Set<string>, { top: { name } }: Path): void {
  names.add(name)
  const bracket = name.indexOf('[')
  if (bracket > 0) names.add(name.slice(0, bracket))
}
