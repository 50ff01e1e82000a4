// Case-insensitive comparison as the policy engine means it: action names, condition key names (tag keys included) and
// the IgnoreCase operators (IAM User Guide, "IAM JSON policy elements: Condition operators").

const ascii = /^[\u0000-\u007f]*$/

/** Whether folding is one copy: text with other characters is gone through one by one. */
export const foldsAtOnce = (text: string): boolean => ascii.test(text)

/**
 * Folds letters to lower case one by one, so that "TEAM" equals "team" and "É" equals "é".
 *
 * INVARIANT: a character outside ASCII never folds into ASCII. Plain toLowerCase() maps the Kelvin sign to `k`; a tag key or
 * value written with it would then pass for the plain one that another policy names literally.
 */
export function foldCase(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  let folded = ''
  for (const character of text) {
    const lower = character.toLowerCase()
    const foreign = character.charCodeAt(0) > 0x7f
    folded += lower.length !== character.length || (foreign && lower.charCodeAt(0) <= 0x7f) ? character : lower
  }
  return folded
}
