// Reads a seed file (YAML or JSON): accounts with policies, users and roles. Every mistake is said with file:line:column.
// Policies are written as AWS's JSON, as a text or as the same thing in YAML.
import { BadSettings } from './load.ts'
import { plainOf, readYaml, textOf, textsOf, type YamlFile, type YamlNode } from './yaml-file.ts'

/** The file's contents, checked for shape alone: what AWS's rules say of them is for whoever applies it. */
export interface SeedFile {
  readonly accounts: readonly Fields[]
  /** `file:line:column` of a mapping of the file, or of one of its fields. */
  readonly where: (item: object, field?: string) => string
}
export type Fields = Readonly<Record<string, unknown>>
/** A policy as it stands in the file: its document's text. */
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

/** Rejects BadSettings with every problem, a line each. */
export async function readSeed(name: string, text: string): Promise<SeedFile> {
  const { contents, problems, say } = await readYaml(name, text)
  const places = new Map<object, string>()
  const fieldPlaces = new Map<object, Map<string, string>>()
  const reader = readerOf({
    say,
    place(item, at, field) {
      if (field === undefined) places.set(item, at)
      else fieldPlaces.set(item, (fieldPlaces.get(item) ?? new Map()).set(field, at))
    },
  })
  if (problems.length > 0) throw new BadSettings(problems)
  const whole = contents ?? { kind: 'value', at: `${name}:1:1`, value: null }
  const read = reader(whole, { accounts: [account, 'id', 'name'] }, ['accounts'])
  if (problems.length > 0) throw new BadSettings(problems)
  return {
    accounts: (read as { readonly accounts: readonly Fields[] }).accounts,
    where: (item, field) => fieldPlaces.get(item)?.get(field ?? '') ?? places.get(item) ?? name,
  }
}

interface Notes {
  readonly say: YamlFile['say']
  readonly place: (item: object, at: string, field?: string) => void
}

/** Reads mappings of a shape. What is wrong is said, and read as if it were empty. */
function readerOf({ say, place }: Notes) {
  /** A policy's text: as written when it is a text, as compact JSON when it is written in YAML. */
  function documentText(node: YamlNode, key: string): string {
    const text = textOf(node)
    if (text !== undefined) return text
    if (node.kind === 'mapping') return JSON.stringify(plainOf(node))
    say(node.at, `${key}: must be a policy document, in YAML or as JSON text`)
    return ''
  }

  function readPolicies(node: YamlNode, key: string): readonly FilePolicy[] {
    if (node.kind !== 'mapping') {
      say(node.at, `${key}: must map names to policy documents`)
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
      say(node.at, `${key}: must map keys to texts`)
      return []
    }
    return node.pairs.map((pair) => ({ Key: pair.key, Value: textOf(pair.value) }))
  }

  function readField(node: YamlNode, key: string, shape: Shape): unknown {
    const value = node.kind === 'value' ? node.value : undefined
    switch (shape) {
      case 'text':
        if (typeof value !== 'string' || value === '')
          say(node.at, `${key}: must be a text${typeof value === 'number' ? ': put it in quotes' : ''}`)
        return value
      case 'number':
        if (!Number.isInteger(value) || Number(value) < 0) say(node.at, `${key}: must be a whole number`)
        return value
      case 'texts': {
        const texts = textsOf(node)
        if (texts === undefined) say(node.at, `${key}: must be a list of texts`)
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
          say(node.at, `${key}: must be a list`)
          return []
        }
        return node.items.map((item) => readMap(item, fields, required))
      }
    }
  }

  function readMap(node: YamlNode, shape: Record<string, Shape>, required: readonly string[]): Fields {
    if (node.kind !== 'mapping') {
      say(node.at, `must be a mapping with ${Object.keys(shape).join(', ')}`)
      return {}
    }
    const fields: Record<string, unknown> = {}
    place(fields, node.at)
    for (const { key, at, value } of node.pairs) {
      const wanted = Object.hasOwn(shape, key) ? shape[key] : undefined
      if (wanted === undefined) {
        say(at, `${key}: no such field; there are ${Object.keys(shape).join(', ')}`)
        continue
      }
      place(fields, at, key)
      fields[key] = readField(value, key, wanted)
    }
    for (const name of required) if (!Object.hasOwn(fields, name)) say(node.at, `${name} is missing`)
    return fields
  }

  return readMap
}
