// A YAML (or JSON) file that an operator wrote, as values with their places: what settings, seeds and the file about
// identity providers are read from. Of YAML 1.2, one document without aliases and tags of its own.
import type * as Yaml from 'yaml'

/** A node of the file. `at` is `file:line:column`. */
export type YamlNode = YamlValue | YamlList | YamlMapping

export interface YamlValue {
  readonly kind: 'value'
  readonly at: string
  readonly value: unknown
}

export interface YamlList {
  readonly kind: 'list'
  readonly at: string
  readonly items: readonly YamlNode[]
}

export interface YamlMapping {
  readonly kind: 'mapping'
  readonly at: string
  /** In the file's order; no key stands twice. */
  readonly pairs: readonly YamlPair[]
}

export interface YamlPair {
  readonly key: string
  readonly at: string
  readonly value: YamlNode
}

export interface YamlFile {
  /** Absent when the file is empty, or there are problems. */
  readonly contents?: YamlNode
  /** A line each, with where it stands; readers add theirs by `say`. */
  readonly problems: readonly string[]
  readonly say: (at: string, problem: string) => void
}

/** Reads a file's text. What is wrong with it is in `problems`. */
export async function readYaml(name: string, text: string): Promise<YamlFile> {
  const problems: string[] = []
  // What is said may repeat what stands in the file, and a terminal does what control characters say.
  const say = (at: string, problem: string) => void problems.push(`${at}: ${problem.replace(/\p{Cc}/gu, '\ufffd')}`)
  // Loaded when there is a file to read: it costs a server without one 14 MB.
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  const foreign = text.indexOf('\0')
  if (foreign >= 0) {
    say(placeIn(name, text, foreign), 'is not a text')
    return { problems, say }
  }
  const document = yaml.parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    say(at(pos[0]), unquoted.get(code) ?? message)
  }
  const contents =
    problems.length > 0 || document.contents === null ? undefined : nodeOf(yaml, document.contents, at, say)
  return contents === undefined || problems.length > 0 ? { problems, say } : { contents, problems, say }
}

/** Mistakes whose messages quote the file, by the parser's code: what stands there may be a secret. */
const unquoted: ReadonlyMap<string, string> = new Map([
  ['BAD_DIRECTIVE', 'directives are not read'],
  ['BAD_SCALAR_START', 'a plain text cannot begin so: quote it'],
  ['MULTIPLE_DOCS', 'must be one document'],
  ['TAG_RESOLVE_FAILED', 'tags are not read: quote a text that begins with !'],
  ['UNEXPECTED_TOKEN', 'what stands here does not belong here'],
])

/** Of a file that is not parsed, and so has no lines yet. */
function placeIn(name: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `${name}:${before.length}:${(before.at(-1) ?? '').length + 1}`
}

type Place = (offset: number) => string

function nodeOf(yaml: typeof Yaml, root: Yaml.Node, at: Place, say: YamlFile['say']): YamlNode {
  const read = (node: unknown, otherwise: string): YamlNode => {
    const start = (node as Yaml.Node | null)?.range?.[0]
    const place = start === undefined ? otherwise : at(start)
    if (yaml.isMap(node)) {
      return {
        kind: 'mapping',
        at: place,
        pairs: node.items.map((pair) => {
          const { key, at } = keyOf(pair.key, place)
          return { key, at, value: read(pair.value, at) }
        }),
      }
    }
    if (yaml.isSeq(node)) return { kind: 'list', at: place, items: node.items.map((item) => read(item, place)) }
    // An alias makes a small file a large one, and no place is its own.
    if (yaml.isAlias(node)) say(place, 'aliases are not read')
    return { kind: 'value', at: place, value: yaml.isScalar(node) ? node.value : null }
  }
  const keyOf = (key: unknown, otherwise: string) => {
    const start = (key as Yaml.Node | null)?.range?.[0]
    const place = start === undefined ? otherwise : at(start)
    if (!yaml.isScalar(key)) say(place, 'a key must be a text')
    // As it is written: an id keeps its zeros.
    const written = yaml.isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : ''
    return { key: written, at: place }
  }
  return read(root, at(0))
}

/** A node as JSON would have it. */
export function plainOf(node: YamlNode): unknown {
  switch (node.kind) {
    case 'value':
      return node.value
    case 'list':
      return node.items.map(plainOf)
    default:
      return Object.fromEntries(node.pairs.map(({ key, value }) => [key, plainOf(value)]))
  }
}

/** A node's text; undefined when it is something else. */
export const textOf = (node: YamlNode): string | undefined =>
  node.kind === 'value' && typeof node.value === 'string' ? node.value : undefined

/** The texts of a list of them; undefined when it is something else. */
export function textsOf(node: YamlNode): readonly string[] | undefined {
  if (node.kind !== 'list') return undefined
  const texts = node.items.map(textOf)
  return texts.every((text) => text !== undefined) ? texts : undefined
}
