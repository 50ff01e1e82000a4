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

/** The partition that a query reads; undefined where its key condition pins none. */
export const partitionValue = (condition: Condition, partitionName: string): AttributeValue | undefined =>
  pinnedValues(condition).get(partitionName)

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
