// Lists of things that no user, role or account here can have, and getters of the same: answered truthfully with nothing,
// because provisioning tools ask for them before they delete a user or a role.
import type { Parts } from '../parts.ts'
import { accountOf, idOf, type Owner, onOwner, ownerOf } from './caller.ts'
import { check } from './checks.ts'
import { changes, type IamName, reads } from './define.ts'
import { onHolder, present, roleKind, targetOf, userKind } from './holders.ts'
import { noSuchEntity } from './refusals.ts'

const noLoginProfile = (name: string) => noSuchEntity(`Login Profile for User ${name} cannot be found.`)

/** Answered about a user: the named one, or the calling one. */
const aboutUser = (parts: Parts, action: IamName) => ({
  target: ({ UserName }: { readonly UserName?: string | undefined }, call: Parameters<typeof ownerOf>[1]) =>
    ownerOf(parts.store, call, UserName),
  checks: (_: unknown, owner: Owner) => [onOwner(action, owner)],
})

export const absentOperations = (parts: Parts) => ({
  ListGroupsForUser: reads<'ListGroupsForUser'>()({
    target: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, target) => [onHolder('ListGroupsForUser', target)],
    handle: (_, target) => {
      present(userKind, target)
      return { Groups: [], IsTruncated: false }
    },
  }),
  ListGroups: reads<'ListGroups'>()({
    target: (_, call) => accountOf(call),
    checks: (_, account) => [check('ListGroups', '*', account)],
    handle: () => ({ Groups: [], IsTruncated: false }),
  }),
  ListInstanceProfiles: reads<'ListInstanceProfiles'>()({
    target: (_, call) => accountOf(call),
    checks: (_, account) => [check('ListInstanceProfiles', '*', account)],
    handle: () => ({ InstanceProfiles: [], IsTruncated: false }),
  }),
  ListInstanceProfilesForRole: reads<'ListInstanceProfilesForRole'>()({
    target: ({ RoleName }, call) => targetOf(parts.store, roleKind, call, RoleName),
    checks: (_, target) => [onHolder('ListInstanceProfilesForRole', target)],
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
    checks: (_, account) => [check('ListServerCertificates', '*', account)],
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
