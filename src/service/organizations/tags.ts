// TagResource, UntagResource and ListTagsForResource for accounts and the root (AWS Organizations API Reference).

import { rootIdOf } from '../../core/organization-root.ts'
import type { Transaction } from '../../store/store.ts'
import { removedTagKeys, requestTagKeys } from '../access/tag-keys.ts'
import type { Parts } from '../parts.ts'
import { accounts, type Tag } from '../records.ts'
import { changes, reads } from './define.ts'
import { managementOf } from './membership.ts'
import { organizations } from './records.ts'
import { invalidToken, targetNotFound } from './refusals.ts'
import { checkKey, givenTags, withoutTags, withTags } from './tag-rules.ts'
import { checkTarget, memberOf, type OrganizationTarget, onTarget, targetOf } from './target.ts'

/** Gives what was authorized other tags. @throws TargetNotFoundException, and what `tags` throws */
async function retag(
  tx: Transaction,
  target: OrganizationTarget,
  tags: (before: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  const { organization } = await managementOf(tx, target.account)
  if (target.id === rootIdOf(organization.id)) {
    const before = organization.rootTags ?? []
    checkTarget(target, organization, before, targetNotFound)
    await tx.replace(organizations, { ...organization, rootTags: tags(before) })
    return
  }
  const member = await memberOf(tx, organization, target.id)
  checkTarget(target, organization, member && (member.tags ?? []), targetNotFound)
  if (member === undefined) throw targetNotFound()
  await tx.replace(accounts, { ...member, tags: tags(member.tags ?? []) })
}

export const tagOperations = ({ store }: Parts) => ({
  TagResource: changes<'TagResource'>()({
    load: async ({ ResourceId, Tags }, call) => ({
      tags: givenTags(Tags),
      of: await targetOf(store, call, ResourceId),
    }),
    checks: (_, { tags, of }) => [onTarget('TagResource', of, requestTagKeys(tags))],
    change: async (tx, _, { tags, of }) => {
      await retag(tx, of, (before) => withTags(before, tags))
      return {}
    },
  }),

  UntagResource: changes<'UntagResource'>()({
    load: ({ ResourceId, TagKeys }, call) => {
      for (const key of TagKeys) checkKey(key)
      return targetOf(store, call, ResourceId)
    },
    checks: ({ TagKeys }, target) => [onTarget('UntagResource', target, removedTagKeys(TagKeys))],
    change: async (tx, { TagKeys }, target) => {
      await retag(tx, target, (before) => withoutTags(before, TagKeys))
      return {}
    },
  }),

  // All tags of a thing fit one page, so no token was ever given.
  ListTagsForResource: reads<'ListTagsForResource'>()({
    load: ({ ResourceId }, call) => targetOf(store, call, ResourceId),
    checks: (_, target) => [onTarget('ListTagsForResource', target)],
    handle: async ({ NextToken, ResourceId }, { account, tags }) => {
      const { organization } = await managementOf(store, account)
      if (NextToken !== undefined) throw invalidToken()
      const there =
        ResourceId === rootIdOf(organization.id) || (await memberOf(store, organization, ResourceId)) !== undefined
      if (!there) throw targetNotFound()
      return { Tags: tags.map(({ Key, Value }) => ({ Key, Value })) }
    },
  }),
})
