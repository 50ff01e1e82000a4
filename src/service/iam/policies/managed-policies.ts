// Managed policies: CreatePolicy, GetPolicy, ListPolicies, DeletePolicy and ListEntitiesForPolicy (IAM API Reference).
// Their versions are in policy-versions.ts, their attachment in attachments.ts.
import { setImmediate as turn } from 'node:timers/promises'
import { policyArn } from '../../../core/arn.ts'
import type { Reader } from '../../../store/store.ts'
import { accountOf } from '../../access/caller-account.ts'
import { requestTagKeys } from '../../access/tag-keys.ts'
import { type AwsManagedPolicy, awsManagedPolicies } from '../../aws-managed/policies.ts'
import type { Check } from '../../operation.ts'
import { createPolicy, newPolicyId } from '../../principals/create.ts'
import { isUsed, type Pause, usesOf } from '../../principals/policy-lookup.ts'
import { uncount } from '../../principals/quotas.ts'
import { deleteConflict, invalidInput } from '../../principals/refusals.ts'
import { givenTags, tagsMember, tagsOut } from '../../principals/tag-rules.ts'
import {
  type Attachment,
  attachments,
  isoTime,
  type ManagedPolicy,
  managedPolicies,
  roles,
  users,
} from '../../records.ts'
import { check, tagsToo } from '../checks.ts'
import { changes, reads } from '../define.ts'
import { type ListingParts, type PageRequest, pageOfList, recordsFrom } from '../paging.ts'
import { currentPolicy, onPolicy, type PolicyTarget, policyTarget, presentPolicy } from './policy-target.ts'

export type AnyPolicy = ManagedPolicy | AwsManagedPolicy

/** A policy as lists name it: without description and tags. */
export async function policyInBrief(reader: Reader, account: string, policy: AnyPolicy, pause?: Pause) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: await usesOf(reader, account, policy.arn, 'permissions', pause),
    PermissionsBoundaryUsageCount: await usesOf(reader, account, policy.arn, 'boundary', pause),
    IsAttachable: !('attachable' in policy) || policy.attachable,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  }
}

/** Which uses of a policy a list is about. */
const usesFor = (filter: string | undefined): readonly Attachment['use'][] =>
  filter === 'PermissionsPolicy'
    ? ['permissions']
    : filter === 'PermissionsBoundary'
      ? ['boundary']
      : ['permissions', 'boundary']

export const managedPolicyOperations = ({ store, vault, random, quotas, inTurn }: ListingParts) => ({
  CreatePolicy: changes<'CreatePolicy'>()({
    load: ({ PolicyName, Path = '/', Tags }, call) => {
      const account = accountOf(call)
      const arn = policyArn(account, Path, PolicyName)
      return { account, arn, tags: givenTags(Tags), id: newPolicyId(random) }
    },
    checks: (_, { account, arn, tags }): Check[] => [
      check('CreatePolicy', arn, account, requestTagKeys(tags)),
      ...tagsToo('TagPolicy', arn, account, tags),
    ],
    change: async (tx, input, { account, tags, id }, { now }) => {
      const policy = await createPolicy(
        tx,
        {
          account,
          id,
          name: input.PolicyName,
          path: input.Path,
          description: input.Description,
          tags,
          text: input.PolicyDocument,
          createdAt: isoTime(now),
        },
        quotas,
      )
      return { Policy: { ...(await policyInBrief(tx, account, policy)), ...tagsMember(policy.tags) } }
    },
  }),

  GetPolicy: reads<'GetPolicy'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn),
    checks: (_, target) => [onPolicy('GetPolicy', target)],
    handle: async (_, target) => {
      const policy = presentPolicy(target)
      const { description } = policy
      return {
        Policy: {
          ...(await policyInBrief(store, target.account, policy, turn)),
          ...(description === undefined ? {} : { Description: description }),
          Tags: 'tags' in policy ? tagsOut(policy.tags) : [],
        },
      }
    },
  }),

  ListPolicies: reads<'ListPolicies'>()({
    load: (_, call) => accountOf(call),
    checks: ({ PathPrefix = '/' }, account) => [
      { ...check('ListPolicies', '*', account), resourceName: `policy path ${PathPrefix}` },
    ],
    handle: async (input, account) => {
      const { Scope = 'All', OnlyAttached = false, PathPrefix = '/', PolicyUsageFilter } = input
      const filter = [Scope, String(OnlyAttached), PathPrefix, PolicyUsageFilter]
      const pageRequest: PageRequest = { vault, account, operation: 'ListPolicies', filter, input }
      const uses = usesFor(PolicyUsageFilter)
      const { items, page } = await pageOfList(pageRequest, inTurn, {
        from: (place, atOnce) => policiesFrom(store, account, Scope, place, atOnce),
        placeOf,
        wanted: async (policy, work) => {
          if (!policy.path.startsWith(PathPrefix)) return false
          if (!OnlyAttached && PolicyUsageFilter === undefined) return true
          for (const use of uses) {
            work.done++
            if (await isUsed(store, account, policy.arn, use)) return true
          }
          return false
        },
        show: async (policy, work) => {
          const brief = await policyInBrief(store, account, policy, turn)
          work.done += 2 + brief.AttachmentCount + brief.PermissionsBoundaryUsageCount
          return brief
        },
      })
      return { Policies: items, ...page }
    },
  }),

  DeletePolicy: changes<'DeletePolicy'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn, 'change'),
    checks: (_, target) => [onPolicy('DeletePolicy', target)],
    change: async (tx, _, target) => {
      const policy = await currentPolicy(tx, target)
      for (const use of usesFor(undefined)) {
        if (await isUsed(tx, policy.account, policy.arn, use)) {
          throw deleteConflict('Cannot delete a policy attached to entities.')
        }
      }
      if (policy.versions.length > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        )
      }
      await tx.delete(managedPolicies, managedPolicies.key(policy))
      await uncount(tx, policy.account, 'policies')
      return {}
    },
  }),

  ListEntitiesForPolicy: reads<'ListEntitiesForPolicy'>()({
    load: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn),
    checks: (_, target) => [onPolicy('ListEntitiesForPolicy', target)],
    handle: async (input, target: PolicyTarget) => {
      const { EntityFilter, PathPrefix, PolicyUsageFilter } = input
      if (EntityFilter === 'LocalManagedPolicy' || EntityFilter === 'AWSManagedPolicy') {
        throw invalidInput(`EntityFilter ${EntityFilter} is not valid.`)
      }
      const { account } = target
      const { arn } = presentPolicy(target)
      const uses = usesFor(PolicyUsageFilter)
      const filter = [arn, EntityFilter, PathPrefix, PolicyUsageFilter]
      const pageRequest: PageRequest = { vault, account, operation: 'ListEntitiesForPolicy', filter, input }
      const { items, page } = await pageOfList(pageRequest, inTurn, {
        from: (place, atOnce) => attachmentsFrom(store, account, arn, uses, place, atOnce),
        placeOf: ({ use, holder, holderId }) => [use, holder, holderId].join(' '),
        wanted: async (attachment, work) => {
          if (EntityFilter !== undefined && EntityFilter.toLowerCase() !== attachment.holder) return false
          work.done++
          if (!(await isUnder(store, attachment, PathPrefix))) return false
          // A user may be bounded by a policy and have it attached: it is one entity, listed with the first.
          const first = { ...attachment, use: uses[0] ?? attachment.use }
          return attachment.use === first.use || (await store.get(attachments, attachments.key(first))) === undefined
        },
        show: (attachment) => attachment,
      })
      const named = (holder: Attachment['holder']) => items.filter((item) => item.holder === holder)
      return {
        PolicyGroups: [],
        PolicyUsers: named('user').map(({ holderId, holderName }) => ({ UserName: holderName, UserId: holderId })),
        PolicyRoles: named('role').map(({ holderId, holderName }) => ({ RoleName: holderName, RoleId: holderId })),
        ...page,
      }
    },
  }),
})

/** Where a list of policies stands: an account's own by name, then AWS's by ARN. */
const placeOf = (policy: AnyPolicy) => ('account' in policy ? `own ${policy.name.toLowerCase()}` : `aws ${policy.arn}`)

async function* policiesFrom(
  reader: Reader,
  account: string,
  scope: string,
  place: string | undefined,
  atOnce: number,
): AsyncGenerator<AnyPolicy, void> {
  const [whose, name = ''] = (place ?? '').split(' ')
  if (scope !== 'AWS' && whose !== 'aws') {
    yield* recordsFrom(reader, managedPolicies, [account], whose === 'own' ? [account, name] : undefined, atOnce)
  }
  const after = whose === 'aws' ? awsManagedPolicies.findIndex(({ arn }) => arn === name) + 1 : 0
  if (scope !== 'Local') yield* awsManagedPolicies.slice(after)
}

/** The ways back from a policy to its holders, use by use. */
async function* attachmentsFrom(
  reader: Reader,
  account: string,
  arn: string,
  uses: readonly Attachment['use'][],
  place: string | undefined,
  atOnce: number,
): AsyncGenerator<Attachment, void> {
  const [from = '', ...holder] = (place ?? '').split(' ')
  for (const use of uses) {
    if (place !== undefined && uses.indexOf(use) < uses.indexOf(from as Attachment['use'])) continue
    const after = use === from ? [account, arn, use, ...holder] : undefined
    yield* recordsFrom(reader, attachments, [account, arn, use], after, atOnce)
  }
}

async function isUnder(reader: Reader, attachment: Attachment, prefix: string | undefined): Promise<boolean> {
  if (prefix === undefined || prefix === '/') return true
  const key = [attachment.account, attachment.holderName.toLowerCase()]
  const holder = attachment.holder === 'user' ? await reader.get(users, key) : await reader.get(roles, key)
  return holder?.path.startsWith(prefix) ?? false
}
