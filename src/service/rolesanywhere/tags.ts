// TagResource, UntagResource and ListTagsForResource (API Reference), of whatever has an ARN here.
import { foldCase } from '../../core/policy/casing.ts'
import { modelled } from '../../wire/errors.ts'
import { accountOf } from '../access/caller-account.ts'
import { removedTagKeys, requestTagKeys } from '../access/tag-keys.ts'
import type { Call } from '../operation.ts'
import type { Parts } from '../parts.ts'
import type { Tag } from '../records.ts'
import { changes, invalid, notFound, reads, tagsIn } from './define.ts'
import type { Resource } from './records.ts'
import {
  anchorKind,
  current,
  type Kind,
  listKind,
  onTarget,
  placeOf,
  present,
  profileKind,
  subjectKind,
  targetOf,
} from './targets.ts'

/** AWS's quota. */
const mostTags = 200

const kinds = [anchorKind, profileKind, listKind, subjectKind] as unknown as readonly Kind<Resource>[]

/** What the ARN names, in this account and region. @throws ValidationException, ResourceNotFoundException */
function taggedTarget({ store }: Pick<Parts, 'store'>, call: Call, arn: string) {
  const place = placeOf(arn)
  const kind = kinds.find(({ resource }) => resource === place?.resource)
  if (place === undefined || kind === undefined) throw invalid(`Invalid resource ARN: ${arn}`)
  if (place.account !== accountOf(call) || place.region !== call.from.region) throw notFound(`${arn} does not exist.`)
  return targetOf(store, kind, call, place.id)
}

/** @throws ValidationException, TooManyTagsException */
function checkTags(tags: readonly Tag[]): readonly Tag[] {
  const keys = new Set(tags.map(({ Key }) => foldCase(Key)))
  if (keys.size < tags.length) throw invalid('Duplicate tag keys found.')
  if ([...keys].some((key) => key.startsWith('aws:'))) throw invalid('Tag keys must not begin with aws:.')
  if (tags.length > mostTags) {
    throw modelled('rolesanywhere', 'TooManyTagsException', `A resource can have at most ${mostTags} tags.`)
  }
  return tags
}

/** Tags that a resource is made with. @throws ValidationException */
export const givenTags = (tags: Parameters<typeof tagsIn>[0]) => checkTags(tagsIn(tags))

export const tagOperations = (parts: Parts) => ({
  TagResource: changes<'TagResource'>()({
    load: async ({ resourceArn, tags }, call) => ({
      target: await taggedTarget(parts, call, resourceArn),
      given: givenTags(tags),
    }),
    checks: (_, { target, given }) => [onTarget('TagResource', target, requestTagKeys(given))],
    change: async (tx, _, { target, given }) => {
      const before = await current(tx, target)
      const keys = new Set(given.map(({ Key }) => foldCase(Key)))
      // A key that it has in another case is replaced: conditions on tags do not tell the two apart.
      const kept = before.tags.filter(({ Key }) => !keys.has(foldCase(Key)))
      await tx.replace(target.kind.collection, { ...before, tags: checkTags([...kept, ...given]) })
      return {}
    },
  }),
  UntagResource: changes<'UntagResource'>()({
    load: ({ resourceArn }, call) => taggedTarget(parts, call, resourceArn),
    checks: ({ tagKeys }, target) => [onTarget('UntagResource', target, removedTagKeys(tagKeys))],
    change: async (tx, { tagKeys }, target) => {
      const before = await current(tx, target)
      const tags = before.tags.filter(({ Key }) => !tagKeys.includes(Key))
      await tx.replace(target.kind.collection, { ...before, tags })
      return {}
    },
  }),
  ListTagsForResource: reads<'ListTagsForResource'>()({
    load: ({ resourceArn }, call) => taggedTarget(parts, call, resourceArn),
    checks: (_, target) => [onTarget('ListTagsForResource', target)],
    handle: (_, target) => ({ tags: present(target).tags.map(({ Key, Value }) => ({ key: Key, value: Value })) }),
  }),
})
