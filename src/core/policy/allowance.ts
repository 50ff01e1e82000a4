// What deciding one request may cost. Policies, and much of what they are compared with, are written by those who are
// judged by them: without a bound, a refusal costs whatever the refused one likes. One allowance is made for a request and
// handed to everything that is decided and found out for it; there is no other state.

/**
 * Steps that are left. One is a few nanoseconds: a pattern's unit or piece compared, so many characters copied or folded.
 * Below zero it is used up, until further questions bring their share.
 */
export interface Allowance {
  left: number
}

/** What a request is given: enough for a caller with all the policies that AWS's quotas allow, and ordinary patterns in them. */
export const base = 60_000
/** What it is given more for each question after the first: its resource against the statements that are about its action. */
export const share = 200

/** The allowance of a request that puts so many questions. */
export function allowanceFor(questions: number): Allowance {
  const allowance = { left: base }
  allowFor(allowance, questions)
  return allowance
}

/** Adds what a request is given for putting so many questions. */
export function allowFor(allowance: Allowance, questions: number): void {
  if (questions > 1) allowance.left += share * (questions - 1)
}

/** Takes steps; false when the allowance is used up: what was to be found out with them is `broken`. */
export function spend(allowance: Allowance, steps: number): boolean {
  allowance.left -= steps
  return allowance.left >= 0
}

export const isUsedUp = (allowance: Allowance): boolean => allowance.left < 0

/** Steps for going through so many characters at the speed of a copy. */
export const forCharacters = (count: number): number => count >> 3
