// Tagging of users, roles, instance profiles, managed policies and MFA devices: Tag…, Untag… and List…Tags (IAM API Reference). Each is
// written once, over what has tags.
import type { Transaction } from '../../store/store.ts'
import { type KeyValue, removedTagKeys, requestTagKeys } from '../access/tag-keys.ts'
import type { Call, Check } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { givenTags, tagsOut, withoutTags, withTags } from '../principals/tag-rules.ts'
import { type IamResource, managedPolicies, mfaDevices, type Tag } from '../records.ts'
import { changes, type IamName, reads } from './define.ts'
import { currentDevice, type DeviceTarget, deviceTarget, onDevice, presentDevice } from './mfa/mfa-target.ts'
import { type PageMembers, type PageRequest, pageOf } from './paging.ts'
import { currentPolicy, onPolicy, type PolicyTarget, policyTarget, presentPolicy } from './policies/policy-target.ts'
import {
  current,
  instanceProfilesIn,
  type LoadedByName,
  onTarget,
  present,
  type ResourceTarget,
  rolesIn,
  usersIn,
} from './principals/targets.ts'

/** A kind of thing that has tags: how an input names one, what is asked about it, where its tags are. */
interface Tagged<I, T> {
  readonly load: (input: I, call: Call, use?: 'change') => Promise<T>
  readonly on: (action: IamName, target: T) => Check
  /** @throws NoSuchEntity */
  readonly read: (target: T) => { readonly account: string; readonly id: string; readonly tags: readonly Tag[] }
  /** Gives what was authorized other tags. @throws NoSuchEntity, ConcurrentModification, and what `tags` throws */
  readonly change: (tx: Transaction, target: T, tags: (before: readonly Tag[]) => readonly Tag[]) => Promise<void>
}

const named = <R extends IamResource & { readonly tags: readonly Tag[] }, I>({
  kind,
  load,
}: LoadedByName<R, I>): Tagged<I, ResourceTarget<R>> => ({
  load,
  on: onTarget,
  read: (of) => present(kind, of),
  change: async (tx, of, tags) => {
    const record = await current(tx, kind, of)
    await tx.replace(kind.collection, { ...record, tags: tags(record.tags) })
  },
})

const policies = ({ store }: Parts): Tagged<{ readonly PolicyArn: string }, PolicyTarget> => ({
  load: ({ PolicyArn }, call, use) => policyTarget(store, call, PolicyArn, use),
  on: onPolicy,
  read: (of) => {
    const policy = presentPolicy(of)
    return { account: of.account, id: policy.arn, tags: 'tags' in policy ? policy.tags : [] }
  },
  change: async (tx, of, tags) => {
    const record = await currentPolicy(tx, of)
    await tx.replace(managedPolicies, { ...record, tags: tags(record.tags) })
  },
})

const devices = ({ store }: Parts): Tagged<{ readonly SerialNumber: string }, DeviceTarget> => ({
  load: ({ SerialNumber }, call) => deviceTarget(store, call, SerialNumber),
  on: onDevice,
  read: (of) => {
    const { account, serial, tags } = presentDevice(of)
    return { account, id: serial, tags }
  },
  change: async (tx, of, tags) => {
    const record = await currentDevice(tx, of)
    await tx.replace(mfaDevices, { ...record, tags: tags(record.tags) })
  },
})

/** A question that knows more than its resource. */
const knowing = (question: Check, entries: readonly KeyValue[]): Check => ({
  ...question,
  keys: new Map([...(question.keys ?? []), ...entries]),
})

type Tags = { readonly Tags: Parameters<typeof givenTags>[0] }
type Keys = { readonly TagKeys: readonly string[] }

const tagging = <I, T>(action: IamName, { load, on, change }: Tagged<I, T>) => ({
  load: async (input: I & Tags, call: Call) => ({
    tags: givenTags(input.Tags),
    of: await load(input, call, 'change'),
  }),
  checks: (_: unknown, { of, tags }: { readonly of: T; readonly tags: readonly Tag[] }) => [
    knowing(on(action, of), requestTagKeys(tags)),
  ],
  change: async (tx: Transaction, _: unknown, { of, tags }: { readonly of: T; readonly tags: readonly Tag[] }) => {
    await change(tx, of, (before) => withTags(before, tags))
    return {}
  },
})

const untagging = <I, T>(action: IamName, { load, on, change }: Tagged<I, T>) => ({
  load: (input: I, call: Call) => load(input, call, 'change'),
  checks: ({ TagKeys }: Keys, of: T) => [knowing(on(action, of), removedTagKeys(TagKeys))],
  change: async (tx: Transaction, { TagKeys }: Keys, of: T) => {
    await change(tx, of, (before) => withoutTags(before, TagKeys))
    return {}
  },
})

const listing = <I, T>({ vault }: Parts, action: IamName, { load, on, read }: Tagged<I, T>) => ({
  load: (input: I, call: Call) => load(input, call),
  checks: (_: unknown, of: T) => [on(action, of)],
  handle: (input: PageRequest['input'], of: T): { Tags: { Key: string; Value: string }[] } & PageMembers => {
    const { account, id, tags } = read(of)
    const sorted = [...tags].sort((a, b) => (a.Key < b.Key ? -1 : 1))
    const pageRequest: PageRequest = { vault, account, operation: action, filter: [id], input }
    const { items, page } = pageOf(pageRequest, sorted, ({ Key }) => Key)
    return { Tags: tagsOut(items), ...page }
  },
})

export const tagOperations = (parts: Parts) => {
  const [user, role] = [named(usersIn(parts.store)), named(rolesIn(parts.store))]
  const [policy, device] = [policies(parts), devices(parts)]
  const profile = named(instanceProfilesIn(parts.store))
  return {
    TagUser: changes<'TagUser'>()(tagging('TagUser', user)),
    UntagUser: changes<'UntagUser'>()(untagging('UntagUser', user)),
    ListUserTags: reads<'ListUserTags'>()(listing(parts, 'ListUserTags', user)),

    TagRole: changes<'TagRole'>()(tagging('TagRole', role)),
    UntagRole: changes<'UntagRole'>()(untagging('UntagRole', role)),
    ListRoleTags: reads<'ListRoleTags'>()(listing(parts, 'ListRoleTags', role)),

    TagInstanceProfile: changes<'TagInstanceProfile'>()(tagging('TagInstanceProfile', profile)),
    UntagInstanceProfile: changes<'UntagInstanceProfile'>()(untagging('UntagInstanceProfile', profile)),
    ListInstanceProfileTags: reads<'ListInstanceProfileTags'>()(listing(parts, 'ListInstanceProfileTags', profile)),

    TagPolicy: changes<'TagPolicy'>()(tagging('TagPolicy', policy)),
    UntagPolicy: changes<'UntagPolicy'>()(untagging('UntagPolicy', policy)),
    ListPolicyTags: reads<'ListPolicyTags'>()(listing(parts, 'ListPolicyTags', policy)),

    TagMFADevice: changes<'TagMFADevice'>()(tagging('TagMFADevice', device)),
    UntagMFADevice: changes<'UntagMFADevice'>()(untagging('UntagMFADevice', device)),
    ListMFADeviceTags: reads<'ListMFADeviceTags'>()(listing(parts, 'ListMFADeviceTags', device)),
  }
}
