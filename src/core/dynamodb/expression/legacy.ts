// The parameters that were there before expressions (Amazon DynamoDB Developer Guide, "Legacy DynamoDB conditional parameters"): what
// they name, and the partition that they pin.
import type { AttributeValue } from '../attribute-value.ts'

export interface LegacyCondition {
  readonly ComparisonOperator?: string | undefined
  readonly AttributeValueList?: readonly AttributeValue[] | undefined
}

type ByName = Readonly<Record<string, unknown>> | undefined

export interface LegacyParameters {
  readonly AttributesToGet?: readonly string[] | undefined
  readonly Expected?: ByName
  readonly AttributeUpdates?: ByName
  readonly KeyConditions?: ByName
  readonly QueryFilter?: ByName
  readonly ScanFilter?: ByName
}

/**
 * The attributes that they name.
 * DIVERGES: DynamoDB takes `a.b` in a legacy parameter for one name; some backends take it for a path, and return a member of `a`. So both
 * count as named.
 */
export function legacyNames(input: LegacyParameters): Set<string> {
  const names = new Set<string>(input.AttributesToGet)
  const { Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter } = input
  for (const byName of [Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter]) {
    for (const name of Object.keys(byName ?? {})) names.add(name)
  }
  for (const name of [...names]) {
    const [first = ''] = name.split(/[.[]/, 1)
    if (first !== '') names.add(first)
  }
  return names
}

/** The values that KeyConditions pins attributes to, by name: by EQ with one value. They all hold together. */
export function legacyPins(conditions: Readonly<Record<string, LegacyCondition>>): ReadonlyMap<string, AttributeValue> {
  const pinned = new Map<string, AttributeValue>()
  for (const [name, { ComparisonOperator, AttributeValueList = [] }] of Object.entries(conditions)) {
    const [value] = AttributeValueList
    if (ComparisonOperator === 'EQ' && AttributeValueList.length === 1 && value !== undefined) pinned.set(name, value)
  }
  return pinned
}
