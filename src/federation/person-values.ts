// Groups and attributes of somebody whom a token or a response names: bounded, and read in one way or not at all.
import type { PersonGroup, PersonRejection } from './person.ts'

export interface NoPerson {
  readonly rejected: PersonRejection
  /** For the operator. */
  readonly detail: string
}

export const noPerson = (rejected: PersonRejection, detail: string): NoPerson => ({ rejected, detail })

/** Of an id and of a login, in characters. */
export const longestName = 256
const mostGroups = 10_000
const longestGroup = 1_024
const mostValues = 50
const longestValue = 256

/** Each once. `source` is the claim or attribute that they are in, for the operator. */
export function groupsNamed(names: readonly string[], source: string): readonly PersonGroup[] | NoPerson {
  if (names.length > mostGroups) return noPerson('groups', `${names.length} groups in ${source}`)
  if (names.some((name) => name === '' || name.length > longestGroup))
    return noPerson('groups', `a value of ${source} that is no group's name`)
  return [...new Set(names)].map((name) => ({ name }))
}

/**
 * What session tags are made of: values by the name in lower case, of the names that `tags` has as its values. Of two whose names
 * differ in case alone, neither is taken for the one that was meant; nor is anything cut off or left out in part.
 */
export function tagValues<T>(
  tags: ReadonlyMap<string, string>,
  stated: ReadonlyMap<string, T>,
  textsOf: (value: T) => readonly string[] | undefined,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const name of new Set([...tags.values()].map((wanted) => wanted.toLowerCase()))) {
    const [only, ...others] = [...stated].filter(([key]) => key.toLowerCase() === name)
    const values = only === undefined || others.length > 0 ? undefined : textsOf(only[1])
    if (values === undefined || values.length === 0 || values.length > mostValues) continue
    if (values.every((value) => value !== '' && value.length <= longestValue)) found.set(name, values)
  }
  return found
}
