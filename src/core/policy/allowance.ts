// What deciding one request may cost. Policies, and much of what they are compared with, are written by those who are judged
// by them: without a bound, the refused caller chooses what a refusal costs. Each request gets one allowance, which is
// passed to everything that is decided for it; there is no other state.

/**
 * Steps that are left. One is a few nanoseconds: a pattern's unit or piece compared, so many characters copied or folded.
 * Below zero it is used up, until further questions add their share.
 */
export interface Allowance {
  left: number
}

/** What a request is given: enough for a caller with all the policies that AWS's quotas allow, and ordinary patterns in them. */
export const base = 60_000
/** What each question after the first adds: matching its resource against the statements about its action. */
export const share = 200

/** The allowance of a request that asks this many questions. */
export function allowanceFor(questions: number): Allowance {
  const allowance = { left: base }
  allowFor(allowance, questions)
  return allowance
}

/** Adds what a request is given for asking this many questions. */
export function allowFor(allowance: Allowance, questions: number): void {
  if (questions > 1) allowance.left += share * (questions - 1)
}

/** Takes steps; false when the allowance is used up: what they were needed for then counts as `broken`. */
export function spend(allowance: Allowance, steps: number): boolean {
  allowance.left -= steps
  return allowance.left >= 0
}

export const isUsedUp = (allowance: Allowance): boolean => allowance.left < 0

/** Steps for going through this many characters at the speed of a copy. */
export const forCharacters = (count: number): number => count >> 3
