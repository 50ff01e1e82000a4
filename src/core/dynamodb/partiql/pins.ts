// To which values a statement holds key attributes: whose items it can reach.
import type { AttributeValue, KeyType } from '../attribute-value.ts'
import type { Condition, Statement, Value } from './statement.ts'

/**
 * For each name the values that the attribute has in any item that the statement reads or writes; undefined if one of the names is
 * not held to values of which it can be said. Lists are never empty. `parameters` are the request's.
 *
 * A SELECT holds an attribute by `=` or IN, by AND with anything that does not hold it again, and by an OR each side of which holds
 * it. All others hold by one `=` in a conjunction, since they are about one item: an OR, an IN or a second `=` is not understood.
 */
export function pinsOf(
  statement: Statement,
  names: readonly string[],
  parameters: readonly AttributeValue[],
): ReadonlyMap<string, readonly AttributeValue[]> | undefined {
  const pins = new Map<string, readonly AttributeValue[]>()
  for (const name of names) {
    const values = pinned(statement, name)?.map((value) => attributeValueOf(value, parameters))
    if (values === undefined || !values.every((value) => value !== undefined)) return undefined
    pins.set(name, values)
  }
  return pins
}

function pinned(statement: Statement, name: string): readonly Value[] | undefined {
  switch (statement.kind) {
    case 'insert': {
      const member = statement.item.members.find((one) => one.name === name)
      return member === undefined ? undefined : [member.value]
    }
    case 'select':
      return statement.where === undefined ? undefined : pinnedIn(statement.where, name, pinnedByRead)
    case 'exists':
      return statement.select.where === undefined ? undefined : pinnedIn(statement.select.where, name, pinnedByEquality)
    default:
      return pinnedIn(statement.where, name, pinnedByEquality)
  }
}

type Pinned = (condition: Condition, name: string) => readonly Value[] | undefined

/** Through conjunctions, of whose members exactly one may hold the attribute. */
function pinnedIn(condition: Condition, name: string, otherwise: Pinned): readonly Value[] | undefined {
  if (condition.kind !== 'and') return otherwise(condition, name)
  const found = condition.conditions.map((inner) => pinnedIn(inner, name, otherwise)).filter((one) => one !== undefined)
  return found.length === 1 ? found[0] : undefined
}

/** `value = name` is not read as a pin: a backend may scan for it. */
function pinnedByEquality(condition: Condition, name: string): readonly Value[] | undefined {
  if (condition.kind !== 'comparison' || condition.operator !== '=' || !isAttribute(condition.left, name))
    return undefined
  const { right } = condition
  return right.kind === 'path' || right.kind === 'size' ? undefined : [right]
}

function pinnedByRead(condition: Condition, name: string): readonly Value[] | undefined {
  if (condition.kind === 'in') return isAttribute(condition.operand, name) ? condition.values : undefined
  if (condition.kind !== 'or') return pinnedByEquality(condition, name)
  const found = condition.conditions.map((inner) => pinnedIn(inner, name, pinnedByRead))
  return found.every((values) => values !== undefined) ? found.flat() : undefined
}

const isAttribute = (operand: { readonly kind: string; readonly path?: readonly unknown[] }, name: string) =>
  operand.kind === 'path' && operand.path?.length === 1 && operand.path[0] === name

const keyTypes: readonly KeyType[] = ['S', 'N', 'B']

/** Of the types that a key may have: text and number as written, or what the request gives for the parameter. */
function attributeValueOf(value: Value, parameters: readonly AttributeValue[]): AttributeValue | undefined {
  if (value.kind === 'string') return { S: value.text }
  if (value.kind === 'number') return { N: value.text }
  const given = value.kind === 'parameter' ? parameters[value.index] : undefined
  const mayBeKey = given !== undefined && keyTypes.some((type) => Object.hasOwn(given, type))
  return mayBeKey ? given : undefined
}
