// IAM's table of operations, whole: what is offered and, with the reason, what is not (IAM API Reference, "Actions").
import type { Sdk } from '../../wire/operations.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { createTurns } from '../turns.ts'
import { absentOperations } from './account/absent.ts'
import { accountSummaryOperations } from './account/account-summary.ts'
import { accountAliasOperations } from './account/aliases.ts'
import { authorizationDetailsOperations } from './account/authorization-details.ts'
import { notOffered } from './account/not-offered.ts'
import { outboundOperations } from './account/outbound.ts'
import { mfaDeviceOperations } from './mfa/mfa-devices.ts'
import { attachmentOperations } from './policies/attachments.ts'
import { inlinePolicyOperations } from './policies/inline-policies.ts'
import { managedPolicyOperations } from './policies/managed-policies.ts'
import { policyVersionOperations } from './policies/policy-versions.ts'
import { accessKeyOperations } from './principals/access-keys.ts'
import { instanceProfileOperations } from './principals/instance-profiles.ts'
import { roleOperations } from './principals/roles.ts'
import { userOperations } from './principals/users.ts'
import { oidcProviderOperations } from './providers/oidc-providers.ts'
import { samlProviderOperations } from './providers/saml-providers.ts'
import { simulationOperations } from './simulation/simulate.ts'
import { tagOperations } from './tags.ts'

export const iamOperations = (parts: Parts) => {
  // An account's lists that cost much wait for each other, and for nobody else's.
  const listing = { ...parts, inTurn: createTurns() }
  return {
    ...userOperations(listing),
    ...accessKeyOperations(parts),
    ...roleOperations(listing),
    ...instanceProfileOperations(listing),
    ...inlinePolicyOperations(parts),
    ...managedPolicyOperations(listing),
    ...policyVersionOperations(parts),
    ...attachmentOperations(parts),
    ...mfaDeviceOperations(listing),
    ...oidcProviderOperations(parts),
    ...samlProviderOperations(listing),
    ...accountAliasOperations(parts),
    ...tagOperations(parts),
    ...simulationOperations(parts),
    ...accountSummaryOperations(parts),
    ...authorizationDetailsOperations(parts),
    ...outboundOperations(parts),
    ...absentOperations(parts),
    ...notOffered,
  } satisfies Operations<Sdk['iam']>
}
