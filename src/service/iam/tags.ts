// Tagging of users, roles, managed policies and MFA devices: Tag…, Untag… and List…Tags (IAM API Reference).
import type { Parts } from '../parts.ts'
import {
  type MfaDevice,
  managedPolicies,
  mfaDevices,
  type Role,
  roles,
  type Tag,
  type User,
  users,
} from '../records.ts'
import { check, requestTags, resourceTags, tagKeys } from './checks.ts'
import { changes, type IamName, reads } from './define.ts'
import { current, present, roleKind, targetOf, userKind } from './holders.ts'
import { currentDevice, deviceTarget, onDevice, presentDevice } from './mfa-target.ts'
import { type Asked, type PageMembers, pageOf } from './paging.ts'
import { currentPolicy, onPolicy, policyTarget, presentPolicy } from './policy-target.ts'
import { givenTags, tagsOut, withoutTags, withTags } from './tag-rules.ts'

/** The question of a Tag operation, or of an Untag one, beside that of its resource. */
const tagging = (question: ReturnType<typeof check>, tags: readonly Tag[]) => ({
  ...question,
  keys: new Map([...(question.keys ?? []), ...requestTags(tags)]),
})
const untagging = (question: ReturnType<typeof check>, keys: readonly string[]) => ({
  ...question,
  keys: new Map([...(question.keys ?? []), ...tagKeys(keys)]),
})

const listed = (
  { vault }: Parts,
  operation: IamName,
  account: string,
  id: string,
  tags: readonly Tag[],
  input: Asked['input'],
): { Tags: { Key: string; Value: string }[] } & PageMembers => {
  const sorted = [...tags].sort((a, b) => (a.Key < b.Key ? -1 : 1))
  const { items, page } = pageOf({ vault, account, operation, filter: [id], input }, sorted, ({ Key }) => Key)
  return { Tags: tagsOut(items), ...page }
}

export const tagOperations = (parts: Parts) => {
  const { store } = parts
  const onUser = (action: IamName, target: { account: string; arn: string; holder: User | undefined }) =>
    check(action, target.arn, target.account, resourceTags(target.holder?.tags))
  const onRole = (action: IamName, target: { account: string; arn: string; holder: Role | undefined }) =>
    check(action, target.arn, target.account, resourceTags(target.holder?.tags))

  return {
    TagUser: changes<'TagUser'>()({
      target: async (input, call) => ({
        tags: givenTags(input.Tags),
        user: await targetOf(store, userKind, call, input.UserName),
      }),
      checks: (_, { user, tags }) => [tagging(onUser('TagUser', user), tags)],
      change: async (tx, _, { user, tags }) => {
        const record = await current(tx, userKind, user)
        await tx.replace(users, { ...record, tags: withTags(record.tags, tags) })
        return {}
      },
    }),
    UntagUser: changes<'UntagUser'>()({
      target: ({ UserName }, call) => targetOf(store, userKind, call, UserName),
      checks: ({ TagKeys }, target) => [untagging(onUser('UntagUser', target), TagKeys)],
      change: async (tx, { TagKeys }, target) => {
        const record = await current(tx, userKind, target)
        await tx.replace(users, { ...record, tags: withoutTags(record.tags, TagKeys) })
        return {}
      },
    }),
    ListUserTags: reads<'ListUserTags'>()({
      target: ({ UserName }, call) => targetOf(store, userKind, call, UserName),
      checks: (_, target) => [onUser('ListUserTags', target)],
      handle: (input, target) => {
        const { account, id, tags } = present(userKind, target)
        return listed(parts, 'ListUserTags', account, id, tags, input)
      },
    }),

    TagRole: changes<'TagRole'>()({
      target: async (input, call) => ({
        tags: givenTags(input.Tags),
        role: await targetOf(store, roleKind, call, input.RoleName),
      }),
      checks: (_, { role, tags }) => [tagging(onRole('TagRole', role), tags)],
      change: async (tx, _, { role, tags }) => {
        const record = await current(tx, roleKind, role)
        await tx.replace(roles, { ...record, tags: withTags(record.tags, tags) })
        return {}
      },
    }),
    UntagRole: changes<'UntagRole'>()({
      target: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
      checks: ({ TagKeys }, target) => [untagging(onRole('UntagRole', target), TagKeys)],
      change: async (tx, { TagKeys }, target) => {
        const record = await current(tx, roleKind, target)
        await tx.replace(roles, { ...record, tags: withoutTags(record.tags, TagKeys) })
        return {}
      },
    }),
    ListRoleTags: reads<'ListRoleTags'>()({
      target: ({ RoleName }, call) => targetOf(store, roleKind, call, RoleName),
      checks: (_, target) => [onRole('ListRoleTags', target)],
      handle: (input, target) => {
        const { account, id, tags } = present(roleKind, target)
        return listed(parts, 'ListRoleTags', account, id, tags, input)
      },
    }),

    TagPolicy: changes<'TagPolicy'>()({
      target: async (input, call) => ({
        tags: givenTags(input.Tags),
        policy: await policyTarget(store, call, input.PolicyArn, 'change'),
      }),
      checks: (_, { policy, tags }) => [tagging(onPolicy('TagPolicy', policy), tags)],
      change: async (tx, _, { policy, tags }) => {
        const record = await currentPolicy(tx, policy)
        await tx.replace(managedPolicies, { ...record, tags: withTags(record.tags, tags) })
        return {}
      },
    }),
    UntagPolicy: changes<'UntagPolicy'>()({
      target: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn, 'change'),
      checks: ({ TagKeys }, target) => [untagging(onPolicy('UntagPolicy', target), TagKeys)],
      change: async (tx, { TagKeys }, target) => {
        const record = await currentPolicy(tx, target)
        await tx.replace(managedPolicies, { ...record, tags: withoutTags(record.tags, TagKeys) })
        return {}
      },
    }),
    ListPolicyTags: reads<'ListPolicyTags'>()({
      target: ({ PolicyArn }, call) => policyTarget(store, call, PolicyArn),
      checks: (_, target) => [onPolicy('ListPolicyTags', target)],
      handle: (input, target) => {
        const policy = presentPolicy(target)
        const tags = 'tags' in policy ? policy.tags : []
        return listed(parts, 'ListPolicyTags', target.account, policy.arn, tags, input)
      },
    }),

    TagMFADevice: changes<'TagMFADevice'>()({
      target: async (input, call) => ({
        tags: givenTags(input.Tags),
        device: await deviceTarget(store, call, input.SerialNumber),
      }),
      checks: (_, { device, tags }) => [tagging(onDevice('TagMFADevice', device), tags)],
      change: async (tx, _, { device, tags }) => {
        const record: MfaDevice = await currentDevice(tx, device)
        await tx.replace(mfaDevices, { ...record, tags: withTags(record.tags, tags) })
        return {}
      },
    }),
    UntagMFADevice: changes<'UntagMFADevice'>()({
      target: ({ SerialNumber }, call) => deviceTarget(store, call, SerialNumber),
      checks: ({ TagKeys }, target) => [untagging(onDevice('UntagMFADevice', target), TagKeys)],
      change: async (tx, { TagKeys }, target) => {
        const record = await currentDevice(tx, target)
        await tx.replace(mfaDevices, { ...record, tags: withoutTags(record.tags, TagKeys) })
        return {}
      },
    }),
    ListMFADeviceTags: reads<'ListMFADeviceTags'>()({
      target: ({ SerialNumber }, call) => deviceTarget(store, call, SerialNumber),
      checks: (_, target) => [onDevice('ListMFADeviceTags', target)],
      handle: (input, target) => {
        const { account, serial, tags } = presentDevice(target)
        return listed(parts, 'ListMFADeviceTags', account, serial, tags, input)
      },
    }),
  }
}
