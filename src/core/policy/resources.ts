// ARN patterns: the Resource and NotResource elements and the Arn operators (IAM User Guide, "IAM JSON policy elements:
// Resource" and "Condition operators"). An ARN has six parts between colons; the sixth is the rest. A wildcard in one
// of the first five stays within its part.
import type { Keys } from '../identity.ts'
import type { PolicyKind } from './model.ts'
import { constantOf, expand, isUnknown, isVariable, type Template, type Unfilled } from './variables.ts'
import { broken, type Glob, globOf, matchGlob, no, one, type Piece, spend, star, type Truth, yes } from './wildcard.ts'

/** The six parts of an ARN, or undefined when the text is none. */
export function partsOf(arn: string): readonly string[] | undefined {
  if (!arn.startsWith('arn:')) return undefined
  const parts: string[] = []
  let from = 0
  for (let part = 0; part < 5; part++) {
    const colon = arn.indexOf(':', from)
    if (colon < 0) return undefined
    parts.push(arn.slice(from, colon))
    from = colon + 1
  }
  parts.push(arn.slice(from))
  return parts
}

/** Splits a pattern at its first five literal colons. */
function splitTemplate<P extends Template[number]>(template: readonly P[]): (P | string)[][] {
  const parts: (P | string)[][] = [[]]
  for (const piece of template) {
    if (typeof piece !== 'string') {
      parts.at(-1)?.push(piece)
      continue
    }
    let from = 0
    while (parts.length < 6) {
      const colon = piece.indexOf(':', from)
      if (colon < 0) break
      if (colon > from) parts.at(-1)?.push(piece.slice(from, colon))
      parts.push([])
      from = colon + 1
    }
    if (from < piece.length) parts.at(-1)?.push(piece.slice(from))
  }
  return parts
}

const isArnWord = (part: readonly unknown[] | undefined) => part?.length === 1 && part[0] === 'arn'

export type ArnPattern = readonly Glob[]

/** A pattern of six parts for the Arn operators; undefined when it has fewer. */
export function arnPatternOf(pieces: readonly Piece[]): ArnPattern | undefined {
  const parts = splitTemplate(pieces)
  return parts.length === 6 && isArnWord(parts[0]) ? parts.map(globOf) : undefined
}

export function matchArn(pattern: ArnPattern, parts: readonly string[]): Truth {
  let result: Truth = yes
  for (let part = 1; part < 6; part++) {
    const matched = matchGlob(pattern[part] as Glob, parts[part] as string)
    if (matched === no) return no
    if (matched === broken) result = broken
  }
  return result
}

export interface ResourcePattern {
  readonly text: string
  /** `whole`: `glob` is of the whole ARN; `parts`: of each part; `template`: the sixth part has variables. */
  readonly kind: 'whole' | 'parts' | 'template' | 'broken'
  readonly glob?: Glob
  readonly parts?: ArnPattern
  readonly rest?: Template
}

const padding = [star] as const

/**
 * Kinds of policy in which an ARN of fewer than six parts stands for all that begin with it, and the condition on it.
 * Everything else that is short can mean nothing certain, and counts as broken.
 */
const padded: Readonly<Record<PolicyKind, (template: Template) => boolean>> = {
  identity: () => true,
  boundary: () => true,
  session: () => true,
  resource: (template) => template.includes(star) || template.includes(one),
  trust: () => false,
  scp: (template) => template.at(-1) === star,
  rcp: () => false,
}

/** `template` is undefined when the text's variables are malformed. */
export function resourcePatternOf(text: string, template: Template | undefined, kind: PolicyKind): ResourcePattern {
  if (text === '*') return { text, kind: 'whole', glob: globOf([star]) }
  const parts = template === undefined ? [] : splitTemplate(template)
  const short = parts.length < 6
  if (template === undefined || parts.length < 2 || !isArnWord(parts[0]) || (short && !padded[kind](template)))
    return { text, kind: 'broken' }
  while (parts.length < 6) parts.push([...padding])
  const rest = parts.pop() as Template
  // Variables stand only after the fifth colon.
  if (parts.some((part) => part.some(isVariable))) return { text, kind: 'broken' }
  const head = parts.map((part) => globOf(part as readonly Piece[]))
  const constant = constantOf(rest)
  if (constant === undefined) return { text, kind: 'template', parts: head, rest }
  const last = globOf(constant)
  const plain = !short && last.kind !== 'general' && head.every((glob) => glob.kind === 'literal')
  return plain
    ? { text, kind: 'whole', glob: globOf(template as readonly Piece[]) }
    : { text, kind: 'parts', parts: [...head, last] }
}

/** The resource of one request, split once, when a pattern first needs it. */
export interface ResourceName {
  readonly text: string
  parts: readonly string[] | undefined
  split: boolean
}

/** Whether the pattern matches; `'unresolved'` when one of its variables has no value. */
export function matchResource(
  pattern: ResourcePattern,
  name: ResourceName,
  keys: Keys,
  unfilled: Unfilled,
): Truth | 'unresolved' {
  if (pattern.kind === 'whole') return matchGlob(pattern.glob as Glob, name.text)
  if (pattern.kind === 'broken') return broken
  if (pattern.rest !== undefined && isUnknown(pattern.rest, keys, unfilled)) return broken
  const rest = pattern.rest === undefined ? undefined : expand(pattern.rest, keys)
  if (!spend(0)) return broken
  if (pattern.rest !== undefined && rest === undefined) return 'unresolved'
  if (!name.split) {
    name.parts = partsOf(name.text)
    name.split = true
  }
  if (name.parts === undefined) return no
  const parts = pattern.parts as ArnPattern
  return matchArn(rest === undefined ? parts : [...parts, globOf(rest)], name.parts)
}
