// Which rows of the table a person's groups match. A person in ten thousand groups costs one look-up a group, however many rows
// there are: rows are found by their group's DN or folded name; patterns are few (people-file.ts bounds them).
// INVARIANT: a group of a directory matches by its whole DN, or by a pattern below the row's base. A common name alone is
// nobody's: who may make a group anywhere in the directory would otherwise give themselves roles.
import { foldCase } from '../../../core/case-fold.ts'
import { createLru } from '../../../core/token/lru.ts'
import { isBelow, normalDn } from '../../../federation/directory/dn.ts'
import type { Person, PersonGroup } from '../../../federation/person.ts'
import type { Assignment, PeopleTable } from '../../contracts/people-table.ts'
import { type GroupPattern, isRoleName, readPattern, splitName } from './pattern.ts'

/** A row that a group of the person matches. */
export interface Match {
  readonly row: Assignment
  readonly group: PersonGroup
  /** ARNs: the row's own, or the one that the group's name gives. */
  readonly roles: readonly string[]
  /** Why the row gives this group nothing. */
  readonly problem?: string
}

interface PatternRow {
  readonly row: Assignment
  readonly pattern: GroupPattern
  /** Normalised; absent for connectors without DNs. */
  readonly base: string | undefined
  /** Account ids by folded name. */
  readonly accounts: ReadonlyMap<string, string>
}

/** A connector's rows. */
interface Rows {
  /** By the normalised DN of the group. */
  readonly byDn: Map<string, Assignment[]>
  /** By the folded name of the group; of connectors without DNs. */
  readonly byName: Map<string, Assignment[]>
  readonly patterns: PatternRow[]
}

/** Groups are many people's: most have been read before. A text of 100 characters takes half a kilobyte. */
const normals = createLru<string>({ bytes: 4 << 20 })

function normalised(dn: string): string | undefined {
  const known = normals.get(dn)
  if (known !== undefined) return known
  const normal = normalDn(dn)
  if (normal !== undefined) normals.set(dn, normal, 2 * (dn.length + normal.length) + 128)
  return normal
}

const indexes = new WeakMap<PeopleTable, ReadonlyMap<string, Rows>>()

/** The rows by connector. Made once a version of the table: its object is the same as long as the version is. */
function indexOf(table: PeopleTable): ReadonlyMap<string, Rows> {
  const known = indexes.get(table)
  if (known !== undefined) return known
  const index = new Map<string, Rows>()
  const directories = new Set(table.connectors.flatMap(({ kind, name }) => (kind === 'directory' ? [name] : [])))
  for (const row of table.assignments) {
    const rows = index.get(row.connector) ?? { byDn: new Map(), byName: new Map(), patterns: [] }
    index.set(row.connector, rows)
    addRow(rows, row, directories.has(row.connector))
  }
  indexes.set(table, index)
  return index
}

/** A row that cannot be read is left out: it matches nobody. */
function addRow({ byDn, byName, patterns }: Rows, row: Assignment, ofDirectory: boolean): void {
  const { match } = row
  if ('group' in match) {
    const key = ofDirectory ? normalDn(match.group) : foldCase(match.group)
    if (key !== undefined) append(ofDirectory ? byDn : byName, key, row)
    return
  }
  const pattern = readPattern(match.pattern)
  const base = match.base === undefined ? undefined : normalDn(match.base)
  if ('problem' in pattern || (ofDirectory && base === undefined)) return
  const accounts = new Map([...match.accounts].map(([name, id]) => [foldCase(name), id]))
  patterns.push({ row, pattern, base, accounts })
}

function append(map: Map<string, Assignment[]>, key: string, row: Assignment): void {
  const rows = map.get(key)
  if (rows === undefined) map.set(key, [row])
  else rows.push(row)
}

/** The rows that the person's groups match, in the order of the groups. */
export function matchesOf(table: PeopleTable, person: Pick<Person, 'connector' | 'groups'>): readonly Match[] {
  const rows = indexOf(table).get(person.connector)
  if (rows === undefined) return []
  const matches: Match[] = []
  for (const group of person.groups) {
    const dn = group.dn === undefined ? undefined : normalised(group.dn)
    const named = dn === undefined ? rows.byName.get(foldCase(group.name)) : rows.byDn.get(dn)
    for (const row of named ?? []) matches.push({ row, group, roles: row.roles })
    for (const pattern of rows.patterns) {
      const match = patternMatch(pattern, group, dn)
      if (match !== undefined) matches.push(match)
    }
  }
  return matches
}

function patternMatch(
  { row, pattern, base, accounts }: PatternRow,
  group: PersonGroup,
  dn: string | undefined,
): Match | undefined {
  const split = splitName(pattern, group.name)
  if (split === undefined) return undefined
  if (base !== undefined && (dn === undefined || dn === base || !isBelow(dn, base))) return undefined
  const account = accounts.get(split.account)
  if (account === undefined) return nothing(row, group, `the row does not list an account ${split.account}`)
  if (!isRoleName(split.role)) return nothing(row, group, 'its name names no role that could exist')
  return { row, group, roles: [`arn:aws:iam::${account}:role/${split.role}`] }
}

const nothing = (row: Assignment, group: PersonGroup, problem: string): Match => ({
  ...{ row, group, roles: [] },
  problem: `group ${group.dn ?? group.name}: ${problem}`,
})
