// Tags of clusters and associations: at most 50 (Amazon EKS User Guide, "Organize Amazon EKS resources with tags").
// DIVERGES: AWS keeps `a` and `A` apart. Conditions on aws:ResourceTag fold case, so a policy could be made to read the wrong one of the
// two; here nothing has both.
import { foldCase } from '../../core/policy/casing.ts'
import type { Tag } from '../records.ts'
import { invalidParameter } from './define.ts'

const MOST_TAGS = 50

type TagMap = Readonly<Record<string, string>>

/** The tags of a request. @throws InvalidParameterException */
export const givenTags = (tags: TagMap | undefined): readonly Tag[] => withTags([], tags)

/** Tags with these added: a key that is there, in whatever case, is replaced. @throws InvalidParameterException */
export function withTags(before: readonly Tag[], added: TagMap | undefined): readonly Tag[] {
  const given = Object.entries(added ?? {}).map(([Key, Value]) => ({ Key, Value }))
  const after = new Map(before.map((tag) => [foldCase(tag.Key), tag]))
  const seen = new Set<string>()
  for (const tag of given) {
    const key = foldCase(tag.Key)
    if (key.startsWith('aws:')) throw invalidParameter('Tag keys must not begin with aws:.')
    if (seen.has(key)) throw invalidParameter('Two tag keys differ in case alone.')
    seen.add(key)
    after.set(key, tag)
  }
  if (after.size > MOST_TAGS) throw invalidParameter(`A resource has ${MOST_TAGS} tags at most.`)
  return [...after.values()]
}

/** Tags for an answer. */
export const tagMap = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
