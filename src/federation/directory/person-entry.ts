// Finding a person in a directory, and who they are with their groups.
import type { Filter } from 'ldapts'
import { foldCase } from '../../core/case-fold.ts'
import type { Person, PersonOutcome } from '../person.ts'
import { longestName } from '../person-values.ts'
import { accountState, stateAttributes } from './account-state.ts'
import type { DirectorySettings } from './directory.ts'
import { isBelow } from './dn.ts'
import { domainLogin, isInDomain } from './domain-login.ts'
import { bytesOf, type Entry, nameOf, textOf, textsOf } from './entry.ts'
import { adminLimitExceeded, NoAnswer, NotWhole, Refused, sizeLimitExceeded } from './failures.ts'
import { all, any, equals } from './filters.ts'
import { hasId, idOf } from './identity.ts'
import { groupsOf } from './membership.ts'
import { type Asking, readEntry } from './reading.ts'

/** Entries of one login: from the second on it does not matter how many there are. */
const mostEntries = 100

export type FoundEntry = { readonly entry: Entry; readonly id: string }
type Rejected = Extract<PersonOutcome, { readonly rejected: unknown }>

/** What must be read of a person's entry. */
function personAttributes({ people }: DirectorySettings): readonly string[] {
  const named = [people.idAttribute, people.nameAttribute, ...people.loginAttributes, ...people.attributes]
  return [...new Set([...named, ...stateAttributes, 'memberOf', 'objectSid'])]
}

async function findOne(
  filter: Filter,
  settings: DirectorySettings,
  { connection, answer }: Asking,
): Promise<FoundEntry | Rejected> {
  const { base, objectClass } = settings.people
  const people = all([equals('objectClass', objectClass), filter])
  const search = { base, scope: 'sub', filter: people, attributes: personAttributes(settings) } as const
  const entries = await connection.search(search, mostEntries, answer()).catch((error) => {
    if (error instanceof NotWhole) return undefined
    throw error
  })
  if (entries === undefined)
    return { rejected: 'ambiguous', detail: `${connection.server}: more than ${mostEntries} entries` }
  const found = entries.filter(({ dn }) => isBelow(dn, base))
  const [entry, ...more] = found
  if (entry === undefined) return { rejected: 'unknown', detail: `${connection.server}: no entry below ${base}` }
  if (more.length > 0)
    return {
      rejected: 'ambiguous',
      detail: `${connection.server}: ${found.length} entries: ${found
        .slice(0, 3)
        .map(({ dn }) => dn)
        .join('; ')}`,
    }
  return identified(entry, settings)
}

function identified(entry: Entry, { people: { idAttribute } }: DirectorySettings): FoundEntry | Rejected {
  const id = idOf(entry, idAttribute)
  if (id !== undefined && id.length <= longestName) return { entry, id }
  return {
    rejected: 'no-id',
    detail: `${entry.dn} has not exactly one ${idAttribute}, of ${longestName} characters at most`,
  }
}

/**
 * The person of a login. Directories find by more than what was typed (without accents, without spaces): the entry must have it as it
 * was typed but for case.
 */
export async function findByLogin(
  login: string,
  settings: DirectorySettings,
  asking: Asking,
): Promise<FoundEntry | Rejected> {
  const { loginAttributes } = settings.people
  const inDomain = domainLogin(login, loginAttributes)
  const attributes = inDomain === undefined ? loginAttributes : [inDomain.attribute]
  const typed = inDomain?.name ?? login
  const found = await findOne(any(attributes.map((attribute) => equals(attribute, typed))), settings, asking)
  if ('rejected' in found) return found
  if (!hasValue(found.entry, attributes, typed))
    return { rejected: 'unknown', detail: `${found.entry.dn} has another login than was typed` }
  if (inDomain === undefined || (await isInDomain(found.entry, inDomain.domain, asking))) return found
  return { rejected: 'unknown', detail: `${found.entry.dn} is in another domain than was typed` }
}

const hasValue = (entry: Entry, attributes: readonly string[], typed: string) =>
  attributes.some((attribute) => textsOf(entry, attribute).some((value) => foldCase(value) === foldCase(typed)))

export async function findById(
  id: string,
  settings: DirectorySettings,
  asking: Asking,
): Promise<FoundEntry | Rejected> {
  const filter = hasId(settings.people.idAttribute, id)
  if (filter === undefined) return { rejected: 'unknown', detail: `no ${settings.people.idAttribute} is like that` }
  const found = await findOne(filter, settings, asking)
  if ('rejected' in found || found.id === id) return found
  return { rejected: 'unknown', detail: `${found.entry.dn} has another ${settings.people.idAttribute}` }
}

/**
 * The person whose DN a bind named: by the same rules as one who is searched for. INVARIANT: the detail does not have the DN: it holds what was
 * typed.
 */
export async function findByDn(
  dn: string,
  login: string,
  settings: DirectorySettings,
  asking: Asking,
): Promise<FoundEntry | Rejected> {
  const { base, objectClass } = settings.people
  const entry = await readEntry(dn, [...personAttributes(settings), 'objectClass'], asking)
  const isPerson =
    entry !== undefined &&
    isBelow(entry.dn, base) &&
    textsOf(entry, 'objectClass').some((name) => name.toLowerCase() === objectClass.toLowerCase()) &&
    hasValue(entry, settings.people.loginAttributes, login)
  return isPerson
    ? identified(entry, settings)
    : { rejected: 'unknown', detail: `${asking.connection.server}: no person at the name that the login makes` }
}

/** The same person, read again after the bind; `unknown` when another has their name by now. */
export async function readAgain(
  { entry, id }: FoundEntry,
  settings: DirectorySettings,
  asking: Asking,
): Promise<FoundEntry | Rejected> {
  const now = await readEntry(entry.dn, personAttributes(settings), asking)
  if (now !== undefined && idOf(now, settings.people.idAttribute) === id) return { entry: now, id }
  return { rejected: 'unknown', detail: `${entry.dn} is another entry than before the bind` }
}

/** The person of an entry, unless their account keeps them out. */
export async function personOf(
  { entry, id }: FoundEntry,
  settings: DirectorySettings,
  asking: Asking,
  now: Date,
): Promise<PersonOutcome> {
  const state = accountState(entry, now)
  if (state !== undefined) return state
  const login = nameOf(entry, settings.people.nameAttribute)
  if (login === undefined || login === '' || login.length > longestName)
    return {
      rejected: 'no-id',
      detail: `${entry.dn} has no ${settings.people.nameAttribute} of ${longestName} characters at most`,
    }
  try {
    const groups = await groupsOf({ entry, login }, settings, asking)
    return {
      person: {
        connector: settings.name,
        id,
        login,
        groups,
        attributes: attributesOf(entry, settings),
        multiFactor: false,
      },
    }
  } catch (error) {
    if (error instanceof NotWhole) return { rejected: 'groups', detail: `${entry.dn}: ${error.message}` }
    if (error instanceof Refused && [sizeLimitExceeded, adminLimitExceeded].includes(error.code))
      return { rejected: 'groups', detail: `${entry.dn}: ${error.message}` }
    // A search that takes too long says nothing of the server: the next one would take as long.
    if (error instanceof NoAnswer && error.late) return { unavailable: `the groups of ${entry.dn}: ${error.message}` }
    throw error
  }
}

/** Attributes with a value that is no text are left out whole. */
function attributesOf(entry: Entry, { people }: DirectorySettings): Person['attributes'] {
  const attributes = new Map<string, readonly string[]>()
  for (const name of people.attributes) {
    const values = bytesOf(entry, name).map(textOf)
    const texts = values.filter((value) => value !== undefined)
    if (texts.length > 0 && texts.length === values.length) attributes.set(name.toLowerCase(), texts)
  }
  return attributes
}
