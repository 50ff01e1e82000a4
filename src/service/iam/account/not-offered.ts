// What IAM's API has and this product does not offer, each with the reason an operator reads in docs/operations.md.
import { type Unsupported, unsupported } from '../../operation.ts'
import type { IamName } from '../define.ts'

const all = <const K extends IamName>(reason: string, ...names: readonly K[]): { readonly [N in K]: Unsupported } =>
  Object.fromEntries(names.map((name) => [name, unsupported(reason)])) as { [N in K]: Unsupported }

const groups = all(
  'Groups are not offered: give rights to roles that people assume, or to users.',
  'AddUserToGroup',
  'AttachGroupPolicy',
  'CreateGroup',
  'DeleteGroup',
  'DeleteGroupPolicy',
  'DetachGroupPolicy',
  'GetGroupPolicy',
  'PutGroupPolicy',
  'RemoveUserFromGroup',
  'UpdateGroup',
)

const passwords = all(
  'Passwords of IAM users are not offered: people sign in with the directory or identity provider they have.',
  'ChangePassword',
  'CreateLoginProfile',
  'DeleteAccountPasswordPolicy',
  'UpdateAccountPasswordPolicy',
  'UpdateLoginProfile',
)

const serviceLinked = all(
  'Service-linked roles are not offered: no AWS service acts in these accounts by itself.',
  'CreateServiceLinkedRole',
  'DeleteServiceLinkedRole',
  'GetServiceLinkedRoleDeletionStatus',
)

const otherCredentials = all(
  'Only access keys and virtual MFA devices are offered as credentials of users.',
  'CreateServiceSpecificCredential',
  'DeleteSSHPublicKey',
  'DeleteServerCertificate',
  'DeleteServiceSpecificCredential',
  'DeleteSigningCertificate',
  'GetSSHPublicKey',
  'GetServerCertificate',
  'ListServerCertificateTags',
  'ResetServiceSpecificCredential',
  'TagServerCertificate',
  'UntagServerCertificate',
  'UpdateSSHPublicKey',
  'UpdateServerCertificate',
  'UpdateServiceSpecificCredential',
  'UpdateSigningCertificate',
  'UploadSSHPublicKey',
  'UploadServerCertificate',
  'UploadSigningCertificate',
)

const reports = all(
  'Reports of past access are not offered: the audit log has every request.',
  'GenerateCredentialReport',
  'GenerateOrganizationsAccessReport',
  'GenerateServiceLastAccessedDetails',
  'GetOrganizationsAccessReport',
  'GetServiceLastAccessedDetails',
  'GetServiceLastAccessedDetailsWithEntities',
  'ListPoliciesGrantingServiceAccess',
)

const delegation = all(
  'Delegation requests are not offered: they are a dialogue with products that AWS partners run.',
  'AcceptDelegationRequest',
  'AssociateDelegationRequest',
  'CreateDelegationRequest',
  'GetDelegationRequest',
  'GetHumanReadableSummary',
  'ListDelegationRequests',
  'RejectDelegationRequest',
  'SendDelegationToken',
  'UpdateDelegationRequest',
)

const rootAccess = all(
  'Central management of root access is not offered yet.',
  'DisableOrganizationsRootCredentialsManagement',
  'DisableOrganizationsRootSessions',
  'EnableOrganizationsRootCredentialsManagement',
  'EnableOrganizationsRootSessions',
  'ListOrganizationsFeatures',
)

const account = all(
  'Not offered: these settings have no meaning where endpoint and account names are the operator’s configuration.',
  'AcquireRole',
  'GetAccountProperties',
  'GetRoleTemplateVersion',
  'PutAccountProperties',
  'SetSecurityTokenServicePreferences',
)

export const notOffered = {
  ...groups,
  ...passwords,
  ...serviceLinked,
  ...otherCredentials,
  ...reports,
  ...delegation,
  ...rootAccess,
  ...account,
}
