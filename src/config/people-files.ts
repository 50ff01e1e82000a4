// Which files and variables the `people:` section of a file names. The command reads them and sends their contents with the file:
// a server opens no file because a section says so.
import type { YamlNode } from './yaml-file.ts'

export interface Named {
  readonly name: string
  /** `file:line:column` of where it is named. */
  readonly at: string
}

export interface NamedInPeople {
  readonly files: readonly Named[]
  readonly variables: readonly Named[]
}

/** The strings of members that end in `-file` and `-env`, of connectors and targets. */
export function namedInPeople(contents: YamlNode | undefined): NamedInPeople {
  const files: Named[] = []
  const variables: Named[] = []
  const people = memberOf(contents, 'people')
  for (const list of [memberOf(people, 'connectors'), memberOf(people, 'targets')]) {
    for (const item of list?.kind === 'list' ? list.items : []) {
      for (const { key, value } of item.kind === 'mapping' ? item.pairs : []) {
        if (value.kind !== 'value' || typeof value.value !== 'string' || value.value === '') continue
        if (key.endsWith('-file')) files.push({ name: value.value, at: value.at })
        if (key.endsWith('-env')) variables.push({ name: value.value, at: value.at })
      }
    }
  }
  return { files, variables }
}

const memberOf = (node: YamlNode | undefined, name: string): YamlNode | undefined =>
  node?.kind === 'mapping' ? node.pairs.find(({ key }) => key === name)?.value : undefined
