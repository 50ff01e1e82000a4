// A value that a command line made, as what a file would have said: so that one reader checks both.
import type { YamlFile, YamlNode } from './yaml-file.ts'

/** The places are ''. */
export function plainFile(value: unknown): YamlFile {
  const problems: string[] = []
  return {
    contents: nodeOf(value),
    problems,
    report: (at, problem) => void problems.push(`${at}: ${problem}`),
  }
}

function nodeOf(value: unknown): YamlNode {
  if (Array.isArray(value)) return { kind: 'list', at: '', items: value.map(nodeOf) }
  if (typeof value !== 'object' || value === null) return { kind: 'value', at: '', value }
  const pairs = Object.entries(value).map(([key, inner]) => ({ key, at: '', value: nodeOf(inner) }))
  return { kind: 'mapping', at: '', pairs }
}
