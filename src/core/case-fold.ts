// Text compared without case, for names that decide who gets in: logins, groups, DNs. Normalization forms (RFC 4518, Unicode NFKC)
// are not applied, since they make one text of two that look alike.

/**
 * The text with each letter in lower case.
 *
 * INVARIANT: letters become one only when they are each other's upper and lower case. `K` (U+212A, Kelvin) is no `k`, `İ` is no `i`,
 * though lower-casing alone would make them so.
 */
export function foldCase(text: string): string {
  let folded = ''
  for (const character of text) {
    const lower = character.toLowerCase()
    folded += lower.toUpperCase() === character ? lower : character
  }
  return folded
}
