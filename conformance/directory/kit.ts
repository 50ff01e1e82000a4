// What tests of the directory connector share: a company in the development directory, and a connector to it over StartTLS.
import { after } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import type { AccountState, DirectoryEntry } from '../../src/dev/directory/entries.ts'
import type { DirectoryOptions } from '../../src/dev/directory/server.ts'
import { type ScriptedDirectory, scriptedDirectory } from '../../src/dev/directory/testing/scripted.ts'
import { createDirectory } from '../../src/federation/directory/connector.ts'
import type { Directory, DirectorySettings } from '../../src/federation/directory/directory.ts'
import type { Person, PersonOutcome } from '../../src/federation/person.ts'
import { authority, certificate, keyText } from '../../src/federation/testing/idp.ts'

export const corp = 'dc=corp,dc=example'
export const people = `ou=people,${corp}`
export const groups = `ou=groups,${corp}`
/** What nobody may find in an error, a detail, or anything else that is kept. */
export const password = 'Planted-Secret-7'
export const secret = new Secret(password)
export const now = new Date('2026-11-29T09:00:00Z')

let ids = 0
/** objectGUID, objectSid and entryUUID of a new entry. */
const identity = () => {
  ids++
  const sid = Buffer.alloc(28)
  sid.set([1, 5, 0, 0, 0, 0, 0, 5, 21])
  sid.writeUInt32LE(ids, 24)
  const guid = Buffer.alloc(16, 7)
  guid.writeUInt32LE(ids, 0)
  return {
    objectGUID: guid,
    objectSid: sid,
    entryUUID: `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`,
  }
}

export const person = (
  login: string,
  attributes: DirectoryEntry['attributes'] = {},
  state?: AccountState,
): DirectoryEntry => ({
  dn: `uid=${login},${people}`,
  attributes: {
    objectClass: ['person', 'inetOrgPerson'],
    ...{ uid: login, cn: login, mail: `${login}@corp.example`, sAMAccountName: login },
    userPrincipalName: `${login}@corp.example`,
    userAccountControl: '512',
    ...identity(),
    ...attributes,
  },
  password,
  ...(state === undefined ? {} : { state }),
})

export const group = (
  name: string,
  member: readonly string[],
  { base = groups, attribute = 'member' }: { readonly base?: string; readonly attribute?: string } = {},
): DirectoryEntry => ({
  dn: `cn=${name},${base}`,
  attributes: { objectClass: 'groupOfNames', cn: name, [attribute]: member, ...identity() },
})

const searcher = `uid=hallpass,ou=services,${corp}`

/** The bases, and who searches. */
export const structure: readonly DirectoryEntry[] = [
  ...[corp, people, groups].map((dn) => ({ dn, attributes: { objectClass: 'organizationalUnit' } })),
  { dn: searcher, attributes: { objectClass: 'account', uid: 'hallpass' }, password: 'searches' },
]

export const company: readonly DirectoryEntry[] = [
  ...structure,
  person('ann', { department: 'Platform' }),
  person('ben'),
  group('platform', [`uid=ann,${people}`]),
  group('AWS-Admins', [`cn=platform,${groups}`]),
]

export const tls = { cert: certificate('server'), key: keyText('server') }

/** A development directory that ends with the file; with StartTLS. */
export const server = (options: Partial<DirectoryOptions> = {}) => plainServer({ tls, ...options })

/** One without TLS. */
export async function plainServer(options: Partial<DirectoryOptions> = {}): Promise<ScriptedDirectory> {
  const started = await scriptedDirectory({ entries: company, ...options })
  after(() => started.close())
  return started
}

type Changes = Partial<Omit<DirectorySettings, 'people' | 'groups'>> & {
  /** False: nobody searches but the people themselves. */
  readonly ownBind?: boolean
  /** Instead of the tests' own. */
  readonly publicAuthorities?: boolean
  readonly people?: Partial<DirectorySettings['people']>
  readonly groups?: Partial<DirectorySettings['groups']>
}

function settingsFor(
  servers: readonly { readonly url: string }[],
  { ownBind = true, publicAuthorities = false, ...changes }: Changes = {},
): DirectorySettings {
  return {
    name: 'corp',
    servers: servers.map(({ url }) => url),
    startTls: true,
    ...(publicAuthorities ? {} : { ca: authority }),
    ...(ownBind ? { bind: { name: searcher, password: new Secret('searches') } } : {}),
    deadlineMs: 5_000,
    ...changes,
    people: {
      ...{ base: people, objectClass: 'person', loginAttributes: ['uid', 'mail'], nameAttribute: 'uid' },
      ...{ idAttribute: 'entryUUID', attributes: ['department'] },
      ...changes.people,
    },
    groups: { base: groups, membership: ['member-of'], nested: true, nameAttribute: 'cn', ...changes.groups },
  }
}

/** A connector that ends with the file. */
export function connector(
  servers: readonly { readonly url: string }[],
  changes: Changes = {},
  clock: () => Date = () => now,
): Directory {
  const directory = createDirectory(settingsFor(servers, changes), { clock })
  after(() => directory.close())
  return directory
}

/** What became of it, in a word. */
export const kindOf = (outcome: PersonOutcome): string =>
  'person' in outcome ? 'person' : 'rejected' in outcome ? outcome.rejected : 'unavailable'

export const detailOf = (outcome: PersonOutcome): string =>
  'rejected' in outcome ? outcome.detail : 'unavailable' in outcome ? outcome.unavailable : ''

/** @throws for an outcome that is no person. */
export function personIn(outcome: PersonOutcome): Person {
  if ('person' in outcome) return outcome.person
  throw new Error(`${kindOf(outcome)}: ${detailOf(outcome)}`)
}

export const groupNames = (outcome: PersonOutcome): readonly string[] =>
  personIn(outcome)
    .groups.map(({ name }) => name)
    .sort()

/** States in which an account lets nobody in, though the password is right. */
export const states: readonly AccountState[] = [
  'disabled',
  'locked',
  'account-expired',
  'password-expired',
  'password-must-change',
  'not-now',
]
