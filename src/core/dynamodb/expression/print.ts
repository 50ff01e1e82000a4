// Writes trees as text: the client's placeholders and bare names, one space where spaces may stand, and no parentheses that the
// structure does not need. INVARIANT: what is written, read again, is the same tree.
import type { Clause, Condition, Index, Name, Not, Operand, Path, Projection, Sum, Update } from './tree.ts'

export function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.map((part) => within(part, part.kind === 'or')).join(' AND ')
    case 'or':
      return condition.conditions.map(printCondition).join(' OR ')
    case 'not':
      return `NOT ${negated(condition)}`
    case 'comparison':
      return `${printOperand(condition.left)} ${condition.comparator} ${printOperand(condition.right)}`
    case 'between':
      return `${printOperand(condition.operand)} BETWEEN ${printOperand(condition.low)} AND ${printOperand(condition.high)}`
    case 'in':
      return `${printOperand(condition.operand)} IN (${condition.list.map(printOperand).join(', ')})`
    case 'call':
      return printOperand(condition)
  }
}

/** `NOT NOT` is not in the grammar of every backend: `NOT (NOT …)` is. */
const negated = ({ condition }: Not) => within(condition, ['and', 'or', 'not'].includes(condition.kind))

const within = (condition: Condition, parentheses: boolean): string =>
  parentheses ? `(${printCondition(condition)})` : printCondition(condition)

function printOperand(operand: Operand): string {
  if (operand.kind === 'path') return printPath(operand)
  if (operand.kind === 'value') return operand.placeholder
  return `${operand.name}(${operand.operands.map(printOperand).join(', ')})`
}

const printPath = (path: Path): string => path.top.written + path.steps.map(printStep).join('')

const printStep = (step: Name | Index): string => ('index' in step ? `[${step.index}]` : `.${step.written}`)

export const printProjection = (projection: Projection): string => projection.paths.map(printPath).join(', ')

export const printUpdate = (update: Update): string => update.clauses.map(printClause).join(' ')

function printClause(clause: Clause): string {
  return `${clause.keyword} ${actionsOf(clause).join(', ')}`
}

function actionsOf(clause: Clause): string[] {
  if (clause.keyword === 'REMOVE') return clause.paths.map(printPath)
  if (clause.keyword === 'SET') {
    return clause.actions.map(({ path, value }) => `${printPath(path)} = ${printSum(value)}`)
  }
  return clause.actions.map(({ path, value }) => `${printPath(path)} ${value.placeholder}`)
}

const printSum = (value: Operand | Sum): string =>
  value.kind === 'sum' ? `${printOperand(value.left)} ${value.sign} ${printOperand(value.right)}` : printOperand(value)
