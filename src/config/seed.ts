// Reads the accounts of a seed file (YAML or JSON), with policies, users and roles. Every mistake is reported with its
// file:line:column. A policy is AWS's JSON, in a string or written as YAML.
import { plainOf, textOf, textsOf, type YamlFile, type YamlNode } from './yaml-file.ts'

/** The file's contents. Only their shape is checked: `applySeed` checks AWS's rules. */
export interface SeedFile {
  readonly accounts: readonly Fields[]
  /** `file:line:column` of a mapping of the file, or of one of its fields. */
  readonly where: (item: object, field?: string) => string
}
export type Fields = Readonly<Record<string, unknown>>
/** A policy in the file: its name and its document's text. */
export interface FilePolicy {
  readonly name: string
  readonly text: string
}

type Shape =
  | 'text'
  | 'number'
  | 'document'
  | 'texts'
  | 'tags'
  | 'policies'
  | readonly [Record<string, Shape>, ...string[]]

const holder = {
  name: 'text',
  path: 'text',
  tags: 'tags',
  policies: 'policies',
  attach: 'texts',
  boundary: 'text',
} as const
const user: Record<string, Shape> = { ...holder, 'access-keys': 'number' }
const role: Record<string, Shape> = {
  ...holder,
  trust: 'document',
  description: 'text',
  'max-session-duration': 'number',
}
const account: Record<string, Shape> = {
  id: 'text',
  name: 'text',
  policies: 'policies',
  users: [user, 'name'],
  roles: [role, 'name', 'trust'],
}

/** The name of the file's other section, which has a reader of its own (service/people/table/file). */
const PEOPLE = 'people'

/** Reads the file's accounts, and reports what is wrong with them. A file about people alone has none. */
export function readSeed(name: string, { contents, report }: YamlFile): SeedFile {
  const places = new Map<object, string>()
  const fieldPlaces = new Map<object, Map<string, string>>()
  const reader = readerOf({
    report,
    place(item, at, field) {
      if (field === undefined) places.set(item, at)
      else fieldPlaces.set(item, (fieldPlaces.get(item) ?? new Map()).set(field, at))
    },
  })
  const whole = contents ?? { kind: 'value', at: `${name}:1:1`, value: null }
  const pairs = whole.kind === 'mapping' ? whole.pairs : []
  const required = pairs.some(({ key }) => key === PEOPLE) ? [] : ['accounts']
  const accounts: YamlNode =
    whole.kind === 'mapping' ? { ...whole, pairs: pairs.filter(({ key }) => key !== PEOPLE) } : whole
  const read = reader(accounts, { accounts: [account, 'id', 'name'] }, required)
  return {
    accounts: (read as { readonly accounts?: readonly Fields[] }).accounts ?? [],
    where: (item, field) => fieldPlaces.get(item)?.get(field ?? '') ?? places.get(item) ?? name,
  }
}

interface Notes {
  readonly report: YamlFile['report']
  readonly place: (item: object, at: string, field?: string) => void
}

/** Reads mappings of a shape. It reports what is wrong, and reads it as if it were empty. */
function readerOf({ report, place }: Notes) {
  /** A policy's text: a string unchanged, a YAML mapping as compact JSON. */
  function documentText(node: YamlNode, key: string): string {
    const text = textOf(node)
    if (text !== undefined) return text
    if (node.kind === 'mapping') return JSON.stringify(plainOf(node))
    report(node.at, `${key}: must be a policy document, in YAML or as a JSON string`)
    return ''
  }

  function readPolicies(node: YamlNode, key: string): readonly FilePolicy[] {
    if (node.kind !== 'mapping') {
      report(node.at, `${key}: must map names to policy documents`)
      return []
    }
    return node.pairs.map((pair) => {
      const policy = { name: pair.key, text: documentText(pair.value, key) }
      place(policy, pair.at)
      return policy
    })
  }

  function readTags(node: YamlNode, key: string) {
    if (node.kind !== 'mapping' || !node.pairs.every(({ value }) => textOf(value) !== undefined)) {
      report(node.at, `${key}: must map keys to strings`)
      return []
    }
    return node.pairs.map((pair) => ({ Key: pair.key, Value: textOf(pair.value) }))
  }

  function readField(node: YamlNode, key: string, shape: Shape): unknown {
    const value = node.kind === 'value' ? node.value : undefined
    switch (shape) {
      case 'text':
        if (typeof value !== 'string' || value === '')
          report(node.at, `${key}: must be a string${typeof value === 'number' ? ': put it in quotes' : ''}`)
        return value
      case 'number':
        if (!Number.isInteger(value) || Number(value) < 0) report(node.at, `${key}: must be a whole number`)
        return value
      case 'texts': {
        const texts = textsOf(node)
        if (texts === undefined) report(node.at, `${key}: must be a list of strings`)
        return texts ?? []
      }
      case 'document':
        return documentText(node, key)
      case 'tags':
        return readTags(node, key)
      case 'policies':
        return readPolicies(node, key)
      default: {
        const [fields, ...required] = shape
        if (node.kind !== 'list') {
          report(node.at, `${key}: must be a list`)
          return []
        }
        return node.items.map((item) => readMap(item, fields, required))
      }
    }
  }

  function readMap(node: YamlNode, shape: Record<string, Shape>, required: readonly string[]): Fields {
    if (node.kind !== 'mapping') {
      report(node.at, `must be a mapping with ${Object.keys(shape).join(', ')}`)
      return {}
    }
    const fields: Record<string, unknown> = {}
    place(fields, node.at)
    for (const { key, at, value } of node.pairs) {
      const fieldShape = Object.hasOwn(shape, key) ? shape[key] : undefined
      if (fieldShape === undefined) {
        report(at, `${key}: no such field; the fields are ${Object.keys(shape).join(', ')}`)
        continue
      }
      place(fields, at, key)
      fields[key] = readField(value, key, fieldShape)
    }
    for (const name of required) if (!Object.hasOwn(fields, name)) report(node.at, `${name} is missing`)
    return fields
  }

  return readMap
}
