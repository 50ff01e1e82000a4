// Wildcards of the policy language: `*` for any run of characters, `?` for one UTF-16 unit (IAM User Guide, "IAM JSON
// policy elements: Resource"). Patterns are compiled to the cheapest of four kinds; none becomes a regular expression.
import { type Allowance, forCharacters, spend } from './allowance.ts'

/** Three-valued: the third stands for what cannot be evaluated from the policy's side. */
export type Truth = 0 | 1 | 2
export const no: Truth = 0
export const yes: Truth = 1
export const broken: Truth = 2

/** Markers for `*` and `?` among literal text. */
export const star = -1
export const one = -2
export type Piece = string | typeof star | typeof one

export interface Glob {
  readonly kind: 'any' | 'literal' | 'prefix' | 'general'
  /** The whole text of a literal, or what a prefix begins with. */
  readonly text: string
  /** For the general kind. */
  readonly pieces: readonly Piece[]
}

const nothing: readonly Piece[] = []
const anyGlob: Glob = { kind: 'any', text: '', pieces: nothing }

/** Splits text into literal runs and wildcards; several stars in a row are one. */
export function wildcardPieces(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (let at = 0; at <= text.length; at++) {
    const character = text[at]
    if (character !== '*' && character !== '?' && character !== undefined) continue
    if (at > from) pieces.push(text.slice(from, at))
    if (character === '?') pieces.push(one)
    else if (character === '*' && pieces.at(-1) !== star) pieces.push(star)
    from = at + 1
  }
  return pieces
}

/** The cheapest kind that the pieces are. INVARIANT: nothing is copied, whoever wrote the pieces' text. */
export function globOf(pieces: readonly Piece[]): Glob {
  const [first = '', second, third] = pieces
  if (third === undefined) {
    if (first === star && second === undefined) return anyGlob
    if (typeof first === 'string' && second === undefined) return { kind: 'literal', text: first, pieces: nothing }
    if (typeof first === 'string' && second === star) return { kind: 'prefix', text: first, pieces: nothing }
  }
  return { kind: 'general', text: '', pieces }
}

/** How many units of `literal` stand in the text from there on, until one differs. */
function sameUnits(literal: string, text: string, at: number): number {
  let same = 0
  while (same < literal.length && literal.charCodeAt(same) === text.charCodeAt(at + same)) same++
  return same
}

/** Steps of going on to the next piece, or back to the last star. */
const aPiece = 3

/**
 * Whether the pieces, one after the other, are the text.
 * INVARIANT: each step is taken from the allowance, so that what a pattern costs is what is charged for it. A pattern only
 * ever goes back to its last star: one match costs at most text × longest literal run. Past the allowance it is `broken`,
 * so that a Deny counts as matching and an Allow does not.
 */
export function matchPieces(pieces: readonly Piece[], text: string, allowance: Allowance): Truth {
  let piece = 0
  let at = 0
  let resume = -1
  let resumeAt = 0
  for (;;) {
    if (!spend(allowance, aPiece)) return broken
    const wanted = pieces[piece]
    let held = false
    if (wanted === star) {
      resume = ++piece
      if (resume === pieces.length) return yes
      resumeAt = at
      continue
    }
    if (wanted === undefined) {
      if (at === text.length) return yes
    } else if (wanted === one) {
      // Less text than is wanted: further on there is less still.
      if (at >= text.length) return no
      at++
      held = true
    } else {
      if (text.length - at < wanted.length) return no
      const same = sameUnits(wanted, text, at)
      allowance.left -= same
      at += same
      held = same === wanted.length
    }
    if (held) {
      piece++
      continue
    }
    if (resume < 0) return no
    piece = resume
    at = ++resumeAt
    const next = pieces[piece]
    if (typeof next !== 'string') continue
    const candidate = text.indexOf(next.charAt(0), at)
    if (candidate < 0) return no
    allowance.left -= forCharacters(candidate - at)
    at = candidate
    resumeAt = candidate
  }
}

/** Literals and prefixes are charged by the caller that goes through a list of them: their length is the policy's. */
export function matchGlob(glob: Glob, text: string, allowance: Allowance): Truth {
  switch (glob.kind) {
    case 'literal':
      return glob.text === text ? yes : no
    case 'prefix':
      return text.startsWith(glob.text) ? yes : no
    case 'any':
      return yes
    case 'general':
      return matchPieces(glob.pieces, text, allowance)
  }
}
