// Names of members that are known but for their case: `PolicyArns.member.1.Arn`, `durationSeconds`. Unknown members are
// ignored, as AWS ignores them; one that was meant to be known may limit what is asked for, and is never ignored.
// DIVERGES: AWS is not known to refuse a member whose name differs from a known one in case alone; ignored, it would not limit
// what it was sent to limit, so here it is refused, in every operation.

/** Finds the known name that a given one, which is none, differs from in case alone. */
export function spellings(names: Iterable<string>): (given: string) => string | undefined {
  const known = new Map<string, string>()
  let longest = 0
  for (const name of names) {
    known.set(name.toLowerCase(), name)
    longest = Math.max(longest, name.length)
  }
  // A name longer than any costs nothing.
  return (given) => (given.length > longest ? undefined : known.get(given.toLowerCase()))
}

/** The sentence of a refusal. Both are as long as a member's name. */
export const misspelled = (given: string, known: string): string =>
  `${given} is not a member of this request: it differs from ${known} in case alone.`
