// Reads members of an operator's file (yaml-file.ts). Each reader reports what is wrong with its place, and then returns something
// harmless, so that one reading finds every mistake. No report quotes a value: it may be a secret in the wrong place.
import { rangeProblem } from '../core/range-text.ts'
import { textOf, textsOf, type YamlFile, type YamlNode } from './yaml-file.ts'

/** A mapping of the file. */
export interface Section {
  /** `providers[0]`; '' for the whole file. */
  readonly path: string
  readonly at: string
  /** `at` is the member's key. */
  readonly members: ReadonlyMap<string, { readonly at: string; readonly value: YamlNode }>
}

export type MemberReaders = ReturnType<typeof memberReaders>

export function memberReaders(report: YamlFile['report']) {
  const pathOf = ({ path }: Section, name: string) => (path === '' ? name : `${path}.${name}`)
  const placeOf = ({ at, members }: Section, name: string) => members.get(name)?.value.at ?? at
  const problem = (section: Section, name: string, says: string) =>
    report(placeOf(section, name), `${pathOf(section, name)}: ${says}`)
  const wrong = (section: Section, name: string, expected: string) => problem(section, name, `must be ${expected}`)

  function text(section: Section, name: string, required?: 'must'): string | undefined {
    const value = section.members.get(name)?.value
    const read = value === undefined ? undefined : textOf(value)
    if (read !== undefined && read !== '') return read
    if (value !== undefined) {
      const isNumber = value.kind === 'value' && typeof value.value === 'number'
      wrong(section, name, isNumber ? 'a string: put it in quotes' : 'a string')
    } else if (required !== undefined) wrong(section, name, 'given')
    return undefined
  }

  function texts(section: Section, name: string): readonly string[] | undefined {
    const value = section.members.get(name)?.value
    if (value === undefined) return undefined
    const read = textsOf(value)
    if (read === undefined) wrong(section, name, 'a list of strings')
    return read
  }

  function section(path: string, node: YamlNode, allowed?: readonly string[]): Section {
    if (node.kind !== 'mapping') {
      report(node.at, `${path === '' ? 'the file' : path}: must be a mapping`)
      return { path, at: node.at, members: new Map() }
    }
    const read = { path, at: node.at, members: new Map(node.pairs.map(({ key, ...pair }) => [key, pair])) }
    for (const { key, at } of node.pairs) {
      if (allowed?.includes(key) === false) report(at, `${pathOf(read, key)}: no such setting`)
    }
    return read
  }

  return {
    problem,
    wrong,
    text,
    texts,
    section,
    /** A member that is a mapping; an empty one where it is absent. */
    inner(outer: Section, name: string, allowed?: readonly string[]): Section {
      const value = outer.members.get(name)?.value
      const path = pathOf(outer, name)
      return value === undefined ? { path, at: outer.at, members: new Map() } : section(path, value, allowed)
    },
    items(section: Section, name: string): readonly YamlNode[] {
      const value = section.members.get(name)?.value
      if (value?.kind === 'list') return value.items
      const isEmpty = value === undefined || (value.kind === 'value' && value.value === null)
      if (!isEmpty) wrong(section, name, 'a list')
      return []
    },
    /** A mapping of keys to strings. */
    pairs(section: Section, name: string): ReadonlyMap<string, string> {
      const value = section.members.get(name)?.value
      if (value === undefined) return new Map()
      if (value.kind !== 'mapping') {
        wrong(section, name, 'a mapping of strings')
        return new Map()
      }
      const read = new Map<string, string>()
      for (const { key, value: node } of value.pairs) {
        const text = textOf(node)
        if (text === undefined) report(node.at, `${pathOf(section, name)}.${key}: must be a string, in quotes`)
        else read.set(key, text)
      }
      return read
    },
    choice(section: Section, name: string, absent = false): boolean {
      const value = section.members.get(name)?.value
      if (value === undefined) return absent
      if (value.kind === 'value' && typeof value.value === 'boolean') return value.value
      wrong(section, name, 'true or false')
      return false
    },
    number(section: Section, name: string, [least, most]: readonly [number, number], absent: number): number {
      const value = section.members.get(name)?.value
      if (value === undefined) return absent
      const read = value.kind === 'value' ? value.value : undefined
      if (typeof read === 'number' && Number.isInteger(read) && read >= least && read <= most) return read
      wrong(section, name, `a whole number from ${least} to ${most}`)
      return absent
    },
    url(section: Section, name: string, required?: 'must'): string | undefined {
      const read = text(section, name, required)
      if (read !== undefined && !(/^https?:\/\//.test(read) && URL.canParse(read))) wrong(section, name, 'a URL')
      return read
    },
    ranges(section: Section, name: string): readonly string[] | undefined {
      const read = texts(section, name)
      for (const range of read ?? []) {
        const says = rangeProblem(range)
        if (says !== undefined) problem(section, name, says)
      }
      return read
    },
  }
}
