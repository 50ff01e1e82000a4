// What directories of a kind have in common: defaults of a directory connector, so that a company states its servers and where its
// people and groups are, and no more (Microsoft's [MS-ADTS]; RFC 2307, RFC 4519, RFC 4530; FreeIPA's schema).
import type { DirectorySettings, Membership } from '../../../../federation/directory/directory.ts'

interface Preset {
  readonly people: Pick<
    DirectorySettings['people'],
    'objectClass' | 'loginAttributes' | 'nameAttribute' | 'idAttribute'
  >
  readonly groups: Pick<DirectorySettings['groups'], 'membership' | 'nested' | 'nameAttribute'>
}

export const presets: ReadonlyMap<string, Preset> = new Map([
  [
    'active-directory',
    {
      people: {
        objectClass: 'user',
        loginAttributes: ['userPrincipalName', 'sAMAccountName'],
        nameAttribute: 'sAMAccountName',
        idAttribute: 'objectGUID',
      },
      groups: { membership: ['token-groups'], nested: true, nameAttribute: 'cn' },
    },
  ],
  [
    'openldap',
    {
      people: {
        objectClass: 'inetOrgPerson',
        loginAttributes: ['uid'],
        nameAttribute: 'uid',
        idAttribute: 'entryUUID',
      },
      // Its overlay memberof is a choice; members are always there.
      groups: { membership: ['member'], nested: true, nameAttribute: 'cn' },
    },
  ],
  [
    'freeipa',
    {
      people: {
        objectClass: 'posixAccount',
        loginAttributes: ['uid'],
        nameAttribute: 'uid',
        idAttribute: 'ipaUniqueID',
      },
      // Its memberOf has the groups of groups already.
      groups: { membership: ['member-of'], nested: false, nameAttribute: 'cn' },
    },
  ],
  [
    'posix',
    {
      people: { objectClass: 'posixAccount', loginAttributes: ['uid'], nameAttribute: 'uid', idAttribute: 'entryUUID' },
      groups: { membership: ['member-uid'], nested: false, nameAttribute: 'cn' },
    },
  ],
])

export const memberships: readonly Membership[] = [
  ...(['token-groups', 'member-of', 'member', 'member-uid', 'matching-rule-in-chain'] as const),
]
