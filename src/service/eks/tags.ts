// TagResource, UntagResource and ListTagsForResource, of clusters and associations (Amazon EKS API Reference).
import { parseArn } from '../../core/arn.ts'
import type { Transaction } from '../../store/store.ts'
import { modelled, type Refusal } from '../../wire/errors.ts'
import { accountOf } from '../access/caller-account.ts'
import { removedTagKeys, requestTagKeys } from '../access/tag-keys.ts'
import type { Call } from '../operation.ts'
import type { Parts } from '../parts.ts'
import { withoutTags } from '../principals/tag-rules.ts'
import type { Tag } from '../records.ts'
import {
  associationTarget,
  changes,
  clusterTarget,
  currentAssociation,
  currentCluster,
  onTarget,
  reads,
  type Target,
} from './define.ts'
import { type Cluster, clusters, type PodIdentityAssociation, podIdentityAssociations } from './records.ts'
import { givenTags, tagMap, withTags } from './tag-rules.ts'

type Tagged =
  | { readonly kind: 'cluster'; readonly of: Target<Cluster> }
  | { readonly kind: 'association'; readonly of: Target<PodIdentityAssociation> }

const missing = (): Refusal => modelled('eks', 'NotFoundException', 'The specified resource could not be found.')

/** What an ARN names, in the caller's account and region. @throws BadRequestException, NotFoundException */
async function taggedTarget({ store }: Parts, call: Call, text: string): Promise<Tagged> {
  const arn = parseArn(text)
  const [kind, cluster = '', id] = arn?.resource.split('/') ?? []
  if (arn?.service !== 'eks' || (kind === 'cluster') !== (id === undefined))
    throw modelled('eks', 'BadRequestException', `Invalid resource ARN: ${text}`)
  if (arn.account !== accountOf(call) || arn.region !== call.from.region) throw missing()
  if (id === undefined) return { kind: 'cluster', of: await clusterTarget(store, call, cluster) }
  if (kind !== 'podidentityassociation') throw missing()
  return { kind: 'association', of: await associationTarget(store, call, cluster, id) }
}

/** Gives what was authorized other tags. */
async function retag(
  tx: Transaction,
  target: Tagged,
  tags: (before: readonly Tag[]) => readonly Tag[],
): Promise<object> {
  if (target.of.record === undefined) throw missing()
  if (target.kind === 'cluster') {
    const record = await currentCluster(tx, target.of)
    await tx.replace(clusters, { ...record, tags: tags(record.tags) })
  } else {
    const record = await currentAssociation(tx, target.of)
    await tx.replace(podIdentityAssociations, { ...record, tags: tags(record.tags) })
  }
  return {}
}

export const tagOperations = (parts: Parts) => ({
  TagResource: changes<'TagResource'>()({
    load: async ({ resourceArn, tags }, call) => ({
      given: givenTags(tags),
      target: await taggedTarget(parts, call, resourceArn),
    }),
    checks: (_, { given, target }) => [onTarget('TagResource', target.of, requestTagKeys(given))],
    change: (tx, { tags }, { target }) => retag(tx, target, (before) => withTags(before, tags)),
  }),
  UntagResource: changes<'UntagResource'>()({
    load: ({ resourceArn }, call) => taggedTarget(parts, call, resourceArn),
    checks: ({ tagKeys }, target) => [onTarget('UntagResource', target.of, removedTagKeys(tagKeys))],
    change: (tx, { tagKeys }, target) => retag(tx, target, (before) => withoutTags(before, tagKeys)),
  }),
  ListTagsForResource: reads<'ListTagsForResource'>()({
    load: ({ resourceArn }, call) => taggedTarget(parts, call, resourceArn),
    checks: (_, target) => [onTarget('ListTagsForResource', target.of)],
    handle: (_, { of: { record } }) => {
      if (record === undefined) throw missing()
      return { tags: tagMap(record.tags) }
    },
  }),
})
