// The part of JSON Schema (2020-12) that an API of ours is described with: from one schema come the type, the reader of requests, and
// what an OpenAPI document says.
import type { Json } from './json-text.ts'

interface Described {
  readonly description?: string
}
export interface TextSchema extends Described {
  readonly type: 'string'
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: 'date-time' | 'uri'
}
export interface IntegerSchema extends Described {
  readonly type: 'integer'
  readonly minimum?: number
  readonly maximum?: number
}
export interface BooleanSchema extends Described {
  readonly type: 'boolean'
}
export interface ListSchema extends Described {
  readonly type: 'array'
  readonly items: Schema
}
export interface ObjectSchema extends Described {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, Schema>>
  readonly required: readonly string[]
  readonly additionalProperties: false
}
export type Schema = TextSchema | IntegerSchema | BooleanSchema | ListSchema | ObjectSchema

/** What a value of the schema is. */
export type Of<S> = S extends { readonly type: 'string' }
  ? string
  : S extends { readonly type: 'integer' }
    ? number
    : S extends { readonly type: 'boolean' }
      ? boolean
      : S extends { readonly type: 'array'; readonly items: infer Item }
        ? readonly Of<Item>[]
        : S extends { readonly properties: infer Members; readonly required: readonly (infer Needed)[] }
          ? { readonly [Name in keyof Members as Name extends Needed ? Name : never]: Of<Members[Name]> } & {
              readonly [Name in keyof Members as Name extends Needed ? never : Name]?: Of<Members[Name]>
            }
          : never

/** An object of these members and no others. */
export const object = <
  const Members extends Readonly<Record<string, Schema>>,
  const Needed extends readonly (keyof Members & string)[],
>(
  properties: Members,
  required: Needed,
) => ({ type: 'object', properties, required, additionalProperties: false }) as const

/**
 * Reads a value: what is wrong with it, or the value. INVARIANT: members that the schema does not have are refused, and what was sent
 * is never in the words: it may be a password.
 */
export function readAs<S extends Schema>(
  schema: S,
  json: Json,
): { readonly value: Of<S> } | { readonly wrong: string } {
  const read = readAt(schema, json, '')
  return 'wrong' in read ? read : { value: read.value as Of<S> }
}

type Read = { readonly value: unknown } | { readonly wrong: string }

function readAt(schema: Schema, json: Json, at: string): Read {
  const problem = (what: string): Read => ({ wrong: at === '' ? `the body ${what}` : `${at} ${what}` })
  switch (schema.type) {
    case 'string': {
      if (typeof json !== 'string') return problem('is not a string')
      const { minLength = 0, maxLength, pattern } = schema
      if (json.length < minLength) return problem('is empty')
      if (maxLength !== undefined && json.length > maxLength) return problem(`is longer than ${maxLength}`)
      if (pattern !== undefined && !new RegExp(pattern, 'u').test(json)) return problem(`does not match ${pattern}`)
      return { value: json }
    }
    case 'integer': {
      const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema
      if (typeof json !== 'number' || !Number.isSafeInteger(json)) return problem('is not a whole number')
      return json < minimum || json > maximum ? problem(`is not from ${minimum} to ${maximum}`) : { value: json }
    }
    case 'boolean':
      return typeof json === 'boolean' ? { value: json } : problem('is neither true nor false')
    case 'array': {
      if (!Array.isArray(json)) return problem('is not a list')
      const items: unknown[] = []
      for (const [index, item] of (json as readonly Json[]).entries()) {
        const read = readAt(schema.items, item, `${at}[${index}]`)
        if ('wrong' in read) return read
        items.push(read.value)
      }
      return { value: items }
    }
    case 'object':
      return json instanceof Map ? readMembers(schema, json, at) : problem('is not an object')
  }
}

function readMembers({ properties, required }: ObjectSchema, json: ReadonlyMap<string, Json>, at: string): Read {
  const path = (name: string) => (at === '' ? name : `${at}.${name}`)
  const missing = required.find((name) => !json.has(name))
  if (missing !== undefined) return { wrong: `${path(missing)} is missing` }
  const value: Record<string, unknown> = {}
  for (const [name, member] of json) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (schema === undefined) return { wrong: `${at === '' ? 'the body' : at} has a member that is not known here` }
    const read = readAt(schema, member, path(name))
    if ('wrong' in read) return read
    value[name] = read.value
  }
  return { value }
}
