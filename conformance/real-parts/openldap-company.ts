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
  entries: [
    domain(corp),
    ...['people', 'groups', 'services', 'elsewhere'].map((name) => unit(`ou=${name},${corp}`)),
    person(searcher.name),
    person(`uid=ann,${people}`, { departmentNumber: ['42'], ou: 'Platform' }),
    person(`uid=ben,${people}`),
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
