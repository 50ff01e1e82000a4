// Names of members that differ from a known one in case alone: `PolicyArns.member.1.Arn`, `durationSeconds`. Unknown members
// are ignored, as AWS ignores them; a misspelled one may be meant to limit what is requested, and is never ignored.
// DIVERGES: AWS is not known to refuse such a member; ignored, it would not limit what it was sent to limit, so here every
// operation refuses it.

/** Finds the known name that an unknown one differs from in case alone. */
export function spellings(names: Iterable<string>): (given: string) => string | undefined {
  const byLowerCase = new Map<string, string>()
  let longest = 0
  for (const name of names) {
    byLowerCase.set(name.toLowerCase(), name)
    longest = Math.max(longest, name.length)
  }
  // A name longer than every known one is not folded.
  return (given) => (given.length > longest ? undefined : byLowerCase.get(given.toLowerCase()))
}

/** Why an input does not decode: what its refusal says. */
export interface Trouble {
  message: string
  /** A member whose name differs from a known one in case alone; the refusal names it. */
  misspelled?: true
  /** A member that is refused because the contract does not have it; the refusal names it, with the members that it is in. */
  unknown?: string
}

/** Whether an unknown name is a misspelled one; `trouble` then says so. Both names are of one length, which is bounded. */
export function isMisspelled(given: string, meantBy: (given: string) => string | undefined, trouble: Trouble): boolean {
  const meant = meantBy(given)
  if (meant === undefined) return false
  trouble.message = `${given} is not a member of this request: it differs from ${meant} in case alone.`
  trouble.misspelled = true
  return true
}
