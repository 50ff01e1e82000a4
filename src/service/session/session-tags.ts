// Session tags: those that a caller passes, and those that a role chain hands down (IAM User Guide, "Passing session tags in AWS STS").
import type { SessionAttributes, Tags } from '../../core/identity.ts'
import { foldCase } from '../../core/policy/casing.ts'
import type { Tag } from '../records.ts'

export interface PassedTags {
  readonly tags: readonly Tag[]
  readonly transitive: readonly string[]
}

export type TagProblem = 'duplicate' | 'transitive-not-passed' | 'transitive-conflict' | 'reserved'

const none = { tags: Object.freeze(Object.create(null) as Record<string, string>), transitive: [] } as const

/** The tags of a new session, or why they are refused. Keys are compared without regard to case, and kept as given. */
export function sessionTags(
  passed: PassedTags,
  caller: Pick<SessionAttributes, 'tags' | 'transitive'> | undefined,
): { readonly tags: Tags; readonly transitive: readonly string[] } | { readonly problem: TagProblem } {
  if (passed.tags.length === 0 && passed.transitive.length === 0 && (caller?.transitive.length ?? 0) === 0) return none
  const own = new Map<string, Tag>()
  for (const tag of passed.tags) {
    const folded = foldCase(tag.Key)
    if (folded.startsWith('aws:')) return { problem: 'reserved' }
    if (own.has(folded)) return { problem: 'duplicate' }
    own.set(folded, tag)
  }
  for (const key of passed.transitive) {
    if (!own.has(foldCase(key))) return { problem: 'transitive-not-passed' }
  }
  const inherited = inheritedTags(caller)
  for (const [key] of inherited) {
    if (own.has(foldCase(key))) return { problem: 'transitive-conflict' }
  }
  const all: [string, string][] = [...inherited]
  for (const { Key, Value } of own.values()) all.push([Key, Value])
  return {
    // A null prototype: a tag may be called __proto__.
    tags: Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(all)),
    transitive: [...inherited.map(([key]) => key), ...new Set(passed.transitive)],
  }
}

/** The caller's transitive tags: every session of its chain inherits them. */
export function inheritedTags(caller: Pick<SessionAttributes, 'tags' | 'transitive'> | undefined): [string, string][] {
  if (caller === undefined || caller.transitive.length === 0) return []
  const folded = new Set(caller.transitive.map(foldCase))
  return Object.entries(caller.tags).filter(([key]) => folded.has(foldCase(key)))
}
