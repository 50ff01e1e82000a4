// The groups that a person is in. Each way asks for many groups at once, and none twice: groups may be in each other.
//
// INVARIANT: groups are all of them, or there is an error; never fewer. Groups that are not below the configured base are none: they
// are not read, and nothing is reached through them.
import type { Filter } from 'ldapts'
import type { PersonGroup } from '../person.ts'
import { sidText } from './active-directory.ts'
import type { DirectorySettings, Membership } from './directory.ts'
import { firstValue, isBelow, normalDn } from './dn.ts'
import { bytesOf, type Entry, nameOf, textOf } from './entry.ts'
import { NotWhole } from './failures.ts'
import { any, equals, inChain } from './filters.ts'
import { type Asking, readEntry, wholeAttribute } from './reading.ts'

/** Groups of one person. Active Directory's own tokens hold 1,015; beyond this bound the person is refused. */
export const mostGroups = 10_000
/** Groups that one search asks for. */
const batch = 100

export interface Member {
  readonly entry: Entry
  readonly login: string
}

/**
 * @throws NotWhole for more groups than the bound; NoAnswer and Refused as searches do.
 */
export async function groupsOf(
  { entry, login }: Member,
  { groups: { base, membership, nested, nameAttribute } }: DirectorySettings,
  asking: Asking,
): Promise<readonly PersonGroup[]> {
  const found = new Map<string, Entry>()
  /** Those of the entries that were not found before. */
  const add = (entries: readonly Entry[]): readonly Entry[] => {
    const added: Entry[] = []
    for (const group of entries) {
      const name = readableDn(group.dn)
      if (found.has(name) || !isBelow(group.dn, base)) continue
      found.set(name, group)
      added.push(group)
    }
    if (found.size > mostGroups) throw new NotWhole(`more than ${mostGroups} groups`)
    return added
  }
  const attributes = [nameAttribute, 'objectSid', ...(nested ? ['memberOf'] : [])]
  const way: Way = {
    ...{ entry, login, base, nested, add, asking },
    search: (filter) =>
      asking.connection.search({ base, scope: 'sub', filter, attributes }, mostGroups, asking.answer()),
    read: (dns) => readGroups(dns, way, attributes),
  }
  for (const name of membership) await ways[name](way)
  return [...found.values()].map((group) => ({
    name: nameOf(group, nameAttribute) ?? firstValue(group.dn) ?? group.dn,
    dn: group.dn,
  }))
}

interface Way {
  readonly entry: Entry
  readonly login: string
  readonly base: string
  readonly nested: boolean
  add(entries: readonly Entry[]): readonly Entry[]
  search(filter: Filter): Promise<readonly Entry[]>
  read(dns: readonly string[]): Promise<readonly Entry[]>
  readonly asking: Asking
}

const ways: Readonly<Record<Membership, (way: Way) => Promise<void>>> = {
  'token-groups': async (way) => {
    const { entry, add, search, asking } = way
    // These are nested ones too, and cannot be told apart.
    if (!way.nested) return ways['member-of'](way)
    const self = await readEntry(entry.dn, ['tokenGroups'], asking)
    if (self === undefined) throw new NotWhole(`${entry.dn} is gone`)
    const sids = await wholeAttribute(self, 'tokenGroups', asking)
    if (sids.some((sid) => sidText(sid) === undefined)) notReadable(entry.dn)
    if (sids.length > 2 * mostGroups) throw new NotWhole(`in more than ${2 * mostGroups} groups`)
    const asked = new Set(sids.map((sid) => sid.toString('hex')))
    for (const some of batches(sids)) {
      const groups = await search(any(some.map((sid) => equals('objectSid', sid))))
      add(groups.filter((group) => bytesOf(group, 'objectSid').some((sid) => asked.has(sid.toString('hex')))))
    }
  },
  'member-of': async ({ entry, base, nested, add, read, asking }) => {
    const memberOf = async (of: Entry) =>
      (await wholeAttribute(of, 'memberOf', asking)).map((dn) => textOf(dn) ?? notReadable(of.dn))
    let next = await memberOf(entry)
    const seen = new Set<string>()
    while (next.length > 0) {
      const dns = next.filter((dn) => {
        const name = readableDn(dn)
        if (seen.has(name) || !isBelow(dn, base)) return false
        seen.add(name)
        return true
      })
      if (seen.size > mostGroups) throw new NotWhole(`in more than ${mostGroups} groups`)
      const added = add(await read(dns))
      next = []
      if (nested) for (const group of added) next.push(...(await memberOf(group)))
    }
  },
  member: async ({ entry, nested, add, search }) => {
    let next = [entry.dn]
    while (next.length > 0) {
      const added: Entry[] = []
      for (const some of batches(next))
        added.push(...add(await search(any(some.flatMap((dn) => [equals('member', dn), equals('uniqueMember', dn)])))))
      next = nested ? added.map(({ dn }) => dn) : []
    }
  },
  'member-uid': async ({ login, add, search }) => {
    add(await search(equals('memberUid', login)))
  },
  'matching-rule-in-chain': async (way) => {
    if (!way.nested) return ways.member(way)
    way.add(await way.search(inChain('member', way.entry.dn)))
  },
}

function notReadable(dn: string): never {
  throw new NotWhole(`a group of ${dn} that cannot be read`)
}

/** INVARIANT: a DN that cannot be read may be that of a group below the base. */
const readableDn = (dn: string): string => normalDn(dn) ?? notReadable(dn)

function* batches<Value>(values: readonly Value[]): Generator<readonly Value[]> {
  for (let at = 0; at < values.length; at += batch) yield values.slice(at, at + batch)
}

/** The groups of these DNs. One that is not there, or that the connector may not read, is none. */
async function readGroups(
  dns: readonly string[],
  { entry, base, asking }: Pick<Way, 'entry' | 'base' | 'asking'>,
  attributes: readonly string[],
): Promise<readonly Entry[]> {
  // Only Active Directory's entries have a SID, and it alone has the one attribute and not the other.
  const dnAttribute = bytesOf(entry, 'objectSid').length > 0 ? 'distinguishedName' : 'entryDN'
  const groups: Entry[] = []
  for (const some of batches(dns)) {
    const missing = new Map(some.map((dn) => [normalDn(dn), dn]))
    const filter = any(some.map((dn) => equals(dnAttribute, dn)))
    const answers = await asking.connection.search(
      { base, scope: 'sub', filter, attributes },
      mostGroups,
      asking.answer(),
    )
    for (const group of answers) if (missing.delete(normalDn(group.dn))) groups.push(group)
    // Not every server searches by DN.
    for (const dn of missing.values()) {
      const group = await readEntry(dn, attributes, asking)
      if (group !== undefined) groups.push(group)
    }
  }
  return groups
}
