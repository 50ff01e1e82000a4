// Tags of an organization's accounts and root: at most 50 (AWS Organizations User Guide, "Tagging resources").
// DIVERGES: AWS keeps `a` and `A` apart. Conditions on aws:ResourceTag fold case, so a policy could be made to read the
// wrong one of the two; here nothing has both.
import { foldCase } from '../../core/policy/casing.ts'
import type { Tag } from '../records.ts'
import { duplicateTag, systemTag, tooManyTags } from './refusals.ts'

const MOST_TAGS = 50

interface GivenTag {
  readonly Key: string | undefined
  readonly Value: string | undefined
}

/** The tags of a request. @throws InvalidInputException for a key given twice, or one of AWS's own. */
export function givenTags(tags: readonly GivenTag[]): readonly Tag[] {
  const seen = new Map<string, Tag>()
  for (const { Key = '', Value = '' } of tags) {
    checkKey(Key)
    if (seen.has(foldCase(Key))) throw duplicateTag()
    seen.set(foldCase(Key), { Key, Value })
  }
  if (seen.size > MOST_TAGS) throw tooManyTags()
  return [...seen.values()]
}

/** @throws InvalidInputException for a key of AWS's own. */
export function checkKey(key: string): void {
  if (foldCase(key).startsWith('aws:')) throw systemTag()
}

/** Tags with these added: a key that is there, in whatever case, is replaced. @throws ConstraintViolationException */
export function withTags(before: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const after = new Map([...before, ...added].map((tag) => [foldCase(tag.Key), tag]))
  if (after.size > MOST_TAGS) throw tooManyTags()
  return [...after.values()]
}

export function withoutTags(before: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const gone = new Set(keys.map(foldCase))
  return before.filter(({ Key }) => !gone.has(foldCase(Key)))
}
