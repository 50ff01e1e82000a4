// Reads a seed file (YAML or JSON): accounts with policies, users and roles. Every mistake is said with file:line:column.
// Policies are written as AWS's JSON, as a text or as the same thing in YAML.
import type { Node, Pair } from 'yaml'
import { BadSettings } from './load.ts'

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
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const problems: string[] = []
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  const places = new Map<object, string>()
  const fieldPlaces = new Map<object, Map<string, string>>()
  const start = (node: unknown) => (node as Node | null)?.range?.[0] ?? 0
  const reader = readerOf(yaml, {
    say: (node, problem) => void problems.push(`${at(start(node))}: ${problem}`),
    place(item, node, field) {
      if (field === undefined) places.set(item, at(start(node)))
      else fieldPlaces.set(item, (fieldPlaces.get(item) ?? new Map()).set(field, at(start(node))))
    },
  })
  for (const error of document.errors) problems.push(`${at(error.pos[0])}: ${error.message.split('\n')[0]}`)
  const read = problems.length > 0 ? {} : reader(document.contents, { accounts: [account, 'id', 'name'] }, ['accounts'])
  if (problems.length > 0) throw new BadSettings(problems)
  return {
    accounts: (read as { readonly accounts: readonly Fields[] }).accounts,
    where: (item, field) => fieldPlaces.get(item)?.get(field ?? '') ?? places.get(item) ?? name,
  }
}

interface Notes {
  readonly say: (node: unknown, problem: string) => void
  readonly place: (item: object, node: unknown, field?: string) => void
}

/** Reads mappings of a shape. What is wrong is said, and read as if it were empty. */
function readerOf({ isMap, isScalar, isSeq }: typeof import('yaml'), { say, place }: Notes) {
  const textOf = (node: unknown) => (isScalar(node) && typeof node.value === 'string' ? node.value : undefined)

  /** A policy's text: as written when it is a text, as compact JSON when it is written in YAML. */
  function documentText(node: unknown, key: string): string {
    const text = textOf(node)
    if (text !== undefined) return text
    if (isMap(node)) return JSON.stringify(node.toJSON())
    say(node, `${key}: must be a policy document, in YAML or as JSON text`)
    return ''
  }

  function readPolicies(node: unknown, key: string): readonly FilePolicy[] {
    if (!isMap(node)) {
      say(node, `${key}: must map names to policy documents`)
      return []
    }
    return node.items.map((pair) => {
      const policy = { name: String((pair.key as { value: unknown }).value), text: documentText(pair.value, key) }
      place(policy, pair.key)
      return policy
    })
  }

  function readField(node: Node | null, key: string, shape: Shape): unknown {
    const value = isScalar(node) ? node.value : undefined
    switch (shape) {
      case 'text':
        if (typeof value !== 'string' || value === '')
          say(node, `${key}: must be a text${typeof value === 'number' ? ': put it in quotes' : ''}`)
        return value
      case 'number':
        if (!Number.isInteger(value) || Number(value) < 0) say(node, `${key}: must be a whole number`)
        return value
      case 'texts':
        if (!isSeq(node) || !node.items.every((item) => textOf(item) !== undefined)) {
          say(node, `${key}: must be a list of texts`)
          return []
        }
        return node.toJSON()
      case 'document':
        return documentText(node, key)
      case 'tags':
        if (!isMap(node) || !node.items.every((pair) => textOf(pair.value) !== undefined)) {
          say(node, `${key}: must map keys to texts`)
          return []
        }
        return node.items.map((pair) => ({
          Key: String((pair.key as { value: unknown }).value),
          Value: textOf(pair.value),
        }))
      case 'policies':
        return readPolicies(node, key)
      default: {
        const [fields, ...required] = shape
        if (!isSeq(node)) {
          say(node, `${key}: must be a list`)
          return []
        }
        return node.items.map((item) => readMap(item, fields, required))
      }
    }
  }

  function readMap(node: unknown, shape: Record<string, Shape>, required: readonly string[]): Fields {
    if (!isMap(node)) {
      say(node, `must be a mapping with ${Object.keys(shape).join(', ')}`)
      return {}
    }
    const fields: Record<string, unknown> = {}
    place(fields, node)
    for (const pair of node.items as Pair<Node, Node>[]) {
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      const wanted = Object.hasOwn(shape, key) ? shape[key] : undefined
      if (wanted === undefined) {
        say(pair.key, `${key}: no such field; there are ${Object.keys(shape).join(', ')}`)
        continue
      }
      place(fields, pair.key, key)
      fields[key] = readField(pair.value, key, wanted)
    }
    for (const name of required) if (!Object.hasOwn(fields, name)) say(node, `${name} is missing`)
    return fields
  }

  return readMap
}
