// Short forms for the tests of expressions.
import type { AttributeValue } from '../../attribute-value.ts'
import { parseCondition } from '../condition.ts'
import { parseProjection } from '../projection.ts'
import type { Parsed } from '../reading.ts'
import { readSubstitutions, type Substitutions } from '../substitutions.ts'
import type { Condition, Projection, Update } from '../tree.ts'
import { parseUpdate } from '../update.ts'

type Names = Readonly<Record<string, string>>
type Values = Readonly<Record<string, AttributeValue>>

export function substitutions(names?: Names, values?: Values): Substitutions {
  const read = readSubstitutions(names, values)
  if ('wrong' in read) throw new Error(read.wrong)
  return read.substitutions
}

/** Defines every placeholder that the text has: `#x` as `x`, `:x` as the text `x`. */
export function definedBy(text: string): Substitutions {
  const found = (form: RegExp) => [...new Set(text.match(form) ?? [])]
  const names = found(/#\w+/g).map((placeholder) => [placeholder, placeholder.slice(1)] as const)
  const values = found(/:\w+/g).map((placeholder) => [placeholder, { S: placeholder.slice(1) }] as const)
  return substitutions(
    names.length === 0 ? undefined : Object.fromEntries(names),
    values.length === 0 ? undefined : Object.fromEntries(values),
  )
}

function parsed<T>(result: Parsed<T>): T {
  if ('wrong' in result) throw new Error(result.wrong)
  return result.parsed
}

export const condition = (text: string, given: Substitutions = definedBy(text)): Condition =>
  parsed(parseCondition('FilterExpression', text, given))
export const projection = (text: string, given: Substitutions = definedBy(text)): Projection =>
  parsed(parseProjection(text, given))
export const update = (text: string, given: Substitutions = definedBy(text)): Update => parsed(parseUpdate(text, given))

/** What is wrong, without the name of the expression before it; undefined where nothing is. */
export const wrongOf = (result: Parsed<unknown>): string | undefined =>
  'wrong' in result ? result.wrong.replace(/^Invalid \w+: /, '') : undefined
