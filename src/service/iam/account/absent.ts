// Lists of things that no user, role or account here can have, and getters of the same: answered truthfully with nothing,
// because provisioning tools ask for them before they delete a user or a role.
import { modelled } from '../../../wire/errors.ts'
import { accountOf } from '../../access/caller-account.ts'
import type { Parts } from '../../parts.ts'
import { noSuchEntity } from '../../principals/refusals.ts'
import { userKind } from '../../principals/resource-kinds.ts'
import { check, listCheck } from '../checks.ts'
import { changes, type IamName, reads } from '../define.ts'
import { idOf, type Owner, onOwner, ownerOf } from '../principals/owner.ts'
import { onTarget, present, targetOf } from '../principals/targets.ts'

const noLoginProfile = (name: string) => noSuchEntity(`Login Profile for User ${name} cannot be found.`)

/** Services that AWS's users can have credentials of their own for (IAM User Guide, "Service-specific credentials"). */
const credentialServices: ReadonlySet<string> = new Set([
  'bedrock.amazonaws.com',
  'cassandra.amazonaws.com',
  'codecommit.amazonaws.com',
])

/** Of a group by name: there is none of any name. */
const noGroup = (action: IamName) => ({
  load: ({ GroupName: name }: { readonly GroupName: string }, call: Parameters<typeof accountOf>[0]) => ({
    account: accountOf(call),
    name,
  }),
  checks: (_: unknown, { account, name }: { readonly account: string; readonly name: string }) => [
    check(action, `arn:aws:iam::${account}:group/${name}`, account),
  ],
  handle: (_: unknown, { name }: { readonly name: string }): never => {
    throw noSuchEntity(`The group with name ${name} cannot be found.`)
  },
})

/** Answered about a user: the named one, or the calling one. */
const aboutUser = (parts: Parts, action: IamName) => ({
  load: ({ UserName }: { readonly UserName?: string | undefined }, call: Parameters<typeof ownerOf>[1]) =>
    ownerOf(parts.store, call, UserName),
  checks: (_: unknown, owner: Owner) => [onOwner(action, owner)],
})

export const absentOperations = (parts: Parts) => ({
  ListGroupsForUser: reads<'ListGroupsForUser'>()({
    load: ({ UserName }, call) => targetOf(parts.store, userKind, call, UserName),
    checks: (_, target) => [onTarget('ListGroupsForUser', target)],
    handle: (_, target) => {
      present(userKind, target)
      return { Groups: [], IsTruncated: false }
    },
  }),
  ListGroups: reads<'ListGroups'>()({
    load: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [listCheck('ListGroups', account, `group${PathPrefix}`)],
    handle: () => ({ Groups: [], IsTruncated: false }),
  }),
  GetGroup: reads<'GetGroup'>()(noGroup('GetGroup')),
  ListAttachedGroupPolicies: reads<'ListAttachedGroupPolicies'>()(noGroup('ListAttachedGroupPolicies')),
  ListGroupPolicies: reads<'ListGroupPolicies'>()(noGroup('ListGroupPolicies')),
  GetAccountPasswordPolicy: reads<'GetAccountPasswordPolicy'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('GetAccountPasswordPolicy', '*', account)],
    handle: (_, account) => {
      throw noSuchEntity(`The Password Policy with domain name ${account} cannot be found.`)
    },
  }),
  GetCredentialReport: reads<'GetCredentialReport'>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [check('GetCredentialReport', '*', account)],
    handle: () => {
      throw modelled('iam', 'CredentialReportNotPresentException', 'No report exists.')
    },
  }),
  ListServerCertificates: reads<'ListServerCertificates'>()({
    load: (_, call) => accountOf(call),
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
    handle: ({ ServiceName: service }, owner) => {
      idOf(owner)
      if (service !== undefined && !credentialServices.has(service.toLowerCase())) {
        throw noSuchEntity(`No such service ${service} is supported for Service Specific Credentials`)
      }
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
