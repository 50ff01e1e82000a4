// A company's people and groups in OpenLDAP, in each of the ways in which directories write membership.
import type { Attributes, OpenLdapOptions } from './openldap-server.ts'

type EntryOf = readonly [dn: string, attributes: Attributes]

export const password = 'Correct-Horse-7'

const domain = (suffix: string): EntryOf => [
  suffix,
  { objectClass: ['top', 'domain'], dc: /^dc=([^,]+)/.exec(suffix)?.[1] ?? '' },
]
const unit = (dn: string): EntryOf => [
  dn,
  { objectClass: ['top', 'organizationalUnit'], ou: /^ou=([^,]+)/.exec(dn)?.[1] ?? '' },
]
const person = (dn: string, more: Attributes = {}): EntryOf => {
  const uid = /^uid=([^,]+)/.exec(dn)?.[1] ?? ''
  return [
    dn,
    {
      objectClass: ['inetOrgPerson'],
      uid,
      cn: uid,
      sn: uid,
      mail: `${uid}@corp.example`,
      userPassword: password,
      ...more,
    },
  ]
}
/** As Unix machines read accounts (RFC 2307). */
const unix = (uid: string, number: number, classes: readonly string[] = []): Attributes => ({
  objectClass: ['inetOrgPerson', 'posixAccount', ...classes],
  ...{ uidNumber: `${1000 + number}`, gidNumber: '500', homeDirectory: `/home/${uid}` },
})
const group = (dn: string, member: readonly string[]): EntryOf => [
  dn,
  { objectClass: ['groupOfNames'], cn: /^cn=([^,]+)/.exec(dn)?.[1] ?? '', member },
]

export const corp = 'dc=corp,dc=example'
export const people = `ou=people,${corp}`
export const groups = `ou=groups,${corp}`
export const searcher = { name: `uid=hallpass,ou=services,${corp}`, password }

/** Stock OpenLDAP: groupOfNames, and memberOf of the overlay. Groups are in each other, two of them in a circle. */
export const corpOptions: OpenLdapOptions = {
  suffix: corp,
  // Others find 500 entries, pages or not.
  database: `limits dn.exact="${searcher.name}" size=unlimited`,
  entries: [
    domain(corp),
    ...['people', 'groups', 'services', 'elsewhere'].map((name) => unit(`ou=${name},${corp}`)),
    person(searcher.name),
    person(`uid=ann,${people}`, { ...unix('ann', 1), departmentNumber: ['42'], ou: 'Platform' }),
    person(`uid=ben,${people}`, unix('ben', 2)),
    person(`uid=cleo,${people}`),
    person(`uid=twin,${people}`),
    person(`uid=twin,ou=services,${corp}`),
    [
      `uid=dora,${people}`,
      {
        ...person(`uid=dora,${people}`)[1],
        objectClass: ['inetOrgPerson', 'shadowAccount'],
        shadowExpire: '19000',
      },
    ],
    group(`cn=platform,${groups}`, [`uid=ann,${people}`]),
    group(`cn=AWS-Admins,${groups}`, [`cn=platform,${groups}`]),
    group(`cn=circle-1,${groups}`, [`cn=AWS-Admins,${groups}`]),
    group(`cn=circle-2,${groups}`, [`cn=circle-1,${groups}`]),
    group(`cn=developers,${groups}`, [`uid=ben,${people}`]),
    group(`cn=AWS-Admins,ou=elsewhere,${corp}`, [`uid=ben,${people}`]),
    [`cn=unique,${groups}`, { objectClass: ['groupOfUniqueNames'], cn: 'unique', uniqueMember: [`uid=ben,${people}`] }],
    [`cn=posix,${groups}`, { objectClass: ['posixGroup'], cn: 'posix', gidNumber: '500', memberUid: ['ben', 'ann'] }],
  ],
}

/** FreeIPA's ways: its own identifiers, `memberOf` that it keeps itself with the nested ones in it, a switch for accounts. */
export const ipa = 'dc=ipa,dc=example'
export const ipaPeople = `cn=users,cn=accounts,${ipa}`
export const ipaGroups = `cn=groups,cn=accounts,${ipa}`
export const ipaSearcher = { name: `uid=hallpass,cn=sysaccounts,${ipa}`, password }

const container = (dn: string): EntryOf => [
  dn,
  { objectClass: ['applicationProcess'], cn: /^cn=([^,]+)/.exec(dn)?.[1] ?? '' },
]
const ipaPerson = (uid: string, number: number, more: Attributes = {}): EntryOf =>
  person(`uid=${uid},${ipaPeople}`, {
    ...unix(uid, number, ['ipaLikePerson']),
    ipaUniqueID: `8f9c2a70-cc0e-11f0-9a3b-00000000000${number}`,
    ...more,
  })

export const ipaOptions: OpenLdapOptions = {
  suffix: ipa,
  memberOf: false,
  schema: `
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
attributetype ( 2.16.840.1.113730.3.8.3.1 NAME 'ipaUniqueID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113719.1.301.4.37.1 NAME 'krbPasswordExpiration' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.11.1 NAME 'ipaLikePerson' AUXILIARY MUST ipaUniqueID MAY ( memberOf $ nsAccountLock $ krbPasswordExpiration ) )
`,
  entries: [
    domain(ipa),
    ...[`cn=accounts,${ipa}`, ipaPeople, ipaGroups, `cn=sysaccounts,${ipa}`, `cn=hbac,${ipa}`].map(container),
    person(ipaSearcher.name),
    ipaPerson('ann', 1, {
      memberOf: [`cn=admins,${ipaGroups}`, `cn=everyone,${ipaGroups}`, `cn=allow_all,cn=hbac,${ipa}`],
    }),
    ipaPerson('dora', 2, { nsAccountLock: 'TRUE' }),
    ipaPerson('finn', 3, { krbPasswordExpiration: '20200101000000Z' }),
    group(`cn=admins,${ipaGroups}`, [`uid=ann,${ipaPeople}`]),
    group(`cn=everyone,${ipaGroups}`, [`cn=admins,${ipaGroups}`]),
    group(`cn=allow_all,cn=hbac,${ipa}`, [`uid=ann,${ipaPeople}`]),
  ],
}

/** OpenLDAP's password policy: three failures lock for good. */
export const policyOptions: OpenLdapOptions = {
  ...corpOptions,
  schema: 'moduleload ppolicy',
  database: `${corpOptions.database}
overlay ppolicy
ppolicy_default cn=policy,${corp}
ppolicy_use_lockout`,
  entries: [
    ...corpOptions.entries,
    [
      `cn=policy,${corp}`,
      {
        objectClass: ['device', 'pwdPolicy'],
        ...{
          cn: 'policy',
          pwdAttribute: 'userPassword',
          pwdLockout: 'TRUE',
          pwdMaxFailure: '3',
          pwdMustChange: 'TRUE',
        },
      },
    ],
  ],
}
