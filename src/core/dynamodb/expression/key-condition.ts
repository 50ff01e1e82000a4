// What a key condition says of the keys (Amazon DynamoDB Developer Guide, "Key condition expressions for the Query operation").
import type { AttributeValue } from '../attribute-value.ts'
import type { Condition, Operand } from './tree.ts'

/**
 * The values that equalities pin attributes to, by name: of a comparison, or of a conjunction of conditions. An attribute pinned twice is
 * pinned to nothing, so that nobody can say which of two values was decided on.
 */
export function pinnedValues(condition: Condition): ReadonlyMap<string, AttributeValue> {
  const pinned = new Map<string, AttributeValue>()
  const twice = new Set<string>()
  for (const part of condition.kind === 'and' ? condition.conditions : [condition]) {
    const equality = equalityOf(part)
    if (equality === undefined) continue
    if (pinned.has(equality.name)) twice.add(equality.name)
    pinned.set(equality.name, equality.value)
  }
  for (const name of twice) pinned.delete(name)
  return pinned
}

/** Of a whole attribute with a value, on either side. */
function equalityOf(condition: Condition): { readonly name: string; readonly value: AttributeValue } | undefined {
  if (condition.kind !== 'comparison' || condition.comparator !== '=') return undefined
  const { left, right } = condition
  return equality(left, right) ?? equality(right, left)
}

function equality(attribute: Operand, value: Operand) {
  if (attribute.kind !== 'path' || attribute.steps.length > 0 || value.kind !== 'value') return undefined
  return { name: attribute.top.name, value: value.value }
}

/** AWS's sentence for what a filter may say and a key condition may not. It is judged once every expression of the request is read. */
export function wrongKeyCondition(condition: Condition): string | undefined {
  const seen = new Set<string>()
  for (const part of condition.kind === 'and' ? condition.conditions : [condition]) {
    const operands = keyOperands(part)
    if ('wrong' in operands) return operands.wrong
    const attribute = keyAttribute(operands)
    if ('wrong' in attribute) return attribute.wrong
    if (seen.has(attribute.name)) return 'KeyConditionExpressions must only contain one condition per key'
    seen.add(attribute.name)
  }
  return undefined
}

interface Refused {
  readonly wrong: string
}

/** What one condition compares. `first`: an operator that takes its attribute first. */
function keyOperands(part: Condition): { readonly all: readonly Operand[]; readonly first?: string } | Refused {
  const operator = (name: string) => ({ wrong: `Invalid operator used in KeyConditionExpression: ${name}` })
  switch (part.kind) {
    case 'comparison':
      return part.comparator === '<>' ? operator('<>') : { all: [part.left, part.right] }
    case 'between':
      return { all: [part.operand, part.low, part.high], first: 'BETWEEN' }
    case 'call':
      return part.name === 'begins_with' ? { all: part.operands, first: part.name } : operator(part.name)
    default:
      return operator(part.kind.toUpperCase())
  }
}

function keyAttribute({ all, first }: { readonly all: readonly Operand[]; readonly first?: string }) {
  const condition = 'Invalid condition in KeyConditionExpression'
  if (first !== undefined && all[0]?.kind !== 'path') {
    return { wrong: `${condition}: ${first} operator must have the key attribute as its first operand` }
  }
  let name: string | undefined
  for (const operand of all) {
    if (operand.kind === 'call') return { wrong: 'KeyConditionExpressions cannot contain nested operations' }
    if (operand.kind === 'value') continue
    if (name !== undefined) return { wrong: `${condition}: Multiple attribute names used in one condition` }
    if (operand.steps.length > 0)
      return { wrong: 'KeyConditionExpressions cannot have conditions on nested attributes' }
    name = operand.top.name
  }
  return name === undefined ? { wrong: `${condition}: No key attribute specified` } : { name }
}
