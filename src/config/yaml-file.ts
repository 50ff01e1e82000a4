// Reads a YAML (or JSON) file of an operator as values with their places: settings, seeds and the file about identity
// providers. It accepts one YAML 1.2 document, without aliases and custom tags.
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
  /** In the file's order; no key is repeated. */
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
  /** A line with its place for each problem; readers add theirs with `report`. */
  readonly problems: readonly string[]
  readonly report: (at: string, problem: string) => void
}

/** Reads a file's text, and lists in `problems` what is wrong with it. */
export async function readYaml(name: string, text: string): Promise<YamlFile> {
  const problems: string[] = []
  // A message may quote the file, and a terminal would obey the control characters in it.
  const report = (at: string, problem: string) => void problems.push(`${at}: ${problem.replace(/\p{Cc}/gu, '\ufffd')}`)
  // Loaded only when there is a file to read: a server without one saves 14 MB.
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  const nul = text.indexOf('\0')
  if (nul >= 0) {
    report(placeIn(name, text, nul), 'the file is not text')
    return { problems, report }
  }
  // The parser compares each key with all before it, which takes a server minutes for a megabyte, and takes 1 and "1" for two keys.
  const document = yaml.parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  // The parser tells each of its recursion's ends as a mistake of the file.
  const tooDeep = document.errors.find(({ message }) => /maximum call stack|stack overflow/i.test(message))
  if (tooDeep !== undefined) {
    report(`${name}:1:1`, 'nested too deeply')
    return { problems, report }
  }
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    report(at(pos[0]), unquoted.get(code) ?? message)
  }
  const contents =
    problems.length > 0 || document.contents === null ? undefined : nodeOf(yaml, document.contents, at, report)
  return contents === undefined || problems.length > 0 ? { problems, report } : { contents, problems, report }
}

/** Our messages for mistakes whose own messages quote the file, by the parser's code: the quote may be a secret. */
const unquoted: ReadonlyMap<string, string> = new Map([
  ['BAD_DIRECTIVE', 'directives are not supported'],
  ['BAD_SCALAR_START', 'a plain string cannot begin like this: quote it'],
  ['MULTIPLE_DOCS', 'must be one document'],
  ['TAG_RESOLVE_FAILED', 'tags are not supported: quote a string that begins with !'],
  ['UNEXPECTED_TOKEN', 'unexpected text'],
])

/** The place of an offset in a text that the parser has not split into lines. */
function placeIn(name: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `${name}:${before.length}:${(before.at(-1) ?? '').length + 1}`
}

type Place = (offset: number) => string

function nodeOf(yaml: typeof Yaml, root: Yaml.Node, at: Place, report: YamlFile['report']): YamlNode {
  const read = (node: unknown, fallbackPlace: string): YamlNode => {
    const start = (node as Yaml.Node | null)?.range?.[0]
    const place = start === undefined ? fallbackPlace : at(start)
    if (yaml.isMap(node)) {
      const seen = new Set<string>()
      return {
        kind: 'mapping',
        at: place,
        pairs: node.items.map((pair) => {
          const { key, at } = keyOf(pair.key, place)
          if (seen.has(key)) report(at, 'Map keys must be unique')
          seen.add(key)
          return { key, at, value: read(pair.value, at) }
        }),
      }
    }
    if (yaml.isSeq(node)) return { kind: 'list', at: place, items: node.items.map((item) => read(item, place)) }
    // An alias can make a small file expand to a large one, and its values have no place of their own.
    if (yaml.isAlias(node)) report(place, 'aliases are not supported')
    return { kind: 'value', at: place, value: yaml.isScalar(node) ? node.value : null }
  }
  const keyOf = (key: unknown, fallbackPlace: string) => {
    const start = (key as Yaml.Node | null)?.range?.[0]
    const place = start === undefined ? fallbackPlace : at(start)
    if (!yaml.isScalar(key)) report(place, 'a key must be a string')
    // The source text, so that an id keeps its zeros.
    const written = yaml.isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : ''
    return { key: written, at: place }
  }
  return read(root, at(0))
}

/** A node as a plain JSON value. */
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

/** A node's string; undefined for any other node. */
export const textOf = (node: YamlNode): string | undefined =>
  node.kind === 'value' && typeof node.value === 'string' ? node.value : undefined

/** The strings of a list of strings; undefined for any other node. */
export function textsOf(node: YamlNode): readonly string[] | undefined {
  if (node.kind !== 'list') return undefined
  const texts = node.items.map(textOf)
  return texts.every((text) => text !== undefined) ? texts : undefined
}
