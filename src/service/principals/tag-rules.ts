// Tags of IAM resources: at most 50, no key twice without regard to case (IAM User Guide, "Rules for tagging in IAM").
// DIVERGES: for managed policies and MFA devices AWS keeps `a` and `A` apart. Conditions on aws:ResourceTag fold case, so
// a policy could be made to read the wrong one of the two; here no resource has both.
import { foldCase as fold } from '../../core/policy/casing.ts'
import type { Tag } from '../records.ts'
import { invalidInput, limitExceeded } from './refusals.ts'

const MOST_TAGS = 50

interface GivenTag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** The tags of a request. @throws InvalidInput for a key given twice, or one of AWS's own. */
export function givenTags(tags: readonly GivenTag[] | undefined): readonly Tag[] {
  const keys = new Set<string>()
  const read: Tag[] = []
  for (const { Key = '', Value = '' } of tags ?? []) {
    if (keys.has(fold(Key))) {
      throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    }
    if (fold(Key).startsWith('aws:')) {
      throw invalidInput('aws: prefixed tag key names are not allowed for external use.')
    }
    keys.add(fold(Key))
    read.push({ Key, Value })
  }
  if (read.length > MOST_TAGS) throw tooManyTags()
  return read
}

const tooManyTags = () => limitExceeded(`The number of tags has reached the maximum limit of ${MOST_TAGS}.`)

/** A resource's tags with these added: a key that it has, in whatever case, is replaced. @throws LimitExceeded beyond 50. */
export function withTags(before: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const after = new Map(before.map((tag) => [fold(tag.Key), tag]))
  for (const tag of added) after.set(fold(tag.Key), tag)
  if (after.size > MOST_TAGS) throw tooManyTags()
  return [...after.values()]
}

/** A resource's tags without these keys. */
export function withoutTags(before: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const gone = new Set(keys.map(fold))
  return before.filter((tag) => !gone.has(fold(tag.Key)))
}

/** Tags for an answer: a mutable copy. */
export const tagsOut = (tags: readonly Tag[]): { Key: string; Value: string }[] =>
  tags.map(({ Key, Value }) => ({ Key, Value }))

/** Member `Tags` of an answer, left out when there are none. */
export const tagsMember = (tags: readonly Tag[]): { Tags?: { Key: string; Value: string }[] } =>
  tags.length === 0 ? {} : { Tags: tagsOut(tags) }
