// Shapes that the write-time checks of every kind of policy share.
import { isOperator } from './conditions.ts'
import type { Json, Statement } from './document.ts'

/** The text of a MalformedPolicyDocument error. */
export interface Malformed {
  readonly message: string
}

export const refuse = (message: string): Malformed => ({ message })

/** Strings of an element; null members are skipped. Undefined for other shapes. */
export function elementStrings(json: Json | undefined, nullable = false): readonly string[] | undefined {
  if (json?.type === 'string') return [json.text]
  if (json?.type !== 'array') return undefined
  const strings: string[] = []
  for (const item of json.items) {
    if (item.type === 'string') strings.push(item.text)
    else if (item.type !== 'null' || !nullable) return undefined
  }
  return strings
}

/** Whether a Condition element has AWS's shape: operators that exist, over keys, over scalars or lists of them. */
export function isConditionShape(json: Json | undefined): boolean {
  if (json === undefined) return true
  if (json.type !== 'object') return false
  for (const [operator, keys] of json.members) {
    if (keys.type !== 'object') return false
    if (keys.members.size > 0 && !isOperator(operator)) return false
    for (const value of keys.members.values()) {
      for (const item of value.type === 'array' ? value.items : [value])
        if (item.type === 'object' || item.type === 'array' || item.type === 'null') return false
    }
  }
  return true
}

/** An element that is one string. */
export const text = (statement: Statement, name: string) => {
  const json = statement.elements.get(name)
  return json?.type === 'string' ? json.text : undefined
}
