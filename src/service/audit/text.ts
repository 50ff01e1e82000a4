// JSON texts of what recurs: policies, actions and accounts stand in every entry, and quoting them anew is a third of
// what an entry costs.

const most = 4096
/** Longer strings, in characters, are not remembered: a flood of them would cost memory. */
const longest = 256
let young = new Map<string, string>()
let old = new Map<string, string>()

/** A string as JSON text. */
export const quote = (value: string): string => JSON.stringify(value)

/**
 * The same, remembered: for strings that come again (ARNs of policies, names of actions, accounts), not for what a
 * request brings. Two generations of at most 4,096 texts.
 */
export function quoteKnown(value: string): string {
  if (value.length > longest) return quote(value)
  const kept = young.get(value)
  if (kept !== undefined) return kept
  const made = old.get(value) ?? quote(value)
  if (young.size >= most) {
    old = young
    young = new Map()
  }
  young.set(value, made)
  return made
}
