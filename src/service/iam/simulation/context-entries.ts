// Context entries of a simulation: typed values (IAM API Reference, "ContextEntry"), and which context keys the policies
// of a simulation mention.
import { isIP } from 'node:net'
import { foldCase } from '../../../core/policy/casing.ts'
import type { Json } from '../../../core/policy/document.ts'
import { readDocument } from '../../../core/policy/document.ts'
import { invalidInput } from '../../principals/refusals.ts'

interface GivenEntry {
  readonly ContextKeyName?: string | undefined
  readonly ContextKeyValues?: readonly string[] | undefined
  readonly ContextKeyType?: string | undefined
}

const isAddress = (text: string) => {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

const isBase64 = (text: string) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0

/** What a value of each type may be. */
const TYPES: Readonly<Record<string, (value: string) => boolean>> = {
  string: () => true,
  numeric: (value) => /^[+-]?\d+(?:\.\d+)?$/.test(value),
  boolean: (value) => /^(?:true|false)$/i.test(value),
  ip: isAddress,
  binary: isBase64,
  date: (value) => /^\d+$/.test(value) || (/^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value))),
}

/** The entries as context keys: lists stay lists, others are one value. @throws InvalidInput */
export function readEntries(entries: readonly GivenEntry[]): Map<string, string | readonly string[]> {
  const keys = new Map<string, string | readonly string[]>()
  for (const { ContextKeyName: name = '', ContextKeyValues: values = [], ContextKeyType: given } of entries) {
    if (name === '' || given === undefined) throw invalidInput('Each context entry needs a name and a type.')
    const many = given.endsWith('List')
    const type = many ? given.slice(0, -'List'.length) : given
    // A type is what the caller wrote: `constructor` is none.
    const fits = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
    if (fits === undefined) throw invalidInput(`Invalid context key type ${given} for ${name}.`)
    if (!many && values.length !== 1)
      throw invalidInput(`Context key ${name} of type ${given} must have exactly one value.`)
    if (!values.every(fits)) throw invalidInput(`Invalid value for context key ${name} of type ${given}.`)
    const key = foldCase(name)
    if (keys.has(key)) throw invalidInput(`Duplicate context key ${name}.`)
    keys.set(key, many ? values : (values[0] ?? ''))
  }
  return keys
}

/** Every context key that a policy's conditions and variables name, as written first, in order. */
export function mentionedKeys(texts: readonly string[]): string[] {
  const names = new Map<string, string>()
  const note = (name: string) => {
    if (!names.has(foldCase(name))) names.set(foldCase(name), name)
  }
  for (const text of texts) {
    const document = readDocument(text)
    if ('error' in document) continue
    for (const { elements } of document.statements) {
      for (const name of ['Resource', 'NotResource', 'Condition']) {
        for (const string of stringsWithin(elements.get(name))) for (const key of variablesIn(string)) note(key)
      }
      const condition = elements.get('Condition')
      if (condition?.type !== 'object') continue
      for (const keys of condition.members.values())
        if (keys.type === 'object') for (const key of keys.members.keys()) note(key)
    }
  }
  return [...names.values()]
}

/** Names of variables: not the escapes of the characters `*`, `?` and `$`. */
const variablesIn = (text: string) => [...text.matchAll(/\$\{([^*?$},\s][^},\s]*)/g)].map((match) => match[1] as string)

function stringsWithin(json: Json | undefined): string[] {
  if (json === undefined) return []
  if (json.type === 'string') return [json.text]
  if (json.type === 'array') return json.items.flatMap(stringsWithin)
  if (json.type === 'object') return [...json.members.values()].flatMap(stringsWithin)
  return []
}
