// Versions of managed policies: CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, SetDefaultPolicyVersion,
// DeletePolicyVersion (IAM API Reference). A few at once; a version's id is never used again.

import type { AwsManagedPolicy } from '../../aws-managed/policies.ts'
import type { Parts } from '../../parts.ts'
import { encodeDocument } from '../../principals/names.ts'
import { checkManaged } from '../../principals/policy-text.ts'
import { deleteConflict, limitExceeded, noPolicyVersion } from '../../principals/refusals.ts'
import { isoTime, type ManagedPolicy, managedPolicies, type PolicyVersion } from '../../records.ts'
import { changes, reads } from '../define.ts'
import { type PageRequest, pageOf } from '../paging.ts'
import { currentPolicy, onPolicy, policyTarget, presentPolicy } from './policy-target.ts'

export const versionsOf = (policy: ManagedPolicy | AwsManagedPolicy): readonly PolicyVersion[] =>
  'versions' in policy
    ? policy.versions
    : [{ id: policy.defaultVersion, text: policy.text, createdAt: policy.updatedAt }]

export const versionInBrief = (version: PolicyVersion, defaultVersion: string) => ({
  VersionId: version.id,
  IsDefaultVersion: version.id === defaultVersion,
  CreateDate: new Date(version.createdAt),
})

/** @throws NoSuchEntity */
function checkHas(policy: ManagedPolicy, id: string): void {
  if (!policy.versions.some((version) => version.id === id)) throw noPolicyVersion(policy.arn, id)
}

export const policyVersionOperations = ({ store, vault, quotas }: Parts) => ({
  CreatePolicyVersion: changes<'CreatePolicyVersion'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn, 'change'),
    checks: (_, target) => [onPolicy('CreatePolicyVersion', target)],
    change: async (tx, { PolicyDocument, SetAsDefault = false }, target, { now }) => {
      const policy = await currentPolicy(tx, target)
      const mine = quotas(policy.account)
      checkManaged(PolicyDocument, mine)
      if (policy.versions.length >= mine.VersionsPerPolicy) {
        throw limitExceeded(
          `A managed policy can have up to ${mine.VersionsPerPolicy} versions. Before you create a new version, you must delete an existing version.`,
        )
      }
      const lastVersion = policy.lastVersion + 1
      const version: PolicyVersion = { id: `v${lastVersion}`, text: PolicyDocument, createdAt: isoTime(now) }
      const defaultVersion = SetAsDefault ? version.id : policy.defaultVersion
      const versions = [...policy.versions, version]
      await tx.replace(managedPolicies, { ...policy, versions, lastVersion, defaultVersion, updatedAt: isoTime(now) })
      return { PolicyVersion: versionInBrief(version, defaultVersion) }
    },
  }),

  GetPolicyVersion: reads<'GetPolicyVersion'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn),
    checks: (_, target) => [onPolicy('GetPolicyVersion', target)],
    handle: ({ VersionId }, { policy, arn }) => {
      const version = policy && versionsOf(policy).find(({ id }) => id === VersionId)
      if (policy === undefined || version === undefined) throw noPolicyVersion(arn.arn, VersionId)
      const brief = versionInBrief(version, policy.defaultVersion)
      return { PolicyVersion: { Document: encodeDocument(version.text), ...brief } }
    },
  }),

  ListPolicyVersions: reads<'ListPolicyVersions'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn),
    checks: (_, target) => [onPolicy('ListPolicyVersions', target)],
    handle: (input, target) => {
      const policy = presentPolicy(target)
      const { account } = target
      const pageRequest: PageRequest = { vault, account, operation: 'ListPolicyVersions', filter: [policy.arn], input }
      // The newest first.
      const { items, page } = pageOf(pageRequest, [...versionsOf(policy)].reverse(), ({ id }) => id)
      return { Versions: items.map((version) => versionInBrief(version, policy.defaultVersion)), ...page }
    },
  }),

  SetDefaultPolicyVersion: changes<'SetDefaultPolicyVersion'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn, 'change'),
    checks: (_, target) => [onPolicy('SetDefaultPolicyVersion', target)],
    change: async (tx, { VersionId }, target, { now }) => {
      const policy = await currentPolicy(tx, target, (arn) => noPolicyVersion(arn, VersionId))
      checkHas(policy, VersionId)
      await tx.replace(managedPolicies, { ...policy, defaultVersion: VersionId, updatedAt: isoTime(now) })
      return {}
    },
  }),

  DeletePolicyVersion: changes<'DeletePolicyVersion'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn, 'change'),
    checks: (_, target) => [onPolicy('DeletePolicyVersion', target)],
    change: async (tx, { VersionId }, target, { now }) => {
      const policy = await currentPolicy(tx, target, (arn) => noPolicyVersion(arn, VersionId))
      checkHas(policy, VersionId)
      if (VersionId === policy.defaultVersion) throw deleteConflict('Cannot delete the default version of a policy.')
      const versions = policy.versions.filter(({ id }) => id !== VersionId)
      await tx.replace(managedPolicies, { ...policy, versions, updatedAt: isoTime(now) })
      return {}
    },
  }),
})
