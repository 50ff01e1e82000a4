// What the development directory knows when it answers: its entries, and what a real directory computes from them.
import { normalDn } from '../../federation/directory/dn.ts'
import type { Dialect } from './dialects.ts'
import type { DirectoryEntry } from './entries.ts'

/** The entries as one request sees them. */
export interface Reading {
  readonly entries: readonly DirectoryEntry[]
  find(dn: string): DirectoryEntry | undefined
  /** An attribute's values, whether the entry has it written or it is computed. */
  values(entry: DirectoryEntry, attribute: string): readonly Buffer[]
  /** Names of the attributes that the entry has written. */
  names(entry: DirectoryEntry): readonly string[]
}

const normalTexts = new Map<string, string>()

/** The DN in the one form in which it is compared. */
export function comparable(dn: string): string {
  const known = normalTexts.get(dn)
  if (known !== undefined) return known
  const normal = normalDn(dn) ?? `no DN: ${dn}`
  normalTexts.set(dn, normal)
  return normal
}

const bytesOf = (values: string | Buffer | readonly (string | Buffer)[]): readonly Buffer[] =>
  (Array.isArray(values) ? values : [values]).map((value) => Buffer.from(value))

export function readEntries(entries: readonly DirectoryEntry[], dialect: Dialect): Reading {
  const byDn = new Map(entries.map((entry) => [comparable(entry.dn), entry]))
  let groupsByMember: Map<string, DirectoryEntry[]> | undefined

  function groupsOf(dn: string): readonly DirectoryEntry[] {
    if (groupsByMember === undefined) {
      groupsByMember = new Map()
      for (const group of entries) {
        for (const member of [...written(group, 'member'), ...written(group, 'uniquemember')]) {
          const name = comparable(member.toString())
          groupsByMember.set(name, [...(groupsByMember.get(name) ?? []), group])
        }
      }
    }
    return groupsByMember.get(comparable(dn)) ?? []
  }

  function allGroupsOf(dn: string): readonly DirectoryEntry[] {
    const all = new Set<DirectoryEntry>()
    const waiting = [dn]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const group of groupsOf(next)) {
        if (all.has(group)) continue
        all.add(group)
        waiting.push(group.dn)
      }
    }
    return [...all]
  }

  function written(entry: DirectoryEntry, attribute: string): readonly Buffer[] {
    const states = entry.state === undefined ? {} : (dialect.states[entry.state].attributes ?? {})
    return Object.entries({ ...entry.attributes, ...states })
      .filter(([name]) => name.toLowerCase() === attribute)
      .flatMap(([, values]) => bytesOf(values))
  }

  const computed: Readonly<Record<string, (entry: DirectoryEntry) => readonly Buffer[]>> = {
    memberof: ({ dn }) => groupsOf(dn).map((group) => Buffer.from(group.dn)),
    [dialect.dnAttribute]: ({ dn }) => [Buffer.from(dn)],
    ...(dialect.hasTokenGroups
      ? { tokengroups: ({ dn }) => allGroupsOf(dn).flatMap((group) => written(group, 'objectsid')) }
      : {}),
  }

  return {
    entries,
    find: (dn) => byDn.get(comparable(dn)),
    values(entry, attribute) {
      const name = attribute.toLowerCase()
      const own = written(entry, name)
      return own.length > 0 ? own : (computed[name]?.(entry) ?? [])
    },
    names: (entry) => Object.keys(entry.attributes),
  }
}
