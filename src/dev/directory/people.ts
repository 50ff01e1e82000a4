// The demonstration's company directory: five people, three groups that the table of who may have what gives roles for, and the
// account with which Hallpass searches.
import type { AccountState, DirectoryEntry } from './entries.ts'

const base = 'dc=corp,dc=example'
const peopleBase = `ou=people,${base}`
const groupBase = `ou=groups,${base}`
/** Who searches. */
export const searcher = `cn=hallpass,ou=services,${base}`

/** Groups by what they are for. */
const directoryGroups = {
  engineeringAdministrators: `cn=engineering-administrators,${groupBase}`,
  productionReaders: `cn=production-readers,${groupBase}`,
  developers: `cn=developers,${groupBase}`,
} as const

export interface DirectoryPerson {
  readonly login: string
  readonly name: string
  readonly department: string
  readonly groups: readonly (keyof typeof directoryGroups)[]
  readonly state?: AccountState
  /** What the start page says of them. */
  readonly says: string
}

export const directoryPeople: readonly DirectoryPerson[] = [
  {
    ...{ login: 'ann', name: 'Ann Ames', department: 'platform' },
    groups: ['engineeringAdministrators', 'productionReaders'],
    says: 'administrator of engineering, reader of production; with a second factor administrator of production',
  },
  { login: 'ben', name: 'Ben Boyd', department: 'orders', groups: ['developers'], says: 'developer' },
  { login: 'cleo', name: 'Cleo Cole', department: 'sales', groups: [], says: 'in no group that has a role' },
  {
    ...{ login: 'dora', name: 'Dora Dean', department: 'orders', state: 'disabled' },
    groups: ['developers'],
    says: 'a developer who left: locked by an administrator',
  },
  {
    ...{ login: 'eli', name: 'Eli East', department: 'payments', state: 'locked' },
    groups: ['developers'],
    says: 'a developer who mistyped the password too often: locked for a while',
  },
]

const dnOf = (login: string) => `uid=${login},${peopleBase}`

/** The directory's entries. People have one password, and the account that searches another: both are drawn at the start. */
export function directoryEntries(passwords: {
  readonly people: string
  readonly searcher: string
}): readonly DirectoryEntry[] {
  const units = [peopleBase, groupBase, `ou=services,${base}`]
  return [
    { dn: base, attributes: { objectClass: ['top', 'dcObject', 'organization'], dc: 'corp', o: 'Example Corp' } },
    ...units.map((dn) => ({
      dn,
      attributes: { objectClass: 'organizationalUnit', ou: dn.slice(3, dn.indexOf(',')) },
    })),
    { dn: searcher, attributes: { objectClass: 'applicationProcess', cn: 'hallpass' }, password: passwords.searcher },
    ...directoryPeople.map(({ login, name, department, state }, at) => ({
      dn: dnOf(login),
      attributes: {
        objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
        ...{ uid: login, cn: name, sn: name.slice(name.indexOf(' ') + 1), givenName: name.slice(0, name.indexOf(' ')) },
        ...{ mail: `${login}@corp.example`, departmentNumber: department },
        entryUUID: `3f1c2d00-0000-4000-8000-00000000000${at + 1}`,
      },
      password: passwords.people,
      ...(state === undefined ? {} : { state }),
    })),
    ...Object.entries(directoryGroups).map(([group, dn]) => ({
      dn,
      attributes: {
        objectClass: 'groupOfNames',
        cn: dn.slice(3, dn.indexOf(',')),
        member: directoryPeople
          .filter(({ groups }) => groups.some((one) => one === group))
          .map(({ login }) => dnOf(login)),
      },
    })),
  ]
}
