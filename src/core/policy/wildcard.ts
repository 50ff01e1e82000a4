// Wildcards of the policy language: `*` for any run of characters, `?` for one UTF-16 unit (IAM User Guide, "IAM JSON
// policy elements: Resource"). Patterns are compiled to the cheapest of four kinds; none becomes a regular expression.

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
  /** UTF-16 units, `star` and `one`, for the general kind. */
  readonly units: readonly number[]
}

const nothing: readonly number[] = []
const anyGlob: Glob = { kind: 'any', text: '', units: nothing }

/** Splits text into literal runs and wildcards. */
export function wildcardPieces(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (let at = 0; at <= text.length; at++) {
    const character = text[at]
    if (character !== '*' && character !== '?' && character !== undefined) continue
    if (at > from) pieces.push(text.slice(from, at))
    if (character !== undefined) pieces.push(character === '*' ? star : one)
    from = at + 1
  }
  return pieces
}

export function globOf(pieces: readonly Piece[]): Glob {
  let text = ''
  let at = 0
  for (; at < pieces.length && typeof pieces[at] === 'string'; at++) text += pieces[at]
  if (at === pieces.length) return { kind: 'literal', text, units: nothing }
  if (pieces[at] === star && at === pieces.length - 1)
    return text === '' ? anyGlob : { kind: 'prefix', text, units: nothing }
  const units: number[] = []
  for (const piece of pieces) {
    if (typeof piece === 'string') for (let i = 0; i < piece.length; i++) units.push(piece.charCodeAt(i))
    else if (piece !== star || units.at(-1) !== star) units.push(piece)
  }
  return { kind: 'general', text: '', units }
}

/** One decision's allowance for general patterns and conditions; far above any sane policy, some milliseconds of work. */
const allowance = 500_000
let left = allowance

/** Begins a new decision. Synchronous code only: nothing may await between this and the last match. */
export function refillBudget(): void {
  left = allowance
}

/** Takes steps from the allowance; false when it is used up: what was to be found out with them is `broken`. */
export function spend(steps: number): boolean {
  left -= steps
  return left >= 0
}

/** Steps that the last decision took of its allowance. */
export const spent = () => allowance - Math.max(left, 0)

/**
 * INVARIANT: the work of all matches of a decision is bounded. A pattern only ever backtracks to its last star, so one
 * match costs at most text × longest literal run; past the allowance every general pattern is `broken`, so that a Deny
 * counts as matching and an Allow does not.
 */
function matchUnits(units: readonly number[], text: string): Truth {
  let unit = 0
  let at = 0
  let resumeUnit = -1
  let resumeAt = 0
  while (at < text.length) {
    if (--left < 0) return broken
    const wanted = units[unit]
    if (wanted === star) {
      resumeUnit = ++unit
      resumeAt = at
    } else if (wanted === one || wanted === text.charCodeAt(at)) {
      unit++
      at++
    } else if (resumeUnit >= 0) {
      unit = resumeUnit
      at = ++resumeAt
    } else return no
  }
  while (units[unit] === star) unit++
  return unit === units.length ? yes : no
}

export function matchGlob(glob: Glob, text: string): Truth {
  switch (glob.kind) {
    case 'literal':
      return glob.text === text ? yes : no
    case 'prefix':
      return text.startsWith(glob.text) ? yes : no
    case 'any':
      return yes
    case 'general':
      return matchUnits(glob.units, text)
  }
}
