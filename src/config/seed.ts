// Reads a seed file (YAML or JSON): accounts with policies, users and roles. Every mistake is said with file:line:column.
// Policies are written as AWS's JSON, as a text or as the same thing in YAML.
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { BadSettings } from './load.ts'

/** The file's contents, checked for shape alone: what AWS's rules say of them is for whoever applies it. */
export interface SeedFile {
  readonly accounts: readonly Fields[]
}
export type Fields = Readonly<Record<string, unknown>>

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

/** @throws BadSettings with every problem, a line each. */
export function readSeed(name: string, text: string): SeedFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const problems: string[] = []
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const say = (node: unknown, problem: string) => {
    problems.push(`${at((node as Node | null)?.range?.[0] ?? 0)}: ${problem}`)
  }
  for (const error of document.errors) problems.push(`${at(error.pos[0])}: ${error.message.split('\n')[0]}`)
  const read =
    problems.length > 0 ? {} : readMap(document.contents, { accounts: [account, 'id', 'name'] }, ['accounts'], say)
  if (problems.length > 0) throw new BadSettings(problems)
  return read as unknown as SeedFile
}

type Say = (node: unknown, problem: string) => void

function readMap(node: unknown, shape: Record<string, Shape>, required: readonly string[], say: Say): Fields {
  if (!isMap(node)) {
    say(node, `must be a mapping with ${Object.keys(shape).join(', ')}`)
    return {}
  }
  const fields: Record<string, unknown> = {}
  for (const pair of (node as YAMLMap).items as Pair<Node, Node>[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : ''
    const wanted = Object.hasOwn(shape, key) ? shape[key] : undefined
    if (wanted === undefined) say(pair.key, `${key}: no such field; there are ${Object.keys(shape).join(', ')}`)
    else fields[key] = readField(pair.value, key, wanted, say)
  }
  for (const name of required) if (!Object.hasOwn(fields, name)) say(node, `${name} is missing`)
  return fields
}

function readField(node: Node | null, key: string, shape: Shape, say: Say): unknown {
  const value = isScalar(node) ? node.value : undefined
  switch (shape) {
    case 'text':
      if (typeof value !== 'string')
        say(node, `${key}: must be a text${typeof value === 'number' ? ': put it in quotes' : ''}`)
      return value
    case 'number':
      if (!Number.isInteger(value)) say(node, `${key}: must be a whole number`)
      return value
    case 'texts':
      if (!isSeq(node) || !node.items.every((item) => isScalar(item) && typeof item.value === 'string')) {
        say(node, `${key}: must be a list of texts`)
        return []
      }
      return node.toJSON()
    case 'document':
      return documentText(node, key, say)
    case 'tags':
      if (!isMap(node) || !node.items.every(({ value }) => isScalar(value) && typeof value.value === 'string')) {
        say(node, `${key}: must map keys to texts`)
        return []
      }
      return node.items.map(({ key, value }) => ({
        Key: String((key as { value: unknown }).value),
        Value: (value as { value: string }).value,
      }))
    case 'policies':
      if (!isMap(node)) {
        say(node, `${key}: must map names to policy documents`)
        return []
      }
      return node.items.map((pair) => ({
        name: String((pair.key as { value: unknown }).value),
        text: documentText(pair.value as Node | null, key, say),
      }))
    default: {
      const [fields, ...required] = shape
      if (!isSeq(node)) {
        say(node, `${key}: must be a list`)
        return []
      }
      return node.items.map((item) => readMap(item, fields, required, say))
    }
  }
}

/** A policy's text: as written when it is a text, as compact JSON when it is written in YAML. */
function documentText(node: Node | null, key: string, say: Say): string {
  if (isScalar(node) && typeof node.value === 'string') return node.value
  if (isMap(node)) return JSON.stringify(node.toJSON())
  say(node, `${key}: must be a policy document, in YAML or as JSON text`)
  return ''
}
