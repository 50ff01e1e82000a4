import { allowanceFor } from '../../core/policy/allowance.ts'
import { globOf, matchGlob, wildcardPieces, yes } from '../../core/policy/wildcard.ts'

/** Whether a name is like a pattern: `*` is any text, `?` any character. One that costs too much to compare is not. */
export const isLike = (pattern: string, text: string): boolean =>
  matchGlob(globOf(wildcardPieces(pattern)), text, allowanceFor(1)) === yes
