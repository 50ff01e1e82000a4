// Policy variables (IAM User Guide, "IAM policy elements: Variables and tags"): `${key}`, `${key, 'default'}` and the
// escapes `${*}`, `${?}`, `${$}`. Only documents of version 2012-10-17 have them; elsewhere `${` is plain text.
import type { KeyNames, Keys } from '../identity.ts'
import { type Allowance, spend } from './allowance.ts'
import { foldCase } from './casing.ts'
import { type Piece, wildcardPieces } from './wildcard.ts'

export interface Variable {
  /** Folded name of the condition key. */
  readonly key: string
  readonly fallback?: string
}

export type Template = readonly (Piece | Variable)[]

const escaped: Readonly<Record<string, string>> = { '*': '*', '?': '?', $: '$' }

function readVariable(inside: string): Variable | undefined {
  const comma = inside.indexOf(',')
  const name = comma < 0 ? inside : inside.slice(0, comma)
  if (name === '' || name.trim() !== name || /['"{}$*?]/.test(name)) return undefined
  if (comma < 0) return { key: foldCase(name) }
  const quoted = inside.slice(comma + 1).trim()
  if (quoted.length < 2 || !quoted.startsWith("'") || quoted.indexOf("'", 1) !== quoted.length - 1) return undefined
  return { key: foldCase(name), fallback: quoted.slice(1, -1) }
}

/** Where a `${` that opened at `from - 2` closes, skipping a quoted default; -1 when it does not. */
function closing(text: string, from: number): number {
  const close = text.indexOf('}', from)
  const quote = text.indexOf("'", from)
  if (quote < 0 || close < 0 || close < quote) return close
  const end = text.indexOf("'", quote + 1)
  return end < 0 ? -1 : text.indexOf('}', end + 1)
}

/**
 * Splits policy text into literal runs, wildcards (when `wildcards`) and variables (when `variables`). Undefined when a
 * variable is not well-formed: what it would have meant cannot be known.
 */
export function readTemplate(text: string, variables: boolean, wildcards: boolean): Template | undefined {
  const plain = (part: string): Template => (wildcards ? wildcardPieces(part) : part === '' ? [] : [part])
  if (!variables) return plain(text)
  const pieces: (Piece | Variable)[] = []
  let from = 0
  for (;;) {
    const open = text.indexOf('${', from)
    if (open < 0) break
    const close = closing(text, open + 2)
    if (close < 0) return undefined
    const inside = text.slice(open + 2, close)
    const piece = Object.hasOwn(escaped, inside) ? escaped[inside] : readVariable(inside)
    if (piece === undefined) return undefined
    pieces.push(...plain(text.slice(from, open)), piece)
    from = close + 1
  }
  pieces.push(...plain(text.slice(from)))
  return pieces
}

export const isVariable = (piece: Piece | Variable): piece is Variable => typeof piece === 'object'

/** The pieces when there is no variable among them. */
export const constantOf = (template: Template): readonly Piece[] | undefined =>
  template.some(isVariable) ? undefined : (template as readonly Piece[])

/** Keys that AWS would provide and Hallpass does not: names, and groups that end in a slash. Folded. */
export type Unfilled = KeyNames | undefined

/** The group of a key such as aws:RequestTag/K, with its slash. */
export const groupOf = (key: string) => key.slice(0, key.indexOf('/') + 1)

/** Whether a key's absence says nothing about what AWS would have there. */
export const isUnfilled = (key: string, unfilled: Unfilled) =>
  unfilled !== undefined && (unfilled.has(key) || unfilled.has(groupOf(key)))

const isAbsent = (value: string | readonly string[] | undefined) =>
  value === undefined || (typeof value !== 'string' && value.length === 0)

/** Whether a variable's value cannot be known, so that nothing about the text can. */
export const isUnknown = (template: Template, keys: Keys, unfilled: Unfilled) =>
  unfilled !== undefined &&
  template.some((piece) => isVariable(piece) && isAbsent(keys.get(piece.key)) && isUnfilled(piece.key, unfilled))

/** Steps of looking a context key up: it stands in one of several layers. */
export const lookUp = 16

/** A text with the request's values in place; or that one of them is missing, or cannot be known. */
export type Filled = readonly Piece[] | 'unresolved' | 'unknown'

/**
 * Puts the request's values in place. Unresolved when a key is absent and has no default, or has several values (those
 * cannot stand for one, and a default is for absent keys only); unknown when nothing can be said of one, or the allowance
 * is used up.
 * INVARIANT: substituted text is a literal piece, by reference: a `*` in a tag value never becomes a wildcard, and however
 * often a policy names a value, it is not copied.
 */
export function fill(template: Template, keys: Keys, unfilled: Unfilled, allowance: Allowance): Filled {
  const pieces: Piece[] = []
  let resolved = true
  if (!spend(allowance, template.length)) return 'unknown'
  for (const piece of template) {
    if (!isVariable(piece)) {
      pieces.push(piece)
      continue
    }
    if (!spend(allowance, lookUp)) return 'unknown'
    const value = keys.get(piece.key)
    const absent = isAbsent(value)
    if (absent && isUnfilled(piece.key, unfilled)) return 'unknown'
    const text = absent ? piece.fallback : value
    if (typeof text === 'string') pieces.push(text)
    else resolved = false
  }
  return resolved ? pieces : 'unresolved'
}
