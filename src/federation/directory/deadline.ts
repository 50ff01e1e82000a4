// How long a directory may take: for all of a sign-in, and for each answer.

export interface Deadline {
  /** ms until it passes; 0 when it has. */
  left(): number
  /** Aborted when it passes. */
  readonly signal: AbortSignal
}

export function deadlineIn(ms: number): Deadline {
  const end = performance.now() + ms
  return { left: () => Math.max(0, end - performance.now()), signal: AbortSignal.timeout(Math.max(1, Math.ceil(ms))) }
}

/** The sooner of a deadline and so many ms from now. */
export const atMost = (deadline: Deadline, ms: number): Deadline => (deadline.left() <= ms ? deadline : deadlineIn(ms))
