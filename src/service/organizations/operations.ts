// Organizations' table of operations, whole: what is offered and, with the reason, what is not (AWS Organizations API
// Reference, "Actions").
import type { Sdk } from '../../wire/operations.ts'
import { type Unsupported, unsupported } from '../operation.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { createAccountOperations } from './create-account.ts'
import type { OrganizationsName } from './define.ts'
import { leavingOperations } from './leaving.ts'
import { organizationOperations } from './organization.ts'
import { structureOperations } from './structure.ts'
import { tagOperations } from './tags.ts'

const all = <const K extends OrganizationsName>(
  reason: string,
  ...names: readonly K[]
): { readonly [N in K]: Unsupported } =>
  Object.fromEntries(names.map((name) => [name, unsupported(reason)])) as { [N in K]: Unsupported }

const notOffered = {
  ...all(
    'Organization policies are not offered yet.',
    'AttachPolicy',
    'CreatePolicy',
    'DeletePolicy',
    'DeleteResourcePolicy',
    'DescribeEffectivePolicy',
    'DescribePolicy',
    'DescribeResourcePolicy',
    'DetachPolicy',
    'DisablePolicyType',
    'EnablePolicyType',
    'ListAccountsWithInvalidEffectivePolicy',
    'ListEffectivePolicyValidationErrors',
    'ListPoliciesForTarget',
    'ListTargetsForPolicy',
    'PutResourcePolicy',
    'UpdatePolicy',
  ),
  ...all(
    'Organizational units are not offered yet: all accounts are directly under the root.',
    'CreateOrganizationalUnit',
    'DeleteOrganizationalUnit',
    'DescribeOrganizationalUnit',
    'ListAccountsForParent',
    'ListChildren',
    'ListOrganizationalUnitsForParent',
    'MoveAccount',
    'UpdateOrganizationalUnit',
  ),
  ...all(
    'Accounts join by being created: invitations and transfers between organizations are not offered.',
    'AcceptHandshake',
    'CancelHandshake',
    'DeclineHandshake',
    'DescribeHandshake',
    'DescribeResponsibilityTransfer',
    'EnableAllFeatures',
    'InviteAccountToOrganization',
    'InviteOrganizationToTransferResponsibility',
    'ListHandshakesForAccount',
    'ListHandshakesForOrganization',
    'ListInboundResponsibilityTransfers',
    'ListOutboundResponsibilityTransfers',
    'TerminateResponsibilityTransfer',
    'UpdateResponsibilityTransfer',
  ),
  ...all(
    'Delegated administration and access of AWS services are not offered.',
    'DeregisterDelegatedAdministrator',
    'DisableAWSServiceAccess',
    'EnableAWSServiceAccess',
    'ListDelegatedServicesForAccount',
    'RegisterDelegatedAdministrator',
  ),
  ...all('There is no GovCloud.', 'CreateGovCloudAccount'),
  ...all('Not offered yet: DescribeCreateAccountStatus answers for each request.', 'ListCreateAccountStatus'),
}

export const organizationsOperations = (parts: Parts) =>
  ({
    ...organizationOperations(parts),
    ...createAccountOperations(parts),
    ...structureOperations(parts),
    ...tagOperations(parts),
    ...leavingOperations(parts),
    ...notOffered,
  }) satisfies Operations<Sdk['organizations']>
