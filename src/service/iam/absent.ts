// Lists of things that no user, role or account here can have, and getters of the same: answered truthfully with nothing,
// because provisioning tools ask for them before they delete a user or a role.
import type { Parts } from '../parts.ts'
import { accountOf, idOf, ownerOf } from './caller.ts'
import { check, listCheck, resourceTags } from './checks.ts'
import { changes, type IamName, reads } from './define.ts'
import { present, roleKind, targetOf, userKind } from './holders.ts'
import { noSuchEntity } from './refusals.ts'

const noLoginProfile = (name: string) => noSuchEntity(`Login Profile for User ${name} cannot be found.`)

/** Answered about a user: the named one, or the calling one. */
const aboutUser = (parts: Parts, action: IamName) => ({
  target: ({ UserName }: { readonly UserName?: string | undefined }, call: Parameters<typeof ownerOf>[1]) =>
    ownerOf(parts.store, call, UserName),
  checks: (_: unknown, { arn, account, user }: Awaited<ReturnType<typeof ownerOf>>) => [
    check(action, arn, account, resourceTags(user?.tags)),
  ],
})

export const absentOperations = (parts: Parts) => ({
  ListGroupsForUser: reads<'ListGroupsForUser'>()({
    target: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, { arn, account, holder }) => [check('ListGroupsForUser', arn, account, resourceTags(holder?.tags))],
    handle: (_, target) => {
      present(userKind, target)
      return { Groups: [], IsTruncated: false }
    },
  }),
  ListGroups: reads<'ListGroups'>()({
    target: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [listCheck('ListGroups', account, `group${PathPrefix}`)],
    handle: () => ({ Groups: [], IsTruncated: false }),
  }),
  ListInstanceProfiles: reads<'ListInstanceProfiles'>()({
    target: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [
      listCheck('ListInstanceProfiles', account, `instance-profile${PathPrefix}`),
    ],
    handle: () => ({ InstanceProfiles: [], IsTruncated: false }),
  }),
  ListInstanceProfilesForRole: reads<'ListInstanceProfilesForRole'>()({
    target: ({ RoleName }, call) => targetOf(parts.store, roleKind, call, RoleName),
    checks: (_, { arn, account, holder }) => [
      check('ListInstanceProfilesForRole', arn, account, resourceTags(holder?.tags)),
    ],
    handle: (_, target) => {
      present(roleKind, target)
      return { InstanceProfiles: [], IsTruncated: false }
    },
  }),
  ListAccountAliases: reads<'ListAccountAliases'>()({
    target: (_, call) => accountOf(call),
    checks: (_, account) => [check('ListAccountAliases', '*', account)],
    handle: () => ({ AccountAliases: [], IsTruncated: false }),
  }),
  ListServerCertificates: reads<'ListServerCertificates'>()({
    target: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [
      listCheck('ListServerCertificates', account, `server-certificate${PathPrefix}`),
    ],
    handle: () => ({ ServerCertificateMetadataList: [], IsTruncated: false }),
  }),
  ListSigningCertificates: reads<'ListSigningCertificates'>()({
    ...aboutUser(parts, 'ListSigningCertificates'),
    handle: (_, owner) => {
      idOf(owner)
      return { Certificates: [], IsTruncated: false }
    },
  }),
  ListSSHPublicKeys: reads<'ListSSHPublicKeys'>()({
    ...aboutUser(parts, 'ListSSHPublicKeys'),
    handle: (_, owner) => {
      idOf(owner)
      return { SSHPublicKeys: [], IsTruncated: false }
    },
  }),
  ListServiceSpecificCredentials: reads<'ListServiceSpecificCredentials'>()({
    ...aboutUser(parts, 'ListServiceSpecificCredentials'),
    handle: (_, owner) => {
      idOf(owner)
      return { ServiceSpecificCredentials: [], IsTruncated: false }
    },
  }),
  GetLoginProfile: reads<'GetLoginProfile'>()({
    ...aboutUser(parts, 'GetLoginProfile'),
    handle: (_, owner) => {
      idOf(owner)
      throw noLoginProfile(owner.name ?? owner.account)
    },
  }),
  DeleteLoginProfile: changes<'DeleteLoginProfile'>()({
    ...aboutUser(parts, 'DeleteLoginProfile'),
    change: async (_tx, _, owner) => {
      idOf(owner)
      throw noLoginProfile(owner.name ?? owner.account)
    },
  }),
})
