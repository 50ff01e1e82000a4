// IAM's table of operations, whole: what is offered and, with the reason, what is not (IAM API Reference, "Actions").
import type { Sdk } from '../../wire/operations.ts'
import type { Operations } from '../operations.ts'
import type { Parts } from '../parts.ts'
import { createTurns } from '../turns.ts'
import { absentOperations } from './absent.ts'
import { accessKeyOperations } from './access-keys.ts'
import { accountSummaryOperations } from './account-summary.ts'
import { attachmentOperations } from './attachments.ts'
import { authorizationDetailsOperations } from './authorization-details.ts'
import { inlinePolicyOperations } from './inline-policies.ts'
import { instanceProfileOperations } from './instance-profiles.ts'
import { managedPolicyOperations } from './managed-policies.ts'
import { mfaDeviceOperations } from './mfa-devices.ts'
import { notOffered } from './not-offered.ts'
import { oidcProviderOperations } from './oidc-providers.ts'
import { outboundOperations } from './outbound.ts'
import { policyVersionOperations } from './policy-versions.ts'
import { roleOperations } from './roles.ts'
import { simulationOperations } from './simulate.ts'
import { tagOperations } from './tags.ts'
import { userOperations } from './users.ts'

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
    ...tagOperations(parts),
    ...simulationOperations(parts),
    ...accountSummaryOperations(parts),
    ...authorizationDetailsOperations(parts),
    ...outboundOperations(parts),
    ...absentOperations(parts),
    ...notOffered,
  } satisfies Operations<Sdk['iam']>
}
