// ARN patterns: the Resource and NotResource elements and the Arn operators (IAM User Guide, "IAM JSON policy elements:
// Resource" and "Condition operators"). An ARN has six parts between colons; the sixth is the rest. In the Arn operators a
// wildcard in one of the first five stays within its part. Of a resource the guide says that a `*` which ends a part "can
// expand to match beyond the colon boundaries": here it does where a match refuses, and stays where one grants.
import type { Keys } from '../identity.ts'
import { type Allowance, spend } from './allowance.ts'
import type { PolicyKind } from './model.ts'
import { constantOf, fill, isVariable, lookUp, type Template, type Unfilled } from './variables.ts'
import {
  broken,
  type Glob,
  globOf,
  matchGlob,
  matchPieces,
  no,
  one,
  type Piece,
  star,
  type Truth,
  yes,
} from './wildcard.ts'

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

export function matchArn(pattern: ArnPattern, parts: readonly string[], allowance: Allowance): Truth {
  let result: Truth = yes
  // The last part first: it tells most apart.
  for (let part = 5; part > 0; part--) {
    const glob = pattern[part]
    if (glob === undefined) continue
    const matched = matchGlob(glob, parts[part] as string, allowance)
    if (matched === no) return no
    if (matched === broken) result = broken
  }
  return result
}

export interface ResourcePattern {
  readonly text: string
  /** `whole`: `glob` is of the whole ARN; `parts`: of each part, the sixth perhaps from a template. */
  readonly kind: 'whole' | 'parts' | 'broken'
  readonly glob?: Glob
  readonly parts?: ArnPattern
  /** The sixth part, where it has variables. */
  readonly rest?: Template
  /** Where a `*` ends one of the first five parts: how it is read when it may match colons. Any of these matches. */
  readonly wide?: readonly Wide[]
}

/** Parts before the last as patterns, and whether each ends in `*`; without `last`, the rest is the template's. */
interface Wide {
  readonly head: readonly { readonly glob: Glob; readonly open: boolean }[]
  readonly last: Glob | undefined
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

/** Of a short ARN, the last part that is written may be the rest, or others may follow it. */
function wideOf(written: readonly Template[], rest: Template | undefined): readonly Wide[] {
  const head = (written as readonly (readonly Piece[])[]).map((part) => ({
    glob: globOf(part),
    open: part.at(-1) === star,
  }))
  if (rest !== undefined) return head.some(({ open }) => open) ? [{ head, last: undefined }] : []
  const short = head.length < 6
  const whole = { head: head.slice(0, -1), last: head.at(-1)?.glob as Glob }
  if (short) return [whole, { head, last: globOf(padding) }]
  return whole.head.some(({ open }) => open) ? [whole] : []
}

/** `template` is undefined when the text's variables are malformed. */
export function resourcePatternOf(text: string, template: Template | undefined, kind: PolicyKind): ResourcePattern {
  if (text === '*') return { text, kind: 'whole', glob: globOf([star]) }
  const parts = template === undefined ? [] : splitTemplate(template)
  const short = parts.length < 6
  if (template === undefined || parts.length < 2 || !isArnWord(parts[0]) || (short && !padded[kind](template)))
    return { text, kind: 'broken' }
  const written = [...parts]
  while (parts.length < 6) parts.push([...padding])
  const rest = parts.pop() as Template
  // Variables stand only after the fifth colon.
  if (parts.some((part) => part.some(isVariable))) return { text, kind: 'broken' }
  const head = parts.map((part) => globOf(part as readonly Piece[]))
  const constant = constantOf(rest)
  const readings = constant === undefined ? wideOf(written.slice(0, 5), rest) : wideOf(written, undefined)
  const wide = readings.length === 0 ? {} : { wide: readings }
  if (constant === undefined) return { text, kind: 'parts', parts: head, rest, ...wide }
  const last = globOf(constant)
  return !short && last.kind !== 'general' && head.every((glob) => glob.kind === 'literal')
    ? { text, kind: 'whole', glob: globOf(joined(template as readonly Piece[])) }
    : { text, kind: 'parts', parts: [...head, last], ...wide }
}

/** With texts that stand side by side made one: of what a policy says, once, when it is compiled. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const whole: Piece[] = []
  for (const piece of pieces) {
    const before = whole.at(-1)
    if (typeof piece === 'string' && typeof before === 'string') whole[whole.length - 1] = before + piece
    else whole.push(piece)
  }
  return whole
}

/** The resource of one request, split once, when a pattern first needs it. */
export interface ResourceName {
  readonly text: string
  parts: readonly string[] | undefined
  split: boolean
}

/** What a resource is matched for: one request's keys, and what the matching may cost. */
export interface Sought {
  readonly name: ResourceName
  readonly keys: Keys
  readonly unfilled: Unfilled
  readonly allowance: Allowance
}

/**
 * DIVERGES: AWS says that a `*` which ends a part can match beyond the colon, and not when; here it does where that refuses.
 *
 * Whether the pattern matches; `'unresolved'` when one of its variables has no value. `refuses`: a match counts against the
 * request, as in a Deny's Resource and an Allow's NotResource.
 */
export function matchResource(pattern: ResourcePattern, sought: Sought, refuses: boolean): Truth | 'unresolved' {
  const { name, allowance } = sought
  if (pattern.kind === 'whole') return matchGlob(pattern.glob as Glob, name.text, allowance)
  if (pattern.kind === 'broken') return broken
  const { rest, parts } = pattern as { rest?: Template; parts: ArnPattern }
  const filled = rest === undefined ? undefined : fill(rest, sought.keys, sought.unfilled, allowance)
  if (filled === 'unknown') return broken
  if (filled === 'unresolved') return filled
  if (refuses && pattern.wide !== undefined) return matchWide(pattern.wide, filled, name.text, allowance)
  if (!name.split) {
    name.parts = partsOf(name.text)
    name.split = true
  }
  if (name.parts === undefined) return no
  const head = matchArn(parts, name.parts, allowance)
  if (filled === undefined || head === no) return head
  const matched = matchPieces(filled, name.parts[5] as string, allowance)
  return matched === no || head === yes ? matched : broken
}

/** Whether any reading matches an ARN in which a `*` that ends a part may take up further parts. */
function matchWide(
  wide: readonly Wide[],
  rest: readonly Piece[] | undefined,
  text: string,
  allowance: Allowance,
): Truth {
  let result: Truth = no
  for (const { head, last } of wide) {
    const matched = matchOpen(head, last ?? globOf(rest ?? []), text, allowance)
    if (matched === yes) return yes
    if (matched === broken) result = broken
  }
  return result
}

/**
 * Goes through the parts with all places of the text at which the next may begin: after a `*` that ends one, behind each
 * colon from there on.
 */
function matchOpen(head: Wide['head'], last: Glob, text: string, allowance: Allowance): Truth {
  let places: readonly number[] = [0]
  for (const { glob, open } of head) {
    const next: number[] = []
    for (const from of places) {
      if (!spend(allowance, lookUp)) return broken
      const colon = text.indexOf(':', from)
      if (colon < 0) continue
      const matched = matchGlob(glob, text.slice(from, colon), allowance)
      if (matched === broken) return broken
      if (matched === no) continue
      next.push(colon + 1)
      // Places are in order: those behind further colons are all that later ones could add.
      if (open) {
        for (let at = text.indexOf(':', colon + 1); at >= 0; at = text.indexOf(':', at + 1)) next.push(at + 1)
        break
      }
    }
    places = next
  }
  for (const from of places) {
    if (!spend(allowance, lookUp)) return broken
    const matched = matchGlob(last, text.slice(from), allowance)
    if (matched !== no) return matched
  }
  return no
}
