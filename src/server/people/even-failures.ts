// How long an attempt that failed takes: the same for all of them, as far as whoever waits for it can tell. An unknown login is known
// sooner than a wrong password, and one that was never asked about soonest.

/** Failures are answered at the end of a second, counted from the attempt's arrival. */
const stepMs = 1000

export interface Waiting {
  readonly clock: () => Date
  readonly wait: (ms: number) => Promise<void>
}

/** Does the work; what `isFailure` holds of is answered at the end of the second in which it is known. */
export async function withEvenFailures<T>(
  { clock, wait }: Waiting,
  work: () => Promise<T>,
  isFailure: (outcome: T) => boolean,
): Promise<T> {
  const begun = clock().getTime()
  const outcome = await work()
  if (!isFailure(outcome)) return outcome
  const took = Math.max(0, clock().getTime() - begun)
  await wait(stepMs - (took % stepMs))
  return outcome
}
